"""Options and corner cases of layers that random comparison with PyTorch has
found to differ, and layers of two inputs or two outputs."""

import torch
import torch.nn.functional as F
from torch import nn

from layers import python_names
from record import Const, Group, f32, i32, randn, uniform
from sequences import module

FUNCTIONAL = dict(via="functional")


def tables(g):
    index = i32([[0, 3, 3], [1, 0, 0]])
    for options in ({"maxNorm": 1}, {"maxNorm": 0.5, "normType": 1},
                    {"scaleGradByFreq": True},
                    {"paddingIdx": 3, "scaleGradByFreq": True},
                    {"maxNorm": 2.0, "normType": float("inf"),
                     "scaleGradByFreq": True}):
        python = python_names(options)
        g.op("embedding", [index, 2 * randn(4, 3), options],
             lambda i, w: F.embedding(i.long(), w, **python), **FUNCTIONAL)
        for mode in ("sum", "mean"):
            # By the rows: embedding_bag of 1.13 divides by how often another
            # row is looked up.
            reduced = getattr(torch, mode)
            if "paddingIdx" in options:
                continue
            g.op("embeddingBag",
                 [Const(index), 2 * randn(4, 3), {"mode": mode, **options}],
                 lambda i, w: reduced(F.embedding(i.long(), w, **python), 1),
                 **FUNCTIONAL)
    g.op("embeddingBag", [Const(index), randn(4, 3),
                          {"mode": "max", "maxNorm": 1}],
         lambda i, w: F.embedding_bag(i, w, mode="max", max_norm=1),
         **{**FUNCTIONAL, "second": False})


def bilinear(g):
    for shape in ([2], [2, 2]):
        module(g, "Bilinear",
               {"in1Features": 3, "in2Features": 2, "outFeatures": 4},
               nn.Bilinear(3, 2, 4), [randn(*shape, 3), randn(*shape, 2)],
               lambda net, a, b: net(a, b), second=True)
    module(g, "Bilinear", {"in1Features": 1, "in2Features": 2,
                           "outFeatures": 1, "bias": False},
           nn.Bilinear(1, 2, 1, bias=False), [randn(2, 1), randn(2, 2)],
           lambda net, a, b: net(a, b), second=True)
    g.op("bilinear", [randn(3), randn(2), randn(4, 3, 2), randn(4)],
         F.bilinear, **FUNCTIONAL)


def indices(g):
    for dims in (1, 2, 3):
        x = randn(2, 1, *[5, 4, 3][:dims])
        for options in ({"kernelSize": 2},
                        {"kernelSize": 3, "stride": 1, "padding": 1}):
            options = {**options, "returnIndices": True}
            net = getattr(nn, f"MaxPool{dims}d")(**python_names(options))
            module(g, f"MaxPool{dims}d", options, net, [x],
                   lambda net, t: net(t))
        net = getattr(nn, f"AdaptiveMaxPool{dims}d")(2, return_indices=True)
        module(g, f"AdaptiveMaxPool{dims}d",
               {"outputSize": 2, "returnIndices": True}, net, [x],
               lambda net, t: net(t))
        pool = getattr(F, f"max_pool{dims}d")
        g.op(f"maxPool{dims}d", [x, {"kernelSize": 2, "returnIndices": True}],
             lambda t: pool(t, 2, return_indices=True), **FUNCTIONAL)
        adapt = getattr(F, f"adaptive_max_pool{dims}d")
        g.op(f"adaptiveMaxPool{dims}d",
             [x, {"outputSize": 3, "returnIndices": True}],
             lambda t: adapt(t, 3, return_indices=True), **FUNCTIONAL)


def pads(g):
    shapes = {1: (1, 2, 5), 2: (1, 1, 4, 5), 3: (1, 1, 3, 4, 4)}
    amounts = {1: ([2, -3], [-2, 1], [-1, -2]), 2: ([1, -1, -2, 1],),
               3: ([-1, 1, 2, -1, 1, -1],)}
    for mode in ("reflect", "replicate", "circular"):
        for dims, lists in amounts.items():
            for own in lists:
                g.op("pad", [randn(*shapes[dims]), own, {"mode": mode}],
                     lambda t: F.pad(t, own, mode), **FUNCTIONAL)
    for value in (float("inf"), float("-inf"), float("nan")):
        g.op("pad", [randn(3), [1, 2], {"value": value}],
             lambda t: F.pad(t, (1, 2), value=value), **FUNCTIONAL)


def infinities(g):
    far = float("inf")
    a, b, c = randn(3, 4), randn(3, 4), randn(3, 4)
    g.op("pairwiseDistance", [a, b, {"p": far}],
         lambda a, b: F.pairwise_distance(a, b, p=far), **FUNCTIONAL)
    g.op("normalize", [a, {"p": far}], lambda a: F.normalize(a, p=far),
         **FUNCTIONAL)
    g.op("tripletMarginLoss", [a, b, c, {"p": far, "margin": 2.0}],
         lambda a, b, c: F.triplet_margin_loss(a, b, c, p=far, margin=2.0),
         **FUNCTIONAL)
    g.op("hardtanh", [a, {"minVal": 0, "maxVal": far}],
         lambda a: F.hardtanh(a, 0, far), **FUNCTIONAL)
    g.op("threshold", [a, {"threshold": 0, "value": -far}],
         lambda a: F.threshold(a, 0, -far), **FUNCTIONAL)
    for shapes in ([(3, 4), (4,)], [(4,), (3, 4)], [(2, 3, 2), (3, 1)]):
        g.op("cosineSimilarity", [randn(*shapes[0]), randn(*shapes[1])],
             F.cosine_similarity, **FUNCTIONAL)


def doubles(g):
    for mode, shape in (("linear", (1, 1, 3)), ("bilinear", (1, 1, 3, 2)),
                        ("trilinear", (1, 1, 3, 2, 2)),
                        ("bicubic", (1, 1, 3, 4))):
        for corners in (False, True):
            g.op("interpolate",
                 [randn(*shape).double(),
                  {"size": 5, "mode": mode, "alignCorners": corners}],
                 lambda t: F.interpolate(t, 5, mode=mode,
                                         align_corners=corners), **FUNCTIONAL)
    for corners in (False, True):
        g.op("affineGrid", [randn(1, 2, 3).double(), [1, 1, 3, 5],
                            {"alignCorners": corners}],
             lambda t: F.affine_grid(t, [1, 1, 3, 5], align_corners=corners),
             **FUNCTIONAL)
    g.op("adaptiveAvgPool1d", [randn(1, 2, 7).double(), {"outputSize": 3}],
         lambda t: F.adaptive_avg_pool1d(t, 3), **FUNCTIONAL)
    g.op("avgPool2d", [randn(1, 1, 4, 5).double(),
                       {"kernelSize": 3, "padding": 1,
                        "countIncludePad": False}],
         lambda t: F.avg_pool2d(t, 3, padding=1, count_include_pad=False),
         **FUNCTIONAL)


def windows(g):
    """Windows of zeros have no gradient; an output size may be a shape."""
    flat = f32([[[0, 0, 0, 2, 0, 0, 1, 3]]])
    for dims, x in ((1, flat), (2, flat.reshape(1, 1, 2, 4))):
        for p in (1, 2):
            g.op(f"lpPool{dims}d", [x, {"normType": p, "kernelSize": 2}],
                 lambda t: getattr(F, f"lp_pool{dims}d")(t, p, 2),
                 **{**FUNCTIONAL, "second": False})
    for dims in (1, 2, 3):
        x = randn(2, 1, *[5, 4, 3][:dims])
        values, at = getattr(F, f"max_pool{dims}d")(x, 2, return_indices=True)
        g.op(f"maxUnpool{dims}d",
             [values, at.to(torch.int32),
              {"kernelSize": 2, "outputSize": list(x.shape)}],
             lambda t, i: getattr(F, f"max_unpool{dims}d")(
                 t, i.long(), 2, output_size=x.shape), **FUNCTIONAL)


class Shuffle(nn.Module):
    """PyTorch 1.13 has no gradient of channel_shuffle: what it computes."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        n, channels, *rest = x.shape
        parts = x.reshape(n, self.groups, channels // self.groups, *rest)
        out = parts.transpose(1, 2).reshape(x.shape)
        assert torch.equal(out.detach(), torch.channel_shuffle(
            x.detach(), self.groups))
        return out


def rearranged(g):
    for dims in (1, 2, 3):
        pool = getattr(F, f"max_pool{dims}d")
        for sizes, options in (
                ([6, 4, 2], {"kernelSize": 2}),
                ([5, 4, 3], {"kernelSize": 2, "stride": 1}),
                ([5, 3, 3], {"kernelSize": 3, "stride": 2, "padding": 1})):
            x = randn(2, 1, *sizes[:dims])
            python = python_names(options)
            values, at = pool(x, return_indices=True, **python)
            net = getattr(nn, f"MaxUnpool{dims}d")(**python)
            module(g, f"MaxUnpool{dims}d", options, net,
                   [values, at.to(torch.int32)],
                   lambda net, t, i: net(t, i.long()))
    for groups, shape in ((2, (1, 6, 2)), (4, (2, 8, 2, 3))):
        g.op("channelShuffle", [randn(*shape), groups], Shuffle(groups),
             **FUNCTIONAL)
        module(g, "ChannelShuffle", {"groups": groups}, Shuffle(groups),
               [randn(*shape)], lambda net, t: net(t))
    for dim, sizes in ((1, [2, 3]), (-1, [2, 1, 2])):
        module(g, "Unflatten", {"dim": dim, "unflattenedSize": sizes},
               nn.Unflatten(dim, tuple(sizes)), [randn(2, 6, 4)],
               lambda net, t: net(t))
    for size in (1, 3, [2, 5], [None, 2]):
        python = size if isinstance(size, int) else tuple(size)
        g.op("adaptiveAvgPool2d", [randn(2, 1, 5, 4), {"outputSize": size}],
             lambda t: F.adaptive_avg_pool2d(t, python), **FUNCTIONAL)


def generate():
    g = Group("corner_cases", "options and corner cases of layers", 91)
    for part in (tables, bilinear, indices, pads, infinities, doubles,
                 windows, rearranged):
        part(g)
    return [g]
