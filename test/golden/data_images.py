"""Image files of every form with the pixels of Pillow's convert("RGB"), or null where Pillow refuses them; archives by tarfile; and
arrays and CIFAR batches as people save them today. All made here; small; as base64.

Usage: python test/golden/data_images.py > test/golden/data_images.json (Pillow 13.0, NumPy 2.4)
"""

import base64
import io
import json
import pickle
import struct
import tarfile
import warnings
import zlib

import numpy as np
from PIL import Image, ImageCms

warnings.simplefilter("ignore")
H, W = 9, 13
rng = np.random.default_rng(0)
files = {}


def save(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def waves(channels):
    y, x = np.mgrid[0:H, 0:W]
    planes = [(x * 17 + y * 5 * (c + 1) + c * 40) % 256 for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8)


def noise(n, dtype, high=None):
    return rng.integers(0, high or np.iinfo(dtype).max + 1, n).astype(dtype)


rgb, grey = Image.fromarray(waves(3)), Image.fromarray(waves(1)[..., 0])
rgba, la, cmyk = (Image.fromarray(waves(n), mode) for n, mode in ((4, "RGBA"), (2, "LA"), (4, "CMYK")))
deep = Image.fromarray((np.arange(H * W).reshape(H, W) * 511 % 65536).astype(np.uint16))
bits = grey.point(lambda v: 255 if v > 120 else 0, "1")
palette = rgb.quantize(16)
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


# --- PNG
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(colour, depth, rows, interlaced=0, before=b""):
    header = struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def rows(channels, depth):
    width = (W * channels * depth + 7) // 8
    return b"".join(b"\0" + noise(width, np.uint8).tobytes() for _ in range(H))


def adam7(channels):
    out = b""
    for x0, dx, y0, dy in ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)):
        w, h = len(range(x0, W, dx)), len(range(y0, H, dy))
        out += b"".join(b"\0" + noise(w * channels, np.uint8).tobytes() for _ in range(h)) if w else b""
    return out


for name, image, options in (
    ("rgb", rgb, {}), ("grey", grey, {}), ("la", la, {}), ("rgba", rgba, {}), ("bits", bits, {}), ("palette", palette, {}),
    ("palette-transparent", palette, {"transparency": 3}), ("deep", deep, {}), ("transparent", rgb, {"transparency": (0, 0, 40)}),
    ("profile", rgb, {"icc_profile": srgb}),
):  # fmt: skip
    files[f"{name}.png"] = save(image, "PNG", **options)
for name, colour, depth, channels in (
    ("rgb16", 2, 16, 3), ("rgba16", 6, 16, 4), ("la16", 4, 16, 2), ("grey2", 0, 2, 1), ("grey4", 0, 4, 1), ("grey16", 0, 16, 1),
):  # fmt: skip
    files[f"{name}.png"] = png(colour, depth, rows(channels, depth))
files["interlaced.png"] = png(2, 8, adam7(3), 1)
files["gamma.png"] = png(2, 8, rows(3, 8), before=chunk(b"gAMA", struct.pack(">I", 100000)))
whole = files["rgb.png"]
at = whole.index(b"IDAT")
length = struct.unpack(">I", whole[at - 4 : at])[0]
end = at + 4 + length
files["sum-wrong.png"] = whole[:end] + bytes([whole[end] ^ 1]) + whole[end + 1 :]
files["no-end.png"] = whole[:-12]
files["no-sum.png"] = whole[:end]
files["last-byte-missing.png"] = whole[: end - 1]
files["cut.png"] = whole[: at + 4 + length // 2]
inner = files["interlaced.png"]
at = inner.index(b"IDAT")
end = at + 4 + struct.unpack(">I", inner[at - 4 : at])[0]
files["interlaced-sum-wrong.png"] = inner[:end] + bytes([inner[end] ^ 1]) + inner[end + 1 :]

# --- JPEG
for name, image, options in (
    ("75", rgb, {"quality": 75}), ("95", rgb, {"quality": 95}), ("grey", grey, {}), ("progressive", rgb, {"progressive": True}),
    ("444", rgb, {"subsampling": 0}), ("profile", rgb, {"icc_profile": srgb}), ("rgb", rgb, {"keep_rgb": True}),
    ("cmyk", cmyk, {}), ("cmyk-profile", cmyk, {"icc_profile": lab}),
):  # fmt: skip
    files[f"{name}.jpg"] = save(image, "JPEG", **options)
exif = Image.Exif()
exif[0x112] = 6
files["turned.jpg"] = save(rgb, "JPEG", exif=exif)
plain, progressive = files["75.jpg"], files["progressive.jpg"]
files["cut.jpg"], files["no-end.jpg"], files["with-more.jpg"] = plain[:-12], plain[:-2], plain + b"more" * 10
files["progressive-cut.jpg"] = progressive[:-30]
inks = files["cmyk.jpg"]
at = inks.index(b"Adobe") - 4
files["cmyk-without-adobe.jpg"] = inks[:at] + inks[at + 2 + struct.unpack(">H", inks[at + 2 : at + 4])[0] :]
files["ycck.jpg"] = inks[: at + 15] + b"\2" + inks[at + 16 :]
# Bytes that are no data before the end of image, as cameras and editors leave them.
files["harmless.jpg"] = plain[:-2] + b"\0\0\0" + plain[-2:]

# A marker amidst the pixels, as one flipped bit makes it; a second scan after one that has all.
middle = plain.index(b"\xff\xda") + 14 + 20
files["marker.jpg"] = plain[:middle] + b"\xff\x37" + plain[middle:]
files["second-scan.jpg"] = plain[:-2] + plain[plain.index(b"\xff\xda") :]

# --- WebP and GIF
for name, image, options in (
    ("rgb", rgb, {"quality": 80}), ("rgba", rgba, {"quality": 80}), ("lossless", rgba, {"lossless": True, "exact": True}),
    ("profile", rgb, {"icc_profile": srgb}),
    ("moving", rgb, {"save_all": True, "append_images": [grey.convert("RGB")], "lossless": True}),
):  # fmt: skip
    files[f"{name}.webp"] = save(image, "WEBP", **options)
files["cut.webp"] = files["rgb.webp"][:-10]
for name, image, options in (
    ("rgb", rgb, {}), ("palette", palette, {}), ("transparent", palette, {"transparency": 3}), ("grey", grey, {}),
    ("moving", palette, {"save_all": True, "append_images": [rgb.quantize(4)]}), ("interlaced", palette, {"interlace": True}),
):  # fmt: skip
    files[f"{name}.gif"] = save(image, "GIF", **options)
files["cut.gif"], files["no-end.gif"] = files["palette.gif"][:-20], files["palette.gif"][:-1]
files["second-cut.gif"] = files["moving.gif"][:-10]


def small_gif(background, transparent, own_palette, frame=(1, 1, 3, 2)):
    """A frame of four colours that leaves some of its screen of 6×4 free."""
    out = b"GIF89a" + struct.pack("<HHBBB", 6, 4, 0x91, background, 0)
    out += bytes([10, 20, 30, 40, 50, 60, 70, 80, 90, 200, 210, 220])
    if transparent is not None:
        out += b"\x21\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
    out += b"\x2c" + struct.pack("<HHHHB", *frame, 0x81 if own_palette else 0)
    out += bytes([1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24]) if own_palette else b""
    # LZW of three bits, cleared before each pixel: 4 clears, 5 ends.
    codes = [code for pixel in range(frame[2] * frame[3]) for code in (4, pixel % 4)] + [5]
    text = "".join(format(code, "03b")[::-1] for code in codes)
    text += "0" * (-len(text) % 8)
    packed = bytes(int(text[i : i + 8][::-1], 2) for i in range(0, len(text), 8))
    return out + b"\x02" + bytes([len(packed)]) + packed + b"\0\x3b"


files["small.gif"], files["small-transparent.gif"] = small_gif(2, None, False), small_gif(2, 1, False)
files["small-palette.gif"], files["small-both.gif"] = small_gif(2, None, True), small_gif(0, 2, True)

files["larger.gif"] = small_gif(2, None, False, (4, 2, 4, 4))
loose = small_gif(2, None, False)
files["loose.gif"] = loose[:25] + b"\1\2" + loose[25:]
# Five of six pixels, then the end: the code of the last one is 5.
short = bytearray(small_gif(2, None, False, (1, 1, 3, 3)))
short[30] = 2
files["short.gif"] = bytes(short[:36]) + bytes([1, 0b00101100]) + b"\0\x3b"

# --- TIFF
for compression in (None, "tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
    files[f"{compression}.tif"] = save(rgb, "TIFF", compression=compression)
for name, image, options in (
    ("grey", grey, {}), ("palette", palette, {}), ("bits", bits, {}), ("group4", bits, {"compression": "group4"}),
    ("cmyk", cmyk, {}), ("rgba", rgba, {}), ("la", la, {}), ("deep", deep, {}), ("profile", rgb, {"icc_profile": srgb}),
    ("ycbcr", rgb.convert("YCbCr"), {}), ("float", Image.fromarray(waves(1)[..., 0].astype(np.float32) * 2 - 100), {}),
    ("int32", Image.fromarray(waves(1)[..., 0].astype(np.int32) * 2), {}),
):  # fmt: skip
    files[f"{name}.tif"] = save(image, "TIFF", **options)
files["cut.tif"] = files["None.tif"][:-40]
for orientation in range(1, 9):
    files[f"orientation{orientation}.tif"] = save(rgb, "TIFF", tiffinfo={274: orientation})
files["orientation6-cmyk.tif"] = save(cmyk, "TIFF", tiffinfo={274: 6})
files["orientation8-deep.tif"] = save(deep, "TIFF", tiffinfo={274: 8})
files["orientation5-jpeg.tif"] = save(rgb, "TIFF", compression="jpeg", tiffinfo={274: 5})


def tiff(depth, samples, photometric, data, kind=1, extra=None, big=False):
    """One strip, uncompressed, in one plane."""
    order = ">" if big else "<"
    tags = {256: [W], 257: [H], 258: [depth] * samples, 259: [1], 262: [photometric], 273: [0], 277: [samples], 278: [H],
            279: [len(data)], 284: [1], 339: [kind] * samples}  # fmt: skip
    if extra is not None:
        tags[338] = [extra]
    if photometric == 3:
        tags[320] = [int(v) for v in noise(3 * 2**depth, np.uint16)]
    long = {273, 279}
    entries, beside = [], b""
    start = 8 + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        raw = b"".join(struct.pack(order + ("I" if tag in long else "H"), v) for v in tags[tag])
        if len(raw) > 4:
            beside, raw = beside + raw, struct.pack(order + "I", start + len(beside))
        entries.append([tag, 4 if tag in long else 3, len(tags[tag]), raw.ljust(4, b"\0")])
    for entry in entries:
        if entry[0] == 273:
            entry[3] = struct.pack(order + "I", start + len(beside))
    head = (b"MM\0*" if big else b"II*\0") + struct.pack(order + "IH", 8, len(tags))
    return head + b"".join(struct.pack(order + "HHI", *e[:3]) + e[3] for e in entries) + bytes(4) + beside + data


PIXELS = H * W
for name, arguments, options in (
    ("u16", (16, 1, 1, noise(PIXELS, "<u2", 600)), {}), ("u16-big", (16, 1, 1, noise(PIXELS, ">u2", 600)), {"big": True}),
    ("i16", (16, 1, 1, (noise(PIXELS, "<i2", 800) - 400).astype("<i2")), {"kind": 2}),
    ("rgb16", (16, 3, 2, noise(PIXELS * 3, np.uint16)), {}), ("rgba16", (16, 4, 2, noise(PIXELS * 4, np.uint16)), {"extra": 2}),
    ("associated", (8, 4, 2, noise(PIXELS * 4, np.uint8)), {"extra": 1}), ("rgbx", (8, 4, 2, noise(PIXELS * 4, np.uint8)), {"extra": 0}),
    ("white-is-zero", (8, 1, 0, noise(PIXELS, np.uint8)), {}), ("bits-white-is-zero", (1, 1, 0, noise(H * 2, np.uint8)), {}),
    ("grey4", (4, 1, 1, noise(H * 7, np.uint8)), {}), ("palette8", (8, 1, 3, noise(PIXELS, np.uint8)), {}),
    ("palette4", (4, 1, 3, noise(H * 7, np.uint8)), {}), ("u32", (32, 1, 1, noise(PIXELS, "<u4", 600)), {}),
    ("cmyk8", (8, 4, 5, noise(PIXELS * 4, np.uint8)), {}),
):  # fmt: skip
    *head, data = arguments
    files[f"{name}.tif"] = tiff(*head, data.tobytes(), **options)

# --- BMP
for name, image in (("rgb", rgb), ("grey", grey), ("palette", palette), ("bits", bits), ("rgba", rgba)):
    files[f"{name}.bmp"] = save(image, "BMP")


def bmp(depth, data, header=40, compression=0, masks=(), colours=0, palette=b"", down=False):
    height = -H if down else H
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, H, 1, depth)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, height, 1, depth, compression, len(data), 0, 0, colours, 0)
    fields = b"".join(struct.pack("<I", mask) for mask in masks)
    info += fields.ljust(header - 40, b"\0") if header > 40 else fields
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + palette + data


def bmp_rows(depth):
    return noise((W * depth + 31) // 32 * 4 * H, np.uint8).tobytes()


files["top-down.bmp"] = bmp(24, bmp_rows(24), down=True)
files["core.bmp"] = bmp(24, bmp_rows(24), header=12)
files["core8.bmp"] = bmp(8, bmp_rows(8), header=12, palette=noise(768, np.uint8).tobytes())
files["4.bmp"] = bmp(4, bmp_rows(4), palette=noise(64, np.uint8).tobytes())
files["1.bmp"] = bmp(1, bmp_rows(1), palette=noise(8, np.uint8).tobytes())
files["few-colours.bmp"] = bmp(8, bmp_rows(8), colours=100, palette=noise(400, np.uint8).tobytes())
files["16.bmp"] = bmp(16, bmp_rows(16))
files["565.bmp"] = bmp(16, bmp_rows(16), compression=3, masks=(0xF800, 0x7E0, 0x1F))
files["555.bmp"] = bmp(16, bmp_rows(16), compression=3, masks=(0x7C00, 0x3E0, 0x1F))
files["fields.bmp"] = bmp(32, bmp_rows(32), compression=3, masks=(0xFF000000, 0xFF0000, 0xFF00))
files["v5.bmp"] = bmp(32, bmp_rows(32), header=124, compression=3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
files["v5-rgba.bmp"] = bmp(32, bmp_rows(32), header=124, compression=3, masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000))
files["cut.bmp"] = files["rgb.bmp"][:-5]

# --- netpbm
for name, image in (("rgb.ppm", rgb), ("grey.pgm", grey), ("bits.pbm", bits), ("deep.pgm", deep)):
    files[name] = save(image, "PPM")
size = b"%d %d" % (W, H)
words = lambda n, high: b" ".join(b"%d" % v for v in noise(n, np.int64, high))  # noqa: E731
files["plain.ppm"] = b"P3\n# made by hand\n" + size + b"\n15\n" + words(PIXELS * 3, 16)
files["plain-deep.pgm"] = b"P2 " + size + b" 1000\n" + words(PIXELS, 1001)
files["plain.pbm"] = b"P1 " + size + b"\n" + b"".join(b"%d" % v for v in noise(PIXELS, np.int64, 2))
files["100.ppm"] = b"P6 " + size + b" 100\n" + noise(PIXELS * 3, np.uint8, 101).tobytes()
files["1000.ppm"] = b"P6 " + size + b" 1000\n" + noise(PIXELS * 3, ">u2", 1001).tobytes()
files["100.pgm"] = b"P5 " + size + b" 100\n" + noise(PIXELS, np.uint8, 101).tobytes()
files["65535.pgm"] = b"P5 " + size + b" 65535\n" + noise(PIXELS, ">u2", 700).tobytes()
files["cut.ppm"] = files["rgb.ppm"][:-5]


def pixels(data):
    try:
        image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except Exception:
        return None
    return {"height": image.shape[0], "width": image.shape[1], "rgb": encoded(image.tobytes())}


def encoded(data):
    return base64.b64encode(data).decode()


# --- archives: what lies in them is two PNGs of one pixel, told apart by their red
def dot(red):
    return save(Image.new("RGB", (1, 1), (red, 0, 0)), "PNG")


def archive(form, entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, what in entries:
            info = tarfile.TarInfo(name)
            if isinstance(what, bytes):
                info.size = len(what)
                tar.addfile(info, io.BytesIO(what))
            else:
                info.type, info.linkname = what
                tar.addfile(info)
    return encoded(buffer.getvalue())


LONG = "c" * 90 + "/" + "d" * 120 + "/" + "e" * 60
HARD, SOFT = tarfile.LNKTYPE, tarfile.SYMTYPE
linked = [
    ("set/cat/0.png", dot(10)), ("set/cat/1.png", (HARD, "set/cat/0.png")), ("set/dog/0.png", (SOFT, "../cat/0.png")),
    ("set/dog/1.png", dot(20)), ("pool/a.png", dot(30)), ("set/owl", (SOFT, "../pool")), ("set/dog/2.png", (SOFT, "../owl/a.png")),
    ("set/cat/9.png", (SOFT, "../../../etc/x.png")), ("set/cat/8.png", (SOFT, "/etc/x.png")), ("set/cat/7.png", (SOFT, "none.png")),
    ("set/cat/6.png", (SOFT, "5.png")), ("set/cat/5.png", (SOFT, "6.png")), ("set/cat/again", (SOFT, "../../set")),
    ("set/cat/4.png", (HARD, "set/later.png")),
]  # fmt: skip
archives = {
    **{
        f"long names, {name}": archive(form, [(f"{LONG}/é.png", dot(40)), (f"{LONG[:90]}/f.png", (SOFT, f"{'d' * 120}/{'e' * 60}/é.png"))])
        for name, form in (("GNU", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT))
    },
    "links": archive(tarfile.GNU_FORMAT, linked),
}


# --- arrays and batches
def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return encoded(buffer.getvalue())


images = noise(2 * 3 * 3 * 3, np.uint8).reshape(2, 3, 3, 3)
labels = np.array([1, 0])
batch = noise(2 * 3072, np.uint8).reshape(2, 3072)
numpy = {
    "images": encoded(images.tobytes()),
    "withText": npz(label_names=np.array(["cat", "dog"]), images=images, keywords=np.array([["a"], None], object), labels=labels),
    "batch": encoded(batch.reshape(2, 3, 32, 32).transpose(0, 2, 3, 1).tobytes()),
    "batches": {
        f"{name}, protocol {protocol}": encoded(pickle.dumps({"data": batch, "labels": values}, protocol=protocol))
        for protocol in (2, 4, 5)
        for name, values in (("NumPy integers", list(np.array([3, 9]))), ("an array", np.array([3, 9], np.uint8)), ("integers", [3, 9]))
    },
}

print(json.dumps({
    "images": {name: {"file": encoded(data), "pillow": pixels(data)} for name, data in files.items()},
    "archives": archives,
    "numpy": numpy,
}, indent=1))  # fmt: skip
