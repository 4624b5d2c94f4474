"""Functions of tensors: those of @tenfold/core/functions and /fft, and, as a
group of their own, /linalg."""

import math

import torch

from elementwise_ops import common, operands
from program import Ref, Reject, Step
from gather_ops import constant, with_dim


def distinct(t):
    """Which of several equal elements counts is for the figures to say."""
    flat = t.flatten()
    return flat.unique().numel() == flat.numel()


def floating(t):
    return t.dtype.is_floating_point


def within(low, high):
    return lambda t: t.dtype != torch.bool and (
        t.numel() == 0 or bool((t > low).all() and (t < high).all()))


class Polygamma(torch.autograd.Function):
    """Of order n, to all digits: PyTorch's trigamma has 9 of float64."""

    @staticmethod
    def forward(ctx, t, n):
        ctx.save_for_backward(t)
        ctx.n = n
        if n == 0:
            return torch.digamma(t)
        sign = 1 if n % 2 else -1
        order = torch.full_like(t, n + 1)
        return sign * math.factorial(n) * torch.special.zeta(order, t)

    @staticmethod
    def backward(ctx, g):
        t, = ctx.saved_tensors
        return g * Polygamma.apply(t, ctx.n + 1), None


class Lgamma(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        ctx.save_for_backward(t)
        return torch.lgamma(t)

    @staticmethod
    def backward(ctx, g):
        t, = ctx.saved_tensors
        return g * Polygamma.apply(t, 0)


# Integers become float32; the second is where they are defined.
UNARY = {
    "asin": (torch.asin, within(-0.97, 0.97)),
    "acos": (torch.acos, within(-0.97, 0.97)),
    "atan": (torch.atan, within(-1e4, 1e4)),
    "sinh": (torch.sinh, within(-9, 9)), "cosh": (torch.cosh, within(-9, 9)),
    "asinh": (torch.asinh, within(-1e4, 1e4)),
    "acosh": (torch.acosh, within(1.05, 1e4)),
    "atanh": (torch.atanh, within(-0.97, 0.97)),
    "log10": (torch.log10, within(0, 1e4)),
    "erfinv": (torch.erfinv, within(-0.97, 0.97)),
    "lgamma": (Lgamma.apply, within(0.1, 1e3)),
    "digamma": (lambda t: Polygamma.apply(t, 0), within(0.1, 1e3)),
    "sinc": (torch.sinc, within(-20, 20)),
}


def unary(p, d):
    name = d.rng.choice([*UNARY])
    fn, fits = UNARY[name]
    x = d.any(p, fits)
    if x is None or d.chance(0.3):
        low, high = (0.25, 3) if name in ("log10", "lgamma", "digamma") else \
            (1.125, 4) if name == "acosh" else (-0.9, 0.9)
        x = p.add_input(d.positive(d.shape(), d.floating(), low, high))

    def run(run, t):
        return fn(t if floating(t) else t.to(run.float32()))

    return Step(f"functions.{name}", [x], run)


BINARY = {
    "logaddexp": torch.logaddexp, "fmod": torch.fmod,
    # Its gradient is 0, which PyTorch has not.
    "floorDivide": lambda a, b: torch.floor_divide(a.detach(), b.detach()),
    "copysign": torch.copysign,
}


def binary(p, d):
    name = d.rng.choice([*BINARY])
    a, b = operands(p, d)
    number = None if isinstance(b, Ref) else b
    divides = name in ("fmod", "floorDivide")
    if divides and (number == 0 or number is None and
                    bool((p.value(b) == 0).any())):
        raise Reject("division by 0")

    def fn(run, *ts):
        kind = common(run, ts, number)
        if kind == torch.bool or not (kind.is_floating_point or divides):
            kind = torch.int32 if divides else run.float32()
        if number is not None:
            ts = [ts[0], torch.tensor(number, dtype=torch.float64)]
        return BINARY[name](*[t.to(kind) for t in ts])

    # A sign or a whole number is kept, what it is taken of is not.
    return Step(f"functions.{name}", [a, b], fn,
                exact=name != "logaddexp", still=name == "copysign")


def three(p, d):
    name = d.rng.choice(["lerp", "addcmul", "addcdiv"])
    x = d.operand(p, floating)
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    a = p.add_input(d.tensor(d.broadcastable(list(t.shape)), t.dtype))
    if name == "lerp":
        weight = d.rng.choice([0.25, 0.75, 1.5, -0.5])
        return Step("functions.lerp", [x, a, weight],
                    lambda run, s, e: torch.lerp(s, e, weight))
    b = p.add_input(d.positive(d.broadcastable(list(t.shape)), t.dtype))
    value = d.rng.choice([1, 2, -0.5])
    fn = getattr(torch, name)
    options = [] if value == 1 else [{"value": value}]
    return Step(f"functions.{name}", [x, a, b, *options],
                lambda run, t, a, b: fn(t, a, b, value=value))


def whole(p, d):
    """The bits of integers."""
    name = d.rng.choice(["bitwiseAnd", "bitwiseOr", "bitwiseXor",
                         "bitwiseNot"])
    kind = d.rng.choice([torch.int32, torch.bool])
    x = d.operand(p, lambda t: t.dtype == kind, dtype=kind)
    if x is None:
        raise Reject("nothing fits")
    if name == "bitwiseNot":
        return Step(f"functions.{name}", [x],
                    lambda run, t: torch.bitwise_not(t), still=True)
    y = p.add_input(d.tensor(d.broadcastable(list(p.value(x).shape)), kind))
    fn = {"bitwiseAnd": torch.bitwise_and, "bitwiseOr": torch.bitwise_or,
          "bitwiseXor": torch.bitwise_xor}[name]
    return Step(f"functions.{name}", [x, y], lambda run, a, b: fn(a, b),
                still=True)


def pair(out):
    return [out[0], out[1].to(torch.int32)]


def running(p, d):
    name = d.rng.choice(["cummax", "cummin", "logcumsumexp"])
    x, t, dim = with_dim(p, d, lambda t: t.dtype != torch.bool)
    if name == "logcumsumexp":
        return Step("functions.logcumsumexp", [x, dim], lambda run, t:
                    torch.logcumsumexp(t if floating(t)
                                       else t.to(run.float32()), dim))
    fn = getattr(torch, name)
    return Step(f"functions.{name}", [x, dim],
                lambda run, t: pair(fn(t, dim)), still=True)


def ordered(p, d):
    name = d.rng.choice(["median", "kthvalue", "quantile", "nansum",
                         "nanmean", "nanquantile", "nanmedian"])
    x, t, dim = with_dim(p, d, lambda t: floating(t) and distinct(t))
    keep = d.chance(0.4)
    options = [{"keepDim": True}] if keep else []
    if name in ("nansum", "nanmean"):
        fn = getattr(torch, name)
        return Step(f"functions.{name}", [x, dim, *options],
                    lambda run, t: fn(t, dim, keepdim=keep))
    if name.endswith("quantile"):
        fn = getattr(torch, name)
        q = [d.rng.choice([0.0, 0.25, 0.4, 0.5, 1.0])
             for _ in range(d.rng.randint(1, 3))]
        q = q[0] if len(q) == 1 else q
        way = d.rng.choice(["linear", "lower", "higher", "midpoint"])
        if way in ("lower", "higher"):
            # The rank may be rounded to either side of a whole number.
            n = t.shape[dim] - 1
            if any(abs(v * n - round(v * n)) < 1e-3
                   for v in (q if isinstance(q, list) else [q])):
                raise Reject("a rank on the edge")
        return Step(f"functions.{name}",
                    [x, q, dim, {"keepDim": keep, "interpolation": way}],
                    lambda run, t: fn(t, torch.tensor(q, dtype=t.dtype), dim,
                                      keepdim=keep, interpolation=way))
    if name == "kthvalue":
        k = d.rng.randint(1, t.shape[dim])
        return Step("functions.kthvalue", [x, k, dim, *options],
                    lambda run, t: pair(t.kthvalue(k, dim, keep)), still=True)
    fn = getattr(torch, name)
    if d.chance(0.3):
        return Step(f"functions.{name}", [x], lambda run, t: fn(t),
                    still=True)
    return Step(f"functions.{name}", [x, dim, *options],
                lambda run, t: pair(fn(t, dim, keep)), still=True)


def counted(p, d):
    name = d.rng.choice(["searchsorted", "bucketize", "isInf", "isClose",
                         "nanToNum"])
    x = d.operand(p, floating)
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    if name == "isInf":
        return Step("functions.isInf", [x], lambda run, t: torch.isinf(t),
                    still=True)
    if name == "nanToNum":
        return Step("functions.nanToNum", [x],
                    lambda run, t: torch.nan_to_num(t), still=True)
    if name == "isClose":
        y = p.add_input(d.tensor(d.broadcastable(list(t.shape)), t.dtype))
        return Step("functions.isClose", [x, y, {"rtol": 0.5, "atol": 0.25}],
                    lambda run, a, b: torch.isclose(a, b, 0.5, 0.25),
                    still=True)
    edges = sorted(set(d.numbers(4)))
    right = d.chance(0.5)
    sequence = constant(p, torch.tensor(edges, dtype=t.dtype))
    if name == "bucketize":
        return Step("functions.bucketize", [x, sequence, {"right": right}],
                    lambda run, t, s: torch.bucketize(
                        t, s, right=right, out_int32=True), still=True)
    return Step("functions.searchsorted", [sequence, x, {"right": right}],
                lambda run, s, t: torch.searchsorted(
                    s, t, right=right, out_int32=True), still=True)


def placed(p, d):
    name = d.rng.choice(["scatter", "scatterReduce", "scatterReduce",
                         "indexAdd", "indexCopy", "indexFill", "indexPut",
                         "maskedFill", "maskedSelect"])
    x, t, dim = with_dim(p, d, floating)
    shape, at = list(t.shape), dim % t.dim()
    extent = shape[at]
    if name == "maskedFill":
        mask = p.add_input(d.tensor(d.broadcastable(shape), torch.bool))
        value = d.rng.choice([0, 2.5, -1])
        return Step("functions.maskedFill", [x, mask, value],
                    lambda run, t, m: t.masked_fill(m, value), still=True)
    if name == "maskedSelect":
        mask = p.add_input(d.tensor(shape, torch.bool), constant=True)
        p.masks.add(mask.index)
        return Step("functions.maskedSelect", [x, mask],
                    lambda run, t, m: torch.masked_select(t, m), still=True)
    if name == "indexPut":
        count = d.rng.randint(1, extent)
        # Once each, as the order of several is nowhere promised.
        rows = constant(p, torch.tensor(d.rng.sample(range(shape[0]), min(
            count, shape[0])), dtype=torch.int32))
        n = p.value(rows).numel()
        src = p.add_input(d.tensor([n, *shape[1:]], t.dtype))
        add = d.chance(0.5)
        options = [{"accumulate": True}] if add else []
        return Step("functions.indexPut", [x, [rows], src, *options],
                    lambda run, t, i, s: t.index_put((i.long(),), s, add),
                    exact=True)
    if name.startswith("index"):
        several = name == "indexAdd"
        count = d.rng.randint(1, extent)
        index = constant(p, d.index([count], extent) if several else
                         torch.tensor(d.rng.sample(range(extent), count),
                                      dtype=torch.int32))
        if name == "indexFill":
            return Step("functions.indexFill", [x, dim, index, 1.5],
                        lambda run, t, i: t.index_fill(dim, i.long(), 1.5),
                        still=True)
        own = list(shape)
        own[at] = count
        src = p.add_input(d.tensor(own, t.dtype))
        if name == "indexCopy":
            return Step("functions.indexCopy", [x, dim, index, src],
                        lambda run, t, i, s: t.index_copy(dim, i.long(), s),
                        still=True)
        alpha = d.rng.choice([1, 2, -0.5])
        options = [] if alpha == 1 else [{"alpha": alpha}]
        return Step("functions.indexAdd", [x, dim, index, src, *options],
                    lambda run, t, i, s: t.index_add(dim, i.long(), s,
                                                     alpha=alpha), exact=True)
    own = [d.rng.randint(1, e) for e in shape]
    if name == "scatter":
        # Each place along the dim once.
        own[at] = d.rng.randint(1, extent)
        order = torch.argsort(torch.rand(shape, generator=torch.Generator(
        ).manual_seed(d.rng.randrange(2**31))), dim)
        cut = order[tuple(slice(e) for e in own)].to(torch.int32)
        index = constant(p, cut.contiguous())
        src = p.add_input(d.tensor(own, t.dtype))
        return Step("functions.scatter", [x, dim, index, src],
                    lambda run, t, i, s: t.scatter(dim, i.long(), s),
                    still=True)
    own[at] = d.rng.randint(1, 4)
    index = constant(p, d.index(own, extent))
    src = p.add_input(d.tensor(own, t.dtype))
    reduce = d.rng.choice(["sum", "prod", "mean", "amax", "amin"])
    inner = d.chance(0.6)
    options = [] if inner else [{"includeSelf": False}]
    bound = {"amax": -torch.inf, "amin": torch.inf}.get(reduce)

    def run(run, t, i, s):
        i = i.long()
        if inner or bound is None:
            return t.scatter_reduce(dim, i, s, reduce, include_self=inner)
        # PyTorch shares the gradient with an equal element that takes no part.
        return t.scatter(dim, i, bound).scatter_reduce(dim, i, s, reduce)

    return Step("functions.scatterReduce",
                [x, dim, index, src, reduce, *options], run)


def arranged(p, d):
    name = d.rng.choice(["roll", "rot90", "movedim", "unflatten", "meshgrid",
                         "diag", "diagEmbed", "trace"])
    x = d.operand(p, lambda t: t.dim() > 0)
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    n = t.dim()
    if name == "roll":
        dims = d.rng.sample(range(n), d.rng.randint(1, n))
        by = [d.rng.randint(-4, 4) for _ in dims]
        return Step("functions.roll", [x, by, dims],
                    lambda run, t: t.roll(by, dims), still=True)
    if name == "movedim":
        count = d.rng.randint(1, n)
        a, b = d.rng.sample(range(n), count), d.rng.sample(range(n), count)
        return Step("functions.movedim", [x, a, b],
                    lambda run, t: t.movedim(a, b), still=True)
    if name == "unflatten":
        dim = d.rng.randrange(n)
        e = t.shape[dim]
        sizes = d.rng.choice([[e, 1], [1, e], [1, e, 1]] + (
            [[2, e // 2]] if e % 2 == 0 and e > 0 else []))
        return Step("functions.unflatten", [x, dim, sizes],
                    lambda run, t: t.unflatten(dim, sizes), still=True)
    if name == "diagEmbed":
        a, b = d.rng.sample(range(n + 1), 2)
        offset = d.rng.randint(-2, 2)
        return Step("functions.diagEmbed",
                    [x, {"offset": offset, "dim1": a, "dim2": b}],
                    lambda run, t: torch.diag_embed(t, offset, a, b),
                    still=True)
    if name == "meshgrid":
        if n != 1:
            raise Reject("a vector")
        y = p.add_input(d.tensor([d.rng.randint(1, 3)], t.dtype))
        way = d.rng.choice(["ij", "xy"])
        return Step("functions.meshgrid", [[x, y], {"indexing": way}],
                    lambda run, a, b: list(torch.meshgrid(a, b, indexing=way)),
                    still=True)
    if name == "diag":
        if n > 2:
            raise Reject("a matrix")
        k = d.rng.randint(-1, 1)
        return Step("functions.diag", [x, k],
                    lambda run, t: torch.diag(t, k), still=True)
    if name == "trace":
        if n != 2 or not floating(t):
            raise Reject("a matrix")
        return Step("functions.trace", [x],
                    # The gradient of torch.trace is wrong for tall matrices.
                    lambda run, t: t.diagonal().sum())
    if n < 2:
        raise Reject("a matrix")
    a, b = d.rng.sample(range(n), 2)
    k = d.rng.randint(-3, 3)
    return Step("functions.rot90", [x, k, [a, b]],
                lambda run, t: torch.rot90(t, k, [a, b]), still=True)


def products(p, d):
    name = d.rng.choice(["mm", "bmm", "addmm", "baddbmm", "cov", "corrcoef",
                         "cdist"])
    kind = d.floating()
    deep = name in ("bmm", "baddbmm")
    b, n, k, m = [d.rng.randint(1, 3) for _ in range(4)]
    lead = [b] if deep else []
    x = d.any(p, lambda t: t.dtype == kind and t.dim() == 2 + len(lead)
              and t.numel() > 0)
    if x is None:
        x = p.add_input(d.tensor([*lead, n, k], kind))
    t = p.value(x)
    if name == "cov":
        return Step("functions.cov", [x], lambda run, t: torch.cov(t))
    if name == "corrcoef":
        return Step("functions.corrcoef", [x],
                    lambda run, t: torch.corrcoef(t))
    if name == "cdist":
        y = p.add_input(d.tensor([m, t.shape[1]], kind))
        power = d.rng.choice([1, 2, 3])
        return Step("functions.cdist", [x, y, {"p": power}],
                    # torch.cdist has no second derivative.
                    lambda run, a, b: torch.linalg.vector_norm(
                        a.unsqueeze(-2) - b.unsqueeze(-3), power, -1))
    y = p.add_input(d.tensor([*t.shape[:-2], t.shape[-1], m], kind))
    fn = getattr(torch, name)
    if name in ("mm", "bmm"):
        return Step(f"functions.{name}", [x, y], lambda run, a, b: fn(a, b))
    c = p.add_input(d.tensor(d.broadcastable([*t.shape[:-1], m]), kind))
    beta, alpha = d.rng.choice([(1, 1), (2, -1), (0.5, 3)])
    return Step(f"functions.{name}", [c, x, y, {"beta": beta, "alpha": alpha}],
                lambda run, c, a, b: fn(c, a, b, beta=beta, alpha=alpha))


def fourier(p, d):
    name = d.rng.choice(["fft", "ifft", "rfft", "irfft"])
    paired = name != "rfft"
    x = d.any(p, lambda t: floating(t) and t.numel() > 0 and (
        t.dim() > 1 and t.shape[-1] == 2 if paired else t.dim() > 0))
    if x is None or d.chance(0.3):
        shape = [*d.shape(d.rng.randint(1, 2), 12), *([2] if paired else [])]
        x = p.add_input(d.tensor(shape, d.floating()))
    t = p.value(x)
    ndim = t.dim() - paired
    dim = d.rng.randrange(ndim)
    n = d.rng.randint(1, 7) if d.chance(0.5) or name == "irfft" else \
        t.shape[dim]
    if n == 0:
        raise Reject("nothing to transform")
    norm = d.rng.choice(["backward", "ortho", "forward"])
    fn = getattr(torch.fft, name)

    def run(run, t):
        y = fn(torch.view_as_complex(t.contiguous()) if paired else t, n, dim,
               norm)
        y = y if name == "irfft" else torch.view_as_real(y)
        # Parts that are 0 by themselves pass NaN on as others do.
        return y + 0 * t.sum()

    return Step(f"fft.{name}", [x, {"n": n, "dim": dim, "norm": norm}], run)


OPERATIONS = [(unary, 5), (binary, 4), (three, 3), (whole, 1), (running, 3),
              (ordered, 3), (counted, 2), (placed, 5), (arranged, 3),
              (products, 3), (fourier, 4)]


# Matrices taken apart

def matrix(p, d, square=False, wide=False):
    """A batch of matrices that are well conditioned."""
    m = d.rng.randint(1, 4)
    n = m if square else d.rng.randint(1, 4)
    if wide and n > m:
        m, n = n, m
    lead = [d.rng.randint(1, 2)] if d.chance(0.3) else []
    x = None if d.chance(0.6) else d.any(
        p, lambda t: floating(t) and t.dim() >= 2 and t.numel() > 0 and
        (t.shape[-1] == t.shape[-2] or not square) and
        (t.shape[-2] >= t.shape[-1] or not wide))
    if x is not None:
        return x, p.value(x)
    t = d.tensor([*lead, m, n], d.floating())
    k = min(m, n)
    t.diagonal(dim1=-2, dim2=-1).add_(torch.arange(k) * 1.5 + 3)
    return p.add_input(t), t


def signed(t, dim):
    """Vectors turned so that their largest element is positive."""
    size = t.abs()
    near = 1e-9 if t.dtype == torch.float64 else 1e-5
    most = size >= size.amax(dim, keepdim=True) * (1 - near)
    at = most.to(torch.int32).argmax(dim, keepdim=True)
    return torch.where(t.gather(dim, at) < 0, -1.0, 1.0).to(t.dtype).detach()


def single(p, d):
    name = d.rng.choice(["inv", "det", "slogdet", "cholesky", "eigvalsh",
                         "matrixRank"])
    x, t = matrix(p, d, square=True)
    if name in ("cholesky", "eigvalsh"):
        both = p.add(Step("transpose", [x, -2, -1],
                          lambda run, t: t.transpose(-2, -1), still=True))[0]
        x = p.add(Step("matmul", [x, both], lambda run, a, b: a @ b))[0]
    fn = {"inv": torch.linalg.inv, "det": torch.linalg.det,
          "cholesky": torch.linalg.cholesky,
          "eigvalsh": torch.linalg.eigvalsh,
          "slogdet": lambda t: list(torch.linalg.slogdet(t)),
          "matrixRank": lambda t: torch.linalg.matrix_rank(t).to(torch.int32),
          }[name]
    return Step(f"linalg.{name}", [x], lambda run, t: fn(t),
                still=name == "matrixRank")


def rectangular(p, d):
    name = d.rng.choice(["qr", "svdvals", "svd", "pinv", "matrixNorm",
                         "eigh"])
    square = name == "eigh"
    x, t = matrix(p, d, square=square, wide=name == "qr")
    if name == "eigh":
        def eigh(run, t):
            values, vectors = torch.linalg.eigh(t)
            return [values, vectors * signed(vectors, -2)]
        return Step("linalg.eigh", [x], eigh)
    if name == "qr":
        return Step("linalg.qr", [x],
                    lambda run, t: list(torch.linalg.qr(t)))
    if name == "svd":
        def svd(run, t):
            u, s, vh = torch.linalg.svd(t, full_matrices=False)
            turn = signed(vh, -1)
            return [u * turn.transpose(-2, -1), s, vh * turn]
        return Step("linalg.svd", [x, {"fullMatrices": False}], svd)
    if name == "matrixNorm":
        order = d.rng.choice(["fro", "nuc", 1, 2, -2])
        return Step("linalg.matrixNorm", [x, {"ord": order}],
                    lambda run, t: torch.linalg.matrix_norm(t, order))
    fn = getattr(torch.linalg, name)
    return Step(f"linalg.{name}", [x], lambda run, t: fn(t))


def systems(p, d):
    name = d.rng.choice(["solve", "solveTriangular", "lstsq"])
    x, t = matrix(p, d, square=name != "lstsq", wide=name == "lstsq")
    k = d.rng.randint(1, 3)
    y = p.add_input(d.tensor([*t.shape[:-1], k], t.dtype))
    if name == "solve":
        return Step("linalg.solve", [x, y],
                    lambda run, a, b: torch.linalg.solve(a, b))
    if name == "lstsq":
        solution = p.add(Step("linalg.pinv", [x],
                              lambda run, t: torch.linalg.pinv(t)))[0]
        return Step("matmul", [solution, y], lambda run, a, b: a @ b)
    upper = d.chance(0.5)
    return Step("linalg.solveTriangular", [x, y, {"upper": upper}],
                lambda run, a, b: torch.linalg.solve_triangular(
                    a, b, upper=upper))


LINALG = [(single, 3), (rectangular, 3), (systems, 2)]
