"""Checkpoints as training scripts leave them, with objects of other code beside or around the weights, as base64.

Usage: python test/golden/formats_foreign.py > test/golden/formats_foreign.json, then npx biome format --write on it

Under "read" are those whose tensors are plain, `w` = [1, 2, 3] and `b` = [-1], each with what every name begins with and what is left out.
Under "refused" are those whose tensors only the code of others could put together, with the class or function at fault. torch.load
must read each before it is given out. Made with torch 1.13 and NumPy 1.24.
"""

import argparse
import base64
import collections
import datetime
import decimal
import enum
import functools
import io
import json
import pathlib
import random
import sys
import types
import uuid
from collections import OrderedDict, defaultdict

import numpy as np
import torch

encoded = lambda data: base64.b64encode(data).decode()


class Mode(enum.Enum):
    FAST = 1


class Settings(dict):
    pass


Point = collections.namedtuple("Point", "x y")


class Kept(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        self.register_buffer("b", torch.tensor([-1.0]))


class Marked(torch.Tensor):
    pass


for kept in (Mode, Settings, Point, Kept, Marked):
    kept.__module__ = "training.script"
sys.modules["training"] = types.ModuleType("training")
sys.modules["training.script"] = types.ModuleType("training.script")
for kept in (Mode, Settings, Point, Kept, Marked):
    setattr(sys.modules["training.script"], kept.__name__, kept)

weights = lambda prefix="": OrderedDict((prefix + name, value) for name, value in Kept().state_dict().items())


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    torch.load(io.BytesIO(buffer.getvalue()))
    return encoded(buffer.getvalue())


every = {
    "args": argparse.Namespace(lr=0.1, data=pathlib.PurePosixPath("/data"), betas=(0.9, 0.999)),
    "simple": types.SimpleNamespace(a=1),
    "sets": [{1, 2}, frozenset({3}), set()],
    "complex": 1 + 2j,
    "defaultdict": defaultdict(list, {"a": [1]}),
    "counter": collections.Counter("aab"),
    "deque": collections.deque([1, 2], maxlen=4),
    "time": datetime.datetime(2024, 5, 6, 7, 8, tzinfo=datetime.timezone.utc),
    "delta": datetime.timedelta(days=1),
    "partial": functools.partial(int, base=2),
    "decimal": decimal.Decimal("1.5"),
    "uuid": uuid.UUID(int=5),
    "enum": Mode.FAST,
    "namedtuple": Point(1, 2),
    "subclass": Settings(a=1),
    "bytearray": bytearray(b"abc"),
    "slice": slice(1, 2),
    "range": range(3),
    "big": 1 << 100,
    "numpy": {
        "scalar": np.float32(0.5),
        "text": np.str_("abc"),
        "date": np.datetime64("2024-01-01"),
        "complex": np.complex64(1j),
        "dtype": np.dtype("float32"),
        "type": np.float64,
        "texts": np.array(["a", "bc"]),
        "objects": np.array([{"a": 1}, None], dtype=object),
        "structured": np.zeros(2, dtype=[("x", "f4"), ("y", "i2")]),
        "state": np.random.RandomState(1).get_state(),
        "generator": np.random.default_rng(1),
        "randomstate": np.random.RandomState(2),
    },
    "random": random.Random(1).getstate(),
    "torch": {
        "rng": torch.get_rng_state(),
        "dtype": torch.float16,
        "device": torch.device("cpu"),
        "size": torch.Size([2, 3]),
        "layout": torch.sparse_coo,
        "function": torch.nn.functional.relu,
    },
    "ema": Kept(),
    "sparse": torch.sparse_coo_tensor([[0]], [1.0], (2,)),
}

module = Kept()
marked = weights()
marked["w"] = marked["w"].as_subclass(Marked)
marked["w"].note = "kept"
attributed = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
attributed.note = "kept"
averaged = torch.optim.swa_utils.AveragedModel(Kept())
sparse = weights()
sparse["w"] = every["sparse"]
quantised = weights()
quantised["w"] = torch.quantize_per_tensor(torch.tensor([1.0, 2.0, 3.0]), 0.1, 0, torch.qint8)
meta = weights()
meta["w"] = torch.empty(3, device="meta")

read = {
    "every": {"file": saved({"model": weights(), **every})},
    "every4": {"file": saved({"model": weights(), **every}, pickle_protocol=4)},
    "every5": {"file": saved({"model": weights(), **every}, pickle_protocol=5)},
    "everyLegacy": {"file": saved({"model": weights(), **every}, _use_new_zipfile_serialization=False)},
    "beside": {"file": saved({**weights(), "args": every["args"], "epoch": 3}), "leftOut": ["args", "epoch"]},
    "defaultdict": {"file": saved(defaultdict(dict, {"state_dict": defaultdict(list, weights())}))},
    "attributes": {"file": saved({"w": attributed, "b": torch.nn.Parameter(torch.tensor([-1.0]))})},
    "parallel": {"file": saved(weights("module.")), "prefix": "module."},
    "compiled": {"file": saved({"model": weights("_orig_mod.")}), "prefix": "_orig_mod."},
    "compiledParallel": {"file": saved(weights("_orig_mod.module.")), "prefix": "_orig_mod.module."},
    "parallelCompiled": {"file": saved(weights("module._orig_mod.")), "prefix": "module._orig_mod."},
    "lightning": {
        "file": saved({"state_dict": weights("model."), "hyper_parameters": every["args"], "epoch": 3}),
        "prefix": "model.",
    },
    "lightningCompiled": {"file": saved({"state_dict": weights("model._orig_mod.")}), "prefix": "model._orig_mod."},
    "averaged": {"file": saved(averaged.state_dict()), "prefix": "module.", "leftOut": ["n_averaged"]},
    "averagedParallel": {
        "file": saved(OrderedDict(("module." + k, v) for k, v in averaged.state_dict().items())),
        "prefix": "module.module.",
        "leftOut": ["module.n_averaged"],
    },
}
refused = {
    "sparse": {"file": saved(sparse), "names": "torch._utils._rebuild_sparse_tensor"},
    "sparseInside": {"file": saved({"state_dict": sparse, "ema": weights()}), "names": "torch._utils._rebuild_sparse_tensor"},
    "quantised": {"file": saved(quantised), "names": "torch._utils._rebuild_qtensor"},
    "meta": {"file": saved(meta), "names": "torch._utils._rebuild_meta_tensor_no_storage"},
    "subclass": {"file": saved(marked), "names": "training.script.Marked"},
    "module": {"file": saved(module), "names": "training.script.Kept"},
    "moduleInside": {"file": saved({"model": module, "ema": weights()}), "names": "training.script.Kept"},
    "dictSubclass": {"file": saved({"state_dict": Settings(weights()), "ema": weights()}), "names": "training.script.Settings"},
}
json.dump({"torch": torch.__version__, "read": read, "refused": refused}, sys.stdout)
