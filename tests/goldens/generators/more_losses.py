"""The losses that losses.py does not have, and distances."""

import torch
import torch.nn.functional as F

from losses import reductions
from record import Const, Group, f32, i32, ints, randn, uniform

SIGNS = [1.0, -1.0, -1.0, 1.0]


def smooth(g):
    fn = F.smooth_l1_loss
    reductions(g, "smoothL1Loss", [2 * randn(2, 3), randn(2, 3)], fn)
    reductions(g, "smoothL1Loss", [f32([0.0, 1.0, -1.0, 2.0]),
                                   Const(f32([0.0, 0.0, 0.0, 2.0]))], fn,
               second=False)
    for beta in (0.5, 2.0, 0.0):
        reductions(g, "smoothL1Loss", [3 * randn(5), Const(3 * randn(5))],
                   lambda a, b, reduction: fn(a, b, reduction=reduction,
                                              beta=beta), {"beta": beta})


def likelihoods(g):
    x = torch.log_softmax(randn(2, 3), 1)
    p = torch.softmax(randn(2, 3), 1)
    name = "klDivLoss"
    reductions(g, name, [x, p], F.kl_div)
    g.op(name, [x, p, {"reduction": "batchmean"}],
         lambda a, b: F.kl_div(a, b, reduction="batchmean"), via="functional")
    reductions(g, name, [x, Const(f32([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]))],
               F.kl_div)
    reductions(g, name, [x, p.log()],
               lambda a, b, reduction: F.kl_div(
                   a, b, reduction=reduction, log_target=True),
               {"logTarget": True})
    g.op(name, [randn(0, 3), randn(0, 3), {"reduction": "sum"}],
         lambda a, b: F.kl_div(a, b, reduction="sum"), via="functional",
         second=False)
    name = "gaussianNllLoss"
    mean, target = randn(3, 2), randn(3, 2)
    for shape in ([3, 2], [3, 1], [3]):
        reductions(g, name, [mean, target, uniform(0.5, 2, *shape)],
                   F.gaussian_nll_loss)
    for options in ({"full": True}, {"eps": 0.9}):
        reductions(g, name, [mean, target, uniform(0.5, 2, 3, 2)],
                   lambda a, b, v, reduction: F.gaussian_nll_loss(
                       a, b, v, reduction=reduction, **options), options)
    name = "poissonNllLoss"
    counts = f32([[0.0, 1.0, 2.0], [5.0, 3.0, 0.5]])
    reductions(g, name, [randn(2, 3), Const(counts)], F.poisson_nll_loss)
    reductions(g, name, [randn(2, 3), counts], F.poisson_nll_loss)
    for options, python in (({"full": True}, {"full": True}),
                            ({"logInput": False, "eps": 0.1},
                             {"log_input": False, "eps": 0.1}),
                            ({"logInput": False, "full": True},
                             {"log_input": False, "full": True})):
        reductions(g, name, [uniform(0.5, 2, 2, 3), Const(counts)],
                   lambda a, b, reduction: F.poisson_nll_loss(
                       a, b, reduction=reduction, **python), options)


def embeddings(g):
    signs = f32(SIGNS)
    for options in ({}, {"margin": 0.7}):
        reductions(g, "marginRankingLoss", [randn(4), randn(4), Const(signs)],
                   lambda a, b, t, reduction: F.margin_ranking_loss(
                       a, b, t, reduction=reduction, **options), options)
        reductions(g, "hingeEmbeddingLoss", [randn(4), Const(signs)],
                   lambda a, t, reduction: F.hinge_embedding_loss(
                       a, t, reduction=reduction, **options), options)
        reductions(g, "cosineEmbeddingLoss",
                   [randn(4, 3), randn(4, 3), Const(signs)],
                   lambda a, b, t, reduction: F.cosine_embedding_loss(
                       a, b, t, reduction=reduction, **options), options)
    reductions(g, "marginRankingLoss", [f32([1.0, 1.0]), f32([1.0, 0.0]),
                                        Const(f32([1.0, -1.0]))],
               F.margin_ranking_loss)
    reductions(g, "hingeEmbeddingLoss", [f32([1.0, 0.5]),
                                         Const(f32([-1.0, 0.0]))],
               F.hinge_embedding_loss)
    reductions(g, "cosineEmbeddingLoss", [randn(3), randn(3),
                                          Const(f32(-1.0))],
               F.cosine_embedding_loss)
    for options in ({}, {"margin": 2.0}, {"p": 1.0}, {"p": 3.0},
                    {"swap": True}):
        # PyTorch's second derivative of the distance ignores eps.
        reductions(g, "tripletMarginLoss",
                   [randn(4, 3), randn(4, 3), randn(4, 3)],
                   lambda a, p, n, reduction: F.triplet_margin_loss(
                       a, p, n, reduction=reduction, **options), options)
    reductions(g, "tripletMarginLoss", [randn(3), randn(3), randn(3)],
               F.triplet_margin_loss)
    for options in ({}, {"margin": 2.0, "swap": True}):
        reductions(g, "tripletMarginWithDistanceLoss",
                   [randn(4, 3), randn(4, 3), randn(4, 3)],
                   lambda a, p, n, reduction:
                   F.triplet_margin_with_distance_loss(
                       a, p, n, reduction=reduction, **options), options)


def margins(g):
    signs = f32([[1.0, -1.0], [-1.0, 1.0]])
    reductions(g, "softMarginLoss", [randn(2, 2), Const(signs)],
               F.soft_margin_loss)
    name = "multiLabelSoftMarginLoss"
    hits = f32([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    weight = f32([0.5, 1.0, 2.0])
    fn = F.multilabel_soft_margin_loss
    reductions(g, name, [randn(2, 3), Const(hits)], fn)
    reductions(g, name, [randn(2, 3), Const(hits)],
               lambda a, t, w, reduction: fn(a, t, w, reduction=reduction),
               {"weight": Const(weight)})
    reductions(g, name, [randn(3), Const(hits[0])], fn)
    name = "multiMarginLoss"
    fn = F.multi_margin_loss
    target = i32([2, 0, 1])
    for options in ({}, {"p": 2}, {"margin": 0.3}):
        reductions(g, name, [randn(3, 3), target],
                   lambda a, t, reduction: fn(
                       a, t.long(), reduction=reduction, **options), options,
                   second=False)
    reductions(g, name, [randn(3, 3), target],
               lambda a, t, w, reduction: fn(
                   a, t.long(), weight=w, reduction=reduction),
               {"weight": Const(weight)}, second=False)
    reductions(g, name, [randn(3), i32(1)],
               lambda a, t, reduction: fn(a, t.long(), reduction=reduction),
               second=False)
    name = "multiLabelMarginLoss"
    fn = F.multilabel_margin_loss
    for target in ([[2, 0, -1, 1], [1, -1, -1, -1]],
                   [[-1, 0, 1, 2], [0, 1, 2, 3]],
                   [[1, 1, -1, 0], [3, 2, 1, -1]]):
        reductions(g, name, [randn(2, 4), i32(target)],
                   lambda a, t, reduction: fn(
                       a, t.long(), reduction=reduction), second=False)
    reductions(g, name, [randn(4), i32([3, 0, -1, 1])],
               lambda a, t, reduction: fn(a, t.long(), reduction=reduction),
               second=False)


def ctc(g):
    """From what stands before log_softmax: see ctcLoss."""
    name = "ctcLossOfLogits"

    def case(shape, targets, inputs, counts, **options):
        python = {"blank": options.get("blank", 0),
                  "zero_infinity": options.get("zeroInfinity", False)}
        reductions(
            g, name, [randn(*shape), i32(targets)],
            lambda x, t, reduction: F.ctc_loss(
                torch.log_softmax(x, -1), t.long(), torch.tensor(inputs),
                torch.tensor(counts), reduction=reduction, **python),
            {"inputLengths": inputs, "targetLengths": counts, **options},
            second=False)

    case([6, 2, 4], [[1, 2, 3], [2, 2, 1]], [6, 6], [3, 3])
    case([6, 3, 4], [[1, 2], [3, 3], [1, 0]], [6, 5, 4], [2, 2, 1])
    case([5, 2, 3], [0, 1, 1, 0], [5, 4], [3, 1], blank=2)
    case([4, 3, 3], [[1, 1], [2, 1], [1, 0]], [4, 2, 3], [2, 2, 0])
    # labels that do not fit into the steps
    case([3, 2, 3], [[1, 1, 2], [1, 2, 0]], [3, 3], [3, 2],
         zeroInfinity=True)
    g.op(name, [randn(2, 1, 3), i32([[1, 1]]),
                {"inputLengths": [2], "targetLengths": [2],
                 "reduction": "none"}],
         lambda x, t: F.ctc_loss(torch.log_softmax(x, -1), t.long(), (2,),
                                 (2,), reduction="none"),
         via="functional", grad=False)
    reductions(g, name, [randn(5, 4), i32([1, 3])],
               lambda x, t, reduction: F.ctc_loss(
                   torch.log_softmax(x, -1), t.long(), torch.tensor(5),
                   torch.tensor(2), reduction=reduction),
               {"inputLengths": 5, "targetLengths": 2}, second=False)


def distances(g):
    f = dict(via="functional")
    a, b = randn(3, 4), randn(3, 4)
    for options in ({}, {"p": 1.0}, {"p": 3.0}, {"keepDim": True}):
        python = {k.lower(): v for k, v in options.items()}
        g.op("pairwiseDistance", [a, b, options], lambda x, y:
             F.pairwise_distance(x, y, **python), **f)
    g.op("pairwiseDistance", [a[0], b[0]], F.pairwise_distance, **f)
    g.op("pairwiseDistance", [a, b[0]], F.pairwise_distance, **f)
    g.op("cosineSimilarity", [a, b], F.cosine_similarity, **f)
    for options in ({"dim": 0}, {"dim": -1, "eps": 3.0}):
        g.op("cosineSimilarity", [a, b, options],
             lambda x, y: F.cosine_similarity(x, y, **options), **f)
    g.op("cosineSimilarity", [f32([[0.0, 0.0]]), f32([[1.0, 2.0]])],
         F.cosine_similarity, second=False, **f)
    for options in ({}, {"p": 1.0}, {"dim": 0}, {"p": 3.0, "dim": -1}):
        g.op("normalize", [a, options], lambda x: F.normalize(x, **options),
             **f)
    g.op("normalize", [f32([[0.0, 0.0], [3.0, 4.0]])], F.normalize,
         second=False, **f)


def generate():
    g = Group("more_losses", "more losses, with every option", 55)
    for part in (smooth, likelihoods, embeddings, margins, ctc, distances):
        part(g)
    return [g]
