"""Values by example: of made-up predictions by scikit-learn and statsmodels, and of the CIFAR-10.1 testbed (Recht et al. 2018) by
NumPy and SciPy.

Usage: python test/golden/example_level.py DATA > test/golden/example_level.json
DATA holds cifar10-test-labels.npy, cifar10-test-difficulty-pyx.npy and testbed/cifar10/.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.special import logit
from scipy.stats import linregress
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, f1_score, top_k_accuracy_score
from statsmodels.stats.inter_rater import cohens_kappa

data = Path(sys.argv[1])
testbed = data / "testbed" / "cifar10"
labels = {
    "original": np.load(data / "cifar10-test-labels.npy"),
    "v4": np.load(testbed / "cifar10.1_v4_labels.npy"),
    "v6": np.load(testbed / "cifar10.1_v6_labels.npy"),
}
suffix = "_predictions.json"
models = sorted(p.name.removesuffix(suffix) for p in (testbed / "original_predictions").glob("*" + suffix))


def predictions(split, model):
    return np.array(json.loads((testbed / f"{split}_predictions" / (model + suffix)).read_text()))


def kappa(first, second):
    """Of two vectors of right and wrong."""
    table = np.array([[np.sum(first & second), np.sum(first & ~second)], [np.sum(~first & second), np.sum(~first & ~second)]])
    result = cohens_kappa(table)
    assert np.isclose(result.kappa, cohen_kappa_score(first, second))
    return {"kappa": result.kappa, "low": result.kappa_low, "high": result.kappa_upp}


def published(split):
    right = np.array([predictions(split, model) == labels[split] for model in models])
    dominance = (right[:, None, :] & ~right[None, :, :]).sum(axis=2)
    return {
        "n": int(labels[split].size),
        "dominance": dominance.tolist(),
        "unsolved": np.flatnonzero(~right.any(axis=0)).tolist(),
        "kappas": [{"first": a, "second": b, **kappa(right[a], right[b])} for a, b in [(0, 1), (2, 29), (20, 23), (9, 10)]],
    }


def by_difficulty(model, bins):
    """Accuracy on the CIFAR-10 test set from the easiest examples to the hardest, by 1 - p(true class)."""
    probabilities = np.load(data / "cifar10-test-difficulty-pyx.npy")
    doubt = 1 - probabilities[np.arange(10000), labels["original"]]
    right = predictions("original", model) == labels["original"]
    return [int(right[part].sum()) for part in np.array_split(np.argsort(doubt, kind="stable"), bins)]


def class_lines(split):
    """The line of each class's accuracies, none of which is 0 or 1 here."""
    lines = []
    for label in range(10):
        def accuracies(of):
            return [float((predictions(of, model) == labels[of])[labels[of] == label].mean()) for model in models]

        x, y = accuracies("original"), accuracies(split)
        assert 0 < min(x + y) and max(x + y) < 1
        fit = linregress(logit(x), logit(y))
        lines.append({"slope": fit.slope, "intercept": fit.intercept, "r": fit.rvalue})
    return lines


def synthetic():
    rng = np.random.default_rng(3)
    n, classes = 240, 7
    # The last class is never a label, so that it can only be predicted wrongly.
    truth = rng.choice(classes - 1, n)
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), truth] += rng.choice([0.0, 1.5], n)
    logits = logits.round(1)
    first = logits.argmax(axis=1)
    second = np.where(rng.random(n) < 0.5, first, rng.choice(classes, n))
    counted = [int((logits[i] > logits[i, truth[i]]).sum() + (logits[i, : truth[i]] == logits[i, truth[i]]).sum()) for i in range(n)]
    untied = logits + np.arange(classes)[::-1] * 1e-6
    top = {str(k): top_k_accuracy_score(truth, untied, k=k, labels=np.arange(classes)) for k in (1, 2, 5)}
    for k, share in top.items():
        assert np.isclose(share, np.mean(np.array(counted) < int(k)))
    right = (first == truth, second == truth)
    return {
        "labels": truth.tolist(),
        "logits": logits.flatten().tolist(),
        "classes": classes,
        "first": first.tolist(),
        "second": second.tolist(),
        "macroF1": [f1_score(truth, p, average="macro", zero_division=0) for p in (first, second)],
        "balancedAccuracy": [float(balanced_accuracy_score(truth, p)) for p in (first, second)],
        "topK": top,
        "kappa": kappa(*right),
    }


json.dump(
    {
        "synthetic": synthetic(),
        "models": models,
        "published": {split: published(split) for split in labels},
        "classLines": class_lines("v6"),
        "byDifficulty": {"model": "wrn_28_10", "bins": 7, "correct": by_difficulty("wrn_28_10", 7)},
    },
    sys.stdout,
)
