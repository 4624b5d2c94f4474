"""Random layers, optimizers and schedules, in the form of tests/goldens/generators."""

import random

import torch
from torch import nn

import layers
import optimizers
from layers import python_names
from record import Group, i32, randn, uniform

ACTIVATIONS = [
    ("ReLU", {}), ("LeakyReLU", {"negativeSlope": 0.2}), ("ELU", {}),
    ("ELU", {"alpha": 0.5}), ("GELU", {}), ("GELU", {"approximate": "tanh"}),
    ("SiLU", {}), ("Tanh", {}), ("Sigmoid", {}), ("Softplus", {}),
    ("Identity", {}),
]


def dense(rng, wide):
    """A layer on vectors, and how wide they are after it."""
    kind = rng.choice(["Linear", "Linear", "activation", "LayerNorm",
                       "BatchNorm1d", "Dropout", "Softmax"])
    if kind == "Linear":
        out = rng.randint(1, 5)
        options = {"inFeatures": wide, "outFeatures": out,
                   "bias": rng.random() < 0.8}
        return ("Linear", options, nn.Linear(wide, out, options["bias"]), out)
    if kind == "LayerNorm" and wide > 3:
        return ("LayerNorm", {"normalizedShape": wide}, nn.LayerNorm(wide),
                wide)
    if kind == "BatchNorm1d":
        options = rng.choice([{}, {"affine": False}, {"momentum": 0.3},
                              {"momentum": None},
                              {"trackRunningStats": False}])
        return ("BatchNorm1d", {"numFeatures": wide, **options},
                nn.BatchNorm1d(wide, **python_names(options)), wide)
    if kind == "Dropout":
        return "Dropout", {"p": 0.0}, nn.Dropout(0.0), wide
    if kind == "Softmax":
        name = rng.choice(["Softmax", "LogSoftmax"])
        return name, {"dim": -1}, getattr(nn, name)(-1), wide
    name, options = rng.choice(ACTIVATIONS)
    return name, options, getattr(nn, name)(**python_names(options)), wide


def image(rng, c, h, w):
    """A layer on images, and their extents after it."""
    kind = rng.choice(["Conv2d", "Conv2d", "MaxPool2d", "AvgPool2d",
                       "BatchNorm2d", "activation", "AdaptiveAvgPool2d"])
    if kind == "activation":
        name, options = rng.choice(ACTIVATIONS)
        return name, options, getattr(nn, name)(**python_names(options)), c
    if kind == "BatchNorm2d":
        return ("BatchNorm2d", {"numFeatures": c}, nn.BatchNorm2d(c), c)
    if kind == "AdaptiveAvgPool2d":
        size = rng.randint(1, 3)
        return kind, {"outputSize": size}, nn.AdaptiveAvgPool2d(size), c
    options = {"kernelSize": [rng.randint(1, 3), rng.randint(1, 3)],
               "stride": [rng.randint(1, 2), rng.randint(1, 2)],
               "padding": [rng.randint(0, 1), rng.randint(0, 1)]}
    if kind == "Conv2d":
        out = rng.randint(1, 2) * (groups := rng.choice([1, c]))
        options |= {"groups": groups, "bias": rng.random() < 0.7,
                    "dilation": rng.choice([1, 1, 2])}
        return (kind, {"inChannels": c, "outChannels": out, **options},
                nn.Conv2d(c, out, **python_names(options)), out)
    options["padding"] = [min(p, k // 2) for p, k in
                          zip(options["padding"], options["kernelSize"])]
    if kind == "AvgPool2d":
        options["countIncludePad"] = rng.random() < 0.5
    # Windows that PyTorch lets hang over the end.
    options["ceilMode"] = rng.random() < 0.3
    return kind, options, getattr(nn, kind)(**python_names(options)), c


def net(rng):
    """Some layers one after the other, and a batch for them."""
    pictures = rng.random() < 0.4
    chosen, modules = [], []
    if pictures:
        c, h, w = rng.randint(1, 2), rng.randint(3, 5), rng.randint(3, 5)
        shape = [rng.randint(1, 3), c, h, w]
        for _ in range(rng.randint(1, 3)):
            name, options, module, c = image(rng, c, h, w)
            chosen.append((name, options))
            modules.append(module)
    else:
        wide = rng.randint(2, 5)
        shape = [rng.randint(4, 6), wide]
        for _ in range(rng.randint(1, 5)):
            name, options, module, wide = dense(rng, wide)
            chosen.append((name, options))
            modules.append(module)
    whole = nn.Sequential(*modules)
    steps = rng.choice([(True,), (True, False), (True, True, False)])
    return chosen, whole, shape, steps


def random_layers(seed, count):
    g = Group("programs_layers", "random nets of layers", seed)
    rng = random.Random(seed)
    while len(g.cases) < count:
        chosen, whole, shape, steps = net(rng)
        inputs = [randn(*shape) for _ in steps]
        options = {"layers": [{"layer": n, "options": o} for n, o in chosen]}
        try:
            layers.layer(g, "Sequential", options, whole, inputs, train=steps)
        except (AssertionError, RuntimeError, ValueError):
            continue
        out = g.cases[-1]["steps"][0]["out"]
        if len(out["b64"]) > 900:
            g.cases.pop()
    return g.cases


def hyper(rng, name):
    """Options of an optimizer."""
    pick = lambda *values: rng.choice(values)
    options = {"lr": pick(0.01, 0.05, 0.1, 0.3)}
    if rng.random() < 0.4:
        options["weightDecay"] = pick(0.01, 0.1, 0.5)
    if name == "SGD":
        if rng.random() < 0.7:
            options["momentum"] = pick(0.5, 0.9)
            if rng.random() < 0.4:
                options["nesterov"] = True
            elif rng.random() < 0.5:
                options["dampening"] = pick(0.1, 0.5)
    elif name in ("Adam", "AdamW"):
        options |= pick({}, {"betas": [pick(0.5, 0.8), pick(0.7, 0.99)]},
                        {"amsgrad": True}, {"eps": pick(1e-3, 0.1)})
    elif name == "RMSprop":
        options |= pick({}, {"alpha": 0.5}, {"eps": 0.01},
                        {"momentum": 0.7, "eps": 0.01},
                        {"centered": True, "eps": 0.1})
    else:
        options |= pick({}, {"lrDecay": 0.1}, {"eps": 0.01},
                        {"initialAccumulatorValue": 0.3})
    if rng.random() < 0.25 and name != "RMSprop":
        options["maximize"] = True
    return options


def random_optimizers(seed, count):
    g = Group("programs_optimizers", "random optimizers", seed)
    rng = random.Random(seed)
    optimizers.STEPS = 8
    while len(g.cases) < count:
        name = rng.choice(list(optimizers.VARIANTS))
        shapes = [[rng.randint(1, 3) for _ in range(rng.randint(0, 3))]
                  for _ in range(2)]
        start = [uniform(-1, 1, *s) for s in shapes]
        groups = [{"params": [start[0]], "options": {}},
                  {"params": [start[1]], "options": {
                      "lr": 0.02, "weightDecay": rng.choice([0.0, 0.2])}}] \
            if rng.random() < 0.3 else optimizers.one_group(*start)
        problem = rng.choice(["fixed", "quadratic"])
        given = [uniform(-1, 1, 8, *s) for s in shapes] \
            if problem == "fixed" else [
                t for s in shapes for t in (uniform(0.1, 3, *s), randn(*s))]
        try:
            optimizers.record(g, name, hyper(rng, name), groups, problem,
                              given)
        except (AssertionError, ValueError):
            continue
    return g.cases


def random_schedules(seed, count):
    rng = random.Random(seed)
    pick = lambda *values: rng.choice(values)
    cases = []
    while len(cases) < count:
        name = pick("StepLR", "MultiStepLR", "ExponentialLR",
                    "CosineAnnealingLR", "LinearLR", "OneCycleLR",
                    "ReduceLROnPlateau")
        metrics, kind = None, "SGD"
        if name == "StepLR":
            options = {"stepSize": rng.randint(1, 7), "gamma": pick(0.1, 0.9)}
        elif name == "MultiStepLR":
            options = {"milestones": sorted(rng.randint(1, 22) for _ in
                                            range(rng.randint(1, 4))),
                       "gamma": pick(0.1, 0.5)}
        elif name == "ExponentialLR":
            options = {"gamma": round(rng.uniform(0.5, 1), 3)}
        elif name == "CosineAnnealingLR":
            options = {"tMax": rng.randint(2, 30), "etaMin": pick(0, 0.001)}
        elif name == "LinearLR":
            options = {"startFactor": pick(0.1, 0.5, 1.0),
                       "endFactor": pick(0.2, 1.0),
                       "totalIters": rng.randint(1, 30)}
        elif name == "OneCycleLR":
            kind = pick("SGD", "Adam")
            options = {"maxLr": pick(0.5, [0.5, 0.1]),
                       "totalSteps": rng.randint(26, 40),
                       "pctStart": round(rng.uniform(0.1, 0.6), 2),
                       "annealStrategy": pick("linear", "cos"),
                       "divFactor": pick(10.0, 25.0)}
            if options["pctStart"] < 0.45:
                options["threePhase"] = pick(True, False)
            if pick(True, False):
                options["cycleMomentum"] = pick(True, False)
        else:
            mode = pick("min", "max")
            options = {"mode": mode, "patience": rng.randint(0, 4),
                       "factor": pick(0.1, 0.5), "cooldown": rng.randint(0, 3),
                       "threshold": pick(1e-4, 0.05),
                       "thresholdMode": pick("rel", "abs")}
            level = rng.uniform(1, 2)
            metrics = []
            for _ in range(25):
                level += rng.uniform(-0.3, 0.25)
                metrics.append(round(level, 3))
        cases.append(optimizers.schedule(name, options, metrics, kind))
    return cases
