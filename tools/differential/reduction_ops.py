"""Reductions, and what runs along a dim."""

import math

import torch

from program import Reject, Step


def chain(fn):
    """Several dims one after the other, for functions that take one."""
    def run(t, dims, keep):
        for n in sorted(dims, reverse=True):
            t = fn(t, n, keep)
        return t
    return run


def each(t, dims, keep, fn):
    """A function of dims as a list, over none at all for 0-d tensors."""
    return fn(t, dims, keep) if t.dim() else fn(t.reshape(1), [0], keep
                                               ).reshape([])


class Extreme(torch.autograd.Function):
    """The largest or smallest: equal ones share the gradient, as with
    torch.amax, and so do the NaN that a result comes from (PyTorch: nobody)."""

    @staticmethod
    def forward(ctx, t, dims, keep, base):
        out = base(t, dims, True)
        hit = (t == out) | (torch.isnan(t) & torch.isnan(out))
        share = hit.to(t.dtype) if t.dtype.is_floating_point else hit
        ctx.save_for_backward(hit, share / share.sum(dims, keepdim=True))
        ctx.dims = dims
        ctx.keep = keep
        return out if keep else base(t, dims, False)

    @staticmethod
    def backward(ctx, g):
        hit, share = ctx.saved_tensors
        if not ctx.keep:
            for n in sorted(ctx.dims):
                g = g.unsqueeze(n)
        return torch.where(hit, g * share, torch.zeros_like(g)), None, None, \
            None


def extreme(base):
    return lambda t, n, k: each(t, n, k, lambda a, b, c: Extreme.apply(
        a, b, c, base))


def deviation(t, dims, **options):
    """Where the variance overflows, its root is infinite here too."""
    std = torch.std(t, dims, **options)
    with torch.no_grad():
        beyond = torch.isinf(torch.var(t, dims, **options))
    return torch.where(beyond & torch.isfinite(std), std * torch.inf, std)


REDUCE = {
    "sum": lambda t, n, k: each(t, n, k, torch.sum),
    "mean": lambda t, n, k: each(t, n, k, torch.mean),
    "prod": chain(torch.prod),
    "max": extreme(torch.amax),
    "min": extreme(torch.amin),
    "any": chain(torch.any),
    "all": chain(torch.all),
    "variance": lambda t, n, k: each(t, n, k, lambda a, b, c: torch.var(
        a, b, unbiased=True, keepdim=c)),
    "std": lambda t, n, k: each(t, n, k, lambda a, b, c: deviation(
        a, b, unbiased=True, keepdim=c)),
    "norm": lambda t, n, k: each(t, n, k, lambda a, b, c:
                                 torch.linalg.vector_norm(a, 2, b, c)),
    "logsumexp": lambda t, n, k: each(t, n, k, torch.logsumexp),
}
# Integers become float32.
FLOAT = ("mean", "variance", "std", "norm", "logsumexp")
# Bools are summed as integers, and integers as what they are: int32 wraps.
WHOLE = ("sum", "prod")


def dims_of(d, ndim):
    """How dims are written, and which they are."""
    kind = d.rng.choice(["all", "one", "one", "several", "empty"])
    if kind == "all" or ndim == 0:
        return [{"undefined": True}], list(range(ndim))
    if kind == "one":
        n = d.rng.randrange(ndim)
        return [n if d.chance(0.5) else n - ndim], [n]
    if kind == "empty":
        return [{"undefined": True}], list(range(ndim))
    count = d.rng.randint(1, ndim)
    dims = d.rng.sample(range(ndim), count)
    return [[n if d.chance(0.6) else n - ndim for n in dims]], dims


def reduction(p, d):
    name = d.rng.choice([*REDUCE] + ["sum", "mean", "max"])
    x = d.operand(p)
    t = p.value(x)
    written, dims = dims_of(d, t.dim())
    keep = d.chance(0.4)
    count = math.prod(t.shape[n] for n in dims)
    if name in ("max", "min") and count == 0:
        raise Reject("refused")
    if name in ("variance", "std") and count < 2 and not d.special:
        raise Reject("no degree of freedom")
    options = {"keepDim": keep} if keep or d.chance(0.2) else None
    fn = REDUCE[name]
    if name in ("variance", "std") and d.chance(0.5) and count:
        unbiased = d.chance(0.5)
        options = {**(options or {}), "unbiased": unbiased}
        base = torch.var if name == "variance" else deviation
        fn = lambda t, n, k: each(t, n, k, lambda a, b, c: base(
            a, b, unbiased=unbiased, keepdim=c))
        if unbiased and count < 2:
            raise Reject("no degree of freedom")
    if name == "norm" and d.chance(0.5):
        power = d.rng.choice([1, 2, 3, 0.5, 0, math.inf, -math.inf])
        if count == 0 and power in (math.inf, -math.inf):
            raise Reject("refused")
        options = {**(options or {}), "p": power}
        fn = lambda t, n, k: each(t, n, k, lambda a, b, c:
                                  torch.linalg.vector_norm(a, power, b, c))

    def run_it(run, t):
        if name in FLOAT and not t.dtype.is_floating_point:
            t = t.to(run.float32())
        if name in ("any", "all"):
            t = t != 0
        if t.dtype == torch.bool and name in ("max", "min"):
            return fn(t.to(torch.int32), dims, keep).to(torch.bool)
        if name in WHOLE and not t.dtype.is_floating_point:
            # PyTorch sums integers in int64; here they stay int32.
            return fn(t.to(torch.int64), dims, keep).to(torch.int32)
        return fn(t, dims, keep)

    args = [x]
    if options is not None or "undefined" not in str(written):
        args += written
    if options is not None:
        args.append(options)
    return Step(name, args, run_it, exact=name in ("sum", "prod"),
                still=name in ("max", "min"))


def place(p, d):
    name = d.rng.choice(["argmax", "argmin"])
    x = d.operand(p, lambda t: t.numel() > 0 and t.dtype != torch.bool)
    if x is None:
        raise Reject("nothing fits")
    ndim = p.value(x).dim()
    keep = d.chance(0.3)
    dim = None if ndim == 0 or d.chance(0.3) else d.rng.randrange(-ndim, ndim)
    args = [x] if dim is None and not keep else [
        x, {"undefined": True} if dim is None else dim]
    if keep:
        args.append({"keepDim": True})

    def fn(run, t):
        base = getattr(torch, name)
        if dim is None:
            out = base(t)
            return (out.reshape([1] * t.dim()) if keep else out).to(torch.int32)
        return base(t, dim, keep).to(torch.int32)

    return Step(name, args, fn)


def along(p, d):
    name = d.rng.choice(["softmax", "logSoftmax", "cumsum", "cumprod"])
    x = d.operand(p)
    ndim = p.value(x).dim()
    dim = d.rng.randrange(-ndim, ndim) if ndim else 0
    base = {"softmax": torch.softmax, "logSoftmax": torch.log_softmax,
            "cumsum": torch.cumsum, "cumprod": torch.cumprod}[name]

    def fn(run, t):
        if name in ("cumsum", "cumprod"):
            if t.dtype.is_floating_point:
                return base(t, dim)
            return base(t.to(torch.int64), dim).to(torch.int32)
        return base(t if t.dtype.is_floating_point else t.to(run.float32()),
                    dim)

    return Step(name, [x, dim], fn, exact=name == "cumsum")


OPERATIONS = [(reduction, 14), (place, 3), (along, 5)]
