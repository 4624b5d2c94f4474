"""Layers that pad, bags of embeddings, norms of weights, and what PyTorch 1.13
lacks by its formula: RMSNorm and positions."""

import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm, weight_norm

from layers import layer, python_names
from record import Const, Group, i32, randn
from sequences import module


class Padded(nn.Module):
    """What 1.13 has no layer for, by its function."""

    def __init__(self, padding, mode):
        super().__init__()
        self.padding, self.mode = padding, mode

    def forward(self, x):
        return F.pad(x, self.padding, self.mode)


def paddings(g):
    amounts = {1: [2, 1], 2: [1, 2, 0, 1], 3: [1, 0, 2, 1, 1, 1]}
    sizes = {1: [4], 2: [3, 4], 3: [3, 3, 4]}
    for dims in (1, 2, 3):
        for padding in (1, amounts[dims]):
            every = [1] * (2 * dims) if padding == 1 else padding
            x = randn(2, 2, *sizes[dims])
            for name, options, make in (
                ("ZeroPad", {}, Padded(every, "constant")),
                ("ConstantPad", {"value": 0.5},
                 getattr(nn, f"ConstantPad{dims}d")(
                     1 if padding == 1 else tuple(padding), 0.5)),
                ("ReflectionPad", {}, getattr(nn, f"ReflectionPad{dims}d")(
                    1 if padding == 1 else tuple(padding))),
                ("ReplicationPad", {}, getattr(nn, f"ReplicationPad{dims}d")(
                    1 if padding == 1 else tuple(padding))),
                ("CircularPad", {}, Padded(every, "circular")),
            ):
                layer(g, f"{name}{dims}d", {"padding": padding, **options},
                      make, [x])
        layer(g, f"ZeroPad{dims}d", {"padding": [-1, 2] + [0, 0] * (dims - 1)},
              Padded([-1, 2] + [0, 0] * (dims - 1), "constant"),
              [randn(2, *sizes[dims])])


def bags(g):
    name = "EmbeddingBag"
    sizes = {"numEmbeddings": 6, "embeddingDim": 3}
    square = i32([[0, 5, 2], [2, 2, 1], [1, 3, 3], [1, 1, 1]])
    flat = i32([3, 1, 4, 1, 5, 0, 2])
    offsets = i32([0, 3, 3, 4])
    ends = i32([0, 3, 3, 4, 7])
    for mode in ("sum", "mean", "max"):
        # With the largest elements PyTorch has no second order.
        second = mode != "max"
        for options in ({}, {"paddingIdx": 1}, {"paddingIdx": -5}):
            options = {"mode": mode, **options}
            make = lambda: nn.EmbeddingBag(6, 3, **python_names(options))
            module(g, name, {**sizes, **options}, make(), [square],
                   lambda net, x: net(x))
            module(g, name, {**sizes, **options}, make(), [flat, offsets],
                   lambda net, x, o: net(x, o))
        options = {"mode": mode, "includeLastOffset": True}
        module(g, name, {**sizes, **options},
               nn.EmbeddingBag(6, 3, **python_names(options)), [flat, ends],
               lambda net, x, o: net(x, o))
    sizes["mode"] = "sum"
    module(g, name, sizes, nn.EmbeddingBag(6, 3, mode="sum"),
           [flat, offsets, randn(7)], lambda net, x, o, w: net(x, o, w))
    module(g, name, {**sizes, "paddingIdx": 1},
           nn.EmbeddingBag(6, 3, mode="sum", padding_idx=1),
           [square, None, randn(4, 3)], lambda net, x, w: net(x, None, w))
    table = randn(5, 2)
    f = dict(via="functional")
    g.op("embeddingBag", [Const(square.clamp(max=4)), table],
         lambda x, w: F.embedding_bag(x, w), **f)
    g.op("embeddingBag",
         [Const(flat.clamp(max=4)), table, {"offsets": Const(offsets),
                                            "mode": "sum"}],
         lambda x, w, o: F.embedding_bag(x, w, o, mode="sum"), **f)


def plain(net, name):
    """A weight that is computed is no leaf, which cannot be copied deeply."""
    weight = getattr(net, name).detach()
    delattr(net, name)
    setattr(net, name, weight)
    return net


def weights(g):
    # The fused kernel of 1.13 takes lengths for constants in its second order.
    sys.modules["torch.nn.utils.weight_norm"]._weight_norm = (
        lambda v, g, dim: v * (g / torch.norm_except_dim(v, 2, dim)))
    three = (True, True, False)
    linear = {"layer": "Linear", "options": {"inFeatures": 4, "outFeatures": 3}}
    conv = {"layer": "Conv2d", "options": {"inChannels": 2, "outChannels": 3,
                                           "kernelSize": 2}}
    turned = {"layer": "ConvTranspose2d",
              "options": {"inChannels": 2, "outChannels": 3, "kernelSize": 2}}
    inputs = {"Linear": lambda: randn(2, 4), "Conv2d": lambda: randn(2, 2, 3, 4),
              "ConvTranspose2d": lambda: randn(1, 2, 3, 3)}
    made = {"Linear": lambda: nn.Linear(4, 3), "Conv2d": lambda: nn.Conv2d(2, 3, 2),
            "ConvTranspose2d": lambda: nn.ConvTranspose2d(2, 3, 2)}
    for of in (linear, conv, turned):
        kind = of["layer"]
        for options in ({}, {"dim": 1}, {"dim": None}):
            net = weight_norm(made[kind](), **options)
            layer(g, "weightNorm", {"layer": of, **options},
                  plain(net, "weight"), [inputs[kind]()])
        for options in ({}, {"nPowerIterations": 3}, {"dim": 1}):
            net = spectral_norm(made[kind](), **python_names(options))
            layer(g, "spectralNorm", {"layer": of, **options},
                  plain(net, "weight"),
                  [inputs[kind]() for _ in range(3)], train=three)
    rnn = {"layer": "Linear", "options": {"inFeatures": 4, "outFeatures": 3}}
    net = weight_norm(nn.Linear(4, 3), "bias")
    layer(g, "weightNorm", {"layer": rnn, "name": "bias"}, plain(net, "bias"),
          [randn(2, 4)])


class RMSNorm(nn.Module):
    def __init__(self, shape, eps=None, affine=True):
        super().__init__()
        self.shape, self.eps = shape, eps
        self.weight = nn.Parameter(torch.ones(shape)) if affine else None

    def forward(self, x):
        dims = tuple(range(-len(self.shape), 0))
        # That of float32 in both: the figures are those of float32.
        eps = torch.finfo(torch.float32).eps if self.eps is None else self.eps
        y = x * torch.rsqrt(x.square().mean(dims, keepdim=True) + eps)
        return y if self.weight is None else y * self.weight


def turns(x, dim, base):
    """Position times frequency, `[length, dim / 2]`."""
    places = torch.arange(x.shape[-2], dtype=torch.float64)
    steps = torch.arange(dim // 2, dtype=torch.float64)
    return places[:, None] * base ** (-2 * steps / dim)


class Sinusoidal(nn.Module):
    def __init__(self, dim, base=10000):
        super().__init__()
        self.dim, self.base = dim, base

    def forward(self, x):
        a = turns(x, self.dim, self.base)
        both = torch.stack([a.sin(), a.cos()], -1).flatten(1)
        return x + both.to(x.dtype)


class Rotary(nn.Module):
    def __init__(self, dim, base=10000):
        super().__init__()
        self.dim, self.base = dim, base

    def forward(self, x):
        # Complex numbers that are turned: another way than by halves.
        a = turns(x, self.dim, self.base)
        re, im = x.double().chunk(2, -1)
        z = torch.complex(re, im) * torch.polar(torch.ones_like(a), a)
        return torch.cat([z.real, z.imag], -1).to(x.dtype)


def formulas(g):
    for shape in ([4], [2, 3]):
        for eps in (None, 0.25):
            for affine in (True, False):
                options = {"normalizedShape": shape}
                if eps is not None:
                    options["eps"] = eps
                if not affine:
                    options["elementwiseAffine"] = False
                layer(g, "RMSNorm", options, RMSNorm(shape, eps, affine),
                      [randn(3, *shape)])
    for base in (10000, 50):
        for name, make in (("SinusoidalPositions", Sinusoidal),
                           ("RotaryEmbedding", Rotary)):
            options = {"dim": 6} if base == 10000 else {"dim": 6, "base": base}
            for shape in ([9, 6], [2, 3, 5, 6], [1, 1, 6]):
                layer(g, name, options, make(6, base), [randn(*shape)])


def generate():
    groups = []
    for name, about, seed, parts in (
        ("paddings", "layers that pad", 81, (paddings,)),
        ("bags", "bags of embeddings", 82, (bags,)),
        ("weight_norms", "norms of weights", 83, (weights,)),
        ("formulas", "RMSNorm and positions, by their formulas", 84,
         (formulas,)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
