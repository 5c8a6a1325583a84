"""The cases of bench/src/cases/gpu.ts in PyTorch, by the same names and shapes.

A mixed product is one of float16 matrices. f32 is eager, TF32 off, NCHW, cuDNN autotuned; mixed is autocast to float16 with a gradient scaler, channels last. A step is
forward, mean cross-entropy, backward and SGD with momentum on a resident batch, as ours.
"""

import argparse
import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

SIZES = {
    False: {"matrix": 4096, "small": (32, 512), "imagenet": (224, 64)},
    True: {"matrix": 64, "small": (8, 2), "imagenet": (32, 2)},
}
TURN_SECONDS = 0.2


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + shortcut, inplace=True)


def resnet18(stem, classes):
    """torchvision's network written out, so that torchvision need not be there; `small` has the stem for 32x32 images."""
    convolution = nn.Conv2d(3, 64, 7, 2, 3, bias=False) if stem == "imagenet" else nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    head = [convolution, nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    if stem == "imagenet":
        head.append(nn.MaxPool2d(3, 2, 1))
    widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
    blocks = [BasicBlock(a, b) for a, b in zip(widths, widths[1:])]
    return nn.Sequential(*head, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


class Clock:
    """Milliseconds of work on the device: by its own events on CUDA, by the wall elsewhere."""

    def __init__(self, device):
        self.cuda = device.type == "cuda"

    def time(self, work, times):
        if not self.cuda:
            start = time.perf_counter()
            for _ in range(times):
                work()
            return 1000 * (time.perf_counter() - start)
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        begin.record()
        for _ in range(times):
            work()
        end.record()
        torch.cuda.synchronize()
        return begin.elapsed_time(end)


def measure(clock, work, rounds):
    """The median over rounds of so many runs as fill a turn, after runs that warm up and let cuDNN choose."""
    for _ in range(5):
        work()
    times = max(1, round(1000 * TURN_SECONDS / max(clock.time(work, 2) / 2, 1e-3)))
    return statistics.median(clock.time(work, times) / times for _ in range(rounds))


def half_of(device):
    """Half precision on the CPU is bfloat16, which needs no scaler."""
    return torch.float16 if device.type == "cuda" else torch.bfloat16


def matmul(device, n, dtype):
    a, b = ((torch.rand(n, n, device=device) - 0.5).to(dtype) for _ in range(2))
    return lambda: torch.matmul(a, b)


def gradient_scaler(enabled):
    """Newer versions have it for any device and warn of the older name."""
    if hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda", enabled=enabled)
    return torch.cuda.amp.GradScaler(enabled=enabled)


def training_step(device, stem, size, batch, mixed):
    classes = 1000 if stem == "imagenet" else 10
    layout = torch.channels_last if mixed else torch.contiguous_format
    model = resnet18(stem, classes).to(device, memory_format=layout).train()
    x = torch.rand(batch, 3, size, size).sub(0.5).to(device, memory_format=layout)
    labels = (torch.arange(batch) % classes).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    half = half_of(device)
    scaler = gradient_scaler(enabled=mixed and device.type == "cuda")

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype=half, enabled=mixed):
            loss = F.cross_entropy(model(x), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def cases(device, smoke):
    sizes = SIZES[smoke]
    n = sizes["matrix"]
    yield "gpu_matmul", f"{n}×{n}×{n}", "f32", None, 2 * n**3, lambda: matmul(device, n, torch.float32)
    yield "gpu_matmul", f"{n}×{n}×{n}", "mixed", None, 2 * n**3, lambda: matmul(device, n, half_of(device))
    for stem in ("small", "imagenet"):
        size, batch = sizes[stem]
        for precision in ("f32", "mixed"):
            yield (
                "gpu_training_step",
                f"resnet18 {size}×{size} batch {batch}",
                precision,
                batch,
                None,
                lambda stem=stem, size=size, batch=batch, mixed=precision == "mixed": training_step(
                    device, stem, size, batch, mixed
                ),
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, on the CPU where there is no CUDA")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--filter", default="")
    parser.add_argument("--json", required=True)
    options = parser.parse_args()
    if not torch.cuda.is_available() and not options.smoke:
        sys.exit("twin.py: PyTorch finds no CUDA device; there is --smoke for the CPU")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    clock = Clock(device)
    rows = []
    for name, shape, precision, images, flops, prepare in cases(device, options.smoke):
        if options.filter not in f"{name} {shape}":
            continue
        ms = measure(clock, prepare(), options.rounds)
        row = {"case": name, "shape": shape, "precision": precision, "median_ms": ms}
        row["images_per_s"] = None if images is None else 1000 * images / ms
        row["gflops"] = None if flops is None else flops / ms / 1e6
        rows.append(row)
        print(f"PyTorch: {name} {shape} {precision}: {ms:.3f} ms", file=sys.stderr)
        if device.type == "cuda":
            torch.cuda.empty_cache()
    named = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    versions = {"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    with open(options.json, "w") as file:
        json.dump({"device": named, "versions": versions, "rounds": options.rounds, "results": rows}, file, indent=2)
        file.write("\n")


main()
