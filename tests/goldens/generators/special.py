"""Values and gradients at special points: zeros, ties, infinities, NaN,
kinks, spreads of nothing. What PyTorch gives there, whether or not a limit
exists."""

import itertools
import math

import torch
import torch.nn.functional as F

from record import Const, Group, boolean, f32, i32

INF, NAN = math.inf, math.nan

POINTS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, INF, -INF, NAN]

UNARY = [
    ("neg", torch.neg), ("abs", torch.abs), ("sign", torch.sign),
    ("exp", torch.exp), ("expm1", torch.expm1), ("log", torch.log),
    ("log1p", torch.log1p), ("log2", torch.log2), ("sqrt", torch.sqrt),
    ("rsqrt", torch.rsqrt), ("reciprocal", torch.reciprocal),
    ("square", torch.square), ("sin", torch.sin), ("cos", torch.cos),
    ("tan", torch.tan), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid),
    ("erf", torch.erf), ("relu", torch.relu), ("leakyRelu", F.leaky_relu),
    ("elu", F.elu), ("gelu", F.gelu), ("silu", F.silu),
    ("softplus", F.softplus), ("floor", torch.floor), ("ceil", torch.ceil),
    ("round", torch.round), ("trunc", torch.trunc),
]

BINARY = [
    ("add", torch.add), ("sub", torch.sub), ("mul", torch.mul),
    ("div", torch.div), ("remainder", torch.remainder), ("pow", torch.pow),
    ("maximum", torch.maximum), ("minimum", torch.minimum),
    ("atan2", torch.atan2), ("hypot", torch.hypot),
]


def unary(g):
    for name, fn in UNARY:
        points = POINTS
        if name in ("sign", "abs"):  # the sign of NaN is NaN here, as in NumPy
            points = [v for v in POINTS if not math.isnan(v)]
        if name == "gelu":  # -inf * 0 is NaN in PyTorch; its limit is 0
            points = [v for v in POINTS if v != -INF]
        g.op(name, [f32(points)], fn, check=False)


def binary(g):
    pairs = list(itertools.product(POINTS, POINTS))
    left, right = f32([a for a, _ in pairs]), f32([b for _, b in pairs])
    for name, fn in BINARY:
        g.op(name, [left, right], fn, second=False, check=False)
    for name, fn in BINARY:
        if name == "atan2":
            continue
        for number in (0, 1, 2, -1, 0.5, 3):
            n = float(number)
            g.op(name, [f32(POINTS), number],
                 lambda t, fn=fn, n=n: fn(t, torch.tensor(n).to(t.dtype)),
                 second=not (name == "pow" and number == 0), check=False)


def clamp(g):
    x = f32(POINTS)
    for low, high in ((-1.0, 1.0), (None, 0.0), (0.0, None), (2.0, -1.0)):
        options = {}
        if low is not None:
            options["min"] = low
        if high is not None:
            options["max"] = high
        g.op("clamp", [x, options],
             lambda t, low=low, high=high: torch.clamp(t, low, high),
             check=False)


    triples = list(itertools.product([-1.0, 0.0, 1.0, 2.0, INF, NAN],
                                     [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]))
    value, low, high = (f32([t[i] for t in triples]) for i in range(3))
    g.op("clamp", [value, {"min": low, "max": high}],
         lambda t, a, b: t.clamp(a, b), second=False, check=False)
    g.op("clamp", [value, {"min": low}], lambda t, a: t.clamp(min=a),
         second=False, check=False)
    g.op("clamp", [value, {"max": high}], lambda t, b: t.clamp(max=b),
         second=False, check=False)


ROWS = [
    [1.0, 1.0, 1.0, 1.0],
    [0.0, 0.0, 0.0, 0.0],
    [0.0, -0.0, 0.0, -0.0],
    [2.0, 3.0, 3.0, 1.0],
    [-2.0, 0.0, 3.0, 0.0],
    [1.0, 0.0, 3.0, 4.0],
    [1.0, NAN, 3.0, 3.0],
    [NAN, NAN, 1.0, 2.0],
    [NAN, NAN, NAN, NAN],
    [INF, 1.0, 2.0, 3.0],
    [INF, INF, 2.0, 3.0],
    [-INF, 1.0, 2.0, 2.0],
    [-INF, -INF, 2.0, 3.0],
    [-INF, INF, 2.0, 3.0],
    [INF, INF, INF, INF],
    [-INF, -INF, -INF, -INF],
    [INF, NAN, 1.0, 0.0],
    [-INF, NAN, 1.0, 0.0],
]

REDUCE = {
    "sum": lambda t: torch.sum(t, 1),
    "mean": lambda t: torch.mean(t, 1),
    "prod": lambda t: torch.prod(t, 1),
    # each row on its own: NaN shares the gradient as any largest element does
    # (amax over a dim would give NaN to the whole row)
    "max": lambda t: torch.stack([row.max() for row in t]),
    "min": lambda t: torch.stack([row.min() for row in t]),
    "variance": lambda t: torch.var(t, 1),
    "std": lambda t: torch.std(t, 1),
    "logsumexp": lambda t: torch.logsumexp(t, 1),
    "softmax": lambda t: torch.softmax(t, 1),
    "logSoftmax": lambda t: torch.log_softmax(t, 1),
    "cumsum": lambda t: torch.cumsum(t, 1),
}


def reductions(g):
    rows = f32(ROWS)
    for name, fn in REDUCE.items():
        g.op(name, [rows, 1], fn, check=False, second=False)
    finite = f32([row for row in ROWS if all(map(math.isfinite, row))])
    g.op("prod", [finite, 1], REDUCE["prod"], check=False)
    for name in ("variance", "std"):
        fn = getattr(torch, {"variance": "var", "std": "std"}[name])
        g.op(name, [rows, 1, {"unbiased": False}],
             lambda t: fn(t, 1, unbiased=False), check=False, second=False)
        g.op(name, [f32([[1.0], [0.0], [NAN], [INF]]), 1],
             lambda t: fn(t, 1), check=False, second=False)
        g.op(name, [f32([[1.0], [0.0], [NAN], [INF]]), 1, {"unbiased": False}],
             lambda t: fn(t, 1, unbiased=False), check=False, second=False)
        g.op(name, [f32([2.0, 2.0])], fn, check=False, second=False)
        g.op(name, [f32([[2.0, 2.0], [2.0, 2.0]]), [0, 1]],
             lambda t: fn(t, [0, 1]), check=False, second=False)
        g.op(name, [f32(3.0), [], {"unbiased": False}],
             lambda t: fn(t, unbiased=False), check=False, second=False)
        g.op(name, [torch.zeros(0, 2), 0], lambda t: fn(t, 0), check=False,
             second=False)
    clean = f32([row for row in ROWS if not any(map(math.isnan, row))])
    for p in (0, 0.5, 1, 1.5, 2, 3, 4, -1, -2, INF, -INF):
        signs = p in (1, INF, -INF)  # the gradient is the sign
        g.op("norm", [clean if signs else rows, 1, {"p": p}],
             lambda t: torch.linalg.vector_norm(t, p, 1), check=False,
             second=False)
        g.op("norm", [f32([0.0, 0.0]), 0, {"p": p}],
             lambda t: torch.linalg.vector_norm(t, p, 0), check=False,
             second=False)
        g.op("norm", [f32([[0.0, 0.0], [0.0, 0.0]]), [0, 1], {"p": p}],
             lambda t: torch.linalg.vector_norm(t, p, (0, 1)), check=False,
             second=False)
        g.op("norm", [f32(0.0), [], {"p": p}],
             lambda t: torch.linalg.vector_norm(t, p), check=False,
             second=False)
        g.op("norm", [f32(-2.0), [], {"p": p}],
             lambda t: torch.linalg.vector_norm(t, p), check=False,
             second=False)


def order(g):
    rows = f32(ROWS)
    for descending in (False, True):
        def sort(t, descending=descending):
            out = torch.sort(t, dim=1, descending=descending, stable=True)
            return {"values": out.values, "indices": out.indices}

        g.op("sort", [rows, 1, {"descending": descending}], sort, check=False,
             second=False)
    distinct = f32([[1.0, NAN, 3.0, -INF], [INF, 2.0, 1.0, 0.0],
                    [-INF, NAN, INF, 0.0]])
    for largest in (True, False):
        for k in (1, 3):
            def topk(t, k=k, largest=largest):
                out = torch.topk(t, k, 1, largest)
                return {"values": out.values, "indices": out.indices}

            g.op("topk", [distinct, k, 1, {"largest": largest}], topk,
                 check=False, second=False)


# A step that takes some elements, and those behind it that are infinitely steep
# where it gives 0: what was not taken has gradient 0, never NaN.
STEEP = [
    ("sqrt", [], torch.sqrt), ("log", [], torch.log),
    ("rsqrt", [], torch.rsqrt), ("reciprocal", [], torch.reciprocal),
    ("pow", [0.5], lambda t: torch.pow(t, 0.5)),
]


def chains(g):
    x = f32([-4.0, 0.0, 0.0, 4.0, 9.0, -1.0])
    y = f32([0.0, 0.0, -1.0, 1.0, 16.0, 2.0])
    taken = boolean([False, False, True, True, True, False])
    zero = torch.zeros(6)
    low, high = Const(zero), Const(f32([3.0] * 6))
    steps = [
        ("maximum", [x, [0]], lambda t: torch.maximum(t, torch.zeros(
            (), dtype=t.dtype))),
        ("maximum", [x, [y]], torch.maximum),
        ("minimum", [x, [y]], lambda a, b: torch.minimum(a, b)),
        ("relu", [x, []], torch.relu),
        ("clamp", [x, [{"min": 0}]], lambda t: t.clamp(min=0)),
        ("clamp", [x, [{"min": 0, "max": 4}]], lambda t: t.clamp(0, 4)),
        ("clamp", [x, [{"min": low, "max": high}]],
         lambda t, a, b: t.clamp(a, b)),
        ("where", [x, [taken, 0]],
         lambda t, c: torch.where(c, t, torch.zeros((), dtype=t.dtype))),
        ("where", [x, [taken, zero]], lambda t, c, z: torch.where(c, t, z)),
        ("floor", [x, []], torch.floor),
        ("sign", [x, []], torch.sign),
        ("pow", [f32([0.0, 2.0, 0.0, 4.0]), [f32([0.0, 0.0, 2.0, 1.0])]],
         torch.pow),
        ("remainder", [x, [3]], lambda t: torch.remainder(t, 3)),
        ("leakyRelu", [x, [0]], lambda t: F.leaky_relu(t, 0.0)),
        ("tril", [x.reshape(2, 3), []], torch.tril),
        ("pad", [x, [[1, 1]]], lambda t: F.pad(t, (1, 1))),
        ("max", [x.reshape(2, 3), [1]], REDUCE["max"]),
        ("min", [f32([[0.0, 1.0], [0.0, 0.0]]), [1]], REDUCE["min"]),
        ("gather", [x, [0, i32([1, 2, 3, 3])]],
         lambda t, i: t.gather(0, i.long())),
        ("narrow", [x, [0, 1, 3]], lambda t: t.narrow(0, 1, 3)),
    ]
    for name, args, fn in steps:
        for then, rest, steep in STEEP:
            g.op(f"{name} {then}", [*args, rest],
                 lambda *t, fn=fn, steep=steep: steep(fn(*t)), via="chain",
                 second=False, check=False)


def generate():
    g = Group("special", "values and gradients at special points", 12)
    for part in (unary, binary, clamp, reductions, order, chains):
        part(g)
    return [g]
