"""Loss, logits and the gradient of every parameter of the models in PyTorch, from weights both sides can build.

Writes model_zoo.json beside this file: for each case the logits, the loss (mean cross-entropy), and of each parameter's gradient
its sum, its largest absolute value and four samples. Models: torchvision's, and for BiT timm's (whose definition is another's than
ours; its names are mapped to those of BiT's authors); those for 32x32 are in cifar_models.py. Training mode, dropout off. Values are made in float64.
Run: python model_zoo.py [NAME ...], which makes those alone again. Needs torch, torchvision, timm.
"""

import json
import math
import pathlib
import re
import sys

import timm
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

import cifar_models
from hash_fill import hash_fill

CLASSES = 10
SAMPLES = 4
# name, image size, batch
CASES = [
    ("resnet20", 32, 2),
    ("resnet32", 32, 2),
    ("resnet44", 32, 2),
    ("resnet56", 32, 2),
    ("resnet110", 32, 2),
    ("wrn-16-4", 32, 2),
    ("wrn-28-10", 32, 2),
    ("alexnet", 224, 1),
    ("vgg11_bn", 64, 2),
    ("resnet18", 64, 2),
    ("resnet34", 64, 2),
    ("resnet50", 64, 2),
    ("resnet101", 64, 2),
    ("resnet152", 64, 2),
    ("wide_resnet50_2", 64, 2),
    ("bit-r50x1", 64, 2),
    ("bit-r101x1", 64, 2),
    ("bit-r50x3", 64, 1),
    ("bit-r101x3", 64, 1),
    ("bit-r152x2", 64, 1),
    ("bit-r152x4", 64, 1),
]


def build(name):
    small = cifar_models.create(name, CLASSES)
    if small is not None:
        return small
    if not name.startswith("bit-"):
        return torchvision.models.get_model(name, weights=None, num_classes=CLASSES)
    depth, width = re.fullmatch(r"bit-r(\d+)x(\d)", name).groups()
    return timm.create_model(f"resnetv2_{depth}x{width}_bit", pretrained=False, num_classes=CLASSES)


def bit_name(name):
    """timm's name of a parameter as BiT's authors call it."""
    name = re.sub(r"^stem\.conv", "root.conv", name)
    name = re.sub(r"^stages\.(\d+)\.blocks\.(\d+)", lambda m: f"body.block{int(m[1]) + 1}.unit{int(m[2]) + 1:02d}", name)
    name = re.sub(r"\.norm(\d)\.", r".gn\1.", name)
    name = re.sub(r"\.downsample\.conv\.", ".downsample.", name)
    name = re.sub(r"^norm\.", "head.gn.", name)
    return re.sub(r"^head\.fc\.", "head.conv.", name)


def fill(model, named):
    """Weights uniform with He's variance. Normalisations put every channel well above or well below zero, so that no ReLU behind one
    stands near its kink, where float32 and float64 may fall on different sides and a deep network's gradients say little; what is
    added to a shortcut stays above."""
    norms = {path for path, module in model.named_modules() if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm))}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            own = named(name)
            values = hash_fill(own, parameter.numel()).reshape(parameter.shape)
            path, kind = name.rsplit(".", 1)
            if parameter.dim() > 1:
                parameter.copy_(values * math.sqrt(6 / math.prod(parameter.shape[1:])))
            elif path not in norms:
                parameter.copy_(values * 0.1)
            elif kind == "weight":
                parameter.copy_(values * 0.03 + 0.3)
            else:
                inner = path.endswith("bn2") and path[:-1] + "3" in norms
                either = inner or re.search(r"(bn1|gn\d?|features\.\d+)\.bias$", own)
                side = torch.sign(hash_fill(own + " side", parameter.numel())) if either else 1
                parameter.copy_(values * 0.1 + 3 * side)


def case(name, size, batch):
    torch.manual_seed(0)
    model = build(name).double()
    named = bit_name if name.startswith("bit-") else lambda own: own
    fill(model, named)
    model.train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    x = hash_fill("images", batch * 3 * size * size).reshape(batch, 3, size, size)
    labels = torch.arange(batch) * 3 % CLASSES
    logits = model(x)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    gradients = {}
    for own, parameter in model.named_parameters():
        flat = parameter.grad.flatten()
        places = [(k * 2654435761 + 12345) % flat.numel() for k in range(SAMPLES)]
        gradients[named(own)] = [number(v) for v in [flat.sum(), flat.abs().max(), *flat[places]]]
    return {
        "name": name,
        "size": size,
        "batch": batch,
        "loss": number(loss),
        "logits": [[number(v) for v in row] for row in logits],
        "gradients": gradients,
    }


def number(value):
    return float(f"{float(torch.as_tensor(value).detach()):.7g}")


def main():
    target = pathlib.Path(__file__).with_suffix(".json")
    asked = sys.argv[1:]
    known = {one["name"]: one for one in json.loads(target.read_text())["cases"]} if asked else {}
    for arguments in CASES:
        name = arguments[0]
        if not asked or name in asked:
            known[name] = case(*arguments)
            print(name, known[name]["loss"], flush=True)
    lines = ",\n".join(json.dumps(known[name], separators=(",", ":")) for name, *_ in CASES if name in known)
    target.write_text(f'{{"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
