"""Small files of every container that torch has ever written, as base64, with the bytes of the tensors they hold.

Usage: python test/golden/formats_weights.py > test/golden/formats_weights.json, then npx biome format --write on it

What torch no longer writes (the tar archive of before 0.1.10, streams with _rebuild_tensor and storage views) is written here in
the old layout; that torch.load reads each file with the same values is asserted before it is given out.
"""

import base64
import io
import json
import os
import pickle
import struct
import sys
import tarfile
import tempfile
import zipfile
from collections import OrderedDict

import numpy as np
import torch

encoded = lambda data: base64.b64encode(data).decode()


def raw(tensor):
    flat = tensor.detach().contiguous().flatten()
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "bytes": encoded(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""),
    }


def same(a, b):
    return list(a) == list(b) and all(raw(a[name]) == raw(b[name]) for name in a)


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def loaded(data, **options):
    # torch looks for the tar archive only in real files.
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        with open(path, "wb") as file:
            file.write(data)
        return torch.load(path, **options)


def every_dtype():
    bits = torch.arange(24, dtype=torch.uint8) * 11 + 3
    names = "uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64".split()
    tensors = OrderedDict((name, bits.view(getattr(torch, name)).clone()) for name in names)
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["scalar"] = torch.tensor(-2.5)
    tensors["empty"] = torch.zeros(0, 3)
    return tensors


base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8 - 1
shared = OrderedDict(
    [
        ("plain", base),
        ("transposed", base.permute(2, 0, 1)),
        ("slice", base[1, :, 1:3]),
        ("expanded", base[0, 0, 1].expand(3)),
        ("bfloat16", torch.tensor([1.0, -2.5, 3.0e38], dtype=torch.bfloat16)),
        ("double", torch.tensor([[1 / 3], [-1e300]], dtype=torch.float64).t()),
    ]
)


def rezipped(data, method=zipfile.ZIP_STORED, replaced={}):
    """The entries of an archive, some replaced, written anew by Python's zipfile."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = replaced.get(name.split("/")[-1], old.read(name))
            new.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def zip64(data):
    """Every size and place in 64 bits, as only entries past 4 GiB would have them."""
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, -1
    try:
        return rezipped(data)
    finally:
        zipfile.ZIP64_LIMIT = limit


class OldPickler(pickle._Pickler):
    """Tensors by _rebuild_tensor, over storages named as in streams of before 0.4, views of a storage among them."""

    def __init__(self, file, views):
        super().__init__(file, protocol=2)
        self.views = views

    def persistent_id(self, value):
        return value[1] if isinstance(value, tuple) and len(value) == 2 and value[0] == "persistent" else None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, torch.Tensor):
            view = self.views[value.data_ptr()]
            args = (("persistent", view), 0, tuple(value.shape), value.stride())
            return self.save_reduce(torch._utils._rebuild_tensor, args, obj=value)
        return super().save(value, save_persistent_id)


def old_stream():
    whole = torch.arange(10, dtype=torch.float32) * 0.5
    tensors = OrderedDict([("whole", whole), ("part", whole[4:].view(2, 3)), ("column", whole[1:].view(3, 3).t())])
    storage = lambda view: ("storage", torch.FloatStorage, "100", "cpu", 10, view)
    views = {
        whole.data_ptr(): storage(None),
        whole[4:].data_ptr(): storage(("101", 4, 6)),
        whole[1:].data_ptr(): storage(("102", 1, 9)),
    }
    out = io.BytesIO()
    system = dict(protocol_version=1001, little_endian=True, type_sizes=dict(short=2, int=4, long=4))
    for value in (torch.serialization.MAGIC_NUMBER, 1001, system):
        pickle.dump(value, out, protocol=2)
    OldPickler(out, views).dump(tensors)
    pickle.dump(["100"], out, protocol=2)
    out.write(struct.pack("<q", 10) + whole.numpy().tobytes())
    return out.getvalue(), tensors


class TarPickler(pickle._Pickler):
    """Tensors as bare numbers."""

    def __init__(self, file, numbers):
        super().__init__(file, protocol=2)
        self.numbers = numbers

    def persistent_id(self, value):
        return self.numbers[id(value)] if isinstance(value, torch.Tensor) else None


def old_tar():
    whole = torch.arange(12, dtype=torch.float32) - 5
    counts = torch.tensor([7, -8], dtype=torch.int64)
    tensors = OrderedDict([("whole", whole.view(3, 4)), ("turned", whole.view(3, 4).t()), ("counts", counts)])
    tensors["view"] = whole[4:8]
    storages, described, numbers = io.BytesIO(), io.BytesIO(), {}
    dump = lambda value, file: pickle.dump(value, file, protocol=2)
    dump(2, storages)
    for key, kind, tensor in ((1000, torch.FloatStorage, whole), (1001, torch.LongStorage, counts)):
        dump((key, "cpu", kind), storages)
        storages.write(struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes())
    dump([(1002, 1000, 4, 4)], storages)
    dump(4, described)
    for i, (name, tensor) in enumerate(tensors.items()):
        storage = {"counts": 1001, "view": 1002}.get(name, 1000)
        numbers[id(tensor)] = 2000 + i
        dump((2000 + i, storage, torch.LongTensor if name == "counts" else torch.FloatTensor), described)
        axes = tensor.dim()
        described.write(struct.pack(f"<ii{axes}q{axes}qq", axes, 0, *tensor.shape, *tensor.stride(), 0))
    root = io.BytesIO()
    TarPickler(root, numbers).dump({"state_dict": tensors, "epoch": 3})
    system = dict(protocol_version=1000, little_endian=True, type_sizes=dict(short=2, int=4, long=4))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        for name, data in (
            ("sys_info", pickle.dumps(system, protocol=2)),
            ("pickle", root.getvalue()),
            ("storages", storages.getvalue()),
            ("tensors", described.getvalue()),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue(), tensors


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 3)
        self.norm = torch.nn.BatchNorm1d(3)

    def forward(self, x):
        return self.norm(self.linear(x))


class Outer(torch.nn.Module):
    sizes: list[int]

    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.scale = torch.nn.Parameter(torch.tensor(2.5))
        self.sizes = [1, 2]

    def forward(self, x):
        return self.inner(x) * self.scale * self.sizes[0]


torch.manual_seed(0)
model = Outer().eval()
script = io.BytesIO()
torch.jit.save(torch.jit.script(model), script)

net = torch.nn.Linear(3, 2)
optimizer = torch.optim.Adam(net.parameters())
net(torch.ones(1, 3)).sum().backward()
optimizer.step()
schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
wrapped = {
    "epoch": 3,
    "best": np.float64(0.5),
    "net": {f"module.{name}": value for name, value in net.state_dict().items()},
    "optimizer": optimizer.state_dict(),
    "scheduler": schedule.state_dict(),
}

files = {}


def give(name, data, tensors, **options):
    files[name] = {"file": encoded(data), "tensors": {key: raw(tensor) for key, tensor in tensors.items()}, **options}


dtypes = every_dtype()
give("dtypes", saved(dtypes), dtypes)
zipped = saved(shared)
assert same(loaded(zipped, weights_only=True), shared)
give("shared", zipped, shared)
wide = zip64(zipped)
assert same(loaded(wide, weights_only=True), shared)
give("zip64", wide, shared)
deflated = rezipped(zipped, zipfile.ZIP_DEFLATED)
give("deflated", deflated, shared)
give("legacy", saved(shared, _use_new_zipfile_serialization=False), shared)
stream, tensors = old_stream()
assert same(loaded(stream, weights_only=False), tensors)
give("legacyViews", stream, tensors)
archive, tensors = old_tar()
assert same(loaded(archive, weights_only=False)["state_dict"], tensors)
give("tar", archive, tensors, wrapper="state_dict")
give("script", script.getvalue(), {name: value for name, value in model.state_dict().items()})
give("wrapped", saved(wrapped), net.state_dict(), wrapper="net")

numpy = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(7, dtype=np.int64)}
buffer = io.BytesIO()
np.savez_compressed(buffer, **numpy)
give("npzZip64", zip64(buffer.getvalue()), {name: torch.from_numpy(np.asarray(value)) for name, value in numpy.items()})

files["bigEndian"] = {"file": encoded(rezipped(zipped, replaced={"byteorder": b"big"})), "tensors": {}}

json.dump({"torch": torch.__version__, "files": files}, sys.stdout)
