"""Optimizers over 20 steps, gradient clipping, learning-rate schedules."""

import torch
import torch.optim.swa_utils
from torch import nn
from torch.optim import lr_scheduler

from layers import python_names
from papers import PAPERS
from record import Group, _agree, encode, f32, randn, uniform

STEPS = 20

# A trajectory is held against 1e-4; float32 itself may use a third of that.
PATH_RTOL, PATH_ATOL = 3e-5, 3e-6

VARIANTS = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.05, "momentum": 0.9},
        {"lr": 0.05, "momentum": 0.9, "dampening": 0.3},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "weightDecay": 0.1},
        {"lr": 0.05, "momentum": 0.8, "weightDecay": 0.05, "nesterov": True},
        {"lr": 0.05, "momentum": 0.8, "weightDecay": 0.05, "dampening": 0.5},
        {"lr": 0.02, "maximize": True},
        {"lr": 0.02, "momentum": 0.9, "weightDecay": 0.1, "maximize": True},
    ],
    "Adam": [
        {},
        {"lr": 0.1},
        {"lr": 0.1, "betas": [0.8, 0.9]},
        {"lr": 0.1, "eps": 0.1},
        {"lr": 0.1, "weightDecay": 0.1},
        {"lr": 0.1, "amsgrad": True, "betas": [0.7, 0.8]},
        {"lr": 0.1, "amsgrad": True, "weightDecay": 0.2},
        {"lr": 0.05, "maximize": True},
        {"lr": 0.05, "maximize": True, "weightDecay": 0.1, "amsgrad": True},
    ],
    "AdamW": [
        {},
        {"lr": 0.1},
        {"lr": 0.1, "betas": [0.8, 0.9]},
        {"lr": 0.1, "eps": 0.1},
        {"lr": 0.1, "weightDecay": 0.3},
        {"lr": 0.1, "weightDecay": 0.0},
        {"lr": 0.1, "amsgrad": True, "betas": [0.7, 0.8]},
        {"lr": 0.05, "maximize": True},
    ],
    "RMSprop": [
        {},
        {"lr": 0.05},
        {"lr": 0.05, "alpha": 0.8},
        {"lr": 0.05, "eps": 0.1},
        {"lr": 0.05, "weightDecay": 0.1},
        {"lr": 0.02, "momentum": 0.9},
        {"lr": 0.05, "centered": True, "eps": 0.01},
        {"lr": 0.02, "centered": True, "momentum": 0.8, "weightDecay": 0.05,
         "eps": 0.01},
    ],
    "Adagrad": [
        {},
        {"lr": 0.2},
        {"lr": 0.2, "lrDecay": 0.1},
        {"lr": 0.2, "weightDecay": 0.1},
        {"lr": 0.2, "initialAccumulatorValue": 0.5},
        {"lr": 0.2, "eps": 0.1},
        {"lr": 0.1, "maximize": True},
        {"lr": 0.2, "lrDecay": 0.05, "weightDecay": 0.05,
         "initialAccumulatorValue": 0.1, "eps": 0.01},
    ],
    "NAdam": [
        {},
        {"lr": 0.1},
        {"lr": 0.05, "betas": [0.8, 0.9], "momentumDecay": 0.1},
        {"lr": 0.1, "eps": 0.1},
        {"lr": 0.1, "weightDecay": 0.1},
        {"lr": 0.1, "weightDecay": 0.3, "decoupledWeightDecay": True},
        {"lr": 0.05, "maximize": True, "weightDecay": 0.1},
    ],
    "RAdam": [
        {},
        {"lr": 0.1},
        {"lr": 0.1, "betas": [0.8, 0.9]},
        {"lr": 0.1, "betas": [0.7, 0.95], "eps": 0.1},
        {"lr": 0.1, "weightDecay": 0.1},
        {"lr": 0.1, "weightDecay": 0.3, "decoupledWeightDecay": True},
        {"lr": 0.05, "maximize": True, "weightDecay": 0.1},
    ],
    "Adadelta": [
        {},
        {"lr": 0.5, "rho": 0.8},
        {"eps": 0.01},
        {"eps": 0.01, "weightDecay": 0.1},
        {"eps": 1e-3, "maximize": True, "weightDecay": 0.1},
    ],
    "Adamax": [
        {},
        {"lr": 0.1},
        {"lr": 0.1, "betas": [0.8, 0.7]},
        {"lr": 0.1, "eps": 0.1},
        {"lr": 0.1, "weightDecay": 0.1},
        {"lr": 0.05, "maximize": True, "weightDecay": 0.1},
    ],
    "ASGD": [
        {},
        {"lr": 0.1},
        {"lr": 0.1, "lambd": 0.05, "alpha": 0.5},
        {"lr": 0.1, "t0": 4, "lambd": 0.01},
        {"lr": 0.1, "t0": 0, "weightDecay": 0.1},
        {"lr": 0.05, "maximize": True, "weightDecay": 0.1},
    ],
    "Rprop": [
        {},
        {"lr": 0.05},
        {"lr": 0.05, "etas": [0.4, 1.5]},
        {"lr": 0.05, "stepSizes": [0.01, 0.1]},
        {"lr": 0.02, "maximize": True},
    ],
    "Lion": [
        {},
        {"lr": 0.02},
        {"lr": 0.02, "betas": [0.5, 0.75], "weightDecay": 0.5},
        {"lr": 0.02, "maximize": True, "weightDecay": 0.1},
    ],
    "Adafactor": [
        {},
        {"lr": 0.05, "eps": [1e-8, 0.1]},
        {"lr": 0.05, "clipThreshold": 0.5, "decayRate": -0.5},
        {"lr": 0.05, "scaleParameter": False},
        {"lr": 0.05, "scaleParameter": False, "relativeStep": False,
         "weightDecay": 0.1},
        {"lr": 0.05, "beta1": 0.8, "weightDecay": 0.1},
        {"lr": 0.5, "warmupInit": True},
        {"lr": 0.05, "maximize": True, "beta1": 0.5},
    ],
}

# Those of matrices alone; the rest of a net is AdamW's.
MUON = [
    {},
    {"lr": 0.05, "weightDecay": 0.0},
    {"lr": 0.05, "momentum": 0.8, "nesterov": False},
    {"lr": 0.05, "nsSteps": 3, "nsCoefficients": [2.0, -1.5, 0.5]},
    {"lr": 0.05, "adjustLr": "matchRmsAdamW", "eps": 1e-3},
    {"lr": 0.02, "maximize": True},
]

LBFGS = [
    {},
    {"lr": 0.5, "maxIter": 3},
    {"lr": 0.3, "maxIter": 4, "maxEval": 3, "historySize": 2},
    {"lineSearchFn": "strong_wolfe"},
    {"lineSearchFn": "strong_wolfe", "maxIter": 2},
    {"lineSearchFn": "strong_wolfe", "maxIter": 4, "historySize": 3,
     "lr": 0.2},
    {"lineSearchFn": "strong_wolfe", "lr": 30.0, "maxIter": 3},
]


def fixed(params, given, step):
    """A gradient that does not depend on where the parameters are."""
    return sum((p * g[step].to(p.dtype)).sum() for p, g in zip(params, given))


def quadratic(params, given, step):
    """sum of scale (p - centre)² / 2; an element of scale 0 never moves by it."""
    total = 0
    for p, scale, centre in zip(params, given[0::2], given[1::2]):
        total = total + (
            scale.to(p.dtype) * (p - centre.to(p.dtype))**2).sum() / 2
    return total


def mlp(params, given, step):
    """Mean squared error of tanh(x w1ᵀ + b1) w2ᵀ + b2."""
    w1, b1, w2, b2 = params
    x, y = [t.to(w1.dtype) for t in given]
    return ((torch.tanh(x @ w1.T + b1) @ w2.T + b2 - y)**2).mean()


PROBLEMS = {"fixed": fixed, "quadratic": quadratic, "mlp": mlp,
            "rosenbrock": lambda *args: rosenbrock(*args)}


def make(name, groups, options):
    if name == "NAdam":
        # The other form of PyTorch 1.13 counts the momentum of a step twice.
        options = {**options, "foreach": True}
    if name in PAPERS:
        return PAPERS[name](groups, **options)
    return getattr(torch.optim, name)(groups, foreach=False, **options)


def rosenbrock(params, given, step):
    """sum of 100 (p[i + 1] - p[i]²)² + (1 - p[i])² over all elements."""
    p = torch.cat([t.flatten() for t in params])
    a, b = p[:-1], p[1:]
    return (100 * (b - a * a)**2 + (1 - a)**2).sum()


def lbfgs_path(options, params, problem, given, steps, dtype):
    params = [p.to(dtype).clone().requires_grad_() for p in params]
    optimizer = torch.optim.LBFGS(params, **python_names(options))
    path, losses = [[] for _ in params], []

    def closure():
        optimizer.zero_grad()
        loss = PROBLEMS[problem](params, given, 0)
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimizer.step(closure).detach())
        for k, p in enumerate(params):
            path[k].append(p.detach().clone())
    return [torch.stack(p) for p in path], torch.stack(losses)


def record_lbfgs(g, options, params, problem, given, steps, dtype):
    """As many steps as float32 follows float64 for, or those of float64."""
    args = options, params, problem, given
    path, losses = lbfgs_path(*args, steps, dtype)
    if dtype == torch.float32:
        path2, losses2 = lbfgs_path(*args, steps, torch.float64)
        _agree(f"LBFGS {options} {problem}", path + [losses],
               path2 + [losses2], PATH_RTOL, PATH_ATOL)
    named = {"lineSearchFn": "strongWolfe"} if "lineSearchFn" in options else {}
    g.add({
        "optimizer": "LBFGS",
        "options": {**options, **named},
        "groups": [{"params": [encode(p.to(dtype)) for p in params],
                    "options": {}}],
        "problem": problem,
        "given": [encode(t.to(dtype)) for t in given],
        "path": [encode(p) for p in path],
        "losses": encode(losses),
    })


def trajectory(name, options, groups, problem, given, dtype):
    params = [[p.to(dtype).clone().requires_grad_() for p in group["params"]]
              for group in groups]
    every = [p for ps in params for p in ps]
    optimizer = make(name, [{"params": ps, **python_names(group["options"])}
                            for ps, group in zip(params, groups)],
                     python_names(options))
    path, losses = [[] for _ in every], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = PROBLEMS[problem](every, given, step)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        for k, p in enumerate(every):
            path[k].append(p.detach().clone())
    return [torch.stack(p) for p in path], torch.stack(losses)


def record(g, name, options, groups, problem, given):
    path, losses = trajectory(name, options, groups, problem, given,
                              torch.float32)
    path2, losses2 = trajectory(name, options, groups, problem, given,
                                torch.float64)
    _agree(f"{name} {options} {problem}", path + [losses], path2 + [losses2],
           PATH_RTOL, PATH_ATOL)
    g.add({
        "optimizer": name,
        "options": options,
        "groups": [{"params": [encode(p) for p in group["params"]],
                    "options": group["options"]} for group in groups],
        "problem": problem,
        "given": [encode(t) for t in given],
        "path": [encode(p) for p in path],
        "losses": encode(losses),
    })


def one_group(*params):
    return [{"params": list(params), "options": {}}]


def optimizers(g):
    start = [uniform(-1, 1, 2, 3), uniform(-1, 1, 3)]
    # steady, noisy, tiny and missing gradients side by side
    steady = [randn(STEPS, 2, 3), randn(STEPS, 3)]
    steady[0][:, 0, 0] = 0.7
    steady[0][:, 0, 1] *= 1e-3
    steady[0][:, 0, 2] = 0.0
    steady[0][10:, 1, 0] = 0.0
    scales = [f32([[1.0, 2.0, 0.5], [0.0, 3.0, 0.1]]), randn(2, 3),
              f32([0.3, 1.0, 4.0]), randn(3)]
    net = [uniform(-1, 1, 4, 3), uniform(-1, 1, 4), uniform(-1, 1, 1, 4),
           uniform(-1, 1, 1)]
    x = randn(8, 3)
    data = [x, torch.sin(x.sum(1, keepdim=True))]
    for name, variants in VARIANTS.items():
        for options in variants:
            record(g, name, options, one_group(*start), "fixed", steady)
            record(g, name, options, one_group(*start), "quadratic", scales)
        record(g, name, {"lr": 0.02}, one_group(*net), "mlp", data)
    # parameter groups: own options, the rest from the defaults
    for name, options, own in (
        ("SGD", {"lr": 0.1, "momentum": 0.9}, {"lr": 0.01}),
        ("SGD", {"lr": 0.1}, {"momentum": 0.5, "weightDecay": 0.1,
                              "nesterov": True}),
        ("Adam", {"lr": 0.1}, {"lr": 0.01, "betas": [0.5, 0.9]}),
        ("AdamW", {"lr": 0.1}, {"weightDecay": 0.0, "amsgrad": True}),
        ("RMSprop", {"lr": 0.05}, {"alpha": 0.5, "centered": True,
                                   "eps": 0.01}),
        ("Adagrad", {"lr": 0.1}, {"lr": 0.3, "lrDecay": 0.1}),
    ):
        record(g, name, options,
               [{"params": [start[0]], "options": {}},
                {"params": [start[1]], "options": own}], "quadratic", scales)
    more_optimizers(g, start, steady, scales, net, data)


def more_optimizers(g, start, steady, scales, net, data):
    for options in MUON:
        record(g, "Muon", options, one_group(start[0]), "fixed", steady[:1])
        record(g, "Muon", options, one_group(start[0]), "quadratic",
               scales[:2])
    matrices, vectors = net[0::2], net[1::2]
    filters = uniform(-1, 1, 3, 2, 2)
    record(g, "Muon", {"lr": 0.02}, one_group(filters), "fixed",
           [randn(STEPS, 3, 2, 2)])
    record(g, "Muon", {"lr": 0.05, "weightDecay": 0.05},
           [{"params": start[:1], "options": {}},
            {"params": start[1:], "options": {"useMuon": False, "lr": 0.02}}],
           "quadratic", scales)
    record(g, "Adafactor", {"lr": 0.05}, one_group(filters), "fixed",
           [randn(STEPS, 3, 2, 2)])
    for options in LBFGS:
        steps = 6 if options.get("maxIter") else 3
        record_lbfgs(g, options, start, "quadratic", scales, steps,
                     torch.float32)
        record_lbfgs(g, options, start, "quadratic", scales, steps,
                     torch.float64)
        if "lineSearchFn" in options:
            record_lbfgs(g, options, net, "mlp", data, steps, torch.float64)
            # Each iteration in the bend of the valley loses digits.
            steps = min(steps, 24 // options.get("maxIter", 12))
            record_lbfgs(g, {"maxIter": 12, **options}, start, "rosenbrock",
                         [], steps, torch.float64)


def clipping(g):
    grads = [randn(2, 3), 3 * randn(4), randn()]
    zeros = [torch.zeros(2)]
    for some in (grads, zeros):
        for max_norm in (0.5, 2.0, 100.0):
            for norm_type in (None, 1, 2, 3, 0.5, float("inf")):
                params = [torch.zeros_like(t).requires_grad_() for t in some]
                for p, t in zip(params, some):
                    p.grad = t.clone()
                extra = {} if norm_type is None else {"norm_type": norm_type}
                total = nn.utils.clip_grad_norm_(params, max_norm, **extra)
                options = {}
                if norm_type == float("inf"):
                    options["normType"] = {"number": "Infinity"}
                elif norm_type is not None:
                    options["normType"] = norm_type
                g.add({"clip": "clipGradNorm_", "limit": max_norm,
                       "options": options,
                       "grads": [encode(t) for t in some],
                       "total": encode(total),
                       "out": [encode(p.grad) for p in params]})
    for limit in (0.1, 1.0, 100.0):
        params = [torch.zeros_like(t).requires_grad_() for t in grads]
        for p, t in zip(params, grads):
            p.grad = t.clone()
        nn.utils.clip_grad_value_(params, limit)
        g.add({"clip": "clipGradValue_", "limit": limit, "options": {},
               "grads": [encode(t) for t in grads],
               "out": [encode(p.grad) for p in params]})


SCHEDULES = [
    ("StepLR", {"stepSize": 3}),
    ("StepLR", {"stepSize": 4, "gamma": 0.5}),
    ("StepLR", {"stepSize": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [2, 5, 9]}),
    ("MultiStepLR", {"milestones": [3, 3, 8], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"tMax": 10}),
    ("CosineAnnealingLR", {"tMax": 8, "etaMin": 0.001}),
    ("CosineAnnealingLR", {"tMax": 30, "etaMin": 0.01}),
    ("LinearLR", {}),
    ("LinearLR", {"startFactor": 0.1, "totalIters": 8}),
    ("LinearLR", {"startFactor": 1.0, "endFactor": 0.2, "totalIters": 10}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 26}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 26,
                    "annealStrategy": "linear"}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 26, "threePhase": True}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 26, "threePhase": True,
                    "annealStrategy": "linear", "pctStart": 0.4}),
    ("OneCycleLR", {"maxLr": 0.5, "epochs": 2, "stepsPerEpoch": 13,
                    "pctStart": 0.2, "divFactor": 10.0,
                    "finalDivFactor": 100.0}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 26, "cycleMomentum": False}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 26, "baseMomentum": 0.6,
                    "maxMomentum": 0.9}),
    ("OneCycleLR", {"maxLr": [0.5, 0.1], "totalSteps": 26}),
    ("LambdaLR", {"lrLambda": 0.9}),
    ("LambdaLR", {"lrLambda": [0.9, 0.5]}),
    ("MultiplicativeLR", {"lrLambda": 0.95}),
    ("MultiplicativeLR", {"lrLambda": [0.99, 1.01]}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.25, "totalIters": 8}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"totalIters": 12, "power": 2.0}),
    ("PolynomialLR", {"totalIters": 40, "power": 0.5}),
    ("CosineAnnealingWarmRestarts", {"t0": 5}),
    ("CosineAnnealingWarmRestarts", {"t0": 3, "tMult": 2, "etaMin": 0.001}),
    ("CosineAnnealingWarmRestarts", {"t0": 1, "tMult": 3}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 4}),
    ("CyclicLR", {"baseLr": [0.01, 0.02], "maxLr": [0.1, 0.3],
                  "stepSizeUp": 3, "stepSizeDown": 5,
                  "baseMomentum": 0.7, "maxMomentum": 0.95}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 3,
                  "mode": "triangular2"}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 3,
                  "mode": "exp_range", "gamma": 0.9}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 3,
                  "scaleFn": 0.8, "scaleMode": "iterations",
                  "cycleMomentum": False}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 3,
                  "scaleFn": 0.5}),
    ("SWALR", {"swaLr": 0.05}),
    ("SWALR", {"swaLr": [0.05, 0.5], "annealEpochs": 6,
               "annealStrategy": "linear"}),
    ("SWALR", {"swaLr": 0.05, "annealEpochs": 0}),
    ("SequentialLR", {"schedulers": [
        ["LinearLR", {"startFactor": 0.1, "totalIters": 5}],
        ["CosineAnnealingLR", {"tMax": 20}]], "milestones": [5]}),
    ("SequentialLR", {"schedulers": [
        ["ConstantLR", {"factor": 0.1, "totalIters": 2}],
        ["ExponentialLR", {"gamma": 0.9}],
        ["StepLR", {"stepSize": 3, "gamma": 0.5}]], "milestones": [4, 12]}),
    ("SequentialLR", {"schedulers": [
        ["LinearLR", {"totalIters": 4}],
        ["CosineAnnealingWarmRestarts", {"t0": 3, "tMult": 2}]],
        "milestones": [3]}),
    ("SequentialLR", {"schedulers": [
        ["LambdaLR", {"lrLambda": 0.8}],
        ["PolynomialLR", {"totalIters": 9, "power": 2.0}],
        ["MultiplicativeLR", {"lrLambda": 0.97}]], "milestones": [6, 11]}),
    ("ChainedScheduler", {"schedulers": [
        ["ConstantLR", {"factor": 0.1, "totalIters": 2}],
        ["ExponentialLR", {"gamma": 0.9}]]}),
    ("ChainedScheduler", {"schedulers": [
        ["LinearLR", {"startFactor": 0.5, "totalIters": 6}],
        ["MultiStepLR", {"milestones": [4, 9]}],
        ["CosineAnnealingLR", {"tMax": 15}]]}),
]

FALLING = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.79995, 0.7999,
           0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]
# Above 0: PyTorch takes a share of the value of the best and not of its size,
# so that a metric below 0 makes progress by standing still.
RISING = [2.0 - v for v in FALLING]
SMALL = [1.0 - 0.002 * k for k in range(25)]

PLATEAUS = [
    ({}, FALLING),
    ({"patience": 2}, FALLING),
    ({"patience": 2, "factor": 0.5}, FALLING),
    ({"patience": 1, "mode": "max"}, RISING),
    ({"patience": 1, "mode": "max", "thresholdMode": "abs",
      "threshold": 0.05}, [0.1 + 0.02 * k for k in range(25)]),
    ({"patience": 1, "thresholdMode": "rel", "threshold": 0.01}, SMALL),
    ({"patience": 1, "thresholdMode": "abs", "threshold": 0.003}, SMALL),
    ({"patience": 1, "thresholdMode": "abs", "threshold": 0.0}, SMALL),
    ({"patience": 1, "mode": "max", "thresholdMode": "rel",
      "threshold": 0.1}, [1.0 + 0.03 * k for k in range(25)]),
    ({"patience": 1, "cooldown": 3}, FALLING),
    ({"patience": 0, "minLr": 0.01}, FALLING),
    ({"patience": 0, "minLr": [0.01, 0.02]}, FALLING),
    ({"patience": 0, "factor": 0.9, "eps": 0.02}, FALLING),
]


def power(base):
    """The function that a figure gives by its base."""
    if isinstance(base, (list, tuple)):
        return [power(one) for one in base]
    return lambda step: base**step


def make_schedule(name, optimizer, options):
    options = dict(options)
    parts = [make_schedule(part, optimizer, o)
             for part, o in options.pop("schedulers", [])]
    if name == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(parts)
    named = schedule_names(options)
    if parts:
        named["schedulers"] = parts
    if name == "SWALR":
        return torch.optim.swa_utils.SWALR(optimizer, **named)
    return getattr(lr_scheduler, name)(optimizer, **named)


def schedule_names(options):
    out = python_names(options)
    if "t_max" in out:
        out["T_max"] = out.pop("t_max")
    for key, name in (("t0", "T_0"), ("t_mult", "T_mult")):
        if key in out:
            out[name] = out.pop(key)
    for key in ("lr_lambda", "scale_fn"):
        if key in out:
            out[key] = power(out[key])
    for key in ("milestones", "max_lr", "min_lr", "base_lr", "swa_lr"):
        if isinstance(out.get(key), tuple):
            out[key] = list(out[key])
    return out


def make_optimizer(name):
    one, two = torch.zeros(1).requires_grad_(), torch.zeros(1).requires_grad_()
    groups = [{"params": [one]}, {"params": [two], "lr": 0.02}]
    if name == "Adam":
        return torch.optim.Adam(groups, lr=0.1)
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def momentum_of(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def schedules(g):
    runs = [(n, o, None, "SGD") for n, o in SCHEDULES]
    runs += [(n, o, None, "Adam") for n, o in SCHEDULES if n == "OneCycleLR"]
    runs += [("ReduceLROnPlateau", o, m, "SGD") for o, m in PLATEAUS]
    for name, options, metrics, kind in runs:
        g.add(schedule(name, options, metrics, kind))


def schedule(name, options, metrics, kind):
    """The rates (and momenta) of two groups over 25 steps."""
    optimizer = make_optimizer(kind)
    scheduler = make_schedule(name, optimizer, options)
    lrs = [[group["lr"] for group in optimizer.param_groups]]
    momenta = [[momentum_of(group) for group in optimizer.param_groups]]
    for step in range(25):
        optimizer.step()
        if metrics is None:
            scheduler.step()
        else:
            scheduler.step(metrics[step])
        lrs.append([group["lr"] for group in optimizer.param_groups])
        momenta.append([momentum_of(gr) for gr in optimizer.param_groups])
    if options.get("mode") == "exp_range":
        options = {**options, "mode": "expRange"}
    case = {"scheduler": name, "options": options, "optimizer": kind,
            "lrs": lrs}
    if metrics is not None:
        case["metrics"] = metrics
    if name in ("OneCycleLR", "CyclicLR"):
        case["momenta"] = momenta
    return case


def generate():
    groups = []
    for name, about, seed, part in (
        ("optimizers", "trajectories of 20 steps", 17, optimizers),
        ("clipping", "gradient clipping", 18, clipping),
        ("schedules", "learning rates of 25 steps", 19, schedules),
    ):
        g = Group(name, about, seed)
        part(g)
        groups.append(g)
    return groups
