"""Values that a script here and a test in TypeScript both make, without a file between them."""

import torch


def hash_fill(name, count):
    """Values in [-1, 1) from a 32-bit integer hash of the name and the index; its twin is support/hash-fill.ts."""
    seed = 0x811C9DC5
    for character in name:
        seed = ((seed ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    h = (torch.arange(count, dtype=torch.int64) * 0x9E3779B9 + seed) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return h.double() / 2**31 - 1
