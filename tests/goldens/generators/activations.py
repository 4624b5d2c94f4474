"""Activation functions beside those of layers.py, and norms."""

import torch
import torch.nn.functional as F
from torch import nn

from layers import layer, python_names
from record import Const, Group, f32, randn, uniform

# What has no options.
PLAIN = (
    ("relu6", "ReLU6", F.relu6), ("hardsigmoid", "Hardsigmoid", F.hardsigmoid),
    ("hardswish", "Hardswish", F.hardswish), ("mish", "Mish", F.mish),
    ("selu", "SELU", F.selu), ("softsign", "Softsign", F.softsign),
    ("logSigmoid", "LogSigmoid", F.logsigmoid),
    ("tanhshrink", "Tanhshrink", F.tanhshrink),
)
# Options by the names of PyTorch's arguments.
WITH = (
    ("hardtanh", "Hardtanh", F.hardtanh, {"minVal": -0.5, "maxVal": 2.0}),
    ("hardshrink", "Hardshrink", F.hardshrink, {"lambd": 0.8}),
    ("softshrink", "Softshrink", F.softshrink, {"lambd": 0.8}),
    ("celu", "CELU", F.celu, {"alpha": 0.6}),
)


def activations(g):
    f = dict(via="functional")
    x = 3 * randn(3, 4)
    far = f32([-100.0, -30.0, -0.25, 0.25, 30.0, 100.0])
    for name, title, fn in PLAIN:
        # PyTorch 1.13 has no second derivative of these.
        smooth = name not in ("hardsigmoid", "hardswish")
        g.op(name, [x], fn, second=smooth, **f)
        g.op(name, [far], fn, second=False, **f)
        layer(g, title, {}, getattr(nn, title)(), [x], second=smooth)
    for name, title, fn, options in WITH:
        python = python_names(options)
        g.op(name, [x], fn, **f)
        g.op(name, [x, options], lambda t: fn(t, **python), **f)
        layer(g, title, {}, getattr(nn, title)(), [x])
        layer(g, title, options, getattr(nn, title)(**python), [x])
    # the slope on a bend
    for name, fn, at in (("relu6", F.relu6, [0.0, 6.0]),
                         ("hardtanh", F.hardtanh, [-1.0, 1.0]),
                         ("hardsigmoid", F.hardsigmoid, [-3.0, 3.0]),
                         ("hardswish", F.hardswish, [-3.0, 0.0]),
                         ("hardshrink", F.hardshrink, [-0.5, 0.5]),
                         ("softshrink", F.softshrink, [-0.5, 0.5]),
                         ("selu", F.selu, [0.0]), ("celu", F.celu, [0.0]),
                         ("softsign", F.softsign, [0.0])):
        g.op(name, [f32(at)], fn, second=False, **f)
    options = {"threshold": 0.1, "value": 20.0}
    g.op("threshold", [x, options], lambda t: F.threshold(t, 0.1, 20), **f)
    g.op("threshold", [f32([0.5, 0.4]), {"threshold": 0.5, "value": 0.0}],
         lambda t: F.threshold(t, 0.5, 0), **f)
    layer(g, "Threshold", options, nn.Threshold(0.1, 20), [x])
    for dim in (0, -1):
        g.op("glu", [x, dim] if dim == -1 else [x.T.contiguous(), dim],
             lambda t: F.glu(t, dim), **f)
        layer(g, "GLU", {"dim": dim}, nn.GLU(dim), [randn(2, 4)])
        g.op("softmin", [x, dim], lambda t: F.softmin(t, dim), **f)
        layer(g, "Softmin", {"dim": dim}, nn.Softmin(dim), [x])
    g.op("glu", [x], F.glu, **f)
    layer(g, "GLU", {}, nn.GLU(), [x])
    for shape in ([2, 3, 2, 2], [3, 2, 2]):
        layer(g, "Softmax2d", {}, nn.Softmax2d(), [randn(*shape)])
    for shape, count in (([3, 4], 1), ([3, 4], 4), ([2, 3, 2], 3), ([5], 1)):
        weight = uniform(0.1, 0.4, count)
        g.op("prelu", [randn(*shape), weight], F.prelu, **f)
        layer(g, "PReLU", {"numParameters": count}, nn.PReLU(count),
              [randn(*shape)])
    g.op("rrelu", [x], F.rrelu, **f)
    g.op("rrelu", [x, {"lower": 0.2, "upper": 0.4}],
         lambda t: F.rrelu(t, 0.2, 0.4), **f)
    layer(g, "RReLU", {"lower": 0.3, "upper": 0.3}, nn.RReLU(0.3, 0.3), [x],
          train=(True,))
    layer(g, "RReLU", {}, nn.RReLU(), [x], train=(False,))


def norm(g, name, options, make, shapes, **rest):
    """A layer whose inputs are drawn until they are well conditioned."""
    for _ in range(1000):
        try:
            return layer(g, name, options, make(),
                         [2 * randn(*shape) for shape in shapes], **rest)
        except AssertionError:
            continue
    raise AssertionError(f"{name} {shapes}: always ill conditioned")


def group(g):
    f = dict(via="functional")
    for groups, shape in ((1, [3, 4]), (4, [2, 4, 3]), (1, [2, 4, 2, 3]),
                          (2, [1, 4, 2, 1, 3]), (2, [0, 4, 3])):
        options = {"numGroups": groups, "numChannels": 4}
        norm(g, "GroupNorm", options, lambda: nn.GroupNorm(groups, 4), [shape])
    norm(g, "GroupNorm", {"numGroups": 2, "numChannels": 4, "affine": False,
                          "eps": 0.1},
         lambda: nn.GroupNorm(2, 4, affine=False, eps=0.1), [[2, 4, 3]])
    x = randn(2, 4, 3)
    g.op("groupNorm", [x, randn(4), randn(4), {"numGroups": 2}],
         lambda t, w, b: F.group_norm(t, 2, w, b), **f)
    g.op("groupNorm", [x, {"numGroups": 4, "eps": 0.1}],
         lambda t: F.group_norm(t, 4, eps=0.1), **f)


def instance(g):
    f = dict(via="functional")
    three = (True, True, False)
    for dims, shape in ((1, [3, 2, 4]), (2, [2, 2, 3, 2]),
                        (3, [2, 2, 2, 1, 3])):
        name = f"InstanceNorm{dims}d"
        make = getattr(nn, name)
        for options in ({}, {"affine": True, "eps": 0.1},
                        {"trackRunningStats": True},
                        {"affine": True, "trackRunningStats": True,
                         "momentum": 0.4}):
            norm(g, name, {"numFeatures": 2, **options},
                 lambda: make(2, **python_names(options)), [shape] * 3,
                 train=three, second=dims == 1)
        norm(g, name, {"numFeatures": 2}, lambda: make(2), [shape[1:]])
    norm(g, "BatchNorm3d", {"numFeatures": 2}, lambda: nn.BatchNorm3d(2),
         [[2, 2, 2, 1, 2]] * 2, train=(True, False))
    x = randn(3, 2, 4)
    mean, var = randn(2), uniform(0.5, 2, 2)
    g.op("instanceNorm", [x], F.instance_norm, **f)
    g.op("instanceNorm", [x, randn(2), randn(2), {"eps": 0.1}],
         lambda t, w, b: F.instance_norm(t, None, None, w, b, eps=0.1), **f)
    g.op("instanceNorm", [x, {"runningMean": Const(mean),
                              "runningVar": Const(var),
                              "useInputStats": False}],
         lambda t, m, v: F.instance_norm(t, m, v, use_input_stats=False), **f)


def local(g):
    for size, options in ((1, {}), (2, {"alpha": 0.5}),
                          (3, {"alpha": 0.3, "beta": 0.5, "k": 2.0}),
                          (5, {"alpha": 0.2})):
        for shape in ([2, 4, 3], [1, 4, 2, 2]):
            norm(g, "LocalResponseNorm", {"size": size, **options},
                 lambda: nn.LocalResponseNorm(size, **options), [shape])
    g.op("localResponseNorm", [randn(1, 3, 2), {"size": 2}],
         lambda t: F.local_response_norm(t, 2), via="functional")


def dropped(g):
    f = dict(via="functional")
    for name, title, shape in (
            ("dropout1d", "Dropout1d", [2, 3, 4]),
            ("dropout2d", "Dropout2d", [2, 3, 2, 2]),
            ("dropout3d", "Dropout3d", [1, 2, 2, 1, 2]),
            ("alphaDropout", "AlphaDropout", [3, 4]),
            ("featureAlphaDropout", "FeatureAlphaDropout", [2, 3, 2])):
        x = randn(*shape)
        g.op(name, [x, {"training": False}], lambda t: t * 1, **f)
        g.op(name, [x, {"p": 1.0}], lambda t: t * 0, **f)
        layer(g, title, {"p": 0.4}, getattr(nn, title)(0.4), [x],
              train=(False,))
        layer(g, title, {"p": 0.0}, getattr(nn, title)(0.0), [x])


def generate():
    groups = []
    for name, about, seed, parts in (
        ("activations", "activation functions", 53, (activations,)),
        ("norms", "norms of groups, instances and neighbours, dropout", 54,
         (group, instance, local, dropped)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
