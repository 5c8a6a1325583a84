"""Three SGD steps of the CIFAR ResNet-20 (option-A shortcuts) in PyTorch, from weights both sides can build.

Writes resnet20_trajectory.json beside this file: losses of each step, and after the third the sum, the L2 norm and eight
samples of every parameter and running statistic, and the evaluation logits. Run: python resnet20_trajectory.py
Needs torch. Values are made in float64.
"""

import json
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

from cifar_models import CifarResNet
from hash_fill import hash_fill

BATCH = 16
SAMPLES = 8
# Small enough that rounding is not amplified: in float32 PyTorch itself stays within about 1e-5 of these float64 values.
LEARNING_RATE = 0.005


def fill(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = hash_fill(name, parameter.numel()).reshape(parameter.shape)
            if parameter.dim() > 1:
                fan_in = math.prod(parameter.shape[1:])
                parameter.copy_(values * math.sqrt(1 / fan_in))
            else:
                parameter.copy_(values * 0.1 + (1 if name.split(".")[-2].startswith("bn") and name.endswith("weight") else 0))


def trajectory(nesterov, smoothing, trained=("",), head_rate=LEARNING_RATE):
    """Three steps. Only what begins with one of `trained` is; batch-norms elsewhere are as in evaluation."""
    model = CifarResNet(20).double()
    fill(model)
    body, head = [], []
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith(trained)
        if parameter.requires_grad:
            (head if name.startswith("linear") else body).append(parameter)
    x = hash_fill("images", BATCH * 3 * 32 * 32).reshape(BATCH, 3, 32, 32)
    labels = torch.tensor([(7 * i + 3) % 10 for i in range(BATCH)])
    groups = [{"params": body}, {"params": head, "lr": head_rate}]
    optimizer = torch.optim.SGD(groups, lr=LEARNING_RATE, momentum=0.9, weight_decay=1e-4, nesterov=nesterov)
    losses = []
    model.train()
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d) and not name.startswith(trained):
            module.eval()
    for _ in range(3):
        loss = F.cross_entropy(model(x), labels, label_smoothing=smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    tensors = {}
    for name, value in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        flat = value.flatten()
        at = [(i * 7919) % flat.numel() for i in range(SAMPLES)]
        tensors[name] = {
            "shape": list(value.shape),
            "sum": flat.sum().item(),
            "norm": flat.norm().item(),
            "at": at,
            "samples": [flat[i].item() for i in at],
        }
    model.eval()
    with torch.no_grad():
        logits = model(x).flatten().tolist()
    chosen = {"trained": trained, "headLearningRate": head_rate}
    return {"nesterov": nesterov, "labelSmoothing": smoothing, **chosen, "losses": losses, "tensors": tensors, "logits": logits}


result = {
    "torch": torch.__version__,
    "learningRate": LEARNING_RATE,
    "hash": {"name": "layer1.0.conv1.weight", "values": hash_fill("layer1.0.conv1.weight", 5).tolist()},
    "trajectories": [trajectory(False, 0.0), trajectory(True, 0.1), trajectory(False, 0.0, ("layer3", "linear"), 0.02)],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(result) + "\n")
