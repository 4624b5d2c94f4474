"""Shapes and views, joining, indexing."""

import math

import torch

from program import Ref, Reject, Step


def still(name, args, fn):
    return Step(name, args, lambda run, *ts: fn(*ts), still=True)


def factor(d, count, ndim):
    """A shape of so many elements."""
    if count == 0:
        shape = [d.rng.choice([1, 2, 3]) for _ in range(max(1, ndim))]
        shape[d.rng.randrange(len(shape))] = 0
        return shape
    shape, rest = [], count
    for _ in range(ndim - 1):
        choices = [k for k in range(1, rest + 1) if rest % k == 0]
        shape.append(d.rng.choice(choices))
        rest //= shape[-1]
    return shape + [rest] if ndim else ([] if count == 1 else [count])


def reshape(p, d):
    x = d.operand(p)
    count = p.value(x).numel()
    shape = factor(d, count, d.rng.randint(0, 4))
    written = list(shape)
    if written and count and d.chance(0.4):
        written[d.rng.randrange(len(written))] = -1
    return still("reshape", [x, written], lambda t: t.reshape(shape))


def rearrange(p, d):
    x = d.operand(p)
    t = p.value(x)
    n = t.dim()
    name = d.rng.choice(["flatten", "squeeze", "unsqueeze", "permute",
                         "permute", "transpose", "t", "contiguous", "flip"])
    axis = lambda: d.rng.randrange(-n, n)
    if name == "flatten":
        if n == 0 or d.chance(0.3):
            return still(name, [x], torch.flatten)
        a, b = sorted([d.rng.randrange(n), d.rng.randrange(n)])
        return still(name, [x, a, b], lambda t: torch.flatten(t, a, b))
    if name == "squeeze":
        if n == 0 or d.chance(0.5):
            return still(name, [x], torch.squeeze)
        a = axis()
        return still(name, [x, a], lambda t: torch.squeeze(t, a))
    if name == "unsqueeze":
        a = d.rng.randrange(-n - 1, n + 1)
        return still(name, [x, a], lambda t: torch.unsqueeze(t, a))
    if name == "permute":
        order = d.rng.sample(range(n), n)
        return still(name, [x, order], lambda t: t.permute(order))
    if name == "contiguous":
        return still(name, [x], lambda t: t.contiguous())
    if name == "flip":
        dims = d.rng.sample(range(n), d.rng.randint(0, n)) if n else []
        if not dims:
            return still(name, [x], lambda t: t.flip(list(range(t.dim()))))
        return still(name, [x, dims], lambda t: t.flip(dims))
    if name == "t":
        if n > 2:
            raise Reject("refused")
        return still(name, [x], lambda t: t.t())
    if n == 0:
        raise Reject("nothing to transpose")
    a, b = axis(), axis()
    return still(name, [x, a, b], lambda t: t.transpose(a, b))


def expand(p, d):
    x = d.operand(p, lambda t: 1 in t.shape or t.dim() < 3)
    if x is None:
        raise Reject("nothing fits")
    shape = list(p.value(x).shape)
    target = [d.rng.randint(1, 3) if e == 1 else e for e in shape]
    written = [-1 if e == s and d.chance(0.3) else e
               for e, s in zip(target, shape)]
    if d.chance(0.3):
        lead = d.rng.randint(1, 3)
        target, written = [lead, *target], [lead, *written]
    return still("expand", [x, written], lambda t: t.expand(target))


def expand_as(p, d):
    x = d.operand(p)
    shape = p.value(x).shape

    def fits(t):
        try:
            return torch.broadcast_shapes(t.shape, shape) == t.shape
        except RuntimeError:
            return False

    y = d.any(p, fits)
    return still("expandAs", [x, y], lambda t, o: t.expand_as(o))


def strided(t, specs):
    """NumPy's basic indexing, steps below zero included."""
    specs = list(specs)
    if "..." in specs:
        at = specs.index("...")
        used = sum(1 for s in specs if s not in (None, "..."))
        specs[at:at + 1] = [":"] * (t.dim() - used)
    dim = 0
    for s in specs:
        if s is None:
            t = t.unsqueeze(dim)
            dim += 1
        elif isinstance(s, int) and not isinstance(s, bool):
            t = t.select(dim, s)
        elif s == ":":
            dim += 1
        else:
            start, end, step = (list(s) + [None] * 3)[:3]
            places = range(t.shape[dim])[slice(start, end, step)]
            t = t.index_select(dim, torch.tensor(list(places),
                                                 dtype=torch.int64))
            dim += 1
    return t


def bound(d, extent):
    return None if d.chance(0.3) else d.rng.randint(-extent - 1, extent + 1)


def step(d):
    return d.rng.choice([1, 1, 2, 3, -1, -1, -2])


def cut(p, d):
    x = d.operand(p, lambda t: t.dim() > 0)
    if x is None:
        raise Reject("nothing fits")
    shape = list(p.value(x).shape)
    n = len(shape)
    dim = d.rng.randrange(n)
    extent = shape[dim]
    axis = dim if d.chance(0.6) else dim - n
    name = d.rng.choice(["slice", "slice", "select", "narrow", "index",
                         "index", "unfold", "diagonal", "tril", "triu"])
    if name == "slice":
        spec = [bound(d, extent), bound(d, extent), step(d)]
        specs = [":"] * dim + [spec]
        return still(name, [x, axis, *spec], lambda t: strided(t, specs))
    if name == "select":
        if extent == 0:
            raise Reject("refused")
        k = d.rng.randrange(-extent, extent)
        return still(name, [x, axis, k], lambda t: t.select(dim, k))
    if name == "narrow":
        start = d.rng.randint(0, extent)
        length = d.rng.randint(0, extent - start)
        return still(name, [x, axis, start, length],
                     lambda t: t.narrow(dim, start, length))
    if name == "unfold":
        if extent == 0:
            raise Reject("refused")
        size, gap = d.rng.randint(1, extent), d.rng.randint(1, 3)
        return still(name, [x, axis, size, gap],
                     lambda t: t.unfold(dim, size, gap))
    if name in ("tril", "triu", "diagonal"):
        if n < 2:
            raise Reject("refused")
        k = d.rng.randint(-2, 2)
        if name != "diagonal":
            base = getattr(torch, name)
            return still(name, [x, k], lambda t: (base(
                t.to(torch.int32), k).to(torch.bool)
                if t.dtype == torch.bool else base(t, k)))
        a, b = d.rng.sample(range(n), 2)
        if k > shape[b] or -k > shape[a]:
            k = 0
        return still(name, [x, k, a, b], lambda t: t.diagonal(k, a, b))
    specs = []
    for e in shape:
        if d.chance(0.15):
            specs.append(None)
        kind = d.rng.choice(["all", "number", "slice", "slice"])
        if kind == "number" and e:
            specs.append(d.rng.randrange(-e, e))
        elif kind == "slice":
            specs.append([bound(d, e), bound(d, e), step(d)])
        else:
            specs.append(":")
    if d.chance(0.3):
        at = d.rng.randint(0, len(specs))
        width = d.rng.randint(0, len(specs) - at)
        specs[at:at + width] = ["..."]
        if at + 1 < len(specs) and None in specs[:at]:
            pass
    else:
        specs = specs[:d.rng.randint(1, len(specs))]
    return still("index", [x, *specs], lambda t: strided(t, specs))


def larger(p, d):
    x = d.operand(p)
    t = p.value(x)
    n = t.dim()
    name = d.rng.choice(["pad", "pad", "repeat", "tile"])
    if name == "pad":
        if n == 0:
            raise Reject("nothing to pad")
        dims = d.rng.randint(1, n)
        amounts = []
        for k in range(dims):
            e = t.shape[n - 1 - k]
            a = d.rng.randint(-1 if e > 1 else 0, 2)
            amounts += [a, d.rng.randint(-1 if e + a > 1 else 0, 2)]
        value = d.number(t.dtype)
        if not t.dtype.is_floating_point:
            value = d.rng.choice([0, 1])
        plain = value == 0 and d.chance(0.5)
        args = [x, amounts] + ([] if plain else [{"value": value}])

        def fn(t):
            whole = t.to(torch.float64) if t.dtype == torch.bool else t
            return torch.nn.functional.pad(
                whole, amounts, value=value).to(t.dtype)

        return still(name, args, fn)
    count = n + d.rng.randint(0, 1) if name == "repeat" else \
        d.rng.randint(0, n + 1)
    counts = [d.rng.choice([0, 1, 1, 2, 2, 3]) for _ in range(count)]
    if math.prod(counts) * t.numel() > 40:
        raise Reject("too large")
    base = (lambda t: t.repeat(counts)) if name == "repeat" else \
        (lambda t: torch.tile(t, counts))
    return still(name, [x, counts], base)


def parts(p, d):
    x = d.operand(p, lambda t: t.dim() > 0)
    if x is None:
        raise Reject("nothing fits")
    shape = p.value(x).shape
    n = len(shape)
    dim = d.rng.randrange(-n, n)
    extent = shape[dim]
    if extent == 0:
        raise Reject("nothing to split")
    kind = d.rng.choice(["chunk", "size", "sizes", "unbind"])
    if kind == "unbind":
        return still("unbind", [x, dim], lambda t: list(torch.unbind(t, dim)))
    if kind == "chunk":
        count = d.rng.randint(1, extent + 1)
        return still("chunk", [x, count, dim],
                     lambda t: list(torch.chunk(t, count, dim)))
    if kind == "size":
        size = d.rng.randint(1, extent)
        return still("split", [x, size, dim],
                     lambda t: list(torch.split(t, size, dim)))
    first = d.rng.randint(0, extent)
    sizes = [first, extent - first]
    return still("split", [x, sizes, dim],
                 lambda t: list(torch.split(t, sizes, dim)))


def join(p, d):
    x = d.operand(p, lambda t: t.numel() <= 12)
    if x is None:
        raise Reject("nothing fits")
    shape = list(p.value(x).shape)
    n = len(shape)
    name = "stack" if n == 0 or d.chance(0.4) else "cat"
    dim = d.rng.randrange(-n, n) if name == "cat" else \
        d.rng.randrange(-n - 1, n + 1)
    others = []
    for _ in range(d.rng.randint(0, 2)):
        ref = d.any(p, lambda t: list(t.shape) == shape)
        if ref is None or d.chance(0.5):
            own = list(shape)
            if name == "cat":
                own[dim] = d.rng.randint(0, 2)
            dtype = p.value(x).dtype if d.chance(0.6) else d.dtype()
            ref = p.add_input(d.tensor(own, dtype))
        others.append(ref)
    all_of = [x, *others]
    d.rng.shuffle(all_of)

    def fn(run, *ts):
        from program import promote
        kind = promote(*[t.dtype for t in ts])
        base = torch.cat if name == "cat" else torch.stack
        return base([t.to(kind) for t in ts], dim)

    return Step(f"core.{name}", [all_of, dim], fn, still=True)


def creation(p, d):
    name = d.rng.choice(["zerosLike", "onesLike", "fullLike", "full", "arange",
                         "linspace", "eye", "zeros", "ones"])
    if name.endswith("Like"):
        x = d.operand(p)
        if name == "fullLike":
            value = d.rng.choice([0, 1] if p.value(x).dtype == torch.bool
                                 else [0, 1, -2, 3])
            return still("core.fullLike", [x, value],
                         lambda t: torch.full_like(t, value))
        base = torch.zeros_like if name == "zerosLike" else torch.ones_like
        return still(f"core.{name}", [x], lambda t: base(t.detach()))
    if name == "arange":
        start, end = d.rng.randint(-4, 4), d.rng.randint(-4, 6)
        step = d.rng.choice([1, 2]) if end >= start else d.rng.choice([-1, -2])
        return Step("core.arange", [start, end, step], lambda run:
                    torch.arange(start, end, step, dtype=torch.int32),
                    still=True)
    if name == "linspace":
        start, end = d.rng.choice([-1, 0, 2]), d.rng.choice([-0.5, 1, 3])
        count = d.rng.randint(0, 5)
        return Step("core.linspace", [start, end, count], lambda run:
                    torch.linspace(start, end, count, dtype=run.float32()))
    if name == "eye":
        rows, columns = d.rng.randint(0, 4), d.rng.randint(0, 4)
        return Step("core.eye", [rows, columns], lambda run:
                    torch.eye(rows, columns, dtype=run.float32()), still=True)
    shape = d.shape()
    dtype = d.dtype()
    options = {"dtype": str(dtype).split(".")[1]}
    if name == "full":
        value = d.rng.choice([0, 1] if dtype == torch.bool else [0, 1, -2, 3])
        return Step("core.full", [shape, value, options], lambda run:
                    torch.full(shape, value, dtype=run.dtype(dtype)),
                    still=True)
    base = getattr(torch, name)
    return Step(f"core.{name}", [shape, options], lambda run:
                base(shape, dtype=run.dtype(dtype)), still=True)


OPERATIONS = [(creation, 3), (reshape, 4), (rearrange, 12), (expand, 4), (expand_as, 1), (cut, 14),
              (larger, 4), (parts, 3), (join, 5)]
