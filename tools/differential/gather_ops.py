"""Gathering, scattering, sorting; products."""

import torch

from program import Reject, Step, promote


def with_dim(p, d, fits=lambda t: True):
    x = d.operand(p, lambda t: t.dim() > 0 and t.numel() > 0 and fits(t))
    if x is None:
        raise Reject("nothing fits")
    n = p.value(x).dim()
    return x, p.value(x), d.rng.randrange(-n, n)


def constant(p, tensor):
    return p.add_input(tensor, constant=True)


def gather(p, d):
    x, t, dim = with_dim(p, d)
    shape = list(t.shape)
    name = d.rng.choice(["gather", "indexSelect", "takeAlongDim", "scatterAdd",
                         "index", "index", "oneHot", "mask"])
    if name == "gather":
        own = [e if d.chance(0.7) else d.rng.randint(1, e) for e in shape]
        own[dim] = d.rng.randint(1, 4)
        index = constant(p, d.index(own, shape[dim]))
        return Step(name, [x, dim, index],
                    lambda run, t, i: t.gather(dim, i.long()), still=True)
    if name == "indexSelect":
        index = constant(p, d.index([d.rng.randint(0, 4)], shape[dim]))
        return Step(name, [x, dim, index],
                    lambda run, t, i: t.index_select(dim, i.long()),
                    still=True)
    if name == "takeAlongDim":
        if d.chance(0.3):
            index = constant(p, d.index([d.rng.randint(1, 4)], t.numel()))
            return Step(name, [x, index],
                        lambda run, t, i: torch.take_along_dim(t, i.long()),
                        still=True)
        own = [1 if d.chance(0.3) else e for e in shape]
        own[dim] = d.rng.randint(1, 3)
        index = constant(p, d.index(own, shape[dim]))
        return Step(name, [x, index, dim],
                    lambda run, t, i: torch.take_along_dim(t, i.long(), dim),
                    still=True)
    if name == "scatterAdd":
        if t.dtype == torch.bool:
            raise Reject("refused")
        own = [d.rng.randint(1, e) for e in shape]
        own[dim] = d.rng.randint(1, 4)
        index = constant(p, d.index(own, shape[dim]))
        src = p.add_input(d.tensor([e + d.rng.randint(0, 1) for e in own],
                                   t.dtype))
        return Step(name, [x, dim, index, src], lambda run, t, i, s:
                    t.scatter_add(dim, i.long(),
                                  s[tuple(slice(e) for e in i.shape)]),
                    exact=True)
    if name == "oneHot":
        index = d.operand(p, lambda t: t.dtype == torch.int32
                          and t.numel() <= 8 and bool((t >= 0).all())
                          and (t.numel() == 0 or int(t.max()) < 5))
        if index is None or d.chance(0.7):
            index = constant(p, d.index(d.shape(most=6), 4))
        classes = max(1, int(p.value(index).max()) + 1
                      if p.value(index).numel() else 1) + d.rng.randint(0, 1)
        return Step(name, [index, classes], lambda run, i:
                    torch.nn.functional.one_hot(i.long(), classes).to(
                        torch.int32), still=True)
    axis = dim % len(shape)
    if name == "mask":
        covered = d.rng.randint(1, len(shape))
        mask = p.add_input(d.tensor(shape[:covered], torch.bool),
                           constant=True)
        p.masks.add(mask.index)
        return Step("index", [x, mask], lambda run, t, m: t[m], still=True)
    # Advanced indexing as NumPy has it: tensors beside slices and numbers.
    own = d.broadcastable([d.rng.randint(1, 3), 2][:d.rng.randint(1, 2)])
    values = d.index(own, shape[axis])
    if d.chance(0.3):
        values = values - shape[axis]
    index = constant(p, values)
    specs = [":"] * axis + [index]
    more = []
    if axis + 1 < len(shape):
        kind = d.rng.choice(["none", "tensor", "slice", "number"])
        extent = shape[axis + 1]
        if kind == "tensor":
            more = [constant(p, d.index(own, extent))]
        elif kind == "slice":
            more = [[d.rng.randint(0, extent), None, None]]
        elif kind == "number":
            more = [d.rng.randrange(-extent, extent)]
    if axis and d.chance(0.3):
        specs[:axis] = ["..."] if len(shape) == axis + 1 + bool(more) \
            else specs[:axis]

    def fn(run, t, *ts):
        tensors = iter(ts)
        key = [next(tensors).long()
               if hasattr(s, "index") and not isinstance(s, list)
               and not isinstance(s, str)
               else slice(None) if s == ":" else Ellipsis if s == "..."
               else slice(*s) if isinstance(s, list) else s
               for s in [*specs, *more]]
        return t[tuple(key)]

    return Step("index", [x, *specs, *more], fn, still=True)


def ordered(p, d):
    x, t, dim = with_dim(p, d, lambda t: t.dtype != torch.bool)
    name = d.rng.choice(["sort", "argsort", "topk"])
    if name == "topk":
        k = d.rng.randint(0, t.shape[dim])
        largest = d.chance(0.6)
        args = [x, k, dim] + ([] if largest and d.chance(0.5)
                              else [{"largest": largest}])

        def top(run, t):
            values, indices = torch.sort(t, dim=dim, stable=True,
                                         descending=largest)
            return [values.narrow(dim, 0, k),
                    indices.narrow(dim, 0, k).to(torch.int32)]

        return Step(name, args, top, still=True)
    descending = d.chance(0.4)
    args = [x, dim] + ([{"descending": descending}] if descending else [])

    def fn(run, t):
        values, indices = torch.sort(t, dim=dim, stable=True,
                                     descending=descending)
        return indices.to(torch.int32) if name == "argsort" else [
            values, indices.to(torch.int32)]

    return Step(name, args, fn, still=True)


def narrow(t):
    """Integers stay int32, where PyTorch sums them in int64."""
    return t.to(torch.int32) if t.dtype == torch.int64 else t


def product(p, d):
    name = d.rng.choice(["matmul"] * 5 + ["dot", "outer", "einsum"])
    x = d.operand(p, lambda t: t.dtype != torch.bool and (
        t.dim() > 0 if name != "einsum" else t.dim() in (2, 3)))
    if x is None:
        raise Reject("nothing fits")
    t = p.value(x)
    shape = list(t.shape)
    # Both sides of one dtype, or another one: they are brought to the common.
    dtype = t.dtype if d.chance(0.7) else d.rng.choice(
        [torch.float32, torch.int32] + ([torch.float64] if d.doubles else []))

    def both(fn):
        def run_it(run, *ts):
            kind = promote(*[t.dtype for t in ts])
            return fn(*[t.to(kind) for t in ts])
        return run_it

    if name == "dot":
        if len(shape) != 1:
            raise Reject("refused")
        y = p.add_input(d.tensor(shape, dtype))
        return Step(name, [x, y], both(torch.dot), exact=True)
    if name == "outer":
        if len(shape) != 1:
            raise Reject("refused")
        y = p.add_input(d.tensor([d.rng.randint(0, 4)], dtype))
        return Step(name, [x, y], both(torch.outer), exact=True)
    if name == "einsum":
        spec, other = d.rng.choice(EINSUM[len(shape)])
        letters = dict(zip(spec.split(",")[0], shape))
        if len(set(spec.split(",")[0].split("-")[0])) != len(shape):
            raise Reject("repeats")
        if other is None:
            return Step("core.einsum", [spec, x],
                        lambda run, t: narrow(torch.einsum(spec, t)), exact=True)
        own = [letters.get(c, d.rng.randint(1, 3)) for c in other]
        y = p.add_input(d.tensor(own, dtype))
        return Step("core.einsum", [spec, x, y],
                    both(lambda a, b: narrow(torch.einsum(spec, a, b))),
                    exact=True)
    k = shape[-1]
    kind = d.rng.choice(["vector", "matrix", "matrix", "batch"])
    columns = d.rng.randint(0 if d.chance(0.1) else 1, 4)
    own = {"vector": [k], "matrix": [k, columns],
           "batch": [*[1 if d.chance(0.4) else e for e in shape[:-2]], k,
                     columns]}[kind]
    left = d.chance(0.3) and len(shape) > 1
    if left:
        rows = shape[-2]
        own = {"vector": [rows], "matrix": [columns, rows],
               "batch": [*own[:-2], columns, rows]}[kind]
    y = p.add_input(d.tensor(own, dtype))
    return Step(name, [y, x] if left else [x, y], both(torch.matmul),
                exact=True)


EINSUM = {
    2: [("ij,jk->ik", "jk"), ("ij,kj->ik", "kj"), ("ij,ij->i", "ij"),
        ("ij->ji", None), ("ij->j", None), ("ij->", None), ("ij,j->", "j"),
        ("ij,k->kij", "k"), ("ij,jk", "jk")],
    3: [("bij,bjk->bik", "bjk"), ("bij,jk->bik", "jk"), ("bij->bji", None),
        ("bij,bij->b", "bij"), ("bij->i", None), ("bij,b->ij", "b")],
}

OPERATIONS = [(gather, 10), (ordered, 4), (product, 9)]
