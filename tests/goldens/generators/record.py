"""What every golden script shares: recording a case and writing a figure file.

A figure file is JSON with one case per line. A tensor in it is an object
{"<dtype>": shape, "b64": little-endian values}; NaN and the infinities that
stand as plain arguments are {"number": "NaN" | "Infinity" | "-Infinity"}, and
{"undefined": true} is an argument left out.

Cotangents are not stored. The one for output k of a case (or for gradient k,
at the second order) is a fixed sequence that is exact in float32:

    c[i] = ((37 * i + 11 + 17 * k) mod 29 - 14) / 8
"""

import base64
import json
import math
from pathlib import Path

import numpy
import torch

FIGURES = Path(__file__).resolve().parents[1] / "figures"

UNDEFINED = {"undefined": True}

# Every figure is computed in float32 and once more in float64. They must agree
# this well, or the case is too ill conditioned to be held against 1e-5 (values)
# and 1e-4 (gradients).
VALUE_RTOL, VALUE_ATOL = 3e-6, 3e-7
GRAD_RTOL, GRAD_ATOL = 3e-5, 3e-6


def cotangent(shape, k, dtype=torch.float32):
    count = math.prod(shape)
    i = torch.arange(count, dtype=torch.int64)
    return (((37 * i + 11 + 17 * k) % 29 - 14) / 8).to(dtype).reshape(shape)


def encode(t):
    """A tensor as JSON. PyTorch's int64 indices and sums are int32 here."""
    if isinstance(t, numpy.ndarray):
        t = torch.from_numpy(numpy.array(t, order="C"))
    t = t.detach()
    if t.dtype == torch.int64:
        assert t.numel() == 0 or t.abs().max() < 2**31
        t = t.to(torch.int32)
    name = {
        torch.float32: "float32",
        torch.float64: "float64",
        torch.int32: "int32",
        torch.bool: "bool",
    }[t.dtype]
    data = t.contiguous().numpy().tobytes()
    return {name: list(t.shape), "b64": base64.b64encode(data).decode()}


def encode_any(value):
    """Arguments and outputs: tensors anywhere inside lists and objects."""
    if isinstance(value, (torch.Tensor, numpy.ndarray)):
        return encode(value)
    if isinstance(value, Const):
        return encode(value.tensor)
    if isinstance(value, dict):
        return {k: encode_any(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode_any(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity"
        return {"number": "-" + name if value < 0 else name}
    return value


class Const:
    """A floating-point argument that is not differentiated."""

    def __init__(self, tensor):
        self.tensor = tensor


def tensors_in(value):
    """The tensors (and Consts) of an argument list, in reading order."""
    if isinstance(value, (torch.Tensor, Const)):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in tensors_in(v)]
    return []


def is_float(t):
    return t.dtype in (torch.float32, torch.float64)


def outputs_of(out):
    if isinstance(out, torch.Tensor):
        return [out]
    return list(out.values()) if isinstance(out, dict) else list(out)


def _evaluate(args, fn, precision, grad, second):
    """Runs fn; returns (out, grads or None, second-order grads or None)."""
    leaves, inputs = [], []
    for t in tensors_in(args):
        const = isinstance(t, Const) or not is_float(
            t.tensor if isinstance(t, Const) else t)
        t = (t.tensor if isinstance(t, Const) else t).detach()
        if t.dtype == torch.float32:
            t = t.to(precision)
        t = t.clone()
        if grad and not const:
            t.requires_grad_()
            inputs.append(t)
        leaves.append(t)
    out = fn(*leaves)
    differentiable = [
        (k, o) for k, o in enumerate(outputs_of(out)) if o.requires_grad
    ]
    if not inputs or not differentiable:
        return out, None, None
    first = torch.autograd.grad(
        [o for _, o in differentiable],
        inputs,
        [cotangent(o.shape, k, o.dtype) for k, o in differentiable],
        create_graph=second,
        allow_unused=True,
    )
    first = [
        torch.zeros_like(x) if g is None else g for g, x in zip(first, inputs)
    ]
    grads = spread(leaves, inputs, first)
    smooth = [(k, g) for k, g in enumerate(first) if g.requires_grad]
    if not second or not smooth:
        return out, grads, None
    again = torch.autograd.grad(
        [g for _, g in smooth],
        inputs,
        [cotangent(g.shape, k, g.dtype) for k, g in smooth],
        allow_unused=True,
    )
    again = [
        torch.zeros_like(x) if g is None else g for g, x in zip(again, inputs)
    ]
    return out, grads, spread(leaves, inputs, again)


def spread(leaves, inputs, grads):
    """Gradients beside all tensor arguments: None where there is none."""
    found = {id(x): g for x, g in zip(inputs, grads)}
    return [found.get(id(leaf)) for leaf in leaves]


def _agree(what, single, double, rtol, atol):
    for s, d in zip(single, double):
        if s is None or not is_float(s):
            continue
        s = s.detach().to(torch.float64)
        d = d.detach().to(torch.float64)
        if not torch.allclose(s, d, rtol=rtol, atol=atol, equal_nan=True):
            raise AssertionError(f"{what}: ill conditioned\n{s}\n{d}")


class Group:
    """The cases of one figure file."""

    def __init__(self, name, about, seed):
        self.name = name
        self.about = about
        self.cases = []
        # Beside NumPy, what has computed the figures.
        self.sources = {"torch": torch.__version__}
        torch.manual_seed(seed)

    def add(self, case):
        self.cases.append(case)

    def op(
        self,
        name,
        args,
        fn,
        *,
        via="method",
        grad=True,
        second=True,
        check=True,
        atol=None,
    ):
        """Records one call.

        via: "method" calls args[0][name](...rest), "core" core[name](...args),
        "functional" nn.functional[name](...args), "chain" calls each of the
        methods that name lists on the result of the one before, with the lists
        args[1], args[2] … as arguments. fn gets the tensors of args in reading
        order.
        """
        out, grads, again = _evaluate(args, fn, torch.float32, grad, second)
        if check:
            what = f"{self.name}: {name} {len(self.cases)}"
            out2, grads2, again2 = _evaluate(
                args, fn, torch.float64, grad, second)
            _agree(what, outputs_of(out), outputs_of(out2), VALUE_RTOL,
                   VALUE_ATOL)
            if grads is not None:
                _agree(what + " gradient", grads, grads2, GRAD_RTOL, GRAD_ATOL)
            if again is not None:
                _agree(what + " second order", again, again2, GRAD_RTOL,
                       GRAD_ATOL)
        case = {"op": name, "via": via, "args": encode_any(args),
                "out": encode_any(out)}
        if grads is not None:
            case["grads"] = encode_any(grads)
        if again is not None and any(
                g is not None and bool((g != 0).any()) for g in again):
            case["grads2"] = encode_any(again)
        if atol is not None:
            case["atol"] = atol
        self.add(case)

    def write(self):
        FIGURES.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(
            json.dumps(c, separators=(",", ":"), allow_nan=False)
            for c in self.cases)
        head = json.dumps({
            "group": self.name,
            "about": self.about,
            **self.sources,
            "numpy": numpy.__version__,
        })
        text = head[:-1] + ', "cases": [\n' + lines + "\n]}\n"
        path = FIGURES / f"{self.name}.json"
        path.write_text(text)
        return path.name, len(self.cases), len(text)


def randn(*shape):
    return torch.randn(shape)


def uniform(low, high, *shape):
    return torch.rand(shape) * (high - low) + low


def ints(low, high, *shape):
    return torch.randint(low, high, shape, dtype=torch.int32)


def f32(values):
    return torch.tensor(values, dtype=torch.float32)


def i32(values):
    return torch.tensor(values, dtype=torch.int32)


def boolean(values):
    return torch.tensor(values, dtype=torch.bool)
