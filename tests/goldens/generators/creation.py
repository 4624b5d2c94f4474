"""Creation, in-place changes, and the statistics of random numbers and init."""

import math

import torch
from torch import nn

from layers import python_names
from record import Group, boolean, encode, f32, i32, randn

INF, NAN = math.inf, math.nan


def made(g):
    c = dict(via="core", grad=False)
    g.op("tensor", [[[1.5, -2.0], [0.25, 4.0]]],
         lambda: f32([[1.5, -2.0], [0.25, 4.0]]), **c)
    g.op("tensor", [3.5], lambda: f32(3.5), **c)
    g.op("tensor", [[]], lambda: f32([]), **c)
    g.op("tensor", [[True, False], {"dtype": "bool"}],
         lambda: boolean([True, False]), **c)
    g.op("tensor", [[1, -2], {"dtype": "int32"}], lambda: i32([1, -2]), **c)
    g.op("tensor", [[1, 2, 3, 4], {"shape": [2, 2]}],
         lambda: f32([[1, 2], [3, 4]]), **c)
    for name in ("zeros", "ones"):
        fn = getattr(torch, name)
        for shape in ([2, 3], [], [0, 2]):
            g.op(name, [shape], lambda: fn(shape), **c)
        g.op(name, [[2], {"dtype": "int32"}],
             lambda: fn(2, dtype=torch.int32), **c)
        g.op(name, [[2], {"dtype": "bool"}],
             lambda: fn(2, dtype=torch.bool), **c)
    g.op("full", [[2, 2], 1.5], lambda: torch.full((2, 2), 1.5), **c)
    g.op("full", [[3], -INF], lambda: torch.full((3,), -INF), **c)
    g.op("full", [[3], 7, {"dtype": "int32"}],
         lambda: torch.full((3,), 7, dtype=torch.int32), **c)
    g.op("eye", [3], lambda: torch.eye(3), **c)
    g.op("eye", [2, 4], lambda: torch.eye(2, 4), **c)
    g.op("eye", [0], lambda: torch.eye(0), **c)
    for args in ((5,), (2, 7), (1, 10, 3), (5, 0, -2), (3, 3)):
        g.op("arange", [*args, {"dtype": "int32"}],
             lambda: torch.arange(*args, dtype=torch.int32), **c)
        g.op("arange", [*args, {"dtype": "float32"}],
             lambda: torch.arange(*args, dtype=torch.float32), **c)
    g.op("arange", [0.0, 1.0, 0.3, {"dtype": "float32"}],
         lambda: torch.arange(0, 1, 0.3), **c)
    for args in ((0, 1, 5), (-2, 3, 11), (1, 0, 3), (4, 4, 2), (3, 9, 1),
                 (0, 1, 0)):
        g.op("linspace", list(args), lambda: torch.linspace(*args), **c)
    x = randn(2, 3)
    n = i32([1, 2])
    c["check"] = False
    g.op("zerosLike", [x], torch.zeros_like, **c)
    g.op("onesLike", [x], torch.ones_like, **c)
    g.op("fullLike", [x, 2.5], lambda t: torch.full_like(t, 2.5), **c)
    g.op("zerosLike", [n], torch.zeros_like, **c)
    g.op("onesLike", [n], torch.ones_like, **c)
    g.op("fullLike", [n, 4], lambda t: torch.full_like(t, 4), **c)


def changed(g):
    x, y = randn(2, 3), randn(2, 3)
    c = dict(grad=False)
    g.op("copy_", [x, y], lambda t, u: t.copy_(u), **c)
    g.op("copy_", [x, randn(3)], lambda t, u: t.copy_(u), **c)
    g.op("copy_", [x, i32([1, 2, 3])], lambda t, u: t.copy_(u), **c)
    g.op("fill_", [x, 1.5], lambda t: t.fill_(1.5), **c)
    g.op("zero_", [x], lambda t: t.zero_(), **c)
    g.op("add_", [x, y], lambda t, u: t.add_(u), **c)
    g.op("add_", [x, randn(2, 1)], lambda t, u: t.add_(u), **c)
    g.op("add_", [x, 2.5], lambda t: t.add_(2.5), **c)
    g.op("mul_", [x, y], lambda t, u: t.mul_(u), **c)
    g.op("mul_", [x, -0.5], lambda t: t.mul_(-0.5), **c)
    g.op("add_", [i32([1, 2]), 3], lambda t: t.add_(3), **c)
    g.op("mul_", [i32([1, 2]), i32([5, -6])], lambda t, u: t.mul_(u), **c)


# What each random function promises, for as many elements as make the sample
# mean and deviation sharp. The generators differ, so the figures here are the
# distributions that PyTorch documents, not samples.
def drawn(g):
    def stat(name, args, dtype="float32", **expect):
        g.add({"random": name, "args": args, "dtype": dtype, **expect})

    n = 20000
    third = 1 / math.sqrt(12)
    stat("rand", [[100, 200]], low=0, high=1, mean=0.5, std=third)
    stat("randn", [[100, 200]], mean=0, std=1)
    like = torch.zeros(50, 40)
    stat("randLike", [encode(like)], low=0, high=1, mean=0.5, std=third)
    stat("randnLike", [encode(like)], mean=0, std=1)
    stat("randint", [-3, 5, [n]], "int32", low=-3, high=5, mean=0.5,
         std=math.sqrt(63 / 12))
    stat("bernoulli", [encode(torch.full((1000,), 0.3))], mean=0.3, std=math.sqrt(0.21), low=0,
         high=1.5)
    stat("randperm", [1000], "int32", permutation=1000, low=0, high=1000,
         mean=499.5, std=math.sqrt((1000**2 - 1) / 12))


def init(g):
    """The bound or deviation that each initializer draws with."""

    def bounds(name, shape, options, tensor):
        low, high = tensor.min().item(), tensor.max().item()
        g.add({"init": name, "shape": shape, "options": options,
               "mean": tensor.double().mean().item(),
               "std": tensor.double().std().item(), "low": low, "high": high})

    def sample(name, shape, options):
        python = python_names(options)
        t = torch.empty(*shape)
        getattr(nn.init, {
            "xavierUniform_": "xavier_uniform_",
            "xavierNormal_": "xavier_normal_",
            "kaimingUniform_": "kaiming_uniform_",
            "kaimingNormal_": "kaiming_normal_",
        }.get(name, name))(t, **python)
        bounds(name, shape, options, t)

    shapes = ([300, 200], [80, 20, 5, 5])
    for shape in shapes:
        for name in ("xavierUniform_", "xavierNormal_"):
            sample(name, shape, {})
            sample(name, shape, {"gain": 2.5})
        for name in ("kaimingUniform_", "kaimingNormal_"):
            sample(name, shape, {})
            sample(name, shape, {"mode": "fan_out"})
            sample(name, shape, {"nonlinearity": "relu"})
            sample(name, shape, {"nonlinearity": "tanh", "mode": "fan_out"})
            sample(name, shape, {"a": math.sqrt(5)})
            sample(name, shape, {"a": 0.2, "nonlinearity": "leaky_relu"})
    sample("normal_", [200, 200], {})
    sample("normal_", [200, 200], {"mean": 2.0, "std": 0.5})
    sample("uniform_", [200, 200], {})
    sample("uniform_", [200, 200], {"a": -2.0, "b": 6.0})
    for value in (0.0, 2.5):
        bounds("constant_", [3, 4], {"val": value},
               torch.full((3, 4), value))
    bounds("zeros_", [3, 4], {}, torch.zeros(3, 4))
    bounds("ones_", [3, 4], {}, torch.ones(3, 4))
    for shape in ([30, 20], [20, 30], [8, 2, 3]):
        sample("orthogonal_", shape, {})
        sample("orthogonal_", shape, {"gain": 2.0})
    # what layers start with
    for name, options, module in (
        ("Linear", {"inFeatures": 100, "outFeatures": 200},
         nn.Linear(100, 200)),
        ("LayerNorm", {"normalizedShape": 50}, nn.LayerNorm(50)),
        ("Conv1d", {"inChannels": 24, "outChannels": 32, "kernelSize": 3,
                    "groups": 2}, nn.Conv1d(24, 32, 3, groups=2)),
        ("Conv3d", {"inChannels": 8, "outChannels": 16, "kernelSize": 3},
         nn.Conv3d(8, 16, 3)),
        *((f"ConvTranspose{d}d", {"inChannels": 24, "outChannels": 16,
                                  "kernelSize": 3},
           getattr(nn, f"ConvTranspose{d}d")(24, 16, 3)) for d in (1, 2, 3)),
        ("GroupNorm", {"numGroups": 2, "numChannels": 50},
         nn.GroupNorm(2, 50)),
        ("InstanceNorm2d", {"numFeatures": 50, "affine": True},
         nn.InstanceNorm2d(50, affine=True)),
        ("PReLU", {"numParameters": 50}, nn.PReLU(50)),
        ("Conv2d", {"inChannels": 24, "outChannels": 32, "kernelSize": 3},
         nn.Conv2d(24, 32, 3)),
        ("Embedding", {"numEmbeddings": 100, "embeddingDim": 50},
         nn.Embedding(100, 50)),
        ("EmbeddingBag", {"numEmbeddings": 100, "embeddingDim": 50},
         nn.EmbeddingBag(100, 50)),
        *((f"BatchNorm{d}d", {"numFeatures": 50},
           getattr(nn, f"BatchNorm{d}d")(50)) for d in (1, 2, 3)),
        *((f"InstanceNorm{d}d", {"numFeatures": 50, "affine": True},
           getattr(nn, f"InstanceNorm{d}d")(50, affine=True)) for d in (1, 3)),
        *((kind, {"inputSize": 30, "hiddenSize": 40}, getattr(nn, kind)(30, 40))
          for kind in ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")),
        ("LSTM", {"inputSize": 30, "hiddenSize": 40, "projSize": 20},
         nn.LSTM(30, 40, proj_size=20)),
        ("MultiheadAttention", {"embedDim": 40, "numHeads": 2},
         nn.MultiheadAttention(40, 2)),
        ("MultiheadAttention", {"embedDim": 40, "numHeads": 2, "kdim": 30,
                                "vdim": 20, "addBiasKv": True},
         nn.MultiheadAttention(40, 2, kdim=30, vdim=20, add_bias_kv=True)),
        ("TransformerEncoderLayer", {"dModel": 40, "nhead": 2,
                                     "dimFeedforward": 50},
         nn.TransformerEncoderLayer(40, 2, 50)),
        ("TransformerDecoderLayer", {"dModel": 40, "nhead": 2,
                                     "dimFeedforward": 50},
         nn.TransformerDecoderLayer(40, 2, 50)),
        ("Transformer", {"dModel": 40, "nhead": 2, "numEncoderLayers": 1,
                         "numDecoderLayers": 1, "dimFeedforward": 50},
         nn.Transformer(40, 2, 1, 1, 50)),
        ("weightNorm", {"layer": {"layer": "Linear", "options": {
            "inFeatures": 100, "outFeatures": 200}}},
         nn.utils.weight_norm(nn.Linear(100, 200))),
        ("spectralNorm", {"layer": {"layer": "Linear", "options": {
            "inFeatures": 100, "outFeatures": 200}}},
         nn.utils.spectral_norm(nn.Linear(100, 200))),
        ("Bilinear", {"in1Features": 20, "in2Features": 30, "outFeatures": 40},
         nn.Bilinear(20, 30, 40)),
    ):
        for key, value in module.state_dict().items():
            if value.ndim == 0:
                continue
            t = value.double()
            # Extremes of what has no bounds say little.
            normal = ("Embedding" in name or key in (
                "bias_k", "bias_v", "weight_g", "weight_u")
                or (name, key) == ("spectralNorm", "weight_v"))
            g.add({"layerInit": name, "options": options, "name": key,
                   **({"normal": True} if normal else {}), "shape": list(t.shape), "mean": t.mean().item(),
                   "std": t.std().item(), "low": t.min().item(),
                   "high": t.max().item()})


def generate():
    groups = []
    for name, about, seed, part in (
        ("creation", "creation, and changes in place", 20, (made, changed)),
        ("random", "distributions, not samples", 21, (drawn,)),
        ("init", "samples of the initializers, as statistics", 22, (init,)),
    ):
        g = Group(name, about, seed)
        for p in part:
            p(g)
        groups.append(g)
    return groups
