"""Reads files that `er weights convert` wrote with torch, safetensors and NumPy themselves, and compares them bit for bit.

Usage: python test/golden/check_written_weights.py [FILE …]

For the dtypes, shared, legacy, tar and script files of formats_weights.json (and any FILE of torch.save that is given): converted to .pth,
.safetensors and .npz with apps/er/dist/main.js, then read by torch.load(weights_only=True), safetensors.torch.load_file and
numpy.load. NumPy has no bfloat16, which must be refused in one line.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import safetensors.torch
import torch

ROOT = pathlib.Path(__file__).parents[2]
ER = ["node", str(ROOT / "apps/er/dist/main.js"), "weights", "convert", "--quiet"]
GOLDEN = json.loads((ROOT / "test/golden/formats_weights.json").read_text())["files"]


def bits(tensor):
    flat = tensor.detach().contiguous().flatten()
    return tensor.dtype, list(tensor.shape), flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def golden_tensor(entry):
    dtype = getattr(torch, entry["dtype"])
    data = bytearray(base64.b64decode(entry["bytes"]))
    flat = torch.frombuffer(data, dtype=dtype) if data else torch.zeros(0, dtype=dtype)
    return flat.reshape(entry["shape"])


def of_checkpoint(path):
    held = torch.load(path, weights_only=True, map_location="cpu")
    held = held.get("state_dict", held)
    strip = all(name.startswith("module.") for name in held)
    return {name.removeprefix("module.") if strip else name: value for name, value in held.items()}


def check(label, source, expected, folder):
    for ending in ("pth", "safetensors", "npz"):
        out = folder / f"{label}.{ending}"
        done = subprocess.run([*ER, str(source), str(out)], capture_output=True, text=True)
        if ending == "npz" and any(value.dtype == torch.bfloat16 for value in expected.values()):
            assert done.returncode == 2 and done.stderr.count("\n") == 1 and "bfloat16" in done.stderr, done.stderr
            assert not out.exists()
            print(f"{label}.{ending}: refused, {done.stderr.strip()}")
            continue
        assert done.returncode == 0, done.stderr
        if ending == "pth":
            found = torch.load(out, weights_only=True)
            with zipfile.ZipFile(out) as archive, open(out, "rb") as raw:
                assert archive.testzip() is None
                for info in archive.infolist():
                    raw.seek(info.header_offset + 26)
                    lengths = np.frombuffer(raw.read(4), "<u2")
                    assert (info.header_offset + 30 + int(lengths.sum())) % 64 == 0, info.filename
        elif ending == "safetensors":
            found = safetensors.torch.load_file(out)
        else:
            with np.load(out) as archive:
                found = {name: torch.from_numpy(archive[name]) for name in archive.files}
        assert found.keys() == expected.keys(), (found.keys(), expected.keys())
        for name, value in expected.items():
            assert bits(found[name]) == bits(value), (out, name)
        print(f"{label}.{ending}: {len(found)} tensors equal bit for bit")


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    for label in ("dtypes", "shared", "legacy", "tar", "script"):
        entry = GOLDEN[label]
        source = folder / f"{label}.bin"
        source.write_bytes(base64.b64decode(entry["file"]))
        check(label, source, {name: golden_tensor(value) for name, value in entry["tensors"].items()}, folder)
    for path in sys.argv[1:]:
        check(pathlib.Path(path).stem, path, of_checkpoint(path), folder)
print(f"torch {torch.__version__}, safetensors {safetensors.__version__}, NumPy {np.__version__}: all as written")
