"""Modules with their state dicts, and the functions of nn.functional.

A layer case: options (camelCase) and the initial state, then steps. Each step
is one call, in training or evaluation mode, with the output, the gradients of
the inputs and parameters (also of second order where they are not zero), and
the buffers afterwards where there are any.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from record import (Const, GRAD_ATOL, GRAD_RTOL, Group, VALUE_ATOL, VALUE_RTOL,
                    _agree, boolean, cotangent, encode, f32, i32, ints, randn,
                    uniform)


def randomize(module):
    """Figures away from the ones and zeros that layers start with."""
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(uniform(-1, 1, *p.shape))
    return module


def run_step(module, x, train, second, dtype):
    module.train(train)
    if x.dtype.is_floating_point:
        x = x.to(dtype).clone().requires_grad_()
    argument = x.long() if x.dtype == torch.int32 else x
    out = module(argument)
    named = dict(module.named_parameters())
    wanted = ([("input", x)] if x.requires_grad else []) + list(named.items())
    result = {"out": out, "grads": {}, "grads2": {}}
    if not wanted:
        return result
    inputs = [t for _, t in wanted]
    first = torch.autograd.grad(out, inputs, cotangent(out.shape, 0, out.dtype),
                                create_graph=second, allow_unused=True)
    first = [torch.zeros_like(t) if g is None else g
             for g, t in zip(first, inputs)]
    result["grads"] = {k: g for (k, _), g in zip(wanted, first)}
    smooth = [(k, g) for k, g in enumerate(first) if g.requires_grad]
    if second and smooth:
        again = torch.autograd.grad(
            [g for _, g in smooth], inputs,
            [cotangent(g.shape, k, g.dtype) for k, g in smooth],
            allow_unused=True)
        again = [torch.zeros_like(t) if g is None else g
                 for g, t in zip(again, inputs)]
        if any(bool((g != 0).any()) for g in again):
            result["grads2"] = {k: g for (k, _), g in zip(wanted, again)}
    return result


def layer(g, name, options, module, inputs, *, train=(True,), second=True):
    """Records a module called once for each input."""
    module = randomize(module)
    case = {
        "layer": name,
        "options": options,
        "state": {k: encode(v) for k, v in module.state_dict().items()},
        "steps": [],
    }
    double = __import__("copy").deepcopy(module).double()
    for k, x in enumerate(inputs):
        mode = train[k % len(train)]
        single = run_step(module, x, mode, second, torch.float32)
        wide = run_step(double, x, mode, second, torch.float64)
        what = f"{name} {len(g.cases)}"
        _agree(what, [single["out"]], [wide["out"]], VALUE_RTOL, VALUE_ATOL)
        for key in ("grads", "grads2"):
            _agree(what + key, list(single[key].values()),
                   list(wide[key].values()), GRAD_RTOL, GRAD_ATOL)
        step = {"train": mode, "input": encode(x), "out": encode(single["out"])}
        for key in ("grads", "grads2"):
            if single[key]:
                step[key] = {n: encode(v) for n, v in single[key].items()}
        buffers = dict(module.named_buffers())
        if buffers:
            step["buffers"] = {n: encode(v) for n, v in buffers.items()}
        case["steps"].append(step)
    g.add(case)


def plain_layers(g):
    for shape in ([4, 3], [3], [2, 2, 3], [0, 3]):
        layer(g, "Linear", {"inFeatures": 3, "outFeatures": 2},
              nn.Linear(3, 2), [randn(*shape)])
    layer(g, "Linear", {"inFeatures": 3, "outFeatures": 5, "bias": False},
          nn.Linear(3, 5, bias=False), [randn(4, 3)])
    layer(g, "Linear", {"inFeatures": 1, "outFeatures": 1}, nn.Linear(1, 1),
          [randn(7, 1)])
    for shape in ([4, 5], [2, 3, 5], [5]):
        layer(g, "LayerNorm", {"normalizedShape": 5}, nn.LayerNorm(5),
              [randn(*shape)])
    layer(g, "LayerNorm", {"normalizedShape": [3, 4]}, nn.LayerNorm([3, 4]),
          [randn(2, 3, 4)])
    layer(g, "LayerNorm", {"normalizedShape": 5, "elementwiseAffine": False},
          nn.LayerNorm(5, elementwise_affine=False), [randn(3, 5)])
    layer(g, "LayerNorm", {"normalizedShape": 4, "eps": 0.5},
          nn.LayerNorm(4, eps=0.5), [randn(2, 4)])
    layer(g, "Identity", {}, nn.Identity(), [randn(2, 3)])
    layer(g, "Flatten", {}, nn.Flatten(), [randn(2, 3, 2)])
    layer(g, "Flatten", {"startDim": 0, "endDim": 1}, nn.Flatten(0, 1),
          [randn(2, 3, 2)])
    x = 3 * randn(3, 4)
    for name, options, module in (
        ("ReLU", {}, nn.ReLU()),
        ("LeakyReLU", {}, nn.LeakyReLU()),
        ("LeakyReLU", {"negativeSlope": 0.3}, nn.LeakyReLU(0.3)),
        ("ELU", {}, nn.ELU()),
        ("ELU", {"alpha": 0.4}, nn.ELU(0.4)),
        ("GELU", {}, nn.GELU()),
        ("GELU", {"approximate": "tanh"}, nn.GELU("tanh")),
        ("SiLU", {}, nn.SiLU()),
        ("Tanh", {}, nn.Tanh()),
        ("Sigmoid", {}, nn.Sigmoid()),
        ("Softplus", {}, nn.Softplus()),
        ("Softplus", {"beta": 2.0, "threshold": 3.0}, nn.Softplus(2, 3)),
        ("Softmax", {"dim": 1}, nn.Softmax(1)),
        ("Softmax", {"dim": 0}, nn.Softmax(0)),
        ("LogSoftmax", {"dim": -1}, nn.LogSoftmax(-1)),
    ):
        layer(g, name, options, module, [x])
    layer(g, "Dropout", {"p": 0.5}, nn.Dropout(0.5), [x], train=(False,))
    layer(g, "Dropout", {"p": 0.0}, nn.Dropout(0.0), [x], train=(True,))
    layer(g, "Dropout", {"p": 1.0}, nn.Dropout(1.0), [x], train=(True,))
    layer(g, "Sequential",
          {"layers": [
              {"layer": "Linear",
               "options": {"inFeatures": 3, "outFeatures": 4}},
              {"layer": "LayerNorm", "options": {"normalizedShape": 4}},
              {"layer": "GELU", "options": {}},
              {"layer": "Linear",
               "options": {"inFeatures": 4, "outFeatures": 2, "bias": False}},
              {"layer": "LogSoftmax", "options": {"dim": 1}},
          ]},
          nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GELU(),
                        nn.Linear(4, 2, bias=False), nn.LogSoftmax(1)),
          [randn(5, 3)])


def attention(q, k, v, mask=None, causal=False, scale=None):
    """softmax(q kᵀ / sqrt(d) + mask) v, as PyTorch 2 defines it."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = q @ k.transpose(-1, -2) * scale
    if causal:
        keep = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
        scores = scores.masked_fill(~keep, -math.inf)
    if mask is not None:
        scores = (scores.masked_fill(~mask, -math.inf)
                  if mask.dtype == torch.bool else scores + mask)
    return torch.softmax(scores, -1) @ v


def plain_functions(g):
    f = dict(via="functional")
    x = 2 * randn(3, 4)
    g.op("linear", [x, randn(2, 4), randn(2)], F.linear, **f)
    g.op("linear", [x, randn(2, 4)], F.linear, **f)
    g.op("linear", [randn(2, 2, 4), randn(3, 4), randn(3)], F.linear, **f)
    g.op("linear", [randn(4), randn(3, 4), randn(3)], F.linear, **f)
    for name, fn in (("relu", F.relu), ("leakyRelu", F.leaky_relu),
                     ("elu", F.elu), ("gelu", F.gelu), ("silu", F.silu),
                     ("softplus", F.softplus), ("tanh", torch.tanh),
                     ("sigmoid", torch.sigmoid)):
        g.op(name, [x], fn, **f)
    g.op("softmax", [x, 1], lambda t: F.softmax(t, 1), **f)
    g.op("logSoftmax", [x, 0], lambda t: F.log_softmax(t, 0), **f)
    g.op("leakyRelu", [x, {"negativeSlope": 0.3}],
         lambda t: F.leaky_relu(t, 0.3), **f)
    g.op("elu", [x, {"alpha": 0.4}], lambda t: F.elu(t, 0.4), **f)
    g.op("gelu", [x, {"approximate": "tanh"}],
         lambda t: F.gelu(t, approximate="tanh"), **f)
    g.op("softplus", [x, {"beta": 2.0, "threshold": 3.0}],
         lambda t: F.softplus(t, 2.0, 3.0), **f)
    for options, js in (({}, None), ({"eps": 0.5}, {"eps": 0.5})):
        tail = [js] if js else []
        g.op("layerNorm", [x, randn(4), randn(4)] + tail,
             lambda t, w, b: F.layer_norm(t, [4], w, b, **options), **f)
    g.op("layerNorm", [randn(2, 2, 3), randn(2, 3), randn(2, 3)],
         lambda t, w, b: F.layer_norm(t, [2, 3], w, b), **f)
    g.op("dropout", [x, {"p": 0.5, "training": False}], lambda t: t * 1, **f)
    g.op("dropout", [x, {"p": 0.0}], lambda t: t * 1, **f)
    g.op("dropout", [x, {"p": 1.0}], lambda t: t * 0, **f)
    q, k, v = randn(2, 3, 4), randn(2, 5, 4), randn(2, 5, 2)
    name = "scaledDotProductAttention"
    g.op(name, [q, k, v], attention, **f)
    g.op(name, [q[0], k[0], v[0]], attention, **f)
    keep = boolean([[True, False, True, True, False],
                    [True, True, True, True, True],
                    [False, False, False, True, False]])
    g.op(name, [q, k, v, {"mask": keep}], attention, **f)
    g.op(name, [q, k, v, {"mask": randn(3, 5)}], attention, **f)
    g.op(name, [q, k, v, {"mask": Const(randn(2, 1, 5))}], attention, **f)
    g.op(name, [q, k, v, {"isCausal": True}],
         lambda a, b, c: attention(a, b, c, causal=True), **f)
    g.op(name, [q, k, v, {"mask": randn(3, 5), "isCausal": True}],
         lambda a, b, c, m: attention(a, b, c, m, causal=True), **f)
    first = boolean([[True, False, True, True, False]])
    g.op(name, [q, k, v, {"mask": first, "isCausal": True}],
         lambda a, b, c, m: attention(a, b, c, m, causal=True), **f)
    g.op(name, [q, k, v, {"scale": 0.25}],
         lambda a, b, c: attention(a, b, c, scale=0.25), **f)
    g.op(name, [randn(2, 2, 3, 2), randn(2, 2, 3, 2), randn(2, 2, 3, 2),
                {"isCausal": True}],
         lambda a, b, c: attention(a, b, c, causal=True), **f)


CONV = [
    ({}, [2, 2, 5, 4]),
    ({"bias": False}, [1, 2, 4, 4]),
    ({"stride": 2}, [2, 2, 5, 5]),
    ({"padding": 1}, [1, 2, 4, 3]),
    ({"stride": 2, "padding": 1}, [1, 2, 5, 4]),
    ({"stride": [1, 2], "padding": [2, 0]}, [1, 2, 3, 5]),
    ({"dilation": 2}, [1, 2, 5, 6]),
    ({"dilation": [1, 2], "padding": 2, "stride": 2}, [1, 2, 4, 5]),
    ({"groups": 2}, [2, 2, 4, 4]),
    ({"groups": 2, "padding": 1, "stride": 2, "dilation": 2}, [1, 2, 5, 5]),
    ({"kernelSize": 1}, [2, 2, 3, 3]),
    ({"kernelSize": [1, 3], "padding": [0, 1]}, [1, 2, 3, 4]),
    ({"kernelSize": [4, 2]}, [1, 2, 4, 3]),
    ({}, [2, 5, 4]),
    ({}, [0, 2, 4, 4]),
]


def python_names(options):
    out = {}
    for k, v in options.items():
        snake = "".join("_" + c.lower() if c.isupper() else c for c in k)
        out[snake] = tuple(v) if isinstance(v, list) else v
    return out


def windows(g):
    for options, shape in CONV:
        options = {"kernelSize": 3, **options}
        layer(g, "Conv2d", {"inChannels": 2, "outChannels": 4, **options},
              nn.Conv2d(2, 4, **python_names(options)), [randn(*shape)])
    layer(g, "Conv2d", {"inChannels": 3, "outChannels": 3, "kernelSize": 3,
                        "groups": 3, "padding": 1},
          nn.Conv2d(3, 3, 3, groups=3, padding=1), [randn(1, 3, 3, 3)])
    f = dict(via="functional")
    g.op("conv2d", [randn(1, 2, 4, 4), randn(3, 2, 3, 3), randn(3)],
         F.conv2d, **f)
    g.op("conv2d", [randn(1, 2, 4, 4), randn(3, 2, 3, 3)], F.conv2d, **f)
    g.op("conv2d", [randn(1, 2, 5, 4), randn(2, 1, 3, 3), randn(2),
                    {"stride": [2, 1], "padding": 1, "dilation": 1,
                     "groups": 2}],
         lambda x, w, b: F.conv2d(x, w, b, (2, 1), 1, 1, 2), **f)

    x = randn(2, 2, 5, 6)
    for options in ({"kernelSize": 2}, {"kernelSize": 3, "stride": 1},
                    {"kernelSize": [2, 3], "stride": [1, 2]},
                    {"kernelSize": 3, "padding": 1},
                    {"kernelSize": 2, "stride": 2, "ceilMode": True},
                    {"kernelSize": 3, "stride": 2, "padding": 1,
                     "ceilMode": True},
                    {"kernelSize": 2, "dilation": 2, "stride": 1}):
        layer(g, "MaxPool2d", options, nn.MaxPool2d(**python_names(options)),
              [x])
    layer(g, "MaxPool2d", {"kernelSize": 2}, nn.MaxPool2d(2),
          [randn(3, 4, 4)])
    # of equal values the first in the window gets the gradient
    layer(g, "MaxPool2d", {"kernelSize": 2}, nn.MaxPool2d(2),
          [torch.ones(1, 1, 4, 4)])
    for options in ({"kernelSize": 2}, {"kernelSize": 3, "stride": 1},
                    {"kernelSize": [2, 3], "stride": [1, 2]},
                    {"kernelSize": 3, "padding": 1},
                    {"kernelSize": 3, "padding": 1, "countIncludePad": False},
                    {"kernelSize": 2, "ceilMode": True},
                    {"kernelSize": 3, "stride": 2, "padding": 1,
                     "ceilMode": True, "countIncludePad": False},
                    {"kernelSize": 3, "stride": 2, "padding": 1,
                     "ceilMode": True},
                    {"kernelSize": 2, "divisorOverride": 3}):
        layer(g, "AvgPool2d", options, nn.AvgPool2d(**python_names(options)),
              [x])
    layer(g, "AvgPool2d", {"kernelSize": 2}, nn.AvgPool2d(2),
          [randn(3, 4, 4)])
    for size in (1, 2, [3, 4], [5, 6], [2, None], [7, 3]):
        layer(g, "AdaptiveAvgPool2d", {"outputSize": size},
              nn.AdaptiveAvgPool2d(tuple(size) if isinstance(size, list)
                                   else size), [randn(1, 2, 5, 6)])
    y = randn(1, 2, 4, 4)
    g.op("maxPool2d", [y, {"kernelSize": 2}], lambda t: F.max_pool2d(t, 2),
         **f)
    g.op("maxPool2d", [y, {"kernelSize": 3, "stride": 2, "padding": 1}],
         lambda t: F.max_pool2d(t, 3, 2, 1), **f)
    g.op("avgPool2d", [y, {"kernelSize": 2}], lambda t: F.avg_pool2d(t, 2),
         **f)
    g.op("avgPool2d", [y, {"kernelSize": 3, "stride": 2, "padding": 1,
                           "countIncludePad": False}],
         lambda t: F.avg_pool2d(t, 3, 2, 1, count_include_pad=False), **f)


def norms(g):
    three = (True, True, False)
    for options in ({}, {"eps": 0.1}, {"momentum": 0.5}, {"momentum": None},
                    {"affine": False}, {"trackRunningStats": False}):
        layer(g, "BatchNorm1d", {"numFeatures": 3, **options},
              nn.BatchNorm1d(3, **python_names(options)),
              [randn(4, 3), randn(4, 3) + 1, randn(4, 3)], train=three)
        layer(g, "BatchNorm2d", {"numFeatures": 2, **options},
              nn.BatchNorm2d(2, **python_names(options)),
              [randn(2, 2, 2, 3), randn(2, 2, 2, 3) + 1, randn(2, 2, 2, 3)],
              train=three)
    layer(g, "BatchNorm1d", {"numFeatures": 3}, nn.BatchNorm1d(3),
          [randn(2, 3, 4), randn(2, 3, 4)], train=(True, False))
    f = dict(via="functional")
    x = randn(4, 3)
    mean, var = randn(3), uniform(0.5, 2, 3)
    g.op("batchNorm", [x, None, None, {"runningMean": Const(mean),
                                       "runningVar": Const(var)}],
         lambda t, m, v: F.batch_norm(t, m, v), **f)
    g.op("batchNorm", [x, randn(3), randn(3),
                       {"runningMean": Const(mean), "runningVar": Const(var),
                        "eps": 0.1}],
         lambda t, w, b, m, v: F.batch_norm(t, m, v, w, b, eps=0.1), **f)
    g.op("batchNorm", [x, randn(3), randn(3), {"training": True}],
         lambda t, w, b: F.batch_norm(t, None, None, w, b, training=True), **f)


def embeddings(g):
    index = i32([[0, 3, 2], [3, 3, 1]])
    layer(g, "Embedding", {"numEmbeddings": 5, "embeddingDim": 3},
          nn.Embedding(5, 3), [index])
    layer(g, "Embedding", {"numEmbeddings": 5, "embeddingDim": 3,
                           "paddingIdx": 3},
          nn.Embedding(5, 3, padding_idx=3), [index])
    layer(g, "Embedding", {"numEmbeddings": 4, "embeddingDim": 2},
          nn.Embedding(4, 2), [i32(2)])
    f = dict(via="functional")
    g.op("embedding", [index, randn(4, 2)],
         lambda i, w: F.embedding(i.long(), w), **f)
    g.op("embedding", [index, randn(4, 2), {"paddingIdx": 3}],
         lambda i, w: F.embedding(i.long(), w, padding_idx=3), **f)


def generate():
    groups = []
    for name, about, seed, parts in (
        ("layers", "modules with state dicts, and nn.functional", 13,
         (plain_layers, plain_functions)),
        ("convolution", "convolution and pooling", 14, (windows,)),
        ("batch_norm", "batch normalisation with running statistics", 15,
         (norms,)),
        ("embedding", "embedding tables", 16, (embeddings,)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
