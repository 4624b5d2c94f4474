"""Losses of nets of sequences that train: a GPT of 4 layers of 128, an LSTM of
2 layers, and a GRU of both directions.

Weights and batches are not stored. Both sides make them out of numbers that are
exact in float32; training_suite.ts has the same formulas. A case: the net, the
dtype, and the loss of every step.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from record import Group, encode

STEPS = {torch.float32: 20, torch.float64: 100}
BATCHES = 4
GPT = {"layers": 4, "width": 128, "context": 8, "batch": 2, "kinds": 29}
SEQUENCE = {"length": 12, "batch": 8, "features": 16, "hidden": 32, "kinds": 5}


def bits(count, key):
    """32 bits for each number from 0 on, mixed as murmur's finalizer does."""
    h = np.arange(count, dtype=np.uint64) * 2654435761 + key * 40503 + 12345
    mask = np.uint64(2**32 - 1)
    h &= mask
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h ^= h >> np.uint64(shift)
        h = (h * np.uint64(factor)) & mask
    return h ^ (h >> np.uint64(16))


def numbers(shape, key, bound):
    h = bits(int(np.prod(shape)), key).astype(np.int64)
    return torch.from_numpy(((h % 2048 - 1024) / 1024 * bound).reshape(shape))


def integers(shape, key, most):
    h = bits(int(np.prod(shape)), key).astype(np.int64)
    return torch.from_numpy((h % most).reshape(shape))


class GPTNet(nn.Module):
    def __init__(self):
        super().__init__()
        width = GPT["width"]
        self.token = nn.Embedding(GPT["kinds"], width)
        self.position = nn.Embedding(GPT["context"], width)
        layer = nn.TransformerEncoderLayer(
            width, 4, 4 * width, 0.0, "gelu", batch_first=True,
            norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, GPT["layers"],
                                            nn.LayerNorm(width))
        self.head = nn.Linear(width, GPT["kinds"])

    def forward(self, x):
        length = x.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        inner = self.token(x) + self.position(torch.arange(length))
        return self.head(self.blocks(inner, mask=mask))


class SequenceNet(nn.Module):
    def __init__(self, kind):
        super().__init__()
        options = ({"num_layers": 2} if kind == "LSTM" else
                   {"bidirectional": True})
        ways = 2 if kind == "GRU" else 1
        self.layer = getattr(nn, kind)(SEQUENCE["features"],
                                       SEQUENCE["hidden"], **options)
        self.head = nn.Linear(ways * SEQUENCE["hidden"], SEQUENCE["kinds"])

    def forward(self, x):
        return self.head(self.layer(x)[0])


def batch(kind, step, dtype):
    key = 1000 + step % BATCHES
    if kind == "GPT":
        shape = (GPT["batch"], GPT["context"])
        x = integers(shape, key, GPT["kinds"])
        return x, (x * 7 + torch.roll(x, 1, 1)) % GPT["kinds"]
    shape = (SEQUENCE["length"], SEQUENCE["batch"])
    x = numbers((*shape, SEQUENCE["features"]), key, 1).to(dtype)
    return x, integers(shape, key + 100, SEQUENCE["kinds"])


def train(kind, dtype, steps):
    net = (GPTNet() if kind == "GPT" else SequenceNet(kind)).to(dtype)
    with torch.no_grad():
        named = sorted(net.named_parameters())
        for key, (name, p) in enumerate(named):
            values = numbers(tuple(p.shape), key, 1 / 16)
            norm = "norm" in name and name.endswith("weight")
            p.copy_(values + 1 if norm else values)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    losses = []
    for step in range(steps):
        x, y = batch(kind, step, dtype)
        optimizer.zero_grad()
        out = net(x)
        loss = F.cross_entropy(out.flatten(0, 1), y.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def generate():
    g = Group("training", "losses of nets of sequences that train", 51)
    for kind in ("GPT", "LSTM", "GRU"):
        double = train(kind, torch.float64, STEPS[torch.float64])
        single = train(kind, torch.float32, STEPS[torch.float32])
        off = ((single - double[:len(single)]) / double[:len(single)]).abs()
        if off.max() > 5e-6:
            raise AssertionError(f"{kind}: ill conditioned, {off.max()}")
        for dtype, losses in (("float32", single), ("float64", double)):
            g.add({"net": kind, "dtype": dtype, "losses": encode(losses)})
    return [g]
