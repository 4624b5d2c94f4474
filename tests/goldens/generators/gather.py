"""gather, indexSelect, scatterAdd, takeAlongDim, oneHot, sort, argsort, topk."""

import math

import torch
import torch.nn.functional as F

from record import Group, boolean, f32, i32, ints, randn

INF, NAN = math.inf, math.nan


def long(fn):
    """PyTorch wants int64 indices; the figures hold int32."""
    return lambda *t: fn(*[x.long() if x.dtype == torch.int32 else x
                           for x in t])


def gathered(g):
    x = randn(3, 4)
    for dim, index in ((0, [[0, 2, 1, 0], [2, 2, 2, 2]]),
                       (1, [[3, 0], [1, 1], [2, 3]]),
                       (-1, [[0], [3], [3]]),
                       (0, [[1, 2]]),
                       (1, [[0, 1, 2, 3, 3, 3]])):
        g.op("gather", [x, dim, i32(index)],
             long(lambda t, i: torch.gather(t, dim, i)))
    y = randn(2, 3, 4)
    for dim in (0, 1, 2):
        index = ints(0, y.shape[dim], 2, 2, 3)
        g.op("gather", [y, dim, index],
             long(lambda t, i: torch.gather(t, dim, i)))
    g.op("gather", [x, 0, i32([]).reshape(0, 4)],
         long(lambda t, i: torch.gather(t, 0, i)))
    g.op("gather", [ints(-9, 9, 4), 0, i32([3, 3, 0])],
         long(lambda t, i: torch.gather(t, 0, i)))

    g.op("gather", [f32(1.5), 0, i32(0)],
         long(lambda t, i: torch.gather(t, 0, i)))

    for dim, index in ((0, [2, 0, 0]), (1, [3]), (-1, [0, 1, 2, 3, 1]),
                       (0, [])):
        g.op("indexSelect", [x, dim, i32(index)],
             long(lambda t, i: torch.index_select(t, dim, i)))
    g.op("indexSelect", [y, 1, i32([2, 2, 0, 1])],
         long(lambda t, i: torch.index_select(t, 1, i)))

    for dim, index in ((0, [[0, 1, 2], [0, 0, 0]]), (1, [[3, 0, 1], [1, 1, 1]]),
                       (-1, [[0, 0, 0], [3, 2, 1]])):
        source = randn(2, 3)
        g.op("scatterAdd", [x, dim, i32(index), source],
             long(lambda t, i, s: torch.scatter_add(t, dim, i, s)))
    index = ints(0, 3, 2, 3, 4)
    g.op("scatterAdd", [y, 1, index, randn(2, 3, 4)],
         long(lambda t, i, s: torch.scatter_add(t, 1, i, s)))
    g.op("scatterAdd", [ints(-5, 5, 4), 0, i32([1, 1, 3]), i32([10, 20, 30])],
         lambda t, i, s: torch.scatter_add(t, 0, i.long(), s))

    g.op("scatterAdd", [f32(1.5), 0, i32(0), f32(2.0)],
         long(lambda t, i, s: torch.scatter_add(t, 0, i, s)))

    for dim, index in ((1, [[3, 0], [1, 1], [2, 3]]), (0, [[2, 0, 1, 0]]),
                       (-1, [[1]])):
        g.op("takeAlongDim", [x, i32(index), dim],
             long(lambda t, i: torch.take_along_dim(t, i, dim)))
    g.op("takeAlongDim", [x, i32([5, 0, 11])],
         long(lambda t, i: torch.take_along_dim(t, i)))
    order = torch.argsort(y, -1).to(torch.int32)
    g.op("takeAlongDim", [y, order, -1],
         long(lambda t, i: torch.take_along_dim(t, i, -1)))

    g.op("oneHot", [i32([0, 2, 1]), 4],
         lambda i: F.one_hot(i.long(), 4))
    g.op("oneHot", [i32([[0, 2], [1, 1]]), 3],
         lambda i: F.one_hot(i.long(), 3))
    g.op("oneHot", [i32(1), 3], lambda i: F.one_hot(i.long(), 3))
    g.op("oneHot", [i32([]), 3], lambda i: F.one_hot(i.long(), 3))


def pair(result):
    return {"values": result[0], "indices": result[1]}


def sorted_values(g):
    x = randn(3, 5)
    y = randn(2, 3, 4)
    for dim in (0, 1, -1):
        for descending in (False, True):
            js = {"descending": descending}
            g.op("sort", [x, dim, js],
                 lambda t: pair(torch.sort(t, dim=dim, descending=descending)))
            g.op("argsort", [x, dim, js],
                 lambda t: torch.argsort(t, dim, descending))
    g.op("sort", [x], lambda t: pair(torch.sort(t)))
    g.op("argsort", [x], torch.argsort)
    g.op("sort", [y, 1], lambda t: pair(torch.sort(t, dim=1)))
    # equal values keep their order; NaN counts as the largest
    ties = f32([[2.0, 1.0, 2.0, 1.0, 0.0], [3.0, 3.0, 3.0, -1.0, 3.0]])
    for descending in (False, True):
        js = {"descending": descending}
        g.op("sort", [ties, 1, js], lambda t: pair(torch.sort(
            t, stable=True, dim=1, descending=descending)))
        g.op("argsort", [ties, 1, js], lambda t: torch.sort(
            t, stable=True, dim=1, descending=descending)[1])
        g.op("sort", [f32([1.0, NAN, -INF, INF, 0.0, NAN]), 0, js],
             lambda t: pair(torch.sort(
                 t, stable=True, dim=0, descending=descending)), grad=False)
        g.op("sort", [i32([3, -1, 2, 3, 0]), 0, js],
             lambda t: pair(torch.sort(
                 t, stable=True, dim=0, descending=descending)))
    for n in (0, 1, 2, 17, 33):
        g.op("sort", [randn(n), 0], lambda t: pair(torch.sort(t, dim=0)))
    g.op("sort", [f32(1.5), 0], lambda t: pair(torch.sort(t, dim=0)))
    g.op("argsort", [boolean([True, False, True, False]), 0],
         lambda t: torch.sort(t, stable=True, dim=0)[1])
    for k in (1, 3, 5):
        for largest in (True, False):
            g.op("topk", [x, k, 1, {"largest": largest}],
                 lambda t: pair(torch.topk(t, k, 1, largest)))
    g.op("topk", [x, 2, 0], lambda t: pair(torch.topk(t, 2, 0)))
    g.op("topk", [x, 2], lambda t: pair(torch.topk(t, 2)))
    g.op("topk", [y, 2, 1, {"largest": False}],
         lambda t: pair(torch.topk(t, 2, 1, False)))
    g.op("topk", [randn(33), 4], lambda t: pair(torch.topk(t, 4)))
    g.op("topk", [ints(-100, 100, 9), 3], lambda t: pair(torch.topk(t, 3)))


def generate():
    g = Group("gather", "gather, scatter, sort, topk", 7)
    for part in (gathered, sorted_values):
        part(g)
    return [g]
