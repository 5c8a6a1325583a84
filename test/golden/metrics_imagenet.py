"""Counts of right answers of the ImageNet testbed (Taori et al. 2020), for packages/metrics/src/imagenet-counts.ts.

Usage: python test/golden/metrics_imagenet.py DATA, which prints the rows of the table.
DATA holds testbed/imagenet-testbed.csv and testbed/imagenet-model-types.csv. Accuracies are published in per cent as
float32 or rounded through it; an n is believed only where accuracy * n / 100 is whole for every cell within that rounding.
n of ObjectNet is 18,514 and not the 18,574 images of its overlapping classes, n of val-on-objectnet-classes 6,250: the
only n up to 60,000 with whole counts (but multiples of them).
"""

import csv
import json
import sys
from pathlib import Path

SIZES = {
    "val": 50000,
    "imagenetv2-matched-frequency-format-val": 10000,
    "objectnet-1.0-beta": 18514,
    "val-on-objectnet-classes": 6250,
    "imagenet-r": 30000,
    "val-on-imagenet-r-classes": 10000,
}
# Two roundings to float32: of the fraction, and of a hundred times it.
FLOAT32 = 2 * 2.0**-24

data = Path(sys.argv[1]) / "testbed"
rows = list(csv.DictReader((data / "imagenet-testbed.csv").open()))
kinds = {row["model"]: row["type"] for row in csv.DictReader((data / "imagenet-model-types.csv").open())}


def count(cell, n):
    if cell == "":
        return None
    exact = float(cell) * n / 100
    assert abs(exact - round(exact)) <= FLOAT32 * n, (cell, n, exact)
    return round(exact)


for row in rows:
    counts = [count(row[column], n) for column, n in SIZES.items()]
    print(f"  {json.dumps([row['model'], kinds.get(row['model']), *counts])},")
