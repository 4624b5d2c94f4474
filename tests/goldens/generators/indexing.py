"""index(...) against NumPy: hand-picked specs and generated ones.

NumPy's rules for advanced indexing hold: index tensors broadcast together, a
number beside an index tensor counts as one of them, and their common shape
takes the place of the indexed dims when these are adjacent, else the front.
A bool mask stands for the coordinates of its true elements.
"""

import math
import random

import numpy as np
import torch

from record import Group, cotangent, encode_any

ELLIPSIS, ALL = "...", ":"


def to_numpy(spec):
    if spec is None:
        return np.newaxis
    if isinstance(spec, str):
        return Ellipsis if spec == ELLIPSIS else slice(None)
    if isinstance(spec, list):
        return slice(*spec)
    return spec


def to_json(spec):
    return encode_any(spec)


def record(g, x, specs):
    key = tuple(to_numpy(s) for s in specs)
    out = np.asarray(x[key])
    cot = cotangent(out.shape, 0).numpy()
    grad = np.zeros_like(x)
    np.add.at(grad, key, cot)
    g.add({
        "op": "index",
        "via": "method",
        "args": [encode_any(x)] + [to_json(s) for s in specs],
        "out": encode_any(out),
        "grads": [encode_any(grad)] + [
            None for s in specs if isinstance(s, np.ndarray)
        ],
    })


def index_array(values):
    return np.array(values, dtype=np.int32)


PICKED = [
    # numbers, slices, new dims
    ([3, 4], [1]), ([3, 4], [-1]), ([3, 4], [0, 2]), ([3, 4], [-1, -4]),
    ([3, 4], [ALL]), ([3, 4], [ALL, 1]), ([3, 4], [ELLIPSIS]),
    ([3, 4], [ELLIPSIS, 0]), ([3, 4], [0, ELLIPSIS]), ([3, 4], []),
    ([2, 3, 4], [0, ELLIPSIS, 1]), ([2, 3, 4], [ELLIPSIS, 2, ALL]),
    ([2, 3, 4], [None]), ([2, 3, 4], [ALL, None]), ([2, 3, 4], [None, 0, None]),
    ([2, 3, 4], [ELLIPSIS, None]), ([2, 3, 4], [1, None, ELLIPSIS, 0, None]),
    ([6], [[1, 4]]), ([6], [[1, 4, 2]]), ([6], [[None, None, -1]]),
    ([6], [[4, 1, -1]]), ([6], [[None, 3]]), ([6], [[3, None]]),
    ([6], [[-3, None]]), ([6], [[None, -2]]), ([6], [[None, None, 2]]),
    ([6], [[None, None, -2]]), ([6], [[5, None, -3]]), ([6], [[2, 2]]),
    ([6], [[4, 2]]), ([6], [[-100, 100]]), ([6], [[100, None, -1]]),
    ([6], [[None, -100, -1]]), ([6], [[0, 6, 100]]), ([6], [[1, 1, -1]]),
    ([4, 5], [[None, None, -1], [None, None, 2]]),
    ([4, 5], [[3, 0, -2], [1, None]]),
    ([2, 3, 4], [ALL, [0, 2], -1]), ([2, 3, 4], [[None, None, -1], 1]),
    ([0, 3], [ALL, 1]), ([0, 3], [[None, None, -1]]),
    # one index tensor
    ([5], [index_array([0, 4, 2])]), ([5], [index_array([-1, -5, 0])]),
    ([5], [index_array([[0, 1], [3, 3]])]), ([5], [index_array(2)]),
    ([5], [index_array([])]), ([3, 4], [index_array([2, 0])]),
    ([3, 4], [ALL, index_array([3, 3, 0])]),
    ([3, 4], [ELLIPSIS, index_array([[1], [2]])]),
    ([3, 4], [index_array([2, 0]), [1, None]]),
    ([3, 4], [[None, None, -1], index_array([0, -1])]),
    ([2, 3, 4], [ALL, index_array([2, 0, 0, 1])]),
    ([2, 3, 4], [None, ALL, index_array([2, 0]), None]),
    ([2, 3, 4], [index_array([1, 0, 1]), None, [0, 2]]),
    # several that broadcast together
    ([3, 4], [index_array([0, 2]), index_array([1, 3])]),
    ([3, 4], [index_array([[0], [2]]), index_array([1, 3, 0])]),
    ([3, 4], [index_array(1), index_array([1, 3])]),
    ([2, 3, 4], [index_array([0, 1]), index_array([2, 0])]),
    ([2, 3, 4], [ALL, index_array([0, 1]), index_array([2, 0])]),
    ([2, 3, 4], [index_array([0, 1]), index_array([2, 0]), index_array([3, 3])]),
    # apart from each other: their dims come first
    ([2, 3, 4], [index_array([0, 1]), ALL, index_array([3, 0])]),
    ([2, 3, 4], [index_array([[0], [1]]), ALL, index_array([3, 0])]),
    ([2, 3, 4], [index_array([0, 1]), None, index_array([2, 0])]),
    ([2, 3, 4], [0, ALL, index_array([3, 0])]),
    ([2, 3, 4], [index_array([0, 1]), ALL, 2]),
    ([2, 3, 4], [0, index_array([1, 2])]),
    ([2, 3, 4], [ALL, 0, index_array([1, 2])]),
    ([2, 3, 4], [ALL, index_array([1, 2]), 3]),
    ([2, 2, 3, 2], [index_array([0, 1]), ELLIPSIS, index_array([1, 0])]),
    ([2, 2, 3, 2], [ALL, index_array([0, 1]), index_array([1, 0])]),
    ([2, 2, 3, 2], [ALL, index_array([0, 1]), ALL, index_array([1, 0])]),
    # masks
    ([5], [np.array([True, False, True, True, False])]),
    ([5], [np.array([False] * 5)]),
    ([3, 4], [np.array([True, False, True])]),
    ([3, 4], [ALL, np.array([True, False, True, True])]),
    ([2, 3], [np.array([[True, False, True], [False, False, True]])]),
    ([2, 3, 2], [np.array([[True, False, True], [False, False, True]])]),
    ([2, 2, 3], [ALL, np.array([[True, False, True], [False, False, True]])]),
    ([3, 4], [np.array([True, False, True]), 1]),
    ([3, 4], [np.array([True, False, True]), [1, 3]]),
    ([3, 4], [np.array([True, False, True]), index_array([3, 0])]),
    ([3, 4], [np.array([True, False, True]),
              np.array([False, True, True, False])]),
    ([2, 3, 4], [np.array([True, True]), ALL, index_array([3, 0])]),
    ([3, 4], [np.array([True, False, True]), None]),
]


def random_slice(rng, size):
    pick = lambda: rng.choice([None, rng.randint(-size - 2, size + 2)])
    step = rng.choice([None, 1, 2, 3, -1, -2, -3])
    spec = [pick(), pick()]
    return spec if step is None else spec + [step]


def random_specs(rng, shape):
    """A random spec for a shape; index tensors share one random shape."""
    common = rng.choice([[2], [3], [2, 2], [1]])
    specs, dim, mask_used = [], 0, False
    ellipsis_at = rng.choice([None, None] + list(range(len(shape))))
    while dim < len(shape):
        if ellipsis_at == dim:
            ellipsis_at = None
            specs.append(ELLIPSIS)
            dim += rng.randint(0, len(shape) - dim)
            continue
        if rng.random() < 0.15:
            specs.append(None)
        size = shape[dim]
        kind = rng.choice(["number", "all", "slice", "slice", "tensor",
                           "tensor", "mask", "stop"])
        if kind == "number":
            specs.append(rng.randint(-size, size - 1))
        elif kind == "slice":
            specs.append(random_slice(rng, size))
        elif kind == "tensor":
            some = rng.choice([common, common[-1:], [1] * len(common)])
            count = math.prod(some)
            values = [rng.randint(-size, size - 1) for _ in range(count)]
            specs.append(index_array(values).reshape(some))
        elif kind == "mask" and not mask_used:
            # as many true elements as the index tensors have columns
            mask = np.zeros(size, dtype=bool)
            mask[rng.sample(range(size), min(size, common[-1]))] = True
            if mask.sum() not in (1, common[-1]):
                specs.append(ALL)
            else:
                specs.append(mask)
                mask_used = True
        elif kind == "stop" and ELLIPSIS not in [
                s for s in specs if isinstance(s, str)]:
            break
        else:
            specs.append(ALL)
        dim += 1
    return specs


def generate():
    g = Group("index", "index(...) against NumPy", 10)
    for shape, specs in PICKED:
        record(g, torch.randn(shape).numpy(), specs)
    rng = random.Random(11)
    shapes = [[5], [3, 4], [4, 3], [2, 3, 4], [3, 2, 3], [2, 3, 2, 2],
              [2, 2, 2, 3]]
    made = 0
    while made < 120:
        shape = rng.choice(shapes)
        specs = random_specs(rng, shape)
        x = torch.randn(shape).numpy()
        try:
            if x[tuple(to_numpy(s) for s in specs)].size > 100:
                continue
        except IndexError:
            continue
        record(g, x, specs)
        made += 1
    # other dtypes
    record_plain(g, np.arange(6, dtype=np.int32).reshape(2, 3),
                 [[None, None, -1], index_array([2, 0])])
    record_plain(g, np.array([True, False, True]), [index_array([2, 1])])
    return [g]


def record_plain(g, x, specs):
    g.add({
        "op": "index",
        "via": "method",
        "args": [encode_any(x)] + [to_json(s) for s in specs],
        "out": encode_any(np.asarray(x[tuple(to_numpy(s) for s in specs)])),
    })
