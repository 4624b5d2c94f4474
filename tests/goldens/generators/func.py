"""The transforms of @tenfold/core/func, on a small net."""

import torch
from torch.autograd import functional as F

from record import Group, randn


class Func(Group):
    def fn(self, name, args, fn, **rest):
        self.op(name, args, fn, via="func", **rest)


def net(x, w1, b1, w2, b2):
    return torch.sin(torch.tanh(x @ w1 + b1) @ w2 + b2)


def loss(x, w1, b1, w2, b2):
    return net(x, w1, b1, w2, b2).square().mean()


def of(name, fn, args, at):
    """The call with those arguments alone that are differentiated."""
    def only(*some):
        every = list(args)
        for i, value in zip(at, some):
            every[i] = value
        return fn(*every)
    return only


def generate():
    g = Func("func", "torch.autograd.functional", 43)
    for double in (False, True):
        args = [randn(5, 3) * 0.6, randn(3, 4) * 0.5, randn(4) * 0.3,
                randn(4, 2) * 0.5, randn(2) * 0.3]
        if double:
            args = [a.double() for a in args]
        x, w1, b1, w2, b2 = args
        vs = [torch.randn_like(a) for a in args]

        def given(fn):
            return lambda *a: fn(a[:5], a[5:])

        g.fn("jacobian", args, lambda *a: list(
            F.jacobian(net, a, create_graph=True)), grad=not double,
             second=False)
        g.fn("jacobianForward", args, lambda *a: list(F.jacobian(net, a)),
             grad=False)
        g.fn("hessian", args, lambda *a: [
            h for row in F.hessian(loss, a) for h in row], grad=False)
        g.fn("hessianCreated", args, lambda *a: [
            h for row in F.hessian(loss, a, create_graph=True) for h in row],
             second=False)
        g.fn("jvp", [*args, *vs], given(lambda a, v: list(
            F.jvp(net, a, v, create_graph=True))), second=False)
        g.fn("vjp", [*args, randn(5, 2).to(x.dtype)], given(
            lambda a, v: [F.vjp(net, a, v[0])[0], *F.vjp(net, a, v[0])[1]]),
             grad=False)
        g.fn("hvp", [*args, *vs], given(lambda a, v: [
            F.hvp(loss, a, v)[0], *F.hvp(loss, a, v)[1]]), grad=False)

        def examples(x, *ws):
            rows = [F.vjp(lambda *w: loss(row, *w), ws)[1] for row in x]
            return [torch.stack(column) for column in zip(*rows)]
        g.fn("perExample", args, examples, grad=False)
    return [g]
