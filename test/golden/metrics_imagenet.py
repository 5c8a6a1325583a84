"""Counts of right answers of the ImageNet testbed (Taori et al. 2020), for packages/metrics/src/imagenet-counts.ts.

Usage: python test/golden/metrics_imagenet.py DATA, which prints the rows of the table.
DATA holds testbed/imagenet-testbed.csv and testbed/imagenet-model-types.csv. Accuracies are published in per cent as
float32 or rounded through it; an n is believed only where accuracy * n / 100 is whole for every cell within that rounding.
For each column every n up to 60,000 is tried: only the one in SIZES and multiples of it make whole counts. So n of ObjectNet
is 18,514 and not the 18,574 images of its overlapping classes, and n of val-on-objectnet-classes is 6,250.
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


def is_whole(cell, n):
    exact = float(cell) * n / 100
    return abs(exact - round(exact)) <= FLOAT32 * n


def count(cell, n):
    if cell == "":
        return None
    assert is_whole(cell, n), (cell, n)
    return round(float(cell) * n / 100)


for column, n in SIZES.items():
    cells = [row[column] for row in rows if row[column] != ""]
    possible = [other for other in range(1, 60001) if all(is_whole(cell, other) for cell in cells)]
    assert possible == list(range(n, 60001, n)), (column, possible)


for row in rows:
    counts = [count(row[column], n) for column, n in SIZES.items()]
    print(f"  {json.dumps([row['model'], kinds.get(row['model']), *counts])},")
