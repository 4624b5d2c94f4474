"""Elementwise operations, with our rules of dtypes written out."""

import torch
import torch.nn.functional as F

from program import Ref, Reject, Step, number_dtype, promote


def gelu(x):
    """At -Infinity the limit 0, where PyTorch has -Infinity * 0."""
    return torch.where(x == -torch.inf, torch.zeros_like(x), F.gelu(x))


def elu(x, alpha=1.0):
    """NaN passes its gradient on, where in PyTorch it depends on the element;
    and small numbers keep their digits, of which exp(x) - 1 leaves none."""
    nothing = torch.zeros_like(x)
    number = torch.where(torch.isnan(x), nothing, x)
    below = torch.where(number > 0, nothing, number)
    lost = (alpha * torch.expm1(below) - F.elu(below, alpha)).detach()
    return torch.where(torch.isnan(x), x, F.elu(number, alpha) + lost)


def log1p(x):
    """PyTorch's is infinite at the largest float32."""
    return torch.log1p(x.to(torch.float64)).to(x.dtype)


def absolute(x):
    """Its slope is `sign`, so NaN at NaN."""
    nothing = torch.where(torch.isnan(x), x, torch.zeros_like(x))
    return torch.where(torch.isnan(x), nothing * nothing, torch.abs(x))


# Integers and bools become float32 (core/elementwise.ts: the rule `float`).
FLOAT = {
    "exp": torch.exp, "expm1": torch.expm1, "log": torch.log,
    "log1p": log1p, "log2": torch.log2, "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "sin": torch.sin,
    "cos": torch.cos, "tan": torch.tan, "tanh": torch.tanh,
    "sigmoid": torch.sigmoid, "erf": torch.erf, "gelu": gelu,
    "softplus": F.softplus, "leakyRelu": F.leaky_relu,
    "elu": elu, "silu": F.silu,
}

# Keep their dtype; bools count as integers. (PyTorch refuses some of them.)
KEEP = {
    "neg": torch.neg, "abs": absolute, "sign": torch.sign,
    "square": lambda x: x * x, "floor": torch.floor, "ceil": torch.ceil,
    "round": torch.round, "trunc": torch.trunc, "relu": torch.relu,
}
# What abs and sign make of bools is bool again.
BOOL_AGAIN = ("abs", "sign")

TEST = {"isNan": torch.isnan, "isFinite": torch.isfinite,
        "logicalNot": torch.logical_not}

ARITHMETIC = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div,
    "remainder": torch.remainder, "pow": torch.pow, "maximum": torch.maximum,
    "minimum": torch.minimum, "atan2": torch.atan2,
    "hypot": torch.hypot,
}
COMPARE = {"eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le,
           "gt": torch.gt, "ge": torch.ge}
LOGICAL = {"logicalAnd": torch.logical_and, "logicalOr": torch.logical_or,
           "logicalXor": torch.logical_xor}

# Two bools give a bool.
BOOLS = {"add": torch.logical_or, "mul": torch.logical_and,
         "maximum": torch.logical_or, "minimum": torch.logical_and}

EXACT = {"add", "sub", "mul", "neg", "abs", "sign", "square", "floor", "ceil",
         "round", "trunc", "relu", "maximum", "minimum", "leakyRelu"}
STILL = {"neg", "abs", "sign", "floor", "ceil", "round", "trunc", "relu",
         "maximum", "minimum"}


def to_float(run, t):
    return t if t.dtype.is_floating_point else t.to(run.float32())


def sign(x):
    # NaN stays NaN here, where PyTorch gives 0 (as NumPy and JAX have it).
    return torch.where(torch.isnan(x), x.detach(), torch.sign(x)) \
        if x.dtype.is_floating_point else torch.sign(x)


class FromNoisyOutput(torch.autograd.Function):
    """tanh or sigmoid with a noisy output that the gradients come from too,
    as near saturation they are what the rounding of the output makes them."""

    @staticmethod
    def forward(ctx, x, name, factor):
        y = FLOAT[name](x) * factor
        ctx.name = name
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        slope = 1 - y * y if ctx.name == "tanh" else y * (1 - y)
        return g * slope, None, None


def floating(name, run, x):
    if name in ("tanh", "sigmoid") and run.noise is not None:
        return FromNoisyOutput.apply(x, name, run.factor(x.shape))
    return FLOAT[name](x)


def unary(p, d):
    name = d.rng.choice([*FLOAT] * 2 + [*KEEP] * 2 + [*TEST])
    x = d.operand(p)
    if name in TEST:
        return Step(name, [x], lambda run, t: TEST[name](t), still=True)
    if name in FLOAT:
        return Step(name, [x],
                    lambda run, t: floating(name, run, to_float(run, t)),
                    exact=name in EXACT)
    dtype = p.value(x).dtype
    if name == "neg" and dtype == torch.bool:
        raise Reject("refused")

    def keep(run, t):
        out = t.to(torch.int32) if t.dtype == torch.bool else t
        out = sign(out) if name == "sign" else KEEP[name](out)
        return out.to(torch.bool) if t.dtype == torch.bool and \
            name in BOOL_AGAIN else out

    return Step(name, [x], keep, exact=True, still=name in STILL)


def parameters(p, d):
    """Activations with their parameters."""
    name = d.rng.choice(["leakyRelu", "elu"])
    value = d.rng.choice([0.2, 0.5, 2, 0.01, 1])
    fn = {"leakyRelu": F.leaky_relu, "elu": elu}[name]
    return Step(name, [d.operand(p), value],
                lambda run, t: fn(to_float(run, t), value))


def common(run, tensors, number=None):
    """Operands brought to their common dtype."""
    # PyTorch lets a 0-d tensor of a wider dtype not promote the others; here
    # it counts like any other.
    dtype = promote(*[t.dtype for t in tensors])
    if number is not None:
        dtype = promote(dtype, run.dtype(number_dtype(number, dtype)))
    return dtype


def operands(p, d):
    a = d.operand(p)
    shape = list(p.value(a).shape)
    if d.chance(0.25):
        return a, d.number(p.value(a).dtype)

    def fits(t):
        try:
            both = torch.broadcast_shapes(t.shape, shape)
        except RuntimeError:
            return False
        return both.numel() <= 40

    if d.chance(0.5):
        b = d.any(p, fits)
        if b is None:
            raise Reject("nothing fits")
    else:
        dtype = p.value(a).dtype if d.chance(0.6) else d.dtype()
        b = p.add_input(d.tensor(d.broadcastable(shape), dtype),
                        constant=d.chance(0.2))
    return (a, b) if d.chance(0.5) else (b, a)


def arithmetic(p, d):
    name = d.rng.choice([*ARITHMETIC] + ["add", "mul", "div", "maximum"])
    a, b = operands(p, d)
    number = None if isinstance(b, Ref) else b
    tensors = [p.value(r) for r in (a, b) if isinstance(r, Ref)]
    from program import Run
    dtype = common(Run(), tensors, number)
    if dtype == torch.bool and name == "sub":
        raise Reject("refused")
    integers = not dtype.is_floating_point
    second = p.value(b) if number is None else torch.tensor(number)
    if integers and name == "remainder" and not bool((second != 0).all()):
        raise Reject("integer division by zero")
    if integers and name == "pow" and bool((second < 0).any()):
        raise Reject("negative integer powers")
    if name == "atan2" and number is not None:
        pass

    def fn(run, *ts):
        kind = common(run, ts, number)
        if number is not None:
            if name == "pow":
                # IEEE's pow also for 0.5, where PyTorch takes the root: they
                # differ at -0 and -Infinity.
                base = ts[0].to(torch.int32 if kind == torch.bool else kind)
                if number == 0.5:
                    return torch.pow(base, torch.full_like(base, number))
                return torch.pow(base, number if kind.is_floating_point
                                 else int(number))
            ts = [ts[0], torch.tensor(number, dtype=torch.float64)]
        if kind == torch.bool:
            x, y = [t.to(torch.bool) for t in ts]
            if name in BOOLS:
                return BOOLS[name](x, y)
            kind = torch.int32
        if name in ("div", "atan2", "hypot") and not kind.is_floating_point:
            kind = run.float32()
        return ARITHMETIC[name](*[t.to(kind) for t in ts])

    return Step(name, [a, b], fn, exact=name in EXACT, still=name in STILL)


def comparison(p, d):
    name = d.rng.choice([*COMPARE] + [*LOGICAL])
    a, b = operands(p, d)
    number = None if isinstance(b, Ref) else b

    def fn(run, *ts):
        kind = common(run, ts, number)
        if number is not None:
            ts = [ts[0], torch.tensor(number, dtype=torch.float64)]
        if name in LOGICAL:
            return LOGICAL[name](ts[0], ts[1])
        return COMPARE[name](*[t.to(kind) for t in ts])

    return Step(name, [a, b], fn, still=True)


def clamp(p, d):
    x = d.operand(p, lambda t: t.dtype != torch.bool)
    if x is None:
        raise Reject("nothing fits")
    dtype = p.value(x).dtype
    if dtype.is_floating_point:
        low, high = sorted([d.rng.choice([-2, -1, -0.5, 0, 0.25, 1, 1.5, 2])
                            for _ in range(2)])
    else:
        low, high = sorted([d.rng.randint(-3, 4) for _ in range(2)])
    bounds = d.rng.choice([{"min": low}, {"max": high},
                           {"min": low, "max": high}])
    return Step("clamp", [x, bounds],
                lambda run, t: torch.clamp(t, **bounds), still=True)


def where(p, d):
    condition = d.operand(p, lambda t: t.dtype == torch.bool)
    if condition is None:
        condition = p.add_input(d.tensor(d.shape(), torch.bool))
    shape = list(p.value(condition).shape)

    def fits(t):
        try:
            return torch.broadcast_shapes(t.shape, shape).numel() <= 40
        except RuntimeError:
            return False

    a = d.any(p, fits) if d.chance(0.6) else None
    if a is None:
        a = p.add_input(d.tensor(d.broadcastable(shape)))
    both = list(torch.broadcast_shapes(p.value(a).shape, shape))
    b = d.number(p.value(a).dtype) if d.chance(0.4) else \
        p.add_input(d.tensor(d.broadcastable(both)))
    number = None if isinstance(b, Ref) else b

    def fn(run, c, x, *rest):
        kind = common(run, [x, *rest], number)
        y = rest[0] if rest else torch.tensor(number, dtype=torch.float64)
        return torch.where(c, x.to(kind), y.to(kind))

    return Step("core.where", [condition, a, b], fn, still=True)


def masked_fill(p, d):
    x = d.operand(p, lambda t: t.dtype != torch.bool)
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    mask = p.add_input(d.tensor(d.broadcastable(list(t.shape)), torch.bool))
    value = d.number(t.dtype) if t.dtype.is_floating_point else \
        d.rng.randint(-3, 4)
    return Step("maskedFill", [x, mask, value],
                lambda run, t, m: t.masked_fill(m, value), still=True)


def cast(p, d):
    from program import NAMES
    name = d.rng.choice(["float32", "int32", "bool", "float32"]
                        + (["float64"] if d.doubles else []))
    x = d.operand(p)
    dtype = NAMES[name]

    def fn(run, t):
        if dtype == torch.int32 and t.dtype.is_floating_point:
            # Out of range saturates, and NaN is 0, as in WebAssembly.
            wide = torch.nan_to_num(t.to(torch.float64), 0.0, 2**31 - 1,
                                    -2**31).clamp(-2**31, 2**31 - 1)
            return wide.to(torch.int32)
        if dtype == torch.bool:
            return t != 0
        return t.to(run.dtype(dtype))

    # Narrowing rounds.
    return Step("cast", [x, name], fn, exact=True)


OPERATIONS = [(unary, 14), (parameters, 1), (arithmetic, 16), (comparison, 5),
              (clamp, 2), (where, 3), (masked_fill, 2),
              (cast, 3)]
