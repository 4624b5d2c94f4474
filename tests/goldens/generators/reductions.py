"""Reductions: all dims, one, several, kept; empties, ties, zeros, infinities."""

import math

import torch

from record import UNDEFINED, Group, boolean, f32, i32, ints, randn, uniform

INF, NAN = math.inf, math.nan


def chain(fn, descending=True):
    """Reduces several dims one after the other, for functions that take one."""

    def run(t, dims, keep):
        for d in sorted((d % t.dim() for d in dims), reverse=True):
            t = fn(t, d, keep)
        return t

    return run


def all_dims(t):
    return list(range(t.dim()))


def prod(t, dims, keep):
    return chain(lambda x, d, k: torch.prod(x, d, k, dtype=x.dtype if x.dtype
                                            == torch.int32 else None))(
        t, dims, keep)


def summed(t, dims, keep):
    return torch.sum(t, dims, keep) if dims else t


REDUCE = {
    "sum": summed,
    "mean": lambda t, d, k: torch.mean(t, d, k),
    "prod": prod,
    "max": lambda t, d, k: torch.amax(t, d, k),
    "min": lambda t, d, k: torch.amin(t, d, k),
    "any": chain(lambda t, d, k: torch.any(t, d, k)),
    "all": chain(lambda t, d, k: torch.all(t, d, k)),
    "variance": lambda t, d, k: torch.var(t, d, unbiased=True, keepdim=k),
    "std": lambda t, d, k: torch.std(t, d, unbiased=True, keepdim=k),
    "norm": lambda t, d, k: torch.linalg.vector_norm(t, 2, d, k),
    "logsumexp": lambda t, d, k: torch.logsumexp(t, d, k),
}


def forms(g):
    """Every way to name the dims, for every reduction."""
    for name, fn in REDUCE.items():
        x = uniform(0.3, 1.8, 2, 3, 4)
        if name not in ("prod", "norm"):
            x = x * torch.where(torch.rand(2, 3, 4) < 0.5, -1.0, 1.0)
        if name in ("any", "all"):
            x = (torch.rand(2, 3, 4) < (0.2 if name == "any" else 0.8))
        g.op(name, [x], lambda t: fn(t, all_dims(t), False))
        for dim in (0, 1, 2, -1, [0, 2], [1, -1], [0, 1, 2]):
            dims = dim if isinstance(dim, list) else [dim]
            g.op(name, [x, dim], lambda t: fn(t, dims, False))
            g.op(name, [x, dim, {"keepDim": True}], lambda t: fn(t, dims, True),
                 second=False)
        g.op(name, [x, UNDEFINED, {"keepDim": True}],
             lambda t: fn(t, all_dims(t), True), second=False)
        for n in (1, 7, 17, 33):
            v = (torch.rand(n) < 0.5) if name in ("any", "all") else uniform(
                0.5, 1.5, n)
            if n == 1 and name in ("variance", "std"):
                g.op(name, [v], lambda t: fn(t, [0], False), grad=False)
                continue
            g.op(name, [v], lambda t: fn(t, [0], False))
            g.op(name, [v, 0], lambda t: fn(t, [0], False), second=False)
    for name in ("argmax", "argmin"):
        fn = getattr(torch, name)
        x = randn(2, 3, 4)
        g.op(name, [x], lambda t: fn(t))
        for dim in (0, 1, 2, -1):
            g.op(name, [x, dim], lambda t: fn(t, dim))
            g.op(name, [x, dim, {"keepDim": True}], lambda t: fn(t, dim, True))
        g.op(name, [f32([1.0, 3.0, 3.0, 1.0])], lambda t: fn(t))
        g.op(name, [f32([[1.0, NAN, 3.0], [4.0, 2.0, 0.0]]), 1],
             lambda t: fn(t, 1))
        g.op(name, [i32([[1, 5, 5], [-2, -7, 0]]), 1], lambda t: fn(t, 1))
        g.op(name, [f32([[INF, 1.0, INF], [-INF, -INF, 0.0]]), 1],
             lambda t: fn(t, 1))


def options(g):
    x = randn(3, 5)
    for unbiased in (True, False):
        for name, fn in (("variance", torch.var), ("std", torch.std)):
            g.op(name, [x, 1, {"unbiased": unbiased}],
                 lambda t: fn(t, 1, unbiased=unbiased))
            g.op(name, [x, 0, {"unbiased": unbiased, "keepDim": True}],
                 lambda t: fn(t, 0, unbiased=unbiased, keepdim=True))
            g.op(name, [x, UNDEFINED, {"unbiased": unbiased}],
                 lambda t: fn(t, unbiased=unbiased))
    # a large mean must not swallow the spread
    far = f32([10000.0, 10001.0, 10002.0, 10005.0])
    g.op("variance", [far], lambda t: torch.var(t))
    g.op("std", [far], lambda t: torch.std(t))
    y = uniform(0.4, 2.0, 3, 4) * torch.where(torch.rand(3, 4) < 0.5, -1.0, 1.0)
    for p in (1, 2, 3, 0.5, 0, INF, -INF):
        js = {"p": p}
        g.op("norm", [y, 1, js], lambda t: torch.linalg.vector_norm(t, p, 1),
             grad=p != 0)
        g.op("norm", [y, UNDEFINED, js],
             lambda t: torch.linalg.vector_norm(t, p), grad=p != 0)
    g.op("norm", [y, [0, 1], {"p": 1, "keepDim": True}],
         lambda t: torch.linalg.vector_norm(t, 1, (0, 1), True))
    # the norm of nothing but zeros has gradient zero
    g.op("norm", [f32([[0.0, 0.0], [3.0, 4.0]]), 1],
         lambda t: torch.linalg.vector_norm(t, 2, 1), second=False)


def edges(g):
    # zeros in a product: none, one and two of them
    z = f32([[2.0, 3.0, -1.0], [0.0, 3.0, 5.0], [0.0, 0.0, 4.0]])
    g.op("prod", [z, 1], lambda t: torch.prod(t, 1))
    g.op("prod", [z, 0], lambda t: torch.prod(t, 0))
    g.op("prod", [z], torch.prod)
    g.op("prod", [f32([3.0, 0.0, 2.0])], torch.prod)
    # ties share the gradient of max and min
    ties = f32([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, -1.0, 0.0]])
    for name, fn in (("max", torch.amax), ("min", torch.amin)):
        g.op(name, [ties, 1], lambda t: fn(t, 1))
        g.op(name, [ties, [0, 1]], lambda t: fn(t, [0, 1]))
        g.op(name, [ties], lambda t: fn(t, [0, 1]))
        g.op(name, [f32([[1.0, NAN], [INF, -INF], [2.0, 3.0]]), 1],
             lambda t: fn(t, 1), grad=False)
        g.op(name, [i32([[1, -5, 3], [2, 9, -4]]), 1], lambda t: fn(t, 1))
    specials = f32([[1.0, INF], [INF, -INF], [NAN, 1.0], [-INF, 2.0]])
    for name in ("sum", "mean", "prod"):
        g.op(name, [specials, 1], lambda t: REDUCE[name](t, [1], False),
             grad=False)
    # empty
    none = torch.zeros(0, 3)
    for name in ("sum", "mean", "prod", "logsumexp"):
        g.op(name, [none, 0], lambda t: REDUCE[name](t, [0], False))
        g.op(name, [none, 1], lambda t: REDUCE[name](t, [1], False))
        g.op(name, [none], lambda t: REDUCE[name](t, [0, 1], False),
             second=False)
    g.op("max", [none, 1], lambda t: torch.amax(t, 1))
    g.op("argmax", [none, 1], lambda t: torch.argmax(t, 1))
    g.op("norm", [none, 0], lambda t: torch.linalg.vector_norm(t, 2, 0),
         second=False)
    nobody = torch.zeros(0, 3, dtype=torch.bool)
    for name, fn in (("any", torch.any), ("all", torch.all)):
        g.op(name, [nobody], lambda t: fn(t))
        g.op(name, [nobody, 0], lambda t: fn(t, 0))
        g.op(name, [f32([[0.0, NAN], [0.0, -0.0], [1.0, 2.0]]), 1],
             lambda t: fn(t, 1), grad=False)
        g.op(name, [i32([[0, 2], [0, 0], [1, 2]]), 1], lambda t: fn(t, 1))
    # 0-d
    scalar = f32(1.25)
    for name in ("sum", "mean", "prod", "max", "min", "logsumexp"):
        g.op(name, [scalar], lambda t: {
            "sum": torch.sum, "mean": torch.mean, "prod": torch.prod,
            "max": torch.amax, "min": torch.amin,
            "logsumexp": lambda x: torch.logsumexp(x, 0),
        }[name](t), second=False)
    for name in ("sum", "mean", "max"):
        g.op(name, [scalar, -1], lambda t: {
            "sum": lambda x: torch.sum(x, -1),
            "mean": lambda x: torch.mean(x, -1),
            "max": lambda x: torch.amax(x, -1),
        }[name](t), second=False)
    # integers and bools
    n = ints(-4, 5, 2, 3)
    g.op("sum", [n], torch.sum)
    g.op("sum", [n, 1], lambda t: torch.sum(t, 1))
    g.op("prod", [n, 0], lambda t: torch.prod(t, 0))
    g.op("sum", [boolean([[True, False, True], [True, True, True]]), 1],
         lambda t: torch.sum(t, 1))
    g.op("any", [boolean([[False, False], [False, True]]), 1],
         lambda t: torch.any(t, 1))


def exponentials(g):
    x = randn(2, 3, 4)
    for name, fn in (("softmax", torch.softmax),
                     ("logSoftmax", torch.log_softmax)):
        for dim in (0, 1, 2, -1):
            g.op(name, [x, dim], lambda t: fn(t, dim))
        for n in (1, 7, 33):
            g.op(name, [randn(n), 0], lambda t: fn(t, 0))
        g.op(name, [f32([[1000.0, 1001.0], [-1000.0, 0.0], [88.0, -88.0]]), 1],
             lambda t: fn(t, 1), second=False)
        g.op(name, [f32([[0.0, -INF, 1.0], [-INF, -INF, -INF],
                         [INF, 0.0, 1.0], [NAN, 0.0, 1.0]]), 1],
             lambda t: fn(t, 1), grad=False)
        g.op(name, [f32([[0.0, -INF, 1.0]]), 1], lambda t: fn(t, 1),
             second=False)
        g.op(name, [f32(0.7), 0], lambda t: fn(t, 0), second=False)
        g.op(name, [torch.zeros(2, 0), 1], lambda t: fn(t, 1))
        g.op(name, [torch.zeros(0, 2), 1], lambda t: fn(t, 1))
    big = f32([[100.0, 101.0], [-100.0, -101.0]])
    g.op("logsumexp", [big, 1], lambda t: torch.logsumexp(t, 1), second=False)
    g.op("logsumexp", [1000 * big, 1], lambda t: torch.logsumexp(t, 1),
         grad=False)
    g.op("logsumexp", [f32([[-INF, -INF], [INF, 0.0], [-INF, 1.0],
                            [NAN, 0.0], [INF, INF]]), 1],
         lambda t: torch.logsumexp(t, 1), grad=False)
    g.op("logsumexp", [f32([[-INF, 1.0, 0.0]]), 1],
         lambda t: torch.logsumexp(t, 1), second=False)


def cumulative(g):
    x = randn(2, 3, 4)
    for dim in (0, 1, 2, -1):
        g.op("cumsum", [x, dim], lambda t: torch.cumsum(t, dim))
    for n in (0, 1, 7, 33):
        g.op("cumsum", [randn(n), 0], lambda t: torch.cumsum(t, 0))
    g.op("cumsum", [ints(-5, 5, 2, 4), 1], lambda t: torch.cumsum(t, 1))
    g.op("cumsum", [boolean([True, False, True]), 0],
         lambda t: torch.cumsum(t, 0))
    g.op("cumsum", [f32([1.0, INF, 2.0, NAN, 3.0]), 0],
         lambda t: torch.cumsum(t, 0), grad=False)
    g.op("cumsum", [f32(2.5), 0], lambda t: torch.cumsum(t, 0))


def running_products(g):
    x = randn(2, 3, 4)
    for dim in (0, 1, 2, -1):
        g.op("cumprod", [x, dim], lambda t: torch.cumprod(t, dim))
    for n in (0, 1, 7, 12):
        g.op("cumprod", [randn(n), 0], lambda t: torch.cumprod(t, 0))
    for row in ([0.0, 2.0, 3.0], [2.0, 0.0, 3.0, -1.5], [2.0, 3.0, 0.0],
                [1.0, 0.0, 2.0, 0.0, 3.0], [0.0, 0.0, 0.0]):
        g.op("cumprod", [f32(row), 0], lambda t: torch.cumprod(t, 0))
    g.op("cumprod", [f32([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]), 1],
         lambda t: torch.cumprod(t, 1))
    g.op("cumprod", [ints(-5, 5, 2, 4), 1], lambda t: torch.cumprod(t, 1))
    g.op("cumprod", [boolean([True, True, False, True]), 0],
         lambda t: torch.cumprod(t, 0))
    g.op("cumprod", [f32([2.0, INF, -2.0, NAN, 3.0]), 0],
         lambda t: torch.cumprod(t, 0), grad=False)
    g.op("cumprod", [f32([1e30, 1e30, 1e-30]), 0],
         lambda t: torch.cumprod(t, 0), grad=False, check=False)
    g.op("cumprod", [f32(2.5), 0], lambda t: torch.cumprod(t, 0))


def generate():
    g = Group("reductions", "reductions, softmax, cumsum, cumprod", 5)
    for part in (forms, options, edges, exponentials, cumulative,
                 running_products):
        part(g)
    return [g]
