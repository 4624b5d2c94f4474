"""The functions of @tenfold/core/fft; complex numbers are pairs."""

import torch

from record import Group, i32, randn

F = torch.fft


class Fft(Group):
    def fn(self, name, args, fn, **rest):
        self.op(name, args, fn, via="fft", **rest)


def pairs(fn, complex_in, complex_out, **options):
    def call(x):
        x = torch.view_as_complex(x.contiguous()) if complex_in else x
        y = fn(x, **options)
        return torch.view_as_real(y) if complex_out else y
    return call


CALLS = [
    ("fft", F.fft, True, True),
    ("ifft", F.ifft, True, True),
    ("rfft", F.rfft, False, True),
    ("irfft", F.irfft, True, False),
]


def generate():
    g = Fft("fft", "torch.fft", 47)
    for name, fn, inside, outside in CALLS:
        def signal(*shape):
            return randn(*shape, 2) if inside else randn(*shape)
        for n in (1, 2, 3, 4, 7, 8, 12, 31, 37, 60, 64, 74, 97):
            if name == "irfft" and n == 1:
                continue
            g.fn(name, [signal(2, n).double()], pairs(fn, inside, outside))
            # float32 rounds a share of the largest sums, not of each.
            if n in (4, 7, 12, 37):
                g.fn(name, [signal(2, n)], pairs(fn, inside, outside),
                     check=False, atol=1e-5)
        for norm in ("backward", "ortho", "forward"):
            for n in (3, 4, 9, 10):
                options = {"n": n, "norm": norm}
                g.fn(name, [signal(2, 6).double(), options],
                     pairs(fn, inside, outside, **options))
        for dim in (0, 1, -2):
            options = {"dim": dim}
            g.fn(name, [signal(3, 4, 2).double(), options],
                 pairs(fn, inside, outside, **options))
        if name == "rfft":
            g.fn(name, [i32([1, 2, 3, 4])], pairs(
                lambda x: F.rfft(x.float()), False, True), grad=False)
    for name, fn, inside, outside in (("fft2", F.fft2, True, True),
                                      ("ifft2", F.ifft2, True, True),
                                      ("rfft2", F.rfft2, False, True),
                                      ("irfft2", F.irfft2, True, False)):
        for options in ({}, {"s": [4, 5]}, {"norm": "ortho"},
                        {"dim": [0, 1], "norm": "forward"},
                        {"s": [2, 6], "dim": [-1, 0]}):
            x = randn(2, 3, 4, 2) if inside else randn(2, 3, 4)
            g.fn(name, [x.double(), options] if options else [x.double()],
                 pairs(fn, inside, outside, **options), second=False)
    for name, fn in (("fftshift", F.fftshift), ("ifftshift", F.ifftshift)):
        for dim in (None, 1, [0, -1]):
            js = {} if dim is None else {"dim": dim}
            g.fn(name, [randn(3, 4, 2), js], pairs(fn, True, True, dim=dim))
            g.fn(name, [randn(3, 5), {**js, "pairs": False}],
                 lambda x: fn(x, dim=dim))
    return [g]
