"""Random tensors, shapes and arguments."""

import math

import torch

from program import NAMES, Ref

# Multiples of a quarter tie and cancel exactly; they meet every kink.
DYADIC = [k / 4 for k in range(-12, 13)]

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, -2.5, 3.0,
           3.4e38, -3.4e38, 1e30, -1e20, 1e-30, -1e-20, 88.0, -104.0,
           16777216.0]
# Below 2^-126 float32 is subnormal, and a GPU may take it for 0.
TINY = [1e-39, -1e-40, 1.4e-45, -5e-39, 1e-38, 0.0, -0.0, 1.0, -2.5, 3.4e38,
        1.2e-38, -1.3e-38]


class Draw:
    def __init__(self, rng, special=False, doubles=True, tiny=False):
        self.rng = rng
        self.special = special or tiny
        self.tiny = tiny
        self.doubles = doubles

    def chance(self, p):
        return self.rng.random() < p

    def shape(self, ndim=None, most=24):
        while True:
            n = self.rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4]) \
                if ndim is None else ndim
            shape = [0 if self.chance(0.03) else
                     self.rng.choice([1, 2, 2, 3, 3, 4, 5]) for _ in range(n)]
            if math.prod(shape) <= most:
                return shape

    def dtype(self):
        names = ["float32"] * 7 + ["int32", "int32", "bool"] + \
            ["float64"] * (2 if self.doubles else 0)
        return NAMES[self.rng.choice(names)]

    def floating(self):
        return NAMES["float64"] if self.doubles and self.chance(0.15) \
            else NAMES["float32"]

    def numbers(self, count):
        if self.tiny:
            return [self.rng.choice(TINY) for _ in range(count)]
        if self.special:
            return [self.rng.choice(SPECIAL) for _ in range(count)]
        if self.chance(0.3):
            return [self.rng.choice(DYADIC) for _ in range(count)]
        # Few bits, so that a program takes little room as text.
        return [round(self.rng.uniform(-3, 3) * 64) / 64 for _ in range(count)]

    def tensor(self, shape=None, dtype=None):
        shape = self.shape() if shape is None else list(shape)
        dtype = self.dtype() if dtype is None else dtype
        count = math.prod(shape)
        if dtype == torch.bool:
            values = [self.chance(0.5) for _ in range(count)]
        elif dtype == torch.int32:
            values = [self.rng.randint(-5, 6) for _ in range(count)]
        else:
            values = self.numbers(count)
        return torch.tensor(values, dtype=dtype).reshape(shape)

    def positive(self, shape, dtype=torch.float32, low=0.25, high=3):
        count = math.prod(shape)
        values = [round(self.rng.uniform(low, high) * 64) / 64
                  for _ in range(count)]
        return torch.tensor(values, dtype=dtype).reshape(shape)

    def index(self, shape, extent):
        values = [self.rng.randrange(extent) for _ in range(math.prod(shape))]
        return torch.tensor(values, dtype=torch.int32).reshape(shape)

    def broadcastable(self, shape):
        """A shape that broadcasts with another."""
        out = [1 if self.chance(0.25) else e for e in shape]
        if self.chance(0.3):
            out = out[self.rng.randint(0, len(out)):]
        return out

    def number(self, dtype):
        if self.special:
            return self.rng.choice([0, 1, -1, 2, 0.5, -1.5, 1e30, math.inf,
                                    -math.inf, math.nan])
        if dtype in (torch.int32, torch.bool):
            return self.rng.choice([0, 1, -1, 2, 3, -4, 0.5, 1.5, -2.25])
        return self.rng.choice([0, 1, -1, 2, 3, 0.5, -0.5, 1.5, -2.25, 0.125])

    # Choices among what a program has

    def any(self, p, fits=lambda t: True):
        """A value that fits; recent ones first."""
        found = [k for k, v in enumerate(p.values) if fits(v)]
        if not found:
            return None
        if self.chance(0.7):
            unused = set(p.sinks())
            late = [k for k in found if k in unused]
            if late:
                return Ref(self.rng.choice(late))
        return Ref(self.rng.choice(found))

    def operand(self, p, fits=lambda t: True, shape=None, dtype=None):
        """A value that fits, or a new input."""
        ref = None if self.chance(0.12) else self.any(p, fits)
        if ref is not None:
            return ref
        for _ in range(20):
            t = self.tensor(shape, dtype)
            if fits(t):
                return p.add_input(t)
        return self.any(p, fits)
