"""SciPy's values for packages/metrics: linregress, binomial intervals, logit, prediction band, effective robustness.

SciPy's regressions are held to 60 digits of mpmath; a field that SciPy itself misses by more than 1e-10 of its value, as the
standard errors of an almost perfect fit, which cancel in floats, is listed in "lost" and not compared.

Usage: python test/golden/metrics_statistics.py > test/golden/metrics_statistics.json, then npx biome format --write on it
"""

import json
import sys

import numpy as np
from mpmath import betainc, mp, mpf, sqrt
from scipy.special import expit, logit, ndtr, ndtri
from scipy.stats import binomtest, linregress, norm, t

mp.dps = 60

rng = np.random.default_rng(7)


def regression(x, y):
    f = linregress(x, y)
    # SciPy calls the correlation with a constant NaN; ours is 0 there, and p and the standard errors follow from that.
    value = lambda v, of_constant: of_constant if np.isnan(v) else float(v)
    fit = {
        "n": len(x),
        "slope": float(f.slope),
        "intercept": float(f.intercept),
        "r": value(f.rvalue, 0.0),
        "p": value(f.pvalue, 1.0),
        "stderr": value(f.stderr, 0.0),
        "intercept_stderr": value(f.intercept_stderr, 0.0),
    }
    exact = exactly(x, y)
    lost = [k for k, v in exact.items() if abs(mpf(fit[k]) - v) > mpf(10) ** -10 * abs(v) and v > mpf(10) ** -300]
    return {"x": list(map(float, x)), "y": list(map(float, y)), "fit": fit, "lost": lost}


def exactly(x, y):
    """The fields that are not 0 by convention, to 60 digits."""
    x, y = [mpf(float(v)) for v in x], [mpf(float(v)) for v in y]
    n, df = len(x), len(x) - 2
    mx, my = sum(x) / n, sum(y) / n
    sxx = sum((a - mx) ** 2 for a in x)
    syy = sum((b - my) ** 2 for b in y)
    sxy = sum((a - mx) * (b - my) for a, b in zip(x, y))
    slope = sxy / sxx
    line = {"slope": slope, "intercept": my - slope * mx}
    if syy == 0 or df == 0:
        return line
    r2 = sxy**2 / (sxx * syy)
    se = sqrt((1 - r2) * syy / sxx / df)
    p = betainc(mpf(df) / 2, mpf(1) / 2, 0, 1 - r2, regularized=True)
    return {**line, "r": sxy / sqrt(sxx * syy), "p": p, "stderr": se, "intercept_stderr": se * sqrt(sxx / n + mx * mx)}


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

# Drawn from a generator of its own, so that the cases above keep their values.
more = np.random.default_rng(20)
z, z40 = more.normal(size=1000), more.normal(size=40)
x1000 = more.uniform(-1, 3, 1000)
regressions |= {
    "1,000 points": regression(x1000, 0.9 * x1000 - 0.4 + 0.5 * z),
    "200 points of no relation": regression(x1000[:200], z[:200]),
    "400 points so close to a line that p is 0": regression(x1000[:400], 0.9 * x1000[:400] - 0.4 + 0.01 * z[:400]),
    "a negative slope": regression(x40, -0.7 * x40 + 2 + 0.2 * z40),
    "constant y": regression(x40, np.full(40, 3.25)),
    "constant y that no float is the sum of": regression(x40, np.full(40, 0.1)),
    "two points of one y": regression([1.0, 2.0], [4.0, 4.0]),
    "two points in a fall": regression([1.0, 2.0], [4.0, -3.0]),
    "three points in a fall": regression([-1.0, 0.0, 1.0], [3.0, 2.5, -1.0]),
    "four points": regression([0.0, 1.0, 2.0, 4.0], [1.0, 0.5, 2.5, 2.0]),
    "nearly constant x": regression(1 + 1e-7 * x40, 0.5 * x40 + z40),
    "nearly constant x far from 0": regression(1000 + 1e-3 * x40, 0.5 * x40 + z40),
    "nearly constant y": regression(x40, 5 + 1e-9 * z40),
    "offsets of 1e8": regression(x40 + 1e8, 0.8 * x40 - 1e8 + z40),
    "an offset of 1e6 in x": regression(x40 + 1e6, 0.8 * x40 + z40),
    "values of 1e150 in y": regression(x40, (0.5 * x40 + z40) * 1e150),
    "values of 1e-120": regression(1e-120 * x40, 1e-120 * (0.5 * x40 + z40)),
    "repeated x": regression(np.repeat([0.0, 1.0, 2.0], 5), more.normal(size=15)),
    "one far point": regression(np.r_[more.normal(size=20), 50], np.r_[more.normal(size=20), 40]),
    "an almost perfect fit": regression(x40, 2 * x40 + 1 + 1e-5 * z40),
    "a perfect fit of ten": regression(np.arange(10.0), 3 * np.arange(10.0) - 7),
    "x over six decades": regression(np.logspace(-3, 3, 25), np.logspace(-3, 3, 25) ** 0.5),
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
        "probit": [[p, float(ndtri(p)), float(norm.pdf(ndtri(p)))] for p in [1e-300, 1e-9, 0.1, 0.5, 0.75, 0.999999]],
        "normalCdf": [[v, float(ndtr(v))] for v in [-30.0, -8.0, -1.5, 0.0, 1.5, 8.0]],
        "regressions": regressions,
        "intervals": intervals,
        "testbed": {
            "nId": n_id,
            "nOod": n_ood,
            "correctId": correct_id,
            "correctOod": correct_ood,
            "fit": regression(x, y)["fit"],
            "fits": {
                "probit": regression(ndtri(a_id), ndtri(a_ood))["fit"],
                "linear": regression(np.array(correct_id) / n_id, np.array(correct_ood) / n_ood)["fit"],
            },
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
