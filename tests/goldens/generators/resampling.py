"""Pooling beside that of layers.py, resampling, blocks and grids."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from layers import layer, python_names
from record import Const, Group, f32, randn, uniform

SHAPES = {1: [2, 2, 7], 2: [1, 2, 5, 6], 3: [1, 2, 4, 5, 4]}


def pooling(g):
    for dims in (1, 3):
        x = randn(*SHAPES[dims])
        name = f"MaxPool{dims}d"
        for options in ({"kernelSize": 2}, {"kernelSize": 3, "stride": 1},
                        {"kernelSize": 3, "stride": 2, "padding": 1},
                        {"kernelSize": 2, "stride": 2, "ceilMode": True},
                        {"kernelSize": 2, "dilation": 2, "stride": 1}):
            layer(g, name, options,
                  getattr(nn, name)(**python_names(options)), [x])
        layer(g, name, {"kernelSize": 2}, getattr(nn, name)(2), [x[0]])
        name = f"AvgPool{dims}d"
        for options in ({"kernelSize": 2}, {"kernelSize": 3, "stride": 1},
                        {"kernelSize": 3, "padding": 1},
                        {"kernelSize": 3, "padding": 1,
                         "countIncludePad": False},
                        {"kernelSize": 2, "ceilMode": True},
                        {"kernelSize": 3, "stride": 2, "padding": 1,
                         "ceilMode": True, "countIncludePad": False},
                        *([{"kernelSize": 2, "divisorOverride": 3}]
                          if dims == 3 else [])):
            layer(g, name, options,
                  getattr(nn, name)(**python_names(options)), [x])
        layer(g, name, {"kernelSize": 2}, getattr(nn, name)(2), [x[0]])
    options = {"kernelSize": [1, 2, 3], "stride": [1, 2, 1],
               "padding": [0, 1, 1]}
    layer(g, "MaxPool3d", options, nn.MaxPool3d(**python_names(options)),
          [randn(1, 1, 2, 4, 4)])
    # of equal values the first in the window gets the gradient
    for dims in (1, 3):
        layer(g, f"MaxPool{dims}d", {"kernelSize": 2},
              getattr(nn, f"MaxPool{dims}d")(2), [torch.ones([1] * 2 + [4] * dims)])


def adaptive(g):
    for dims in (1, 2, 3):
        sizes = [1, 2, [3, 4, 2][:dims], [5, None, 3][:dims]]
        for kind in ("Avg", "Max"):
            if kind == "Avg" and dims == 2:
                continue
            name = f"Adaptive{kind}Pool{dims}d"
            for size in sizes:
                python = size if isinstance(size, int) else tuple(
                    n or SHAPES[dims][2 + d] for d, n in enumerate(size))
                layer(g, name, {"outputSize": size},
                      getattr(nn, name)(python), [randn(*SHAPES[dims])])
            layer(g, name, {"outputSize": 2}, getattr(nn, name)(2),
                  [randn(*SHAPES[dims][1:])])
    layer(g, "AdaptiveMaxPool2d", {"outputSize": [4, 4]},
          nn.AdaptiveMaxPool2d(4), [torch.ones(1, 1, 6, 5)])


def norms(g):
    for dims in (1, 2):
        name = f"LPPool{dims}d"
        for options in ({"normType": 2.0, "kernelSize": 2},
                        {"normType": 3.0, "kernelSize": 3, "stride": 2},
                        {"normType": 1.0, "kernelSize": 2, "ceilMode": True}):
            layer(g, name, options,
                  getattr(nn, name)(**python_names(options)),
                  [uniform(0.2, 2, *SHAPES[dims])])


def indexed(g):
    f = dict(via="functional")
    for dims in (1, 2, 3):
        x = randn(*SHAPES[dims])
        pool = getattr(F, f"max_pool{dims}d")
        for options in ({"kernelSize": 2},
                        {"kernelSize": 3, "stride": 2, "padding": 1},
                        {"kernelSize": 2, "ceilMode": True}):
            python = python_names(options)
            g.op(f"maxPool{dims}dWithIndices", [x, options],
                 lambda t: pool(t, return_indices=True, **python), **f)
        g.op(f"maxPool{dims}d", [x, {"kernelSize": 2}],
             lambda t: pool(t, 2), **f)
        g.op(f"maxPool{dims}dWithIndices", [x[0], {"kernelSize": 2}],
             lambda t: pool(t, 2, return_indices=True), **f)
        adapt = getattr(F, f"adaptive_max_pool{dims}d")
        for size in (2, 3):
            g.op(f"adaptiveMaxPool{dims}dWithIndices",
                 [x, {"outputSize": size}],
                 lambda t: adapt(t, size, return_indices=True), **f)
            g.op(f"adaptiveMaxPool{dims}d", [x, {"outputSize": size}],
                 lambda t: adapt(t, size), **f)
        values, indices = pool(x, 2, return_indices=True)
        unpool = getattr(F, f"max_unpool{dims}d")
        at = indices.to(torch.int32)
        even, places = pool(randn(1, 2, *[6, 4, 2][:dims]), 2,
                            return_indices=True)
        g.op(f"maxUnpool{dims}d", [even, places.to(torch.int32),
                                   {"kernelSize": 2}],
             lambda t, i: unpool(t, i.long(), 2), **f)
        size = SHAPES[dims][2:]
        g.op(f"maxUnpool{dims}d",
             [values, at, {"kernelSize": 2, "outputSize": size}],
             lambda t, i: unpool(t, i.long(), 2, output_size=size), **f)
        # windows that overlap: several elements for one place
        values, indices = pool(x, 3, 1, return_indices=True)
        g.op(f"maxUnpool{dims}d", [values, indices.to(torch.int32),
                                   {"kernelSize": 3, "stride": 1}],
             lambda t, i: unpool(t, i.long(), 3, 1), **f)
        if dims != 2:
            g.op(f"avgPool{dims}d", [x, {"kernelSize": 2}],
                 lambda t: getattr(F, f"avg_pool{dims}d")(t, 2), **f)
            g.op(f"adaptiveAvgPool{dims}d", [x, {"outputSize": 3}],
                 lambda t: getattr(F, f"adaptive_avg_pool{dims}d")(t, 3), **f)
        if dims < 3:
            y = uniform(0.2, 2, *SHAPES[dims])
            g.op(f"lpPool{dims}d", [y, {"normType": 2.0, "kernelSize": 2}],
                 lambda t: getattr(F, f"lp_pool{dims}d")(t, 2.0, 2), **f)


def interpolated(g):
    f = dict(via="functional")
    modes = {1: ("nearest", "nearest-exact", "linear", "area"),
             2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
             3: ("nearest", "nearest-exact", "trilinear", "area")}
    sizes = {1: ([3], [10], [1]), 2: ([3, 9], [10, 4], [1, 1]),
             3: ([2, 7, 6], [5, 3, 1])}
    for dims, names in modes.items():
        # far from 0, where the weights of bicubic cancel out
        x = uniform(1, 2, *SHAPES[dims])
        for mode in names:
            smooth = "linear" in mode or "cubic" in mode
            variants = [{"size": size} for size in sizes[dims]]
            variants += [{"scaleFactor": s} for s in (2.0, 0.6, 1.7)]
            variants += [{"scaleFactor": 1.7, "recomputeScaleFactor": True}]
            if smooth:
                variants += [{**v, "alignCorners": True} for v in variants]
            for options in variants:
                options = {"mode": mode, **options}
                python = python_names(options)
                # PyTorch weighs by positions in the dtype of the input.
                g.op("interpolate", [x, options],
                     lambda t: F.interpolate(t, **python), check=False, **f)
    # A factor that keeps an extent.
    for dims, mode in enumerate(("linear", "bilinear", "trilinear")):
        shape = [1, 2, 3, 4, 2][:3 + dims % 3]
        x = torch.cos(torch.arange(math.prod(shape)) * 1.3).reshape(shape)
        factors = [1.17, 2.0, 1.3][:1 + dims % 3]
        g.op("interpolate", [x, {"mode": mode, "scaleFactor": factors}],
             lambda t: F.interpolate(t, scale_factor=factors, mode=mode),
             check=False, **f)
    x = randn(1, 1, 7, 9)
    for mode in ("bilinear", "bicubic"):
        for options in ({"size": [3, 4]}, {"size": [10, 2]},
                        {"scaleFactor": 0.4}, {"scaleFactor": 2.0},
                        {"size": [4, 3], "alignCorners": True}):
            options = {"mode": mode, "antialias": True, **options}
            python = python_names(options)
            g.op("interpolate", [x, options],
                 lambda t: F.interpolate(t, **python), second=False,
                 check=False, **f)
    for options in ({"scaleFactor": 2.0}, {"size": [3, 4], "mode": "bilinear"},
                    {"scaleFactor": [2.0, 1.5], "mode": "bicubic",
                     "alignCorners": True}):
        layer(g, "Upsample", options, nn.Upsample(**python_names(options)),
              [randn(1, 2, 3, 2)])


def arranged(g):
    f = dict(via="functional")
    x = randn(2, 8, 2, 3)
    for shape in ([2, 8, 2, 3], [4, 1, 2], [1, 2, 4, 2, 2]):
        t = randn(*shape)
        g.op("pixelShuffle", [t, 2], lambda t: F.pixel_shuffle(t, 2), **f)
    for shape in ([2, 1, 4, 6], [3, 2, 4], [1, 2, 2, 2, 4]):
        g.op("pixelUnshuffle", [randn(*shape), 2],
             lambda t: F.pixel_unshuffle(t, 2), **f)
    # PyTorch 1.13 has no gradient of it.
    g.op("channelShuffle", [x, 4], lambda t: torch.channel_shuffle(t, 4),
         grad=False, **f)
    g.op("channelShuffle", [randn(1, 6, 2), 3],
         lambda t: torch.channel_shuffle(t, 3), grad=False, **f)
    layer(g, "PixelShuffle", {"upscaleFactor": 2}, nn.PixelShuffle(2), [x])
    layer(g, "PixelUnshuffle", {"downscaleFactor": 3}, nn.PixelUnshuffle(3),
          [randn(1, 1, 3, 6)])
    blocks = ({"kernelSize": 2}, {"kernelSize": [2, 3], "padding": [1, 0]},
              {"kernelSize": 2, "stride": 2, "padding": 1},
              {"kernelSize": 2, "dilation": 2},
              {"kernelSize": [3, 2], "dilation": [1, 2], "stride": [3, 2],
               "padding": 1})
    for options in blocks:
        python = python_names(options)
        t = randn(2, 2, 5, 6)
        g.op("unfold", [t, options], lambda t: F.unfold(t, **python), **f)
        columns = F.unfold(t, **python)
        g.op("fold", [columns, {"outputSize": [5, 6], **options}],
             lambda t: F.fold(t, (5, 6), **python), **f)
        layer(g, "Unfold", options, nn.Unfold(**python), [t])
        layer(g, "Fold", {"outputSize": [5, 6], **options},
              nn.Fold((5, 6), **python), [columns])
    g.op("unfold", [randn(2, 3, 4), {"kernelSize": 2}],
         lambda t: F.unfold(t, 2), **f)
    g.op("fold", [randn(8, 6), {"outputSize": [3, 4], "kernelSize": 2}],
         lambda t: F.fold(t, (3, 4), 2), **f)


def grids(g):
    f = dict(via="functional")
    for shape, out in (([2, 2, 3, 4], [2, 3, 2, 2]),
                       ([1, 1, 2, 3, 4], [1, 2, 2, 2, 3])):
        for mode in ("bilinear", "nearest", "bicubic"):
            if mode == "bicubic" and len(shape) == 5:
                continue
            for padding in ("zeros", "border", "reflection"):
                for corners in (False, True):
                    # away from the bends between elements
                    grid = uniform(-1.6, 1.6, *out)
                    # whose gradient is 0 everywhere
                    grid = Const(grid) if mode == "nearest" else grid
                    g.op("gridSample",
                         [uniform(1, 2, *shape), grid,
                          {"mode": mode, "paddingMode": padding,
                           "alignCorners": corners}],
                         lambda x, t: F.grid_sample(x, t, mode, padding,
                                                    corners),
                         second=False, check=False, **f)
    for corners in (False, True):
        for shape, size in (([2, 2, 3], [2, 1, 3, 4]),
                            ([1, 3, 4], [1, 1, 2, 3, 2])):
            g.op("affineGrid",
                 [randn(*shape), size, {"alignCorners": corners}],
                 lambda t: F.affine_grid(t, size, corners), **f)


def generate():
    groups = []
    for name, about, seed, parts in (
        ("pooling", "pooling in one to three dims", 56,
         (pooling, adaptive, norms, indexed)),
        ("resampling", "interpolation, blocks and grids", 57,
         (interpolated, arranged, grids)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
