"""Elementwise operations: values, edges, kinks, broadcasting, dtypes."""

import math

import torch
import torch.nn.functional as F

from record import Const, Group, boolean, f32, i32, ints, randn, uniform

INF, NAN = math.inf, math.nan

EDGES = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0,
         -100.0, 100.0, 1e30, -1e30]
FINITE = [0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 20.0, -20.0]

# name, PyTorch function, domain of the plain case
SMOOTH = [
    ("neg", torch.neg, (-2, 2)),
    ("abs", torch.abs, (-2, 2)),
    ("exp", torch.exp, (-3, 3)),
    ("expm1", torch.expm1, (-3, 3)),
    ("log", torch.log, (0.1, 4)),
    ("log1p", torch.log1p, (-0.8, 4)),
    ("log2", torch.log2, (0.1, 4)),
    ("sqrt", torch.sqrt, (0.1, 4)),
    ("rsqrt", torch.rsqrt, (0.2, 4)),
    ("reciprocal", torch.reciprocal, (0.3, 3)),
    ("square", torch.square, (-3, 3)),
    ("sin", torch.sin, (-6, 6)),
    ("cos", torch.cos, (-6, 6)),
    ("tan", torch.tan, (-1.2, 1.2)),
    ("tanh", torch.tanh, (-3, 3)),
    ("sigmoid", torch.sigmoid, (-4, 4)),
    ("erf", torch.erf, (-2.5, 2.5)),
    ("relu", torch.relu, (-2, 2)),
    ("leakyRelu", F.leaky_relu, (-2, 2)),
    ("elu", F.elu, (-3, 3)),
    ("gelu", F.gelu, (-3, 3)),
    ("silu", F.silu, (-4, 4)),
    ("softplus", F.softplus, (-4, 4)),
]

STEPS = [
    ("sign", torch.sign),
    ("floor", torch.floor),
    ("ceil", torch.ceil),
    ("round", torch.round),
    ("trunc", torch.trunc),
]

# Where a naive formula loses its digits; held to a relative 1e-5.
DELICATE = {
    "expm1": [1e-6, -1e-6, 1e-4, -3e-3, 1e-10],
    "log1p": [1e-6, -1e-6, 1e-4, -3e-3, 1e-10],
    "sin": [1e-6, -1e-4, 1e-3],
    "tan": [1e-6, -1e-4, 1e-3],
    "tanh": [1e-6, -1e-6, 1e-4, -3e-3, 1e-10],
    "erf": [1e-6, -1e-6, 1e-4, -3e-3],
    "exp": [-80.0, -40.0, 60.0, 88.0],
    "sigmoid": [-60.0, -30.0, -10.0, 10.0],
    "softplus": [-60.0, -30.0, -10.0, 25.0],
    "silu": [-30.0, -10.0, 30.0],
    "log": [1e-30, 1e30, 1.0001],
    "log2": [1e-30, 1e30, 8.0, 0.125],
    "sqrt": [1e-30, 1e30],
    "rsqrt": [1e-30, 1e30],
    "reciprocal": [1e-30, 1e30],
}


def unary(g):
    for name, fn, (low, high) in SMOOTH:
        g.op(name, [uniform(low, high, 3, 4)], fn)
        edges = EDGES
        if name in ("sin", "cos", "tan"):
            edges = [v for v in EDGES if abs(v) != 1e30] + [30.0, -1000.0]
        if name == "gelu":  # -inf * 0 is NaN in PyTorch; its limit is 0
            edges = [v for v in EDGES if v != -INF]
        g.op(name, [f32(edges)], fn, grad=False, check=False)
        if name in DELICATE:
            g.op(name, [f32(DELICATE[name])], fn, grad=False, check=False,
                 atol=0)
        if name not in ("leakyRelu", "elu", "gelu", "silu", "softplus"):
            g.op(name, [i32([3, 1, 2, 0, 5])], fn)
    for name, fn in STEPS:
        g.op(name, [uniform(-3, 3, 3, 4)], fn)
        edges = [v for v in EDGES if not (name == "sign" and v != v)]
        g.op(name, [f32(edges + [3.5, -1.5, -0.49, 0.51, 4.5, 8388609.0])], fn,
             grad=False, check=False)
    g.op("sign", [i32([3, -1, 0, -7])], torch.sign)
    g.op("abs", [i32([3, -1, 0, -7])], torch.abs)
    g.op("neg", [i32([3, -1, 0, -2147483647])], torch.neg)
    g.op("square", [i32([3, -1, 0, 65536])], torch.square)
    g.op("relu", [i32([3, -1, 0])], torch.relu)
    for name, fn in STEPS[1:]:
        g.op(name, [i32([3, -1, 0])], fn)
    g.op("sqrt", [boolean([True, False])], torch.sqrt)
    # the points where left and right derivative differ
    for name, fn, _ in SMOOTH:
        if name in ("abs", "relu", "leakyRelu", "elu", "gelu", "silu",
                    "softplus", "tanh", "sigmoid", "square", "neg", "erf"):
            g.op(name, [f32(FINITE)], fn, second=False)
    g.op("sqrt", [f32([0.0, 4.0])], torch.sqrt, second=False)
    g.op("softplus", [f32([19.0, 20.0, 21.0, -100.0, 100.0])], F.softplus,
         second=False)
    # parameters
    x = uniform(-3, 3, 2, 5)
    g.op("leakyRelu", [x, 0.2], lambda t: F.leaky_relu(t, 0.2))
    g.op("elu", [x, 0.5], lambda t: F.elu(t, 0.5))
    # layouts and sizes
    for shape in ([], [0], [1], [0, 3], [2, 0, 2], [7], [17], [1, 1, 1]):
        g.op("exp", [randn(*shape)], torch.exp)
        g.op("tanh", [randn(*shape)], torch.tanh)


def clamp(g):
    x = f32([-3.0, -1.0, -0.5, 0.0, 0.5, 2.0, 4.0])
    for low, high in ((-1.0, 2.0), (None, 0.5), (-0.5, None), (2.0, -1.0)):
        options = {}
        if low is not None:
            options["min"] = low
        if high is not None:
            options["max"] = high
        g.op("clamp", [x, options],
             lambda t, low=low, high=high: torch.clamp(t, low, high))
    g.op("clamp", [f32([INF, -INF, NAN, 0.0]), {"min": -1.0, "max": 1.0}],
         lambda t: t.clamp(-1, 1), grad=False)
    g.op("clamp", [f32([INF, -INF, 3.0]), {"min": -INF, "max": 5.0}],
         lambda t: t.clamp(-INF, 5.0), grad=False)
    g.op("clamp", [i32([-5, 0, 5]), {"min": -2, "max": 3}],
         lambda t: t.clamp(-2, 3))


ARITHMETIC = [
    ("add", torch.add),
    ("sub", torch.sub),
    ("mul", torch.mul),
    ("div", torch.div),
    ("remainder", torch.remainder),
    ("pow", torch.pow),
    ("maximum", torch.maximum),
    ("minimum", torch.minimum),
    ("atan2", torch.atan2),
    ("hypot", torch.hypot),
]

COMPARE = [
    ("eq", torch.eq),
    ("ne", torch.ne),
    ("lt", torch.lt),
    ("le", torch.le),
    ("gt", torch.gt),
    ("ge", torch.ge),
]

LOGICAL = [
    ("logicalAnd", torch.logical_and),
    ("logicalOr", torch.logical_or),
    ("logicalXor", torch.logical_xor),
]

SHAPES = [
    ([3, 4], [3, 4]),
    ([3, 1], [4]),
    ([2, 1, 3], [4, 1]),
    ([], [2, 3]),
    ([2, 3], []),
    ([], []),
    ([1], [5]),
    ([0, 3], [1, 3]),
    ([2, 1], [2, 0]),
    ([17], [17]),
]


def operands(name, a_shape, b_shape):
    a = uniform(0.3, 2.5, *a_shape)
    b = uniform(0.3, 2.5, *b_shape)
    if name not in ("pow",):
        a = a * torch.where(torch.rand(a_shape) < 0.5, -1.0, 1.0)
        b = b * torch.where(torch.rand(b_shape) < 0.5, -1.0, 1.0)
    return a, b


def binary(g):
    grid = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, 2.0, -3.0, 1e30]
    left, right = f32(grid).reshape(-1, 1), f32(grid)
    for name, fn in ARITHMETIC:
        for a_shape, b_shape in SHAPES:
            a, b = operands(name, a_shape, b_shape)
            g.op(name, [a, b], fn)
        g.op(name, [left, right], fn, grad=False, check=False)
        # a JavaScript number beside a tensor
        if name != "atan2":
            for number in (2, 1.5, 0.5):
                a, _ = operands(name, [2, 3], [1])
                n = float(number)
                g.op(name, [a, number],
                     lambda t, fn=fn, n=n: fn(t, torch.tensor(n).to(t.dtype)))
        # integers and bools
        if name not in ("atan2", "hypot"):
            g.op(name, [i32([7, -7, 7, -7, 0, 2]), i32([3, 3, -3, -3, 5, 4])]
                 if name != "pow" else
                 [i32([7, -7, 2, 0, -2, 1]), i32([3, 2, 10, 0, 3, 5])], fn)
            g.op(name, [i32([7, -7, 4]), 3], lambda t, fn=fn: fn(
                t, torch.tensor(3, dtype=torch.int32)))
        if name not in ("atan2", "hypot", "pow"):
            g.op(name, [i32([7, -7, 4]), 2.5],
                 lambda t, fn=fn: fn(t.to(torch.float32), torch.tensor(2.5)))
        g.op(name, [i32([3, 1, 2]), f32([1.5, 2.0, 0.5])], fn)
        if name not in ("remainder", "sub", "pow", "atan2", "hypot", "div"):
            g.op(name, [boolean([True, False, True]), i32([3, 4, 5])], fn)
            g.op(name, [boolean([True, False, True]), f32([3.5, 4.0, -1.0])],
                 fn)
            g.op(name, [boolean([True, True, False, False]),
                        boolean([True, False, True, False])], fn)
    g.op("div", [i32([1, -1, 0]), i32([0, 0, 5])], torch.div)
    # int32 arithmetic wraps around
    big = i32([2147483647, -2147483648, 65537])
    g.op("add", [big, i32([1, -1, 3])], torch.add)
    g.op("sub", [big, i32([-1, 1, 3])], torch.sub)
    g.op("mul", [big, i32([2, 3, 65537])], torch.mul)
    # ties share the gradient
    a, b = f32([1.0, 2.0, -1.0, 0.0]), f32([1.0, 3.0, -1.0, -2.0])
    g.op("maximum", [a, b], torch.maximum)
    g.op("minimum", [a, b], torch.minimum)
    # powers of zero and of negative numbers
    g.op("pow", [f32([0.0, 0.0, 2.0, 0.0]), f32([2.0, 1.0, 0.0, 0.0])],
         torch.pow, second=False)
    for n in (0, 1, 2, 3, -1, -2):
        g.op("pow", [f32([-2.0, -0.5, 1.5, 3.0]), n],
             lambda t, n=n: torch.pow(t, n))
    g.op("pow", [f32([0.0, -0.0, 2.0]), 2], lambda t: torch.pow(t, 2))
    # a gradient through one operand only, and the same tensor twice
    a, b = operands("mul", [2, 3], [3])
    g.op("mul", [a, Const(b)], torch.mul)
    g.op("mul", [Const(a), b], torch.mul)


def truth(g):
    grid = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 2.0]
    left, right = f32(grid).reshape(-1, 1), f32(grid)
    for name, fn in COMPARE:
        g.op(name, [left, right], fn, grad=False)
        g.op(name, [i32([1, 2, 3]), i32([3, 2, 1])], fn)
        g.op(name, [i32([1, 2, 3]), f32([1.5, 2.0, 0.5])], fn, grad=False)
        g.op(name, [f32([1.0, 2.0, 3.0]), 2],
             lambda t, fn=fn: fn(t, 2.0), grad=False)
        g.op(name, [boolean([True, False]), boolean([False, False])], fn)
        g.op(name, [randn(2, 1, 3), randn(4, 1)], fn, grad=False)
        g.op(name, [randn(0, 3), randn(1, 3)], fn, grad=False)
    for name, fn in LOGICAL:
        g.op(name, [left, right], fn, grad=False)
        g.op(name, [boolean([True, True, False, False]),
                    boolean([True, False, True, False])], fn)
        g.op(name, [i32([0, 1, -2]), f32([0.0, NAN, 0.5])], fn, grad=False)
    g.op("logicalNot", [f32(grid)], torch.logical_not, grad=False)
    g.op("logicalNot", [boolean([True, False])], torch.logical_not)
    g.op("logicalNot", [i32([0, 1, -2])], torch.logical_not)
    for name, fn in (("isNan", torch.isnan), ("isFinite", torch.isfinite)):
        g.op(name, [f32(grid)], fn, grad=False)
        g.op(name, [i32([0, 1])], fn)


def where_and_cast(g):
    cond = boolean([[True, False, True], [False, False, True]])
    g.op("where", [cond, randn(2, 3), randn(2, 3)], torch.where, via="core")
    g.op("where", [cond, randn(3), randn(2, 1)], torch.where, via="core")
    g.op("where", [boolean([True, False, True]), randn(2, 1, 1), randn(2, 1)],
         torch.where, via="core")
    g.op("where", [cond, i32([1, 2, 3]), i32([[10], [20]])], torch.where,
         via="core")
    # the branch that is not taken passes no NaN on
    g.op("where", [boolean([True, False]), f32([1.0, NAN]), f32([INF, 2.0])],
         torch.where, via="core")
    g.op("where", [boolean(True), randn(2), f32(0.0)], torch.where, via="core")
    x = f32([0.0, -0.0, 0.4, -0.6, 1.5, -1.5, 2.9, -2.9, 1e6])
    g.op("cast", [x, "int32"], lambda t: t.to(torch.int32), grad=False)
    g.op("cast", [f32([0.0, -0.0, 0.1, NAN, INF]), "bool"],
         lambda t: t.to(torch.bool), grad=False)
    g.op("cast", [i32([0, -3, 16777217]), "float32"],
         lambda t: t.to(torch.float32))
    g.op("cast", [i32([0, -3, 5]), "bool"], lambda t: t.to(torch.bool))
    g.op("cast", [boolean([True, False]), "int32"], lambda t: t.to(torch.int32))
    g.op("cast", [boolean([True, False]), "float32"],
         lambda t: t.to(torch.float32))
    g.op("cast", [x, "float64"], lambda t: t.to(torch.float64))
    g.op("cast", [torch.tensor([0.1, -1e300, 1e-300, 3.0], dtype=torch.float64),
                  "float32"], lambda t: t.to(torch.float32), check=False)


def double(g):
    """float64, where the device has it: full precision, and promotion."""
    x = torch.rand(2, 3, dtype=torch.float64) + 0.5
    y = torch.rand(2, 3, dtype=torch.float64) + 0.5
    for name, fn, _ in SMOOTH:
        g.op(name, [x], fn)
    for name, fn in ARITHMETIC:
        g.op(name, [x, y], fn)
        # the gradient of atan2 squares a float32 operand in float32 in PyTorch
        both = (lambda a, b: torch.atan2(a, b.to(a.dtype))) if (
            name == "atan2") else fn
        g.op(name, [x, uniform(0.5, 2, 3)], both)
    g.op("add", [x, ints(-3, 3, 3)], torch.add)
    g.op("mul", [boolean([True, False, True]), y], torch.mul)


def generate():
    groups = []
    for name, about, seed, parts in (
        ("elementwise", "one tensor in, values and gradients", 1,
         (unary, clamp)),
        ("binary", "two operands: broadcasting, edges, dtypes", 2, (binary,)),
        ("truth", "comparisons, logic, where, cast", 3,
         (truth, where_and_cast)),
        ("float64", "double precision and promotion", 4, (double,)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
