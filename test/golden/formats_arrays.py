"""Small files of torch, numpy and safetensors for packages/formats, as base64, with the values they hold.

Usage: python test/golden/formats_arrays.py > test/golden/formats_arrays.json, then npx biome format --write on it
"""

import base64
import io
import json
import pickle
import sys
from collections import OrderedDict

import numpy as np
import safetensors.torch
import torch


def encoded(write):
    buffer = io.BytesIO()
    write(buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def values(tensor):
    return {"shape": list(tensor.shape), "values": tensor.to(torch.float64).flatten().tolist()}


base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8 - 1
shared = torch.arange(6, dtype=torch.int64)
state = OrderedDict(
    [
        ("module.plain", base),
        ("module.transposed", base.permute(2, 0, 1)),
        ("module.slice", base[1, :, 1:3]),
        ("module.parameter", torch.nn.Parameter(torch.tensor([0.5, -0.25]))),
        ("module.half", torch.tensor([1.0, -2.5, 6e-8, 65504.0], dtype=torch.float16)),
        ("module.bfloat16", torch.tensor([1.0, -2.5, 3.0e38], dtype=torch.bfloat16)),
        ("module.double", torch.tensor([1 / 3], dtype=torch.float64)),
        ("module.long", shared),
        ("module.long_tail", shared[2:]),
        ("module.int", torch.tensor([-7], dtype=torch.int32)),
        ("module.short", torch.tensor([-300], dtype=torch.int16)),
        ("module.char", torch.tensor([-3], dtype=torch.int8)),
        ("module.byte", torch.tensor([200], dtype=torch.uint8)),
        ("module.bool", torch.tensor([True, False])),
        ("module.scalar", torch.tensor(3.5)),
        ("module.empty", torch.zeros(0, 3)),
        ("module.expanded", torch.tensor([2.0]).expand(3)),
    ]
)
module = torch.nn.BatchNorm2d(2)


class Harmful:
    def __reduce__(self):
        return (print, ("this must never be printed",))


fortran = np.asfortranarray(np.arange(24, dtype=np.float64).reshape(2, 3, 4))
big = np.arange(5, dtype=">i4") * -3
images = (np.arange(2 * 3072) * 7 % 256).astype(np.uint8).reshape(2, 3072)
batch = {"data": images, "labels": [3, 9], "batch_label": "x", "filenames": ["a.png", "b.png"]}

legacy = dict(_use_new_zipfile_serialization=False)
json.dump(
    {
        "torch": {
            "values": {name[7:]: values(tensor) for name, tensor in state.items()},
            "zip": encoded(lambda f: torch.save(state, f)),
            "legacy": encoded(lambda f: torch.save({"state_dict": state, "best_prec1": 91.5}, f, **legacy)),
            "module": encoded(lambda f: torch.save(module.state_dict(), f)),
            "harmfulZip": encoded(lambda f: torch.save({"state_dict": state, "x": Harmful()}, f)),
            "harmfulLegacy": encoded(lambda f: torch.save([Harmful()], f, **legacy)),
            "wholeModule": encoded(lambda f: torch.save(torch.nn.Linear(1, 1), f)),
        },
        "numpy": {
            "fortran": encoded(lambda f: np.save(f, fortran)),
            "bigEndian": encoded(lambda f: np.save(f, big)),
            "half": encoded(lambda f: np.save(f, np.array([0.1, -2], dtype=np.float16))),
            "object": encoded(lambda f: np.save(f, np.array([{}], dtype=object), allow_pickle=True)),
            "c": encoded(lambda f: np.save(f, np.arange(6, dtype=np.float32).reshape(2, 3))),
            "npz": encoded(lambda f: np.savez(f, a=big, b=np.zeros((2, 2), np.uint8))),
            "npzCompressed": encoded(lambda f: np.savez_compressed(f, zeros=np.zeros(50000, np.uint8))),
        },
        "safetensors": {
            "file": base64.b64encode(
                safetensors.torch.save(
                    {"w": base, "h": state["module.half"], "b": state["module.bfloat16"], "l": shared},
                    metadata={"step": "12"},
                )
            ).decode(),
        },
        "cifar": {
            "python2": base64.b64encode(pickle.dumps(batch, protocol=2)).decode(),
            "python3": base64.b64encode(pickle.dumps(batch, protocol=4)).decode(),
            "binary": base64.b64encode(
                b"".join(bytes([label]) + image.tobytes() for label, image in zip(batch["labels"], images))
            ).decode(),
            "images": base64.b64encode(
                np.ascontiguousarray(images.reshape(2, 3, 32, 32).transpose(0, 2, 3, 1)).tobytes()
            ).decode(),
        },
    },
    sys.stdout,
)
