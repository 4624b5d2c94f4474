"""Optimizers on the sparse gradients of an embedding, over 20 steps."""

import torch
from torch.nn.functional import embedding

import optimizers
from record import Group, randn, uniform

VARIANTS = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        {"lr": 0.05, "maximize": True},
    ],
    "Adagrad": [
        {},
        {"lr": 0.2, "lrDecay": 0.1, "initialAccumulatorValue": 0.5},
        {"lr": 0.1, "maximize": True},
    ],
    "SparseAdam": [
        {},
        {"lr": 0.1, "betas": [0.7, 0.8], "eps": 0.1},
        {"lr": 0.1, "maximize": True},
    ],
}

STEPS, ROWS, COLUMNS, PADDING = optimizers.STEPS, 9, 3, 4


def sparse(params, given, step):
    """Rows that are looked up, some twice, times factors of the step."""
    index, factors = given
    rows = embedding(index[step].long(), params[0], padding_idx=PADDING,
                     sparse=True)
    factors = factors[step].to(rows.dtype)
    return (rows * factors).sum() + 0.1 * (rows**2).sum()


def make(name, groups, options):
    if name == "SparseAdam":
        return torch.optim.SparseAdam(groups, **options)
    return torch.optim.__dict__[name](groups, foreach=False, **options)


def generate():
    g = Group("sparse", "optimizers on sparse gradients", 62)
    optimizers.PROBLEMS["sparse"] = sparse
    optimizers.make, before = make, optimizers.make
    table = uniform(-1, 1, ROWS, COLUMNS)
    # Two rows are looked up late, and one of them never before.
    index = torch.randint(0, ROWS - 2, (STEPS, 6), dtype=torch.int32)
    index[:, 1] = index[:, 0]
    index[10:, 2] = ROWS - 2
    given = [index, randn(STEPS, 6, COLUMNS)]
    for name, variants in VARIANTS.items():
        for options in variants:
            optimizers.record(g, name, options, optimizers.one_group(table),
                              "sparse", given)
    optimizers.make = before
    yield g
