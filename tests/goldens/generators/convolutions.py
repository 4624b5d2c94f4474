"""Convolutions in one to three dims, transposed ones, and padding."""

import torch
import torch.nn.functional as F
from torch import nn

from layers import layer, python_names
from record import Group, randn

# Beside those of layers.py, which has the convolutions in two dims.
SIZES = {1: [7], 2: [4, 5], 3: [3, 4, 3]}
PLAIN = [
    {}, {"bias": False}, {"stride": 2, "padding": 1}, {"dilation": 2,
                                                       "padding": 2},
    {"groups": 2}, {"padding": "same"}, {"padding": "same", "kernelSize": 2,
                                         "dilation": 1},
    {"padding": "valid"}, {"kernelSize": 1},
]
MODES = [{"paddingMode": mode, "padding": padding, "kernelSize": size}
         for mode in ("reflect", "replicate", "circular")
         for padding, size in ((1, 3), ("same", 2))]
TRANSPOSED = [
    {}, {"bias": False}, {"stride": 2}, {"stride": 2, "padding": 1},
    {"stride": 2, "padding": 1, "outputPadding": 1}, {"dilation": 2},
    {"dilation": 2, "outputPadding": 1}, {"groups": 2, "stride": 2},
    {"stride": 2, "dilation": 3, "padding": 1, "outputPadding": 2},
    {"kernelSize": 1, "stride": 2},
]


def forward(g):
    for dims, make in ((1, nn.Conv1d), (3, nn.Conv3d)):
        name = f"Conv{dims}d"
        sizes = SIZES[dims]
        for options in PLAIN:
            options = {"kernelSize": 2 if dims == 3 else 3, **options}
            layer(g, name, {"inChannels": 2, "outChannels": 4, **options},
                  make(2, 4, **python_names(options)), [randn(2, 2, *sizes)],
                  second=dims == 1 or len(options) == 1)
        options = {"inChannels": 2, "outChannels": 2, "kernelSize": 2}
        layer(g, name, options, make(2, 2, 2), [randn(2, *sizes)])
        layer(g, name, options, make(2, 2, 2), [randn(0, 2, *sizes)])
    options = {"kernelSize": [1, 2, 3], "stride": [1, 2, 1],
               "padding": [0, 1, 2], "dilation": [2, 1, 1]}
    layer(g, "Conv3d", {"inChannels": 1, "outChannels": 2, **options},
          nn.Conv3d(1, 2, **python_names(options)), [randn(1, 1, 3, 3, 4)])
    # several channels apart from each other
    layer(g, "Conv1d", {"inChannels": 3, "outChannels": 6, "kernelSize": 3,
                        "groups": 3},
          nn.Conv1d(3, 6, 3, groups=3), [randn(2, 3, 6)])
    for dims, make in ((1, nn.Conv1d), (2, nn.Conv2d), (3, nn.Conv3d)):
        for options in MODES:
            layer(g, f"Conv{dims}d",
                  {"inChannels": 1, "outChannels": 2, **options},
                  make(1, 2, **python_names(options)),
                  [randn(1, 1, *SIZES[dims])], second=dims == 1)
    f = dict(via="functional")
    g.op("conv1d", [randn(2, 2, 6), randn(3, 2, 3), randn(3)], F.conv1d, **f)
    g.op("conv1d", [randn(2, 2, 6), randn(4, 1, 2),
                    {"stride": 2, "padding": 1, "groups": 2}],
         lambda x, w: F.conv1d(x, w, None, 2, 1, 1, 2), **f)
    g.op("conv3d", [randn(1, 2, 3, 3, 3), randn(2, 2, 2, 2, 2), randn(2)],
         F.conv3d, **f)


def transposed(g):
    for dims, make in ((1, nn.ConvTranspose1d), (2, nn.ConvTranspose2d),
                       (3, nn.ConvTranspose3d)):
        name = f"ConvTranspose{dims}d"
        sizes = [3, 4, 2][:dims]
        for options in TRANSPOSED:
            options = {"kernelSize": 3 if dims < 3 else 2, **options}
            if dims == 3 and options.get("outputPadding") == 2:
                continue
            layer(g, name, {"inChannels": 2, "outChannels": 4, **options},
                  make(2, 4, **python_names(options)), [randn(2, 2, *sizes)],
                  second=dims == 1 or len(options) == 1)
        options = {"inChannels": 2, "outChannels": 2, "kernelSize": 2}
        layer(g, name, options, make(2, 2, 2), [randn(2, *sizes)])
        layer(g, name, options, make(2, 2, 2), [randn(0, 2, *sizes)])
    options = {"kernelSize": [3, 2], "stride": [1, 3], "padding": [1, 0],
               "outputPadding": [0, 2]}
    layer(g, "ConvTranspose2d", {"inChannels": 2, "outChannels": 1, **options},
          nn.ConvTranspose2d(2, 1, **python_names(options)),
          [randn(1, 2, 3, 2)])
    f = dict(via="functional")
    g.op("convTranspose1d", [randn(1, 2, 4), randn(2, 1, 3), randn(1)],
         F.conv_transpose1d, **f)
    g.op("convTranspose2d", [randn(1, 2, 3, 2), randn(2, 2, 2, 2), randn(2),
                             {"stride": 2}],
         lambda x, w, b: F.conv_transpose2d(x, w, b, 2), **f)
    g.op("convTranspose3d", [randn(1, 1, 2, 2, 2), randn(1, 1, 2, 2, 2)],
         F.conv_transpose3d, **f)


def padding(g):
    f = dict(via="functional")
    for mode in ("reflect", "replicate", "circular"):
        for shape, amounts in (([2, 2, 5], [2, 1]), ([1, 2, 3, 4], [3, 0, 1, 2]),
                               ([1, 1, 3, 2, 3], [1, 2, 1, 1, 0, 2])):
            g.op("pad", [randn(*shape), amounts, {"mode": mode}],
                 lambda x: F.pad(x, amounts, mode), **f)
    g.op("pad", [randn(2, 3), [1, 2], {"value": 0.5}],
         lambda x: F.pad(x, [1, 2], value=0.5), **f)
    g.op("pad", [randn(2, 3), [-1, 1, 1, 0]],
         lambda x: F.pad(x, [-1, 1, 1, 0]), **f)


def generate():
    groups = []
    for name, about, seed, parts in (
        ("convolutions", "convolutions of one and three dims, padding", 51,
         (forward, padding)),
        ("transposed", "transposed convolutions", 52, (transposed,)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
