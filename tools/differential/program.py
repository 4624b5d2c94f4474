"""Random programs: tensors in, operations over them, results.

A program is built operation by operation while it runs in PyTorch, so that each
operation can look at the values it gets. It is then evaluated three ways:

* as it is, in float32 (and float64 where it has such tensors);
* with float64 in place of every float32, which gives the figures;
* the same with noise of a few float32 roundings on every inexact result. Where
  that moves anything by more than a part of the tolerance, a correct library
  may differ as well, and the program is thrown away.

So whatever is left is well conditioned, keeps away from jumps (or lies on them
exactly), and every difference from it is a fault.
"""

import math
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "goldens" / "generators"))

from record import cotangent, encode_any  # noqa: E402

# What the suite allows (tests/goldens/compare.ts), and the part that noise may use.
VALUES = (1e-5, 1e-6)
GRADIENTS = (1e-4, 1e-5)
SHARE = 0.4
NOISE = 3e-7
LARGEST = 1e4
HUGE = 1e15
MOST_ELEMENTS = 60

RANK = {torch.bool: 0, torch.int32: 1, torch.float32: 2, torch.float64: 3}
NAMES = {"bool": torch.bool, "int32": torch.int32, "float32": torch.float32,
         "float64": torch.float64}


class Reject(Exception):
    """The operation does not fit here, or the program is no good."""


class Run:
    """One way to evaluate."""

    def __init__(self, wide=False, noise=None):
        self.wide = wide
        self.noise = noise

    def float32(self):
        return torch.float64 if self.wide else torch.float32

    def dtype(self, dtype):
        return self.float32() if dtype == torch.float32 else dtype

    def factor(self, shape):
        """Some roundings of float32 in every element."""
        return 1 + NOISE * (2 * torch.rand(shape, generator=self.noise,
                                           dtype=torch.float64) - 1)

    def disturb(self, x, exact):
        if self.noise is None or not x.dtype.is_floating_point:
            return x
        factor = self.factor(x.shape)
        if exact:
            # Nothing is rounded where float32 holds the result.
            held = x.detach().to(torch.float32).to(x.dtype) == x.detach()
            factor = torch.where(held, torch.ones_like(factor), factor)
        return x * factor


def promote(*dtypes):
    """Our rule: bool < int32 < float32 < float64, 0-d tensors like others."""
    return max(dtypes, key=lambda d: RANK[d])


def number_dtype(value, dtype):
    """What a number counts as beside a tensor."""
    if dtype.is_floating_point:
        return dtype
    whole = float(value).is_integer() and abs(value) < 2**31
    return torch.int32 if whole else torch.float32


class Step:
    """One operation: what is written down, and how PyTorch computes it.

    fn gets the run and the tensors that args refer to, in reading order, and
    gives a tensor or a list of tensors. `exact` says that results are only
    rounded where float32 does not hold them; `still` that nothing is rounded.
    """

    def __init__(self, name, args, fn, *, exact=False, still=False):
        self.name = name
        self.args = args
        self.fn = fn
        self.exact = exact
        self.still = still


class Ref:
    """An argument that is an earlier tensor."""

    def __init__(self, index):
        self.index = index


def refs(value):
    if isinstance(value, Ref):
        return [value.index]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [r for v in value for r in refs(v)]
    return []


def written(value):
    if isinstance(value, Ref):
        return {"t": value.index}
    if isinstance(value, dict):
        return {k: written(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(v) for v in value]
    return encode_any(value)


class Program:
    def __init__(self, rng):
        self.rng = rng
        self.inputs = []        # tensors as they are, and whether constant
        self.values = []        # detached, as they are; Ref indices
        self.made = []          # step index for each value, None for inputs
        self.steps = []
        self.special = False    # values that are not finite are welcome
        self.inplace = False    # every value is looked at in the end
        self.masks = set()      # inputs whose values decide a shape

    def value(self, ref):
        return self.values[ref.index]

    def add_input(self, tensor, constant=False):
        self.inputs.append((tensor.clone(), constant))
        self.values.append(tensor)
        self.made.append(None)
        return Ref(len(self.values) - 1)

    def add(self, step):
        """Runs a step as it is; refuses results that are not usable."""
        if self.special and step.name in ACCUMULATING:
            for k in refs(step.args):
                t = self.values[k].to(torch.float64)
                if bool((torch.isfinite(t) & (t.abs() > HUGE)).any()):
                    # Sums in another order, or fused with products, overflow
                    # elsewhere.
                    raise Reject("may overflow on the way")
        out = step.fn(Run(), *[self.values[k] for k in refs(step.args)])
        results = out if isinstance(out, (list, tuple)) else [out]
        for r in results:
            if r.numel() > MOST_ELEMENTS or r.dim() > 5:
                raise Reject("too large")
            if self.special or not r.dtype.is_floating_point:
                continue
            if not torch.isfinite(r).all() or (
                    r.numel() and r.abs().max() > LARGEST):
                raise Reject("not finite")
        for r in results:
            if r.dtype == torch.int64:
                raise AssertionError(f"{step.name} gives int64")
        self.steps.append(step)
        added = []
        for r in results:
            # In-place programs go on with the tensor itself.
            self.values.append(r if self.inplace else r.detach())
            self.made.append(len(self.steps) - 1)
            added.append(Ref(len(self.values) - 1))
        return added

    def mark(self):
        return len(self.inputs), len(self.values), len(self.steps)

    def rollback(self, mark):
        i, v, s = mark
        self.masks = {k for k in self.masks if k < v}
        del self.inputs[i:], self.values[v:], self.made[v:], self.steps[s:]

    def sinks(self):
        if self.inplace:
            # A write also shows where nobody asked for it: look everywhere.
            return list(range(len(self.made)))
        used = {k for step in self.steps for k in refs(step.args)}
        return [k for k, made in enumerate(self.made)
                if made is not None and k not in used]

    def rounded(self):
        """The values that float32 results went into."""
        found = set()
        for s, step in enumerate(self.steps):
            tainted = any(k in found for k in refs(step.args))
            for k, made in enumerate(self.made):
                if made == s and (
                        tainted or self.values[k].dtype == torch.float32):
                    found.add(k)
        return found

    def order(self):
        """Inputs first, then results: how the values are numbered outside."""
        first = [k for k, made in enumerate(self.made) if made is None]
        rest = [k for k, made in enumerate(self.made) if made is not None]
        return first + rest

    # Evaluation

    def forward(self, run):
        env, leaves = {}, {}
        position = 0
        for k, made in enumerate(self.made):
            if made is not None:
                continue
            tensor, constant = self.inputs[position]
            position += 1
            t = tensor.to(run.dtype(tensor.dtype)).clone()
            if t.dtype.is_floating_point and not constant and \
                    not self.inplace:
                t.requires_grad_()
                leaves[k] = t
            env[k] = t
        for s, step in enumerate(self.steps):
            out = step.fn(run, *[env[k] for k in refs(step.args)])
            results = out if isinstance(out, (list, tuple)) else [out]
            names = [k for k, made in enumerate(self.made) if made == s]
            for k, r in zip(names, results):
                env[k] = r if step.still else run.disturb(r, step.exact)
        return env, leaves

    def evaluate(self, run, orders=2):
        """Values of the sinks, gradients, second-order gradients by input."""
        env, leaves = self.forward(run)
        outs = [env[k] for k in self.sinks()]
        if orders == 0:
            return outs, {}, {}
        smooth = [(i, o) for i, o in enumerate(outs) if o.requires_grad]
        if not smooth or not leaves:
            return outs, {}, {}
        keys = list(leaves)
        first = torch.autograd.grad(
            [o for _, o in smooth], [leaves[k] for k in keys],
            [cotangent(o.shape, i, o.dtype) for i, o in smooth],
            create_graph=orders > 1, allow_unused=True)
        grads = {k: real(g) for k, g in zip(keys, first) if g is not None}
        if orders < 2:
            return outs, grads, {}
        again = [(i, g) for i, g in enumerate(grads.values())
                 if g.requires_grad]
        if not again:
            return outs, grads, {}
        second = torch.autograd.grad(
            [g for _, g in again], [leaves[k] for k in grads],
            [cotangent(g.shape, i, g.dtype) for i, g in again],
            allow_unused=True)
        return outs, grads, {
            k: real(g) for k, g in zip(grads, second) if g is not None}


def real(g):
    """PyTorch's symbolic zeros have no memory that could be written down."""
    return torch.zeros(g.shape, dtype=g.dtype) if g._is_zerotensor() else g


def close(a, b, tolerance, share=1.0):
    rtol, atol = tolerance
    if not a.dtype.is_floating_point:
        return torch.equal(a, b)
    a, b = a.detach().to(torch.float64), b.detach().to(torch.float64)
    return torch.allclose(a, b, rtol=share * rtol, atol=share * atol,
                          equal_nan=True)


def all_close(a, b, share):
    """Whether two evaluations agree, values and gradients."""
    if len(a[0]) != len(b[0]) or any(
            x.keys() != y.keys() for x, y in zip(a[1:], b[1:])):
        return False
    return all(close(x, y, VALUES, share) for x, y in zip(a[0], b[0])) and all(
        close(x[k], y[k], GRADIENTS, share)
        for x, y in zip(a[1:], b[1:]) for k in x)


def like(figure, model):
    """A figure in the dtype that the program has it in."""
    return figure.detach().to(model.dtype)


ACCUMULATING = {
    "sum", "mean", "prod", "cumsum", "cumprod", "variance", "std", "norm", "logsumexp",
    "softmax", "logSoftmax", "matmul", "dot", "outer", "core.einsum",
    "scatterAdd",
}


def same_kind(a, b):
    """Whether both are NaN, infinite or finite at the same places."""
    return torch.equal(torch.isnan(a), torch.isnan(b)) and torch.equal(
        torch.where(torch.isinf(a), a, torch.zeros_like(a)),
        torch.where(torch.isinf(b), b, torch.zeros_like(b)))


def finish_special(program, orders=1):
    """A program over values that overflow and are not finite, as JSON.

    Its figures are those of float32. No noise is added: such values stand
    still, and what is between them is well conditioned or nothing at all.
    """
    accumulates = any(step.name in ACCUMULATING for step in program.steps)
    used = [k for step in program.steps for k in refs(step.args)]
    # Their gradients multiply zeros by infinities, in an order of their own,
    # and those of a tensor that is used twice are sums.
    if accumulates or len(set(used)) < len(used):
        orders = 0
    try:
        single = program.evaluate(Run(), orders)
        wide = program.evaluate(Run(wide=True), orders)
    except RuntimeError as error:
        raise Reject(f"PyTorch: {error}") from error
    for k, g in single[1].items():
        if not same_kind(g, wide[1][k].to(g.dtype)):
            # PyTorch's formula overflows where another one does not.
            raise Reject("gradient overflows on the way")
    # float64 need not agree where float32 overflows, but it may not see other
    # digits in what both hold.
    for a, b in zip([*single[0], *single[1].values()],
                    [*wide[0], *wide[1].values()]):
        if not a.dtype.is_floating_point:
            if not torch.equal(a, b):
                raise Reject("ill conditioned")
            continue
        if accumulates and not same_kind(a, b.to(a.dtype)):
            # Sums may overflow on their way, or be kept in a wider type.
            raise Reject("overflows on the way")
        held = torch.isfinite(a) & torch.isfinite(b)
        held &= b.abs() < 3e38
        if not close(a[held], b[held], VALUES, 1.0):
            raise Reject("ill conditioned")
    return write(program, single, single)


def finish_tiny(program):
    """A program over subnormal numbers: what float32 gives, and what it gives
    where such numbers count as 0, be it on their way in or out."""
    kept = program.evaluate(Run(), 0)
    torch.set_flush_denormal(True)
    try:
        flushed = [o.clone() for o in program.evaluate(Run(), 0)[0]]
    finally:
        torch.set_flush_denormal(False)
    return write(program, kept, kept, flushed=[
        encode_any(like(f, m)) for f, m in zip(flushed, kept[0])])


def finish(program, orders=2):
    """The program as JSON, or Reject."""
    if not program.sinks():
        raise Reject("nothing comes out")
    try:
        single = program.evaluate(Run(), orders)
        wide = program.evaluate(Run(wide=True), orders)
    except RuntimeError as error:
        raise Reject(f"PyTorch: {error}") from error
    if not all_close(single, wide, 1.0):
        raise Reject("ill conditioned")
    for seed in range(3):
        noise = torch.Generator().manual_seed(seed)
        if not all_close(wide, program.evaluate(Run(True, noise), orders),
                         SHARE):
            raise Reject("noise")
    for group in (wide[1], wide[2]):
        for g in group.values():
            if not torch.isfinite(g).all() or (
                    g.numel() and g.abs().max() > 100 * LARGEST):
                raise Reject("gradient not finite")
    return write(program, single, wide)


def write(program, model, figures, **more):
    order = program.order()
    number = {k: i for i, k in enumerate(order)}

    def renamed(value):
        if isinstance(value, Ref):
            return Ref(number[value.index])
        if isinstance(value, dict):
            return {k: renamed(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [renamed(v) for v in value]
        return value

    case = {
        "in": [encode_any(t) for t, _ in program.inputs],
        "steps": [[s.name, *[written(renamed(a)) for a in s.args]]
                  for s in program.steps],
        "out": [number[k] for k in program.sinks()],
        "values": [encode_any(like(f, m))
                   for f, m in zip(figures[0], model[0])],
    }
    for key, at in (("grads", 1), ("grads2", 2)):
        if figures[at]:
            case[key] = {str(number[k]): encode_any(like(g, model[at][k]))
                         for k, g in figures[at].items()}
    rounded = program.rounded()
    loose = [number[k] for k in program.sinks()
             if k in rounded and program.values[k].dtype == torch.float64]
    if loose:
        case["loose"] = loose
    if rounded:
        case["rounded"] = True
    if program.masks:
        case["masks"] = [number[k] for k in sorted(program.masks)]
    case.update(more)
    return case
