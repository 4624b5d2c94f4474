"""Losses as functions; the runner computes each with the module class too."""

import math

import torch
import torch.nn.functional as F

from record import Const, Group, f32, i32, randn, uniform

INF = math.inf


def reductions(g, name, args, fn, options=None, **kw):
    """The case with mean (by default and by name), sum and none."""
    options = options or {}
    g.op(name, args + ([options] if options else []),
         lambda *t: fn(*t, reduction="mean"), via="functional", **kw)
    for reduction in ("sum", "none", "mean"):
        g.op(name, args + [{**options, "reduction": reduction}],
             lambda *t: fn(*t, reduction=reduction), via="functional", **kw)


def regression(g):
    for name, fn in (("mseLoss", F.mse_loss), ("l1Loss", F.l1_loss),
                     ("huberLoss", F.huber_loss)):
        reductions(g, name, [randn(2, 3), randn(2, 3)], fn)
        reductions(g, name, [randn(2, 3), Const(randn(2, 3))], fn)
        reductions(g, name, [randn(), randn()], fn)
        # on the kink and on the joint
        reductions(g, name, [f32([0.0, 1.0, -1.0, 2.0]),
                             Const(f32([0.0, 0.0, 0.0, 2.0]))], fn,
                   second=False)
        g.op(name, [randn(0, 3), randn(0, 3), {"reduction": "sum"}],
             lambda a, b: fn(a, b, reduction="sum"), via="functional")
        g.op(name, [randn(0, 3), randn(0, 3)], fn, via="functional",
             second=False)
    for delta in (0.5, 2.0):
        reductions(g, "huberLoss", [3 * randn(7), Const(3 * randn(7))],
                   lambda a, b, reduction: F.huber_loss(
                       a, b, reduction=reduction, delta=delta),
                   {"delta": delta})


def classes(name, **options):
    """cross_entropy or nll_loss with camelCase options in PyTorch's names."""

    def run(x, target, *weight, reduction="mean"):
        python = {"ignore_index": options.get("ignoreIndex", -100)}
        if "labelSmoothing" in options:
            python["label_smoothing"] = options["labelSmoothing"]
        if weight:
            python["weight"] = weight[0]
        if target.dtype == torch.int32:
            target = target.long()
        fn = F.cross_entropy if name == "crossEntropy" else F.nll_loss
        return fn(x, target, reduction=reduction, **python)

    return run


def classification(g):
    target = i32([2, 0, 1, 2])
    weight = f32([0.5, 1.0, 2.0])
    for name in ("crossEntropy", "nllLoss"):
        x = randn(4, 3)
        if name == "nllLoss":
            x = torch.log_softmax(x, 1)
        reductions(g, name, [x, target], classes(name))
        reductions(g, name, [x, target], classes(name),
                   {"weight": Const(weight)})
        ignoring = {"ignoreIndex": 2}
        reductions(g, name, [x, target], classes(name, **ignoring), ignoring)
        reductions(g, name, [x, target],
                   classes(name, **ignoring),
                   {"weight": Const(weight), **ignoring})
        reductions(g, name, [x, i32([2, -100, 1, -100])], classes(name))
        reductions(g, name, [randn(2, 3, 2), i32([[0, 2], [1, 1]])],
                   classes(name))
        reductions(g, name, [randn(2, 3, 2, 1),
                             i32([[[0], [2]], [[1], [1]]])],
                   classes(name), {"weight": Const(weight)})
        # one example without a batch
        reductions(g, name, [randn(3), i32(1)], classes(name))
        g.op(name, [randn(2, 3), i32([-100, -100])], classes(name),
             via="functional", grad=False)
    x = randn(4, 3)
    for smoothing in (0.1, 1.0):
        js = {"labelSmoothing": smoothing}
        reductions(g, "crossEntropy", [x, target],
                   classes("crossEntropy", **js), js)
        reductions(g, "crossEntropy", [x, target],
                   classes("crossEntropy", **js),
                   {"weight": Const(weight), **js})
        js = {"labelSmoothing": smoothing, "ignoreIndex": 0}
        reductions(g, "crossEntropy", [x, target],
                   classes("crossEntropy", **js),
                   {"weight": Const(weight), **js})
    probabilities = torch.softmax(randn(4, 3), 1)
    reductions(g, "crossEntropy", [x, Const(probabilities)],
               classes("crossEntropy"))
    reductions(g, "crossEntropy", [x, probabilities], classes("crossEntropy"))
    reductions(g, "crossEntropy", [x, Const(probabilities)],
               classes("crossEntropy"), {"weight": Const(weight)})
    js = {"labelSmoothing": 0.2}
    reductions(g, "crossEntropy", [x, Const(probabilities)],
               classes("crossEntropy", **js),
               {"weight": Const(weight), **js})
    reductions(g, "crossEntropy",
               [randn(2, 3, 2), Const(torch.softmax(randn(2, 3, 2), 1))],
               classes("crossEntropy"))
    g.op("crossEntropy", [f32([[1000.0, -1000.0], [0.0, 500.0]]),
                          i32([1, 0])],
         classes("crossEntropy"), via="functional", second=False)


def binary(g):
    target = f32([[0.0, 1.0, 0.3], [1.0, 0.0, 0.9]])
    weight = f32([0.5, 2.0, 1.0])
    p = uniform(0.05, 0.95, 2, 3)
    name = "binaryCrossEntropy"
    reductions(g, name, [p, Const(target)], F.binary_cross_entropy)
    reductions(
        g, name, [p, Const(target)],
        lambda a, t, w, reduction: F.binary_cross_entropy(
            a, t, weight=w, reduction=reduction), {"weight": Const(weight)})
    # a certain and wrong prediction costs 100, not infinity
    reductions(g, name, [f32([0.0, 1.0, 0.0, 1.0]),
                         Const(f32([1.0, 0.0, 0.0, 1.0]))],
               F.binary_cross_entropy, grad=False)
    name = "binaryCrossEntropyWithLogits"
    logits = 2 * randn(2, 3)
    fn = F.binary_cross_entropy_with_logits
    reductions(g, name, [logits, Const(target)], fn)
    reductions(g, name, [logits, target], fn)
    reductions(g, name, [logits, Const(target)],
               lambda a, t, w, reduction: fn(
                   a, t, weight=w, reduction=reduction),
               {"weight": Const(weight)})
    reductions(g, name, [logits, Const(target)],
               lambda a, t, w, reduction: fn(
                   a, t, pos_weight=w, reduction=reduction),
               {"posWeight": Const(weight)})
    reductions(g, name, [logits, Const(target)],
               lambda a, t, w, v, reduction: fn(
                   a, t, weight=w, pos_weight=v, reduction=reduction),
               {"weight": Const(f32([[1.0], [0.25]])),
                "posWeight": Const(weight)})
    reductions(g, name, [f32([100.0, -100.0, 100.0, -100.0, 0.0]),
                         Const(f32([1.0, 0.0, 0.0, 1.0, 1.0]))], fn,
               second=False)


def generate():
    g = Group("losses", "losses with every option", 12)
    for part in (regression, classification, binary):
        part(g)
    return [g]
