"""Averages of weights: AveragedModel of torch.optim.swa_utils and update_bn.

A case: options, the weights of every step by name, the state dict of the
averaged model after them, after update_bn over batches, and its output.
"""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

from record import Group, encode

DECAY = 0.75


def ema(average, value, count):
    return DECAY * average + (1 - DECAY) * value


def double(average, value, count):
    return average + 2 * (value - average) / (count + 2)


WAYS = [({}, {}), ({"decay": DECAY}, {"avg_fn": ema}),
        ({"avgFn": "double"}, {"avg_fn": double}),
        ({"useBuffers": True}, {"use_buffers": True})]


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(),
                         nn.Linear(4, 2))


def state(model):
    return {name: encode(t.to(torch.int32) if t.dtype == torch.int64 else t)
            for name, t in model.state_dict().items()}


def generate():
    g = Group("averaging", "averages of weights", 61)
    for ours, theirs in WAYS:
        model = net()
        start = state(model)
        averaged = AveragedModel(model, **theirs)
        batches = [torch.randn(5, 3) for _ in range(3)]
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        states = []
        for x in batches + batches:
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
            averaged.update_parameters(model)
            states.append(state(model))
        trained = state(averaged)
        update_bn(batches, averaged)
        measured = state(averaged)
        averaged.eval()
        x = torch.randn(4, 3)
        g.add({"options": ours, "start": start, "states": states,
               "batches": [encode(b) for b in batches], "trained": trained,
               "measured": measured, "x": encode(x),
               "y": encode(averaged(x).detach())})
    yield g
