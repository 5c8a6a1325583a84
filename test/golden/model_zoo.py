"""Loss, logits and the gradient of every parameter of the models for 224x224 in PyTorch, from weights both sides can build.

Writes model_zoo.json beside this file: for each case the logits, the loss (mean cross-entropy), and of each parameter's gradient
its sum, its largest absolute value and four samples. Models: torchvision's, and for BiT timm's (whose definition is another's than
ours; its names are mapped to those of BiT's authors). Training mode, dropout off. Values are made in float64.
Run: python model_zoo.py   Needs torch, torchvision, timm.
"""

import json
import math
import pathlib
import re

import timm
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from resnet20_trajectory import hash_fill

CLASSES = 10
SAMPLES = 4
# name, image size, batch
CASES = [
    ("alexnet", 224, 1),
    ("vgg11_bn", 64, 2),
    ("resnet18", 224, 2),
    ("resnet34", 64, 2),
    ("resnet50", 64, 2),
    ("resnet101", 64, 2),
    ("resnet152", 64, 2),
    ("wide_resnet50_2", 64, 2),
    ("bit-r50x1", 64, 2),
    ("bit-r101x1", 64, 2),
    ("bit-r50x3", 64, 1),
]


def build(name):
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
    """Normalisations near one and zero, weights uniform with He's variance."""
    norms = {
        f"{path}.weight"
        for path, module in model.named_modules()
        if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm))
    }
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = hash_fill(named(name), parameter.numel()).reshape(parameter.shape)
            if parameter.dim() > 1:
                parameter.copy_(values * math.sqrt(6 / math.prod(parameter.shape[1:])))
            else:
                parameter.copy_(values * 0.1 + (1 if name in norms else 0))


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
    cases = []
    for arguments in CASES:
        cases.append(case(*arguments))
        print(arguments[0], cases[-1]["loss"], flush=True)
    target = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
    target.write_text(f'{{"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
