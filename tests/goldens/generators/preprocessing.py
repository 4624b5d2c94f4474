"""What scikit-learn makes of folds, categories, missing values, components."""

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import OneHotEncoder

from record import Group, encode_any


def generate():
    rng = np.random.default_rng(5)
    labels = [int(v) for v in rng.integers(0, 3, 23)]
    folds = [
        {"samples": n, "nSplits": k,
         "tests": [t.tolist() for _, t in KFold(k).split(np.zeros(n))]}
        for n, k in ((7, 3), (10, 5), (11, 2), (6, 6))
    ]
    stratified = [
        {"labels": y, "nSplits": k,
         "tests": [t.tolist() for _, t in
                   StratifiedKFold(k).split(np.zeros(len(y)), y)]}
        for y, k in ((labels, 2), (labels, 4), ([1] * 5 + [0] * 7, 3),
                     ([2, 2, 0, 1, 0, 1, 2], 2))
    ]
    holes = rng.integers(0, 5, (9, 4)).astype(np.float64)
    holes[rng.random((9, 4)) < 0.3] = np.nan
    kinds = rng.integers(0, 4, (8, 3)).astype(np.float64)
    table = rng.standard_normal((12, 4)) @ rng.standard_normal((4, 4)) + 3
    wide = rng.standard_normal((4, 6))

    def analysis(x, **options):
        pca = PCA(**options).fit(x)
        z = pca.transform(x)
        return {"x": x, "mean": pca.mean_, "components": pca.components_,
                "singularValues": pca.singular_values_,
                "explainedVariance": pca.explained_variance_,
                "explainedVarianceRatio": pca.explained_variance_ratio_,
                "z": z, "back": pca.inverse_transform(z)}

    g = Group("preprocessing", "folds, categories, imputation, components", 0)
    g.sources = {"scikit-learn": sklearn.__version__}
    g.add(encode_any({
        "folds": folds,
        "stratified": stratified,
        "holes": holes,
        "filled": {
            name: SimpleImputer(strategy=strategy, fill_value=-2.5
                                ).fit_transform(holes)
            for name, strategy in (
                ("mean", "mean"), ("median", "median"),
                ("mostFrequent", "most_frequent"), ("constant", "constant"))
        },
        "kinds": kinds,
        "oneHot": OneHotEncoder().fit_transform(kinds).toarray(),
        "dropped": OneHotEncoder(drop="first").fit_transform(kinds).toarray(),
        "pca": [
            {"options": {}, **analysis(table)},
            {"options": {"nComponents": 2}, **analysis(table, n_components=2)},
            {"options": {"nComponents": 0.9},
             **analysis(table, n_components=0.9)},
            {"options": {"nComponents": 3, "whiten": True},
             **analysis(table, n_components=3, whiten=True)},
            {"options": {"nComponents": 3}, **analysis(wide, n_components=3)},
        ],
    }))
    yield g
