"""Operations in place, also into views, and what is seen through others.

Nothing is differentiated here. An operation in place gives its target, so that
later ones may take either name.
"""

import torch

from program import Reject, Step, promote


def still(name, args, fn):
    """Results are the tensors themselves, never noisy copies."""
    return Step(name, args, fn, still=True)


def view(p, d):
    """A view of something: what is written into it shows in the rest."""
    x = d.any(p, lambda t: t.numel() > 0)
    if x is None:
        raise Reject("nothing to view")
    t = p.value(x)
    n = t.dim()
    kind = d.rng.choice(["select", "narrow", "slice", "permute", "transpose",
                         "unsqueeze", "diagonal", "reshape"])
    if kind == "unsqueeze":
        a = d.rng.randrange(-n - 1, n + 1)
        return still("unsqueeze", [x, a], lambda _, t: t.unsqueeze(a))
    if kind == "reshape":
        if not t.is_contiguous():
            raise Reject("may be a copy")
        return still("reshape", [x, [-1]], lambda _, t: t.reshape([-1]))
    if n == 0:
        raise Reject("nothing to view")
    dim = d.rng.randrange(n)
    extent = t.shape[dim]
    if kind == "select":
        k = d.rng.randrange(-extent, extent)
        return still(kind, [x, dim, k], lambda _, t: t.select(dim, k))
    if kind == "narrow":
        start = d.rng.randrange(extent)
        length = d.rng.randint(1, extent - start)
        return still(kind, [x, dim, start, length],
                    lambda _, t: t.narrow(dim, start, length))
    if kind == "slice":
        start, step = d.rng.randrange(extent), d.rng.randint(1, 2)
        at = [slice(None)] * dim + [slice(start, None, step)]
        return still(kind, [x, dim, start, None, step],
                    lambda _, t: t[tuple(at)])
    if kind == "permute":
        order = d.rng.sample(range(n), n)
        return still(kind, [x, order], lambda _, t: t.permute(order))
    if n < 2:
        raise Reject("nothing to view")
    a, b = d.rng.sample(range(n), 2)
    if kind == "transpose":
        return still(kind, [x, a, b], lambda _, t: t.transpose(a, b))
    return still(kind, [x, 0, a, b], lambda _, t: t.diagonal(0, a, b))


def change(p, d):
    """By numbers alone, whose results float32 holds or rounds like float64."""
    name = d.rng.choice(["clamp_", "maskedFill_", "div_", "pow_"])
    exact = name in ("clamp_", "maskedFill_")
    x = d.any(p, lambda t: t.dtype.is_floating_point or
              exact and t.dtype == torch.int32)
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    if name == "clamp_":
        low, high = sorted(d.rng.randint(-3, 4) for _ in range(2))
        bounds = d.rng.choice([{"min": low}, {"max": high},
                               {"min": low, "max": high}])
        return still(name, [x, bounds], lambda _, t: t.clamp_(**bounds))
    if name == "maskedFill_":
        value = d.rng.randint(-3, 4)
        mask = p.add_input(d.tensor([1 if d.chance(0.2) else e
                                     for e in t.shape], torch.bool))
        return still(name, [x, mask, value],
                     lambda _, t, m: t.masked_fill_(m, value))
    value = d.rng.choice([2, -2, 0.5, -4] if name == "div_" else [0, 1, 2])
    return still(name, [x, value], lambda _, t: getattr(t, name)(value))


def write(p, d):
    name = d.rng.choice(["add_", "mul_", "copy_", "fill_", "zero_", "add_",
                         "mul_", "copy_", "sub_"])
    x = d.any(p)
    t = p.value(x)
    if name == "zero_":
        return still(name, [x], lambda _, t: t.zero_())
    if name == "fill_" or name != "copy_" and d.chance(0.4):
        # A number into a tensor of integers is a whole one: `add_(0.5)` is
        # refused, as in PyTorch.
        value = d.rng.choice([0, 1] if t.dtype == torch.bool else
                             [0, 1, -1, 2, 3] if t.dtype == torch.int32 else
                             [0, 1, -1, 2, 0.5, -1.5])
        if t.dtype == torch.bool and name != "fill_":
            raise Reject("bools by numbers")
        return still(name, [x, value],
                    lambda _, t: getattr(t, name)(value))

    def fits(other):
        try:
            if list(torch.broadcast_shapes(other.shape, t.shape)) != \
                    list(t.shape):
                return False
        except RuntimeError:
            return False
        # A result must fit into the target (copy_ casts).
        return name == "copy_" and (
            t.dtype != torch.int32 or not other.dtype.is_floating_point) or \
            promote(other.dtype, t.dtype) == t.dtype

    # A source that shares memory with its target is left to other tests.
    apart = lambda o: fits(o) and o.storage().data_ptr() != \
        t.storage().data_ptr()
    y = d.any(p, apart) if d.chance(0.4) else None
    if y is None:
        kinds = [k for k in (torch.bool, torch.int32, torch.float32,
                             torch.float64)
                 if name == "copy_" or promote(k, t.dtype) == t.dtype]
        if not d.doubles and torch.float64 in kinds:
            kinds.remove(torch.float64)
        if name == "copy_" and t.dtype == torch.int32:
            kinds = [k for k in kinds if not k.is_floating_point]
        other = d.tensor([1 if d.chance(0.2) else e for e in t.shape],
                         d.rng.choice(kinds))
        y = p.add_input(other, constant=True)
    if name == "copy_" and t.dtype == torch.bool:
        return still(name, [x, y], lambda _, t, s: t.copy_(s != 0))
    return still(name, [x, y], lambda _, t, s: getattr(t, name)(s))


def function(p, d):
    """Functions in place whose results float32 holds, or rounds like float64."""
    name = d.rng.choice(["abs_", "neg_", "relu_", "square_", "floor_",
                         "trunc_", "addcmul_", "lerp_", "tril_", "triu_",
                         "indexAdd_", "indexCopy_", "indexFill_"])
    x = d.any(p, lambda t: t.dtype.is_floating_point)
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    if name in ("tril_", "triu_"):
        if t.dim() < 2:
            raise Reject("a matrix")
        k = d.rng.randint(-1, 1)
        return still(f"functions.{name}", [x, k],
                     lambda _, t: getattr(t, name)(k))
    if name.startswith("index"):
        if t.dim() == 0 or t.numel() == 0:
            raise Reject("nothing to index")
        dim = d.rng.randrange(t.dim())
        extent = t.shape[dim]
        rows = d.rng.sample(range(extent), d.rng.randint(1, extent))
        index = p.add_input(torch.tensor(rows, dtype=torch.int32),
                            constant=True)
        if name == "indexFill_":
            return still(f"functions.{name}", [x, dim, index, 2],
                         lambda _, t, i: t.index_fill_(dim, i.long(), 2))
        shape = list(t.shape)
        shape[dim] = len(rows)
        src = p.add_input(d.tensor(shape, t.dtype), constant=True)
        fn = {"indexAdd_": "index_add_", "indexCopy_": "index_copy_"}[name]
        return still(f"functions.{name}", [x, dim, index, src],
                     lambda _, t, i, s: getattr(t, fn)(dim, i.long(), s))
    if name in ("addcmul_", "lerp_"):
        others = [p.add_input(d.tensor(d.broadcastable(list(t.shape)),
                                       t.dtype), constant=True)
                  for _ in range(2 if name == "addcmul_" else 1)]
        if name == "lerp_":
            return still("functions.lerp_", [x, *others, 0.5],
                         lambda _, t, e: t.lerp_(e, 0.5))
        return still("functions.addcmul_", [x, *others, {"value": 2}],
                     lambda _, t, a, b: t.addcmul_(a, b, value=2))
    return still(f"functions.{name}", [x],
                 lambda _, t: getattr(t, name)())


OPERATIONS = [(view, 5), (write, 6), (change, 3), (function, 3)]
