"""What the scalers of scikit-learn make of five samples of six features."""

import numpy as np
import sklearn
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from record import Group, encode_any


def generate():
    table = np.array(
        [
            [1.0, 0.1, 2020.5, -3.0, 1e-3, 5.0],
            [2.0, 0.1, 2021.5, 4.0, 2e-3, np.nan],
            [4.0, 0.1, 2020.0, 0.5, 4e-3, 7.0],
            [8.0, 0.1, 2023.0, 1.0, 8e-3, 6.5],
            [16.0, 0.1, 2022.25, -1.5, 1.6e-2, np.nan],
        ],
        dtype=np.float32,
    ).astype(np.float64)
    standard = StandardScaler().fit(table)
    centred = StandardScaler(with_std=False).fit(table)
    divided = StandardScaler(with_mean=False).fit(table)
    unit = MinMaxScaler().fit(table)
    wide = MinMaxScaler(feature_range=(-2, 3), clip=True).fit(table)
    other = table * 1.5 - 1
    figures = {
        "table": table,
        "other": other,
        "mean": standard.mean_,
        "variance": standard.var_,
        "scale": standard.scale_,
        "standard": standard.transform(other),
        "centred": centred.transform(other),
        "divided": divided.transform(other),
        "dataMin": unit.data_min_,
        "dataMax": unit.data_max_,
        "minMaxScale": unit.scale_,
        "unit": unit.transform(other),
        "wide": wide.transform(other),
    }
    g = Group("scalers", "StandardScaler and MinMaxScaler", 0)
    g.sources = {"scikit-learn": sklearn.__version__}
    g.add(encode_any(figures))
    yield g
