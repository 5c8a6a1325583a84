"""The models for 32x32 images in PyTorch: the ResNets of He et al. 2015, section 4.2, with option-A shortcuts, and the pre-activation
Wide ResNets of Zagoruyko and Komodakis 2016. Named as their checkpoints commonly are."""

import re

from torch import nn
from torch.nn import functional as F


def conv3x3(inputs, outputs, stride):
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)


def blocks(kind, count, inputs, outputs, stride):
    return nn.Sequential(kind(inputs, outputs, stride), *[kind(outputs, outputs, 1) for _ in range(count - 1)])


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = conv3x3(inputs, outputs, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = conv3x3(outputs, outputs, 1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.pad = stride, (outputs - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


class CifarResNet(nn.Module):
    def __init__(self, depth, classes=10):
        super().__init__()
        count = (depth - 2) // 6
        self.conv1 = conv3x3(3, 16, 1)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = blocks(BasicBlock, count, 16, 16, 1)
        self.layer2 = blocks(BasicBlock, count, 16, 32, 2)
        self.layer3 = blocks(BasicBlock, count, 32, 64, 2)
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.layer3(self.layer2(self.layer1(y)))
        return self.linear(y.mean((2, 3)))


class PreActivationBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = conv3x3(inputs, outputs, stride)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = conv3x3(outputs, outputs, 1)
        self.convShortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        active = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(active))))
        return y + (x if self.convShortcut is None else self.convShortcut(active))


class Group(nn.Module):
    def __init__(self, *arguments):
        super().__init__()
        self.layer = blocks(PreActivationBlock, *arguments)

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, widening, classes=10):
        super().__init__()
        count = (depth - 4) // 6
        widths = [16 * widening * 2**i for i in range(3)]
        self.conv1 = conv3x3(3, 16, 1)
        self.block1 = Group(count, 16, widths[0], 1)
        self.block2 = Group(count, widths[0], widths[1], 2)
        self.block3 = Group(count, widths[1], widths[2], 2)
        self.bn1 = nn.BatchNorm2d(widths[2])
        self.fc = nn.Linear(widths[2], classes)

    def forward(self, x):
        y = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.relu(self.bn1(y)).mean((2, 3)))


def create(name, classes=10):
    """A model by its name here, or None."""
    if wide := re.fullmatch(r"wrn-(\d+)-(\d+)", name):
        return WideResNet(int(wide[1]), int(wide[2]), classes)
    plain = re.fullmatch(r"resnet(\d+)", name)
    return CifarResNet(int(plain[1]), classes) if plain and (int(plain[1]) - 2) % 6 == 0 else None
