"""What scikit-learn makes of some predictions."""

import numpy as np
import sklearn
from sklearn import metrics

from record import Group


def figures(predicted, actual, averages, classes):
    case = {
        "classes": classes,
        "predicted": [int(p) for p in predicted],
        "actual": [int(a) for a in actual],
        "accuracy": metrics.accuracy_score(actual, predicted),
        "confusion": metrics.confusion_matrix(
            actual, predicted, labels=range(classes)
        ).tolist(),
        "averages": {},
    }
    for normalize, name in [("true", "true"), ("pred", "predicted"), ("all", "all")]:
        case.setdefault("normalized", {})[name] = metrics.confusion_matrix(
            actual, predicted, labels=range(classes), normalize=normalize
        ).tolist()
    for average in averages:
        case["averages"][average] = {
            f"zeroDivision{zero}": {
                "precision": metrics.precision_score(
                    actual, predicted, average=average, zero_division=zero
                ),
                "recall": metrics.recall_score(
                    actual, predicted, average=average, zero_division=zero
                ),
                "f1": metrics.f1_score(
                    actual, predicted, average=average, zero_division=zero
                ),
            }
            for zero in (0, 1)
        }
    return case


def cases():
    rng = np.random.default_rng(0)
    several = ["macro", "micro", "weighted"]
    for classes, samples, skill in [(2, 40, 0.7), (3, 31, 0.6), (10, 97, 0.8)]:
        actual = rng.integers(0, classes, samples)
        guess = rng.integers(0, classes, samples)
        predicted = np.where(rng.random(samples) < skill, actual, guess)
        averages = several + (["binary"] if classes == 2 else [])
        yield figures(predicted, actual, averages, classes)
    # Classes that are never true, never predicted, or neither.
    yield figures([0, 0, 3, 3, 1], [0, 1, 0, 1, 1], several, 5)
    # Nothing positive on either side, and nothing right.
    yield figures([0, 0, 0], [0, 0, 0], several + ["binary"], 2)
    yield figures([1, 1, 0], [0, 0, 1], several + ["binary"], 2)


def generate():
    g = Group("metrics", "accuracy, confusion matrices, precision, recall, f1", 0)
    g.sources = {"scikit-learn": sklearn.__version__}
    for case in cases():
        g.add(case)
    yield g
