"""Fits and effective robustness of the testbeds, from the raw files alone, by NumPy and SciPy: what `er fit` and `er robustness`
must say of them.

Usage: python test/golden/robustness_fits.py DATA > test/golden/robustness_fits.json, then npx biome format --write on it
DATA holds cifar10-test-labels.npy and testbed/. Nothing here is taken from the project: counts come from predictions, accuracies
from the table as published, kinds and the standard rule from the testbed's own.
"""

import csv
import json
import re
import sys
from pathlib import Path

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri
from scipy.stats import linregress

data = Path(sys.argv[1])
SCALES = {"logit": (logit, expit), "probit": (ndtri, ndtr), "linear": (lambda p: p, lambda x: x)}


def fit(id, ood, scale="logit"):
    forward, _ = SCALES[scale]
    x, y = forward(np.asarray(id)), forward(np.asarray(ood))
    f = linregress(x, y)
    residuals = y - f.intercept - f.slope * x
    return {
        "n": len(x),
        "slope": f.slope,
        "intercept": f.intercept,
        "r": f.rvalue,
        "p": f.pvalue,
        "stderr": f.stderr,
        "intercept_stderr": f.intercept_stderr,
        "residualStdDev": float(np.sqrt((residuals**2).sum() / (len(x) - 2))),
        "idRange": [float(min(id)), float(max(id))],
    }


def cifar():
    folder = data / "testbed" / "cifar10"
    labels = {
        "original": np.load(data / "cifar10-test-labels.npy"),
        "v4": np.load(folder / "cifar10.1_v4_labels.npy"),
        "v6": np.load(folder / "cifar10.1_v6_labels.npy"),
    }
    names = sorted(path.name for path in (folder / "original_predictions").glob("*.json"))
    accuracy = {
        split: [
            float((np.array(json.loads((folder / f"{split}_predictions" / name).read_text())) == of).mean()) for name in names
        ]
        for split, of in labels.items()
    }
    return {
        f"cifar10.1-{version}": {scale: fit(accuracy["original"], accuracy[version], scale) for scale in SCALES}
        for version in ("v4", "v6")
    }


IMAGENET = {
    "imagenetv2-matched-frequency": ("val", "imagenetv2-matched-frequency-format-val"),
    "objectnet": ("val-on-objectnet-classes", "objectnet-1.0-beta"),
    "imagenet-r": ("val-on-imagenet-r-classes", "imagenet-r"),
}


def imagenet():
    rows = list(csv.DictReader((data / "testbed" / "imagenet-testbed.csv").open()))
    kinds = {r["model"]: r["type"] for r in csv.DictReader((data / "testbed" / "imagenet-model-types.csv").open())}

    def of(id_column, ood_column):
        models = {
            row["model"]: (float(row[id_column]) / 100, float(row[ood_column]) / 100, float(row["val"]) / 100)
            for row in rows
            if row[id_column] and row[ood_column]
        }
        named = lambda name: any(part in name for part in ("aws", "batch64", "subsample"))
        rules = {
            "all": list(models),
            "standard": [
                m for m in models if kinds.get(m) == "standard" and not named(m) and models[m][2] >= 0.55
            ],
            "low-accuracy": [
                m for m in models if kinds.get(m) in ("standard", "low_accuracy_cnn", None) and not named(m)
            ],
        }
        fits = {
            rule: fit([models[m][0] for m in members], [models[m][1] for m in members]) for rule, members in rules.items()
        }
        x, y = (np.array([logit(models[m][i]) for m in rules["standard"]]) for i in (0, 1))
        line = fits["standard"]

        def robustness(name):
            at, ood, _ = models[name]
            assert name not in rules["standard"]
            centre = line["intercept"] + line["slope"] * logit(at)
            spread = line["residualStdDev"] * np.sqrt(1 + 1 / len(x) + (logit(at) - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
            return {"model": name, "er": ood - expit(centre), "predicted": expit(centre), "z": (logit(ood) - centre) / spread}

        def left_out(name):
            keep = [i for i, m in enumerate(rules["standard"]) if m != name]
            f = linregress(x[keep], y[keep])
            return {"model": name, "er": models[name][1] - expit(f.intercept + f.slope * logit(models[name][0]))}

        return {
            "idColumn": id_column,
            "oodColumn": ood_column,
            "models": len(models),
            "missing": len(rows) - len(models),
            "fits": fits,
            "robustness": [robustness(m) for m in models if re.search("clip|BiT", m)],
            "leaveOneOut": [left_out(m) for m in rules["standard"] if re.search("^resnet(18|50|152)$|^alexnet$", m)],
        }

    return {name: of(*columns) for name, columns in IMAGENET.items()}


json.dump({"cifar": cifar(), "imagenet": imagenet()}, sys.stdout, indent=1, allow_nan=False)
