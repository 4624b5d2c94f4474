"""Movement operations, joining and splitting, with their gradients."""

import torch
import torch.nn.functional as F

from record import UNDEFINED, Const, Group, boolean, f32, i32, ints, randn


def views(g):
    x = randn(2, 3, 4)
    for shape in ([6, 4], [24], [-1], [4, -1], [2, 3, 2, 2], [1, 24, 1]):
        g.op("reshape", [x, shape], lambda t: t.reshape(shape))
    g.op("reshape", [f32(3.0), [1, 1]], lambda t: t.reshape(1, 1))
    g.op("reshape", [f32([3.0]), []], lambda t: t.reshape([]))
    g.op("reshape", [torch.zeros(0, 3), [3, 0]], lambda t: t.reshape(3, 0))
    g.op("flatten", [x], lambda t: t.flatten())
    g.op("flatten", [x, 1], lambda t: t.flatten(1))
    g.op("flatten", [x, 0, 1], lambda t: t.flatten(0, 1))
    g.op("flatten", [x, -2], lambda t: t.flatten(-2))
    g.op("flatten", [f32(1.5)], lambda t: t.flatten())
    y = randn(1, 3, 1, 2, 1)
    g.op("squeeze", [y], lambda t: t.squeeze())
    for dim in (0, 2, -1, 1):
        g.op("squeeze", [y, dim], lambda t: t.squeeze(dim))
    for dim in (0, 1, 3, -1, -4):
        g.op("unsqueeze", [x, dim], lambda t: t.unsqueeze(dim))
    g.op("unsqueeze", [f32(1.0), 0], lambda t: t.unsqueeze(0))
    z = randn(3, 1)
    for shape in ([3, 4], [2, 3, 4], [-1, 4], [3, 1], [2, -1, 5], [3, 0]):
        g.op("expand", [z, shape], lambda t: t.expand(shape))
    g.op("expand", [f32(2.0), [2, 2]], lambda t: t.expand(2, 2))
    g.op("expandAs", [z, Const(torch.zeros(2, 3, 4))],
         lambda t, u: t.expand_as(u))
    for order in ([2, 0, 1], [0, 2, 1], [-1, 0, 1], [0, 1, 2]):
        g.op("permute", [x, order], lambda t: t.permute(order))
    for a, b in ((0, 1), (1, 2), (0, -1), (-1, -2), (1, 1)):
        g.op("transpose", [x, a, b], lambda t: t.transpose(a, b))
    g.op("t", [randn(2, 3)], lambda t: t.t())
    g.op("t", [randn(3)], lambda t: t.t())
    g.op("contiguous", [x], lambda t: t.contiguous())


def windows(g):
    x = randn(3, 5, 2)
    for dim, i in ((0, 1), (1, 4), (1, -1), (-1, 0), (2, -2)):
        g.op("select", [x, dim, i], lambda t: t.select(dim, i))
    for dim, start, length in ((0, 1, 2), (1, 0, 5), (1, 3, 2), (-1, 1, 1),
                               (1, 2, 0)):
        g.op("narrow", [x, dim, start, length],
             lambda t: t.narrow(dim, start, length))
    for dim, *bounds in ((1, 1, 4), (1, 0, 5, 2), (1, -2, None), (1, None, -1),
                         (0, 2, 0), (-1, 0, 1), (1, None, None, 3), (0,)):
        start, end, step = (*bounds, None, None, None)[:3]
        g.op("slice", [x, dim, *bounds],
             lambda t: t.transpose(0, dim)[start:end:step].transpose(0, dim))
    for dim, *bounds in ((1, None, None, -1), (1, 4, 0, -2), (0, -1, None, -2)):
        start, end, step = bounds
        picked = list(range(x.shape[dim]))[start:end:step]
        g.op("slice", [x, dim, *bounds],
             lambda t: t.index_select(dim, torch.tensor(picked)))
    for dim in (0, 1, -1, [0, 1], [0, 1, 2]):
        dims = dim if isinstance(dim, list) else [dim]
        g.op("flip", [x, dim], lambda t: t.flip(dims))
    for dim, size, step in ((1, 2, 1), (1, 3, 2), (0, 2, 1), (-1, 2, 1),
                            (1, 5, 1), (1, 1, 3)):
        g.op("unfold", [x, dim, size, step],
             lambda t: t.unfold(dim, size, step))
    g.op("unfold", [randn(7), 0, 3, 1], lambda t: t.unfold(0, 3, 1))
    for diagonal in (0, 1, -1, 3, -4):
        for name in ("tril", "triu"):
            fn = getattr(torch, name)
            g.op(name, [randn(4, 3), diagonal], lambda t: fn(t, diagonal))
    g.op("tril", [randn(2, 3, 3)], torch.tril)
    g.op("triu", [randn(2, 3, 3)], torch.triu)
    g.op("tril", [ints(-5, 5, 3, 3)], torch.tril)
    g.op("diagonal", [randn(3, 4)], lambda t: t.diagonal())
    for offset in (1, -1, 2, -2, 3):
        g.op("diagonal", [randn(3, 4), offset],
             lambda t: t.diagonal(offset))
    x = randn(2, 3, 3)
    g.op("diagonal", [x, 1, 1, 2],
         lambda t: t.diagonal(1, 1, 2))
    g.op("diagonal", [x, 0, -1, 0],
         lambda t: t.diagonal(0, -1, 0))
    g.op("diagonal", [x], lambda t: t.diagonal())


def copies(g):
    x = randn(2, 3)
    for pads in ([1, 2], [0, 1], [1, 0, 2, 1], [0, 0, 1, 1], [-1, 0],
                 [2, -1, -1, 1]):
        g.op("pad", [x, pads], lambda t: F.pad(t, pads))
        g.op("pad", [x, pads, {"value": 1.5}],
             lambda t: F.pad(t, pads, value=1.5))
    g.op("pad", [randn(1, 2, 2, 2), [1, 1, 0, 1, 1, 0]],
         lambda t: F.pad(t, [1, 1, 0, 1, 1, 0]))
    g.op("pad", [i32([1, 2]), [1, 1], {"value": 7}],
         lambda t: F.pad(t, [1, 1], value=7))
    for repeats in ([2, 1], [1, 3], [2, 2], [2, 1, 2], [0, 1]):
        g.op("repeat", [x, repeats], lambda t: t.repeat(repeats))
    for repeats in ([2], [1, 3], [2, 1, 2], []):
        g.op("tile", [x, repeats], lambda t: t.tile(repeats))
    g.op("tile", [randn(2, 1, 2), [3]], lambda t: t.tile([3]))


def joined(g):
    for dim in (0, 1, -1):
        shapes = [[2, 3], [2, 3]]
        shapes[1][dim] = 4
        shapes.append([2, 3])
        parts = [randn(*s) for s in shapes]
        g.op("cat", [parts, dim], lambda *t: torch.cat(t, dim), via="core")
    g.op("cat", [[randn(2, 3), randn(1, 3)]], lambda *t: torch.cat(t),
         via="core")
    g.op("cat", [[randn(3)]], lambda *t: torch.cat(t), via="core")
    g.op("cat", [[randn(0, 3), randn(2, 3)], 0], lambda *t: torch.cat(t, 0),
         via="core")
    g.op("cat", [[i32([1, 2]), f32([0.5])], 0], lambda *t: torch.cat(t, 0),
         via="core")
    g.op("cat", [[boolean([True]), i32([3])], 0], lambda *t: torch.cat(t, 0),
         via="core")
    for dim in (0, 1, 2, -1):
        g.op("stack", [[randn(2, 3), randn(2, 3), randn(2, 3)], dim],
             lambda *t: torch.stack(t, dim), via="core")
    g.op("stack", [[randn(), randn()]], lambda *t: torch.stack(t), via="core")
    x = randn(5, 3)
    for chunks, dim in ((2, 0), (3, 0), (4, 0), (5, 0), (7, 0), (2, 1), (1, 0),
                        (2, -1)):
        g.op("chunk", [x, chunks, dim], lambda t: torch.chunk(t, chunks, dim))
    for size, dim in ((2, 0), (5, 0), (3, 0), (1, 1), ([1, 4], 0),
                      ([2, 0, 3], 0), ([1, 2], -1)):
        g.op("split", [x, size, dim], lambda t: torch.split(t, size, dim))
    for dim in (0, 1, -1):
        g.op("unbind", [x, dim], lambda t: torch.unbind(t, dim))
    g.op("unbind", [x], torch.unbind)


def generate():
    g = Group("shape", "views, windows, copies, joining and splitting", 6)
    for part in (views, windows, copies, joined):
        part(g)
    return [g]
