"""Counts of the CIFAR-10.1 testbed (Recht et al. 2018) and SciPy's fit of them.

Usage: python test/golden/metrics_cifar10_1.py DATA > test/golden/metrics_cifar10_1.json, then npx biome format --write on it
DATA holds cifar10-test-labels.npy and testbed/cifar10/. With --typescript, prints the table of
packages/metrics/src/cifar10-1-counts.ts instead.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.special import logit
from scipy.stats import linregress

data = Path(sys.argv[1])
testbed = data / "testbed" / "cifar10"
labels = {
    "original": np.load(data / "cifar10-test-labels.npy"),
    "v4": np.load(testbed / "cifar10.1_v4_labels.npy"),
    "v6": np.load(testbed / "cifar10.1_v6_labels.npy"),
}
suffix = "_predictions.json"
models = sorted(p.name.removesuffix(suffix) for p in (testbed / "original_predictions").glob("*" + suffix))


def correct(split, model):
    predictions = np.array(json.loads((testbed / f"{split}_predictions" / (model + suffix)).read_text()))
    assert predictions.shape == labels[split].shape, (split, model)
    return int((predictions == labels[split]).sum())


sizes = {split: int(values.size) for split, values in labels.items()}
counts = [[model, *(correct(split, model) for split in labels)] for model in models]

if "--typescript" in sys.argv:
    for row in counts:
        print(f"  {json.dumps(row)},")
    sys.exit()


def fit(column, split):
    x = logit(np.array([row[1] for row in counts]) / sizes["original"])
    y = logit(np.array([row[column] for row in counts]) / sizes[split])
    f = linregress(x, y)
    return {
        "n": len(x),
        "slope": f.slope,
        "intercept": f.intercept,
        "r": f.rvalue,
        "p": f.pvalue,
        "stderr": f.stderr,
        "intercept_stderr": f.intercept_stderr,
    }


json.dump({"sizes": sizes, "counts": counts, "fits": {"v4": fit(2, "v4"), "v6": fit(3, "v6")}}, sys.stdout, indent=1)
