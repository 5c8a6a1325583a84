"""SciPy's values for packages/metrics: linregress, binomial intervals, logit, prediction band, effective robustness.

Usage: python test/golden/metrics_statistics.py > test/golden/metrics_statistics.json, then npx biome format --write on it
"""

import json
import sys

import numpy as np
from scipy.special import expit, logit
from scipy.stats import binomtest, linregress, t

rng = np.random.default_rng(7)


def regression(x, y):
    f = linregress(x, y)
    return {
        "x": list(map(float, x)),
        "y": list(map(float, y)),
        "fit": {
            "n": len(x),
            "slope": float(f.slope),
            "intercept": float(f.intercept),
            "r": float(f.rvalue),
            "p": float(f.pvalue),
            "stderr": float(f.stderr),
            "intercept_stderr": float(f.intercept_stderr),
        },
    }


noise = rng.normal(size=40)
x40 = rng.normal(2, 1, size=40)
regressions = {
    "two points": regression([1.0, 2.0], [3.0, 5.5]),
    "three points": regression([0.1, 0.9, 2.3], [1.0, 1.4, 1.1]),
    "a perfect fit": regression([1, 2, 3, 4, 5], [3, 5, 7, 9, 11]),
    "a perfect falling fit": regression([1, 2, 3, 4, 5], [-1, -2, -3, -4, -5]),
    "forty noisy points": regression(x40, 0.8 * x40 - 0.5 + 0.3 * noise),
    "forty points of no relation": regression(x40, noise),
    "a strong fall": regression(x40, -3 * x40 + 0.01 * noise),
    "large offsets": regression(x40 + 1e4, 0.8 * x40 + 1e5 + noise),
}

intervals = [
    {
        "correct": k,
        "n": n,
        "level": level,
        "clopper-pearson": list(map(float, binomtest(k, n).proportion_ci(level, "exact"))),
        "wilson": list(map(float, binomtest(k, n).proportion_ci(level, "wilson"))),
    }
    for k, n in [(0, 1), (1, 1), (0, 20), (20, 20), (1, 20), (7, 20), (1023, 2021), (9123, 10000), (49999, 50000)]
    for level in [0.9, 0.95, 0.99]
]

# A testbed whose last model has every ID example right and whose first has none of the OOD ones right.
n_id, n_ood = 1000, 400
correct_id = [150, 420, 600, 700, 810, 880, 930, 1000]
correct_ood = [0, 90, 160, 205, 262, 300, 322, 395]


def fraction(k, n):
    return (k + 0.5) / (n + 1) if k in (0, n) else k / n


a_id = np.array([fraction(k, n_id) for k in correct_id])
a_ood = np.array([fraction(k, n_ood) for k in correct_ood])
x, y = logit(a_id), logit(a_ood)
line = linregress(x, y)
m = len(x)
s = float(np.sqrt(((y - line.intercept - line.slope * x) ** 2).sum() / (m - 2)))
sxx = float(((x - x.mean()) ** 2).sum())


def line_se(at):
    return s * np.sqrt(1 / m + (at - x.mean()) ** 2 / sxx)


def band(a, level):
    at = logit(a)
    centre = line.intercept + line.slope * at
    half = t.ppf((1 + level) / 2, m - 2) * np.sqrt(s**2 + line_se(at) ** 2)
    return {"id": a, "level": level, "predicted": expit(centre), "low": expit(centre - half), "high": expit(centre + half)}


def robustness(k_id, n1, k_ood, n2, level):
    """Derivatives by central differences, so that they are not the formula under test."""
    a1, a2 = k_id / n1, k_ood / n2
    predict = lambda a: expit(line.intercept + line.slope * logit(a))
    h = 1e-6
    d_id = (predict(a1 + h) - predict(a1 - h)) / (2 * h)
    eta = line.intercept + line.slope * logit(a1)
    d_eta = (expit(eta + h) - expit(eta - h)) / (2 * h)
    v_fit = (d_eta * line_se(logit(a1))) ** 2
    v = a2 * (1 - a2) / n2 + d_id**2 * a1 * (1 - a1) / n1 + v_fit
    half = t.ppf((1 + level) / 2, (m - 2) * (v / v_fit) ** 2) * np.sqrt(v)
    er = a2 - predict(a1)
    return {
        "id": {"correct": k_id, "n": n1},
        "ood": {"correct": k_ood, "n": n2},
        "level": level,
        "er": er,
        "low": er - half,
        "high": er + half,
        "predicted": predict(a1),
    }


plain = lambda o: {k: plain(v) for k, v in o.items()} if isinstance(o, dict) else float(o) if isinstance(o, np.floating) else o
json.dump(
    {
        "logit": [[p, float(logit(p))] for p in [1e-300, 1e-9, 0.1, 0.5, 0.75, 0.999999]],
        "logistic": [[v, float(expit(v))] for v in [-800.0, -700.0, -40.0, -1.5, 0.0, 1.5, 40.0, 800.0]],
        "regressions": regressions,
        "intervals": intervals,
        "testbed": {
            "nId": n_id,
            "nOod": n_ood,
            "correctId": correct_id,
            "correctOod": correct_ood,
            "fit": {k: v for k, v in regression(x, y)["fit"].items()},
            "bands": [plain(band(a, level)) for a in [0.2, 0.6, 0.95] for level in [0.9, 0.95]],
            "robustness": [
                plain(robustness(*case))
                for case in [
                    (850, 1000, 300, 400, 0.95),
                    (850, 1000, 300, 400, 0.9),
                    (9000, 10000, 1500, 2000, 0.95),
                    (50, 1000, 40, 400, 0.95),
                    (60, 100, 9, 20, 0.99),
                ]
            ],
        },
    },
    sys.stdout,
    indent=1,
    allow_nan=False,
)
