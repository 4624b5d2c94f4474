"""What scikit-learn makes of scores: ranking, regression, several labels."""

import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

from record import Group

AVERAGES = ["macro", "micro", "weighted"]


def rows(a):
    return [[float(v) for v in row] for row in a]


def listed(a, kind=float):
    return [kind(v) for v in a]


def generate():
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(7)
    g = Group("ranking", "scores, regression, several labels", 0)
    g.sources = {"scikit-learn": sklearn.__version__}
    # Without ties, with many, and constant scores.
    for scores in (rng.random(40), rng.integers(0, 4, 40) / 4, np.zeros(40)):
        actual = rng.integers(0, 2, 40)
        g.add({"kind": "binary", "scores": listed(scores),
               "actual": listed(actual, int),
               "rocAuc": m.roc_auc_score(actual, scores),
               "averagePrecision": m.average_precision_score(actual, scores)})
    for actual in ([1, 1, 1], [0, 0, 0]):
        g.add({"kind": "single", "scores": [0.1, 0.5, 0.5], "actual": actual,
               "averagePrecision": float(m.average_precision_score(
                   actual, [0.1, 0.5, 0.5]))})
    for ties in (False, True):
        raw = rng.integers(1, 4, (50, 4)) if ties else rng.random((50, 4))
        scores = raw / raw.sum(1, keepdims=True)
        actual = rng.integers(0, 4, 50)
        case = {"kind": "classes", "scores": rows(scores),
                "actual": listed(actual, int)}
        case["ovr"] = {a: m.roc_auc_score(
            actual, scores, multi_class="ovr", average=a) for a in AVERAGES}
        case["ovo"] = {a: m.roc_auc_score(
            actual, scores, multi_class="ovo", average=a)
            for a in ("macro", "weighted")}
        case["topK"] = {k: m.top_k_accuracy_score(actual, scores, k=k)
                        for k in (1, 2, 3)}
        case["logLoss"] = m.log_loss(actual, scores)
        g.add(case)
    for ties in (False, True):
        scores = rng.integers(0, 4, (30, 5)) / 4 if ties else rng.random((30, 5))
        actual = (rng.random((30, 5)) < [0.2, 0.5, 0.5, 0.8, 0.4]).astype(int)
        # Each row has both, as averages over samples need.
        actual[:, 0], actual[:, 1] = 0, 1
        actual[::2, :2] = 1 - actual[::2, :2]
        guess = (scores > 0.5).astype(int)
        guess[:, 4] = 0
        case = {"kind": "labels", "scores": rows(scores),
                "actual": [listed(r, int) for r in actual],
                "guess": [listed(r, int) for r in guess]}
        every = AVERAGES + ["samples"]
        case["rocAuc"] = {a: m.roc_auc_score(actual, scores, average=a)
                          for a in every}
        case["averagePrecision"] = {
            a: m.average_precision_score(actual, scores, average=a)
            for a in every}
        case["figures"] = {
            f"{a}{zero}": {
                "precision": m.precision_score(
                    actual, guess, average=a, zero_division=zero),
                "recall": m.recall_score(
                    actual, guess, average=a, zero_division=zero),
                "f1": m.f1_score(actual, guess, average=a,
                                 zero_division=zero),
            } for a in every for zero in (0, 1)}
        case["subsetAccuracy"] = m.accuracy_score(actual, guess)
        case["hammingLoss"] = m.hamming_loss(actual, guess)
        g.add(case)
    for shape in ((20,), (12, 3)):
        actual = rng.standard_normal(shape)
        guess = actual + 0.5 * rng.standard_normal(shape)
        g.add({"kind": "regression", "shape": list(shape),
               "predicted": listed(guess.ravel()),
               "actual": listed(actual.ravel()),
               "mae": m.mean_absolute_error(actual, guess),
               "mse": m.mean_squared_error(actual, guess),
               "rmse": m.mean_squared_error(actual, guess, squared=False),
               "r2": m.r2_score(actual, guess)})
    # A constant target: 1 where it is met, 0 where it is not.
    for guess in ([2.0, 2.0, 2.0], [2.0, 1.0, 2.0]):
        g.add({"kind": "regression", "shape": [3], "predicted": guess,
               "actual": [2.0, 2.0, 2.0],
               "mae": m.mean_absolute_error([2.0] * 3, guess),
               "mse": m.mean_squared_error([2.0] * 3, guess),
               "rmse": m.mean_squared_error([2.0] * 3, guess, squared=False),
               "r2": m.r2_score([2.0] * 3, guess)})
    yield g
