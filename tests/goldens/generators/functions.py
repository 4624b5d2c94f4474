"""The functions of @tenfold/core/functions, a family a file."""

import math

import torch

from record import Const, Group, boolean, f32, i32, ints, randn, uniform

INF, NAN = math.inf, math.nan


def f64(values):
    return torch.tensor(values, dtype=torch.float64)


def long(fn):
    """PyTorch wants int64 indices; the figures hold int32."""
    return lambda *t: fn(*[x.long() if x.dtype == torch.int32 else x
                           for x in t])


class Functions(Group):
    def fn(self, name, args, fn, **rest):
        self.op(name, args, fn, via="functions", **rest)


# name, PyTorch's, points of the domain, corners whose gradient is compared,
# corners whose value alone is
UNARY = [
    ("asin", torch.asin, (-0.95, 0.95), [0.0], [1.0, -1.0, 1.5, INF, NAN]),
    ("acos", torch.acos, (-0.95, 0.95), [0.0], [1.0, -1.0, 1.5, -INF, NAN]),
    ("atan", torch.atan, (-9, 9), [0.0, 1e10, -1e10], [INF, -INF, NAN]),
    ("sinh", torch.sinh, (-5, 5), [0.0, 1e-5, 30.0, -30.0],
     [88.9, -89.3, 100.0, INF, -INF, NAN]),
    ("cosh", torch.cosh, (-5, 5), [0.0, 1e-5, 30.0, -30.0],
     [88.9, -89.3, 100.0, INF, -INF, NAN]),
    ("asinh", torch.asinh, (-9, 9), [0.0, 1e-5, 1e4, -1e4],
     [1e12, -3e38, INF, -INF, NAN]),
    ("acosh", torch.acosh, (1.2, 9), [1e4], [1.0, 0.5, -3.0, 3e38, INF, NAN]),
    ("atanh", torch.atanh, (-0.9, 0.9), [0.0, 1e-5],
     [1.0, -1.0, 1.5, INF, NAN]),
    ("log10", torch.log10, (0.1, 9), [1000.0, 1e-5], [0.0, -1.0, INF, NAN]),
    ("erfinv", torch.erfinv, (-0.95, 0.95), [0.0, 0.99],
     [1.0, -1.0, 1.5, 0.9999, NAN]),
    ("lgamma", torch.lgamma, (0.2, 12),
     [0.01, 2.5, 40.0, -0.6, -2.3, 8.0],
     [0.0, -1.0, -2.0, 1.0, 2.0, 1e-3, 1e6, INF, -INF, NAN]),
    ("digamma", torch.digamma, (0.3, 12),
     [0.05, 2.5, 40.0, -0.6, -2.3],
     [0.0, -1.0, -2.0, 1e6, INF, NAN]),
    ("sinc", torch.sinc, (-3, 3), [0.5], [0.0, 1.0, NAN]),
]


def unary(g):
    for name, fn, (low, high), smooth, corners in UNARY:
        g.fn(name, [uniform(low, high, 3, 5)], fn)
        g.fn(name, [f32(smooth)], fn)
        g.fn(name, [f32(corners)], fn, grad=False, check=False)
        g.fn(name, [torch.tensor((low + high) / 2 + 0.1)], fn)
        g.fn(name, [torch.zeros(0, 3)], fn)
        g.fn(name, [i32([1, 2, 3]) if low > 0 else i32([0, 1])], fn,
             grad=False, check=False)
        if name not in ("lgamma", "digamma"):
            g.fn(name, [uniform(low, high, 7).double()], fn, check=False)
    # Where functions near their zeros and ends keep their digits.
    g.fn("lgamma", [f64([0.1, 0.6, 0.99, 1.01, 1.5, 1.99, 2.01, 2.6, 5.5, 7.9,
                         9.5, 20.5, -0.5, -3.7])], torch.lgamma, check=False, second=False)
    g.fn("digamma", [f64([0.1, 0.6, 2.0, 5.5, 9.9, 20.5, -0.5, -3.7])],
         torch.digamma, check=False, grad=False)
    g.fn("erfinv", [f64([1e-9, 0.1, 0.5, 0.9, 0.99, -0.3])], torch.erfinv,
         check=False)


def binary(g):
    x, y = randn(3, 4), randn(4)
    for a, b in ((x, y), (x, randn(3, 4)), (randn(3, 1), y),
                 (torch.tensor(0.3), x), (torch.zeros(0, 4), y)):
        g.fn("logaddexp", [a, b], torch.logaddexp)
        g.fn("lerp", [a, b, 0.3], lambda s, e: torch.lerp(s, e, 0.3))
        g.fn("lerp", [a, b, 0.8], lambda s, e: torch.lerp(s, e, 0.8))
        g.fn("fmod", [a, b], torch.fmod)
        g.fn("copysign", [a, Const(b)], torch.copysign)
        g.fn("floorDivide", [Const(a), Const(b)], torch.floor_divide)
    g.fn("logaddexp", [f32([1000.0, -1000, 0]), f32([999.0, -1001, 80])],
         torch.logaddexp)
    g.fn("logaddexp", [f32([INF, -INF, INF, NAN, 0, -INF]),
                       f32([INF, -INF, -INF, 0, NAN, 3])],
         torch.logaddexp, grad=False)
    g.fn("lerp", [x, randn(3, 4), uniform(-1, 2, 3, 4)], torch.lerp)
    numbers = f32([5, -5, 5.5, -5.5, 0, 7, -7, 1e10, 0.3])
    for divisor in (3, -3, 2.5, 0.25):
        g.fn("fmod", [numbers, divisor], lambda t: torch.fmod(t, divisor))
        g.fn("floorDivide", [Const(numbers), divisor],
             lambda t: torch.floor_divide(t, divisor))
    g.fn("fmod", [f32([1, -1, INF, NAN, 1, 0]), f32([INF, INF, 2, 1, NAN, 0])],
         torch.fmod, grad=False)
    g.fn("floorDivide", [f32([1, -1, INF, NAN, 1, 0, 1, -1]),
                         f32([INF, INF, 2, 1, NAN, 0, 0, 0])],
         torch.floor_divide, grad=False)
    whole = i32([7, -7, 7, -7, 0, 2**31 - 1, -2**31, 123456789, -2**31])
    by = i32([3, 3, -3, -3, 5, 3, 3, -7, 2])
    g.fn("fmod", [whole, by], torch.fmod)
    g.fn("floorDivide", [whole, by], torch.floor_divide)
    g.fn("floorDivide", [ints(-2**30, 2**30, 40), ints(1, 1000, 40)],
         torch.floor_divide)
    g.fn("floorDivide", [ints(-2**30, 2**30, 40), 7],
         lambda t: torch.floor_divide(t, 7))
    g.fn("fmod", [whole, -4], lambda t: torch.fmod(t, -4))
    g.fn("copysign", [f32([1, -2, 0, -0.0, 3]),
                      Const(f32([-0.0, 0.0, -1, 1, -5]))],
         torch.copysign, second=False)
    g.fn("copysign", [f32([INF, NAN]), Const(f32([-INF, 1]))],
         torch.copysign, grad=False)
    g.fn("copysign", [i32([1, -2]), -1.5], lambda t: torch.copysign(t, -1.5))
    g.fn("addcmul", [x, y, randn(3, 1)], torch.addcmul)
    g.fn("addcmul", [x, y, randn(3, 4), {"value": -0.5}],
         lambda a, b, c: torch.addcmul(a, b, c, value=-0.5))
    g.fn("addcmul", [i32([1, 2]), i32([3, 4]), i32([5, 6]), {"value": 2}],
         lambda a, b, c: torch.addcmul(a, b, c, value=2))
    g.fn("addcdiv", [x, y, uniform(0.5, 2, 3, 1)], torch.addcdiv)
    g.fn("addcdiv", [x, y, uniform(-2, -0.5, 3, 4), {"value": 3}],
         lambda a, b, c: torch.addcdiv(a, b, c, value=3))
    double = randn(3, 4).double()
    g.fn("logaddexp", [double, randn(4).double()], torch.logaddexp,
         check=False)
    g.fn("lerp", [double, randn(4).double(), 0.25],
         lambda s, e: torch.lerp(s, e, 0.25), check=False)


def tests(g):
    odd = f32([1, INF, -INF, NAN, 0, -2])
    g.fn("isInf", [odd], torch.isinf, grad=False)
    g.fn("isInf", [i32([1, 2])], torch.isinf)
    g.fn("nanToNum", [odd], torch.nan_to_num, check=False)
    g.fn("nanToNum", [odd.double()], torch.nan_to_num, check=False)
    g.fn("nanToNum", [odd, {"nan": 7, "posinf": 8, "neginf": -9}],
         lambda t: torch.nan_to_num(t, 7, 8, -9))
    g.fn("nanToNum", [i32([1, 2])], torch.nan_to_num)
    base = f32([1, 1, 1e-9, 0, INF, -INF, INF, NAN, NAN, 100])
    near = f32([1.000001, 1.001, 0, 1e-9, INF, INF, 1, NAN, 1, 100.0005])
    for options in ({}, {"equalNan": True}, {"rtol": 1e-2}, {"atol": 1e-2},
                    {"rtol": 0, "atol": 0}):
        names = {"equalNan": "equal_nan"}
        py = {names.get(k, k): v for k, v in options.items()}
        g.fn("isClose", [base, near, options],
             lambda a, b: torch.isclose(a, b, **py), grad=False)
    g.fn("isClose", [i32([1, 100000]), i32([1, 100001])], torch.isclose)
    g.fn("isClose", [boolean([True, False]), boolean([True, True])],
         torch.isclose)
    g.fn("isClose", [f32([[1], [2]]), f32([1, 2])], torch.isclose, grad=False)
    holes = randn(3, 4)
    holes[0, 1] = holes[2, 3] = holes[2, 0] = NAN
    for args in ([], [0], [1, {"keepDim": True}], [[0, 1]], [-1]):
        dim = args[0] if args else (0, 1)
        keep = len(args) > 1
        g.fn("nansum", [holes, *args],
             lambda t: torch.nansum(t, dim, keepdim=keep))
        g.fn("nanmean", [holes, *args],
             lambda t: torch.nanmean(t, dim, keepdim=keep))
    g.fn("nansum", [f32([NAN, NAN])], torch.nansum)
    g.fn("nanmean", [f32([NAN, NAN])], torch.nanmean, grad=False)
    g.fn("nansum", [i32([1, 2])], torch.nansum)


REDUCE = {"sum": "sum", "prod": "prod", "mean": "mean", "amax": "amax",
          "amin": "amin"}


def scattered(g):
    x = randn(3, 4)
    for dim, index in ((0, [[0, 1, 2, 0], [2, 0, 0, 1]]),
                       (1, [[3, 0, 1], [1, 2, 0], [0, 1, 3]]),
                       (-1, [[0, 2]])):
        index = i32(index)
        source = randn(*index.shape)
        g.fn("scatter", [x, dim, index, source],
             long(lambda t, i, s: torch.scatter(t, dim, i, s)))
        g.fn("scatter", [x, dim, index, -1.5],
             long(lambda t, i: torch.scatter(t, dim, i, -1.5)))
        wide = randn(*[n + 1 for n in index.shape])
        g.fn("scatter", [x, dim, index, wide],
             long(lambda t, i, s: torch.scatter(t, dim, i, s)), grad=False)
    g.fn("scatter", [ints(-9, 9, 4), 0, i32([3, 0]), i32([7, 8])],
         lambda t, i, s: torch.scatter(t, 0, i.long(), s))
    g.fn("scatter", [boolean([True, True, False]), 0, i32([2, 0]),
                     boolean([True, False])],
         lambda t, i, s: torch.scatter(t, 0, i.long(), s))
    g.fn("scatter", [f32(1.5), 0, i32(0), f32(2.0)],
         long(lambda t, i, s: torch.scatter(t, 0, i, s)))
    g.fn("scatter", [x, 0, torch.zeros(0, 4, dtype=torch.int32),
                     torch.zeros(0, 4)],
         long(lambda t, i, s: torch.scatter(t, 0, i, s)))
    # Several for one place; those of extremes are apart from each other.
    for name, reduce in REDUCE.items():
        for include in (True, False):
            js = {"includeSelf": include}
            for dim, index in ((0, [[0, 1, 0, 0], [2, 0, 0, 1],
                                    [2, 1, 0, 1]]),
                               (1, [[3, 0, 1], [3, 0, 0], [0, 1, 3]]),
                               (-1, [[0, 0]])):
                index = i32(index)
                source = uniform(0.4, 2, *index.shape)
                g.fn("scatterReduce", [x, dim, index, source, name, js],
                     long(lambda t, i, s: torch.scatter_reduce(
                         t, dim, i, s, reduce, include_self=include)),
                     second=reduce in ("sum", "mean"))
            g.fn("scatterReduce",
                 [ints(-9, 9, 4), 0, i32([1, 1, 3, 1]), ints(-9, 9, 4), name,
                  js],
                 lambda t, i, s: torch.scatter_reduce(
                     t, 0, i.long(), s, reduce, include_self=include))
        g.fn("scatterReduce",
             [f32([1, 2, 3]), 0, i32([0, 1, 0]), f32([NAN, INF, 5]), name],
             lambda t, i, s: torch.scatter_reduce(
                 t, 0, i.long(), s, reduce), grad=False)
        g.fn("scatterReduce", [f32(1.5), 0, i32(0), f32(2.0), name],
             long(lambda t, i, s: torch.scatter_reduce(t, 0, i, s, reduce)),
             second=False)
    # Ties share the gradient; zeros of products do no harm.
    for name in ("amax", "amin", "prod"):
        g.fn("scatterReduce",
             [f32([2, 0, 1, 5]), 0, i32([0, 0, 1, 2, 2, 2]),
              f32([2, 1, 3, 0, 0, 4]), name],
             long(lambda t, i, s: torch.scatter_reduce(t, 0, i, s, name)),
             second=False)
    for dim, index in ((0, [2, 0, 2]), (1, [3, 3]), (-1, [])):
        index = i32(index)
        shape = list(x.shape)
        shape[dim] = len(index)
        source = randn(*shape)
        g.fn("indexAdd", [x, dim, index, source],
             long(lambda t, i, s: torch.index_add(t, dim, i, s)))
        g.fn("indexAdd", [x, dim, index, source, {"alpha": -0.5}],
             long(lambda t, i, s: torch.index_add(t, dim, i, s, alpha=-0.5)))
        g.fn("indexFill", [x, dim, index, 2.5],
             long(lambda t, i: torch.index_fill(t, dim, i, 2.5)))
    for dim, index in ((0, [2, 0]), (1, [3, 1, 0]), (-1, [])):
        index = i32(index)
        shape = list(x.shape)
        shape[dim] = len(index)
        g.fn("indexCopy", [x, dim, index, randn(*shape)],
             long(lambda t, i, s: torch.index_copy(t, dim, i, s)))
    g.fn("indexAdd", [ints(-9, 9, 4), 0, i32([1, 1]), i32([3, 4])],
         lambda t, i, s: torch.index_add(t, 0, i.long(), s))


def bools_without_an_index(g):
    flags = boolean([[True, False], [False, True], [True, True]])
    none = torch.zeros(0, 2, dtype=torch.bool)
    g.fn("indexCopy", [flags, 0, i32([]), none],
         long(lambda t, i, s: torch.index_copy(t, 0, i, s)))
    g.fn("scatter", [flags, 0, none.to(torch.int32), none],
         long(lambda t, i, s: torch.scatter(t, 0, i, s)))


def combined_bools(g):
    flags = boolean([[True, False, True], [False, False, True]])
    source = boolean([[True, False, False], [False, False, True]])
    index = i32([[1, 1, 0], [1, 0, 1]])
    g.op("scatterAdd", [flags, 0, index, source],
         long(lambda t, i, s: torch.scatter_add(t, 0, i, s)))
    g.fn("indexAdd", [flags, 1, i32([0, 0, 1]), source],
         long(lambda t, i, s: torch.index_add(t, 1, i, s)))
    g.fn("indexPut", [flags, [i32([1, 1]), i32([0, 1])],
                      boolean([True, False]), {"accumulate": True}],
         lambda t, a, b, v: put(t, [a, b], v, True))
    for name in ("sum", "prod", "amax", "amin"):
        for include in (True, False):
            g.fn("scatterReduce",
                 [flags, 0, index, source, name, {"includeSelf": include}],
                 long(lambda t, i, s: torch.scatter_reduce(
                     t, 0, i, s, name, include_self=include)))


def put(t, indices, values, accumulate=False):
    return torch.index_put(t, [i.long() if i.dtype == torch.int32 else i
                               for i in indices], values, accumulate)


def masked(g):
    x = randn(3, 4)
    i, j = i32([0, 2, 1]), i32([3, 0, 1])
    for accumulate in (False, True):
        js = {"accumulate": accumulate}
        for name in ("indexPut", "indexPut_"):
            grad = name == "indexPut"
            g.fn(name, [x, [i, j], randn(3), js],
                 lambda t, i, j, v: put(t, [i, j], v, accumulate), grad=grad)
            g.fn(name, [x, [i], randn(4), js],
                 lambda t, i, v: put(t, [i], v, accumulate), grad=grad)
        g.fn("indexPut", [x, [i32([[0], [1]]), i32([1, 2])], randn(2, 2), js],
             lambda t, i, j, v: put(t, [i, j], v, accumulate))
    g.fn("indexPut", [x, [i32([1, 1, 1])], randn(3, 4), {"accumulate": True}],
         lambda t, i, v: put(t, [i], v, True))
    g.fn("indexPut", [x, [x > 0], randn(1)],
         lambda t, m, v: put(t, [m], v))
    g.fn("indexPut", [x, [i32([-1, 0])], randn(2, 4)],
         lambda t, i, v: put(t, [i], v))
    mask = boolean([[True, False, True, False]] * 3)
    for m in (mask, mask[0], mask[:, :1], torch.tensor(True)):
        g.fn("maskedFill", [x, m, 2.5],
             lambda t, m: torch.masked_fill(t, m, 2.5))
        g.fn("maskedFill", [x, m, f32(-1.5)], torch.masked_fill)
        g.fn("maskedSelect", [x, m], torch.masked_select)
    g.fn("maskedFill", [x, mask, -INF],
         lambda t, m: torch.masked_fill(t, m, -INF))
    g.fn("maskedFill", [i32([1, 2, 3]), boolean([True, False, True]), 7],
         lambda t, m: torch.masked_fill(t, m, 7))
    g.fn("maskedFill", [randn(4), mask, 0],
         lambda t, m: torch.masked_fill(t.expand(3, 4), m, 0))
    g.fn("maskedSelect", [f32(3.0), torch.tensor(True)], torch.masked_select)
    g.fn("maskedSelect", [randn(4), mask], torch.masked_select)
    g.fn("maskedSelect", [i32([1, 2]), boolean([False, False])],
         torch.masked_select)
    for values in (f32([[0, 1.5], [NAN, 0]]), i32([0, 3, 0, -1]),
                   boolean([[True], [False]]), f32(0.0), f32(2.0),
                   torch.zeros(0, 3), torch.zeros(2, 2)):
        g.fn("nonzero", [Const(values) if values.is_floating_point()
                         else values], torch.nonzero, grad=False)


def pair(result):
    return {"values": result[0], "indices": result[1]}


def cumulated(g):
    x, y = randn(3, 5), randn(2, 3, 4)
    odd = f32([1, 3, 3, -2, NAN, 7, INF, NAN, -INF])
    ties = f32([[2, 1, 2, 2, 0], [0, 0, 0, -0.0, 0]])
    for name, fn in (("cummax", torch.cummax), ("cummin", torch.cummin)):
        for t, dims in ((x, (0, 1, -1)), (y, (0, 1, 2)), (ties, (1,)),
                        (randn(17), (0,)), (f32(1.5), (0,)),
                        (torch.zeros(0, 3), (0, 1)), (ints(-9, 9, 9), (0,))):
            for dim in dims:
                g.fn(name, [t, dim], lambda t: pair(fn(t, dim)))
        g.fn(name, [odd, 0], lambda t: pair(fn(t, 0)), grad=False)
    for t, dims in ((x, (0, 1, -1)), (y, (0, 1, 2)), (randn(17) * 30, (0,)),
                    (f32(1.5), (0,)), (torch.zeros(0, 3), (0, 1))):
        for dim in dims:
            g.fn("logcumsumexp", [t, dim],
                 lambda t: torch.logcumsumexp(t, dim),
                 second=t.shape != (17,))
    g.fn("logcumsumexp", [f32([1000, 999, 1001]), 0],
         lambda t: torch.logcumsumexp(t, 0), grad=False)
    g.fn("logcumsumexp", [f32([-INF, -INF, 1, INF, NAN, 2]), 0],
         lambda t: torch.logcumsumexp(t, 0), grad=False)
    g.fn("logcumsumexp", [randn(9).double(), 0],
         lambda t: torch.logcumsumexp(t, 0), check=False)


def ordered(g):
    x, y = randn(3, 5), randn(2, 3, 4)
    for t, dim in ((x, 0), (x, 1), (x, -1), (y, 1), (f32(2.0), 0)):
        size = t.shape[dim] if t.ndim else 1
        for keep in (False, True):
            js = {"keepDim": keep}
            for k in {1, (size + 1) // 2, size}:
                g.fn("kthvalue", [t, k, dim, js],
                     lambda t: pair(torch.kthvalue(t, k, dim, keep)))
            for name, fn in (("median", torch.median),
                             ("nanmedian", torch.nanmedian)):
                g.fn(name, [t, dim, js], lambda t: pair(fn(t, dim, keep)))
            g.fn("mode", [t, dim, js], lambda t: pair(torch.mode(t, dim, keep)))
    g.fn("kthvalue", [x, 2], lambda t: pair(torch.kthvalue(t, 2)))
    g.fn("kthvalue", [f32([3, NAN, 1]), 3, 0],
         lambda t: pair(torch.kthvalue(t, 3, 0)), grad=False)
    holes = f32([[3, NAN, 1, 7], [4, 2, 9, 5], [NAN, NAN, NAN, NAN],
                 [1, NAN, NAN, 6]])
    for name, fn in (("median", torch.median), ("nanmedian", torch.nanmedian)):
        for t in (x, randn(4), f32(2.5), f32([2, 1, 2, 2, 5]), randn(2, 3, 4)):
            g.fn(name, [t], fn)
        g.fn(name, [ints(-9, 9, 8)], fn)
        g.fn(name, [holes], fn, grad=False)
        g.fn(name, [torch.zeros(0)], fn, grad=False)
        g.fn(name, [i32([4, 1, 3, 2]), 0], lambda t: pair(fn(t, 0)))
    g.fn("median", [holes, 1], lambda t: pair(torch.median(t, 1)), grad=False)
    # All NaN, and where NaN is taken, has no position that is specified.
    g.fn("nanmedian", [holes[:2], 1], lambda t: pair(torch.nanmedian(t, 1)),
         grad=False)
    for t in (f32([2, 7, 2, 1, 7]), i32([3, 3, 1, 1, 1]),
              f32([[1, 2, 2], [3, 1, 1]])):
        g.fn("mode", [t], lambda t: pair(torch.mode(t)))
    g.fn("mode", [f32([[1, 2, 2], [1, 1, 2], [3, 1, 2]]), 0],
         lambda t: pair(torch.mode(t, 0)))
    qs = [0, 0.2, 0.5, 0.77, 1]
    for how in ("linear", "lower", "higher", "midpoint", "nearest"):
        for name, fn in (("quantile", torch.quantile),
                         ("nanquantile", torch.nanquantile)):
            smooth = dict(grad=how != "nearest")
            g.fn(name, [x, 0.37, 1, {"interpolation": how}],
                 lambda t: fn(t, 0.37, 1, interpolation=how), **smooth)
            g.fn(name, [y, qs, 1, {"interpolation": how, "keepDim": True}],
                 lambda t: fn(t, torch.tensor(qs, dtype=t.dtype), 1, True,
                              interpolation=how), **smooth)
    for name, fn in (("quantile", torch.quantile),
                     ("nanquantile", torch.nanquantile)):
        for t in (x, y, f32(2.5)):
            g.fn(name, [t, 0.3], lambda t: fn(t, 0.3))
            g.fn(name, [t, Const(f32([0.1, 0.9]))], lambda t, q: fn(t, q))
        for dim in (0, 2, -2):
            g.fn(name, [y, qs, dim],
                 lambda t: fn(t, torch.tensor(qs, dtype=t.dtype), dim))
        g.fn(name, [holes, 0.4, 1], lambda t: fn(t, 0.4, 1), grad=False)
        g.fn(name, [holes, qs, 0],
             lambda t: fn(t, torch.tensor(qs, dtype=t.dtype), 0), grad=False)
        g.fn(name, [randn(9).double(), 0.3], lambda t: fn(t, 0.3),
             check=False)


def found(result, inverse=True):
    return dict(zip(("values", "inverse", "counts"), result))


def counted(g):
    for t in (i32([3, 1, 3, 2, 1, 1]), f32([[2, 0.5], [0.5, -1]]),
              boolean([True, False, True]), f32(3.0), torch.zeros(0),
              f32([INF, -INF, INF])):
        g.fn("unique", [t], lambda t: found(torch.unique(
            t, return_inverse=True, return_counts=True)), grad=False)
    rows = i32([[1, 2], [3, 4], [1, 2], [0, 9]])
    for dim in (0, 1, -1):
        g.fn("unique", [rows, {"dim": dim}], lambda t: found(torch.unique(
            t, return_inverse=True, return_counts=True, dim=dim)))
    cube = ints(0, 2, 2, 5, 2)
    for dim in (0, 1, 2):
        g.fn("unique", [cube, {"dim": dim}], lambda t: found(torch.unique(
            t, return_inverse=True, return_counts=True, dim=dim)))
    numbers = i32([0, 5, 2, 2, 0, 2])
    weights = randn(6)
    g.fn("bincount", [numbers], torch.bincount)
    g.fn("bincount", [numbers, {"minLength": 9}],
         lambda t: torch.bincount(t, minlength=9))
    g.fn("bincount", [numbers, {"minLength": 2}],
         lambda t: torch.bincount(t, minlength=2))
    g.fn("bincount", [numbers, {"weights": weights}],
         lambda t, w: torch.bincount(t, w), grad=False)
    g.fn("bincount", [torch.zeros(0, dtype=torch.int32)], torch.bincount)
    g.fn("bincount", [torch.zeros(0, dtype=torch.int32), {"minLength": 3}],
         lambda t: torch.bincount(t, minlength=3))
    line = f32([-3, -1, 0.5, 0.5, 0.5, 2, 9])
    at = f32([[-9, -3, 0.5], [0.7, 9, 10]])
    odd = f32([-INF, INF, NAN])
    for right in (False, True):
        js = {"right": right}
        for values in (at, odd, f32(0.5), torch.zeros(0)):
            g.fn("searchsorted", [line, values, js],
                 lambda s, v: torch.searchsorted(s, v, right=right),
                 grad=False)
            g.fn("bucketize", [values, line, js],
                 lambda v, s: torch.bucketize(v, s, right=right), grad=False)
        g.fn("searchsorted", [line, 0.5, js],
             lambda s: torch.searchsorted(s, 0.5, right=right), grad=False)
        g.fn("bucketize", [0.5, line, js],
             lambda s: torch.bucketize(0.5, s, right=right), grad=False)
        for n in (1, 2, 8, 13):
            g.fn("searchsorted",
                 [torch.sort(randn(2, 3, n))[0], randn(2, 3, 4), js],
                 lambda s, v: torch.searchsorted(s, v, right=right),
                 grad=False)
        g.fn("searchsorted", [torch.zeros(0), at, js],
             lambda s, v: torch.searchsorted(s, v, right=right), grad=False)
        g.fn("searchsorted", [i32([1, 3, 3, 7]), i32([0, 3, 9]), js],
             lambda s, v: torch.searchsorted(s, v, right=right))
    x = randn(40)

    def hist(*args, **rest):
        result = torch.histogram(*args, **rest)
        return {"hist": result[0], "binEdges": result[1]}
    # In these the edges are no elements but the first and the last one.
    for density in (False, True):
        g.fn("histogram", [x, 7, {"density": density}],
             lambda t: hist(t, 7, density=density), grad=False)
        g.fn("histogram",
             [x, 5, {"range": [-1, 1.5], "density": density}],
             lambda t: hist(t, 5, range=(-1.0, 1.5), density=density),
             grad=False)
        g.fn("histogram", [x, Const(f32([-2, -0.5, 0, 3])),
                           {"weight": Const(uniform(0, 1, 40)),
                            "density": density}],
             lambda t, e, w: hist(t, e, weight=w, density=density),
             grad=False)
    g.fn("histogram", [f32([0, 1, 2, 3, 4, 4]), Const(f32([0, 2, 4]))],
         lambda t, e: hist(t, e), grad=False)
    g.fn("histogram", [f32([[2, 2], [2, 2]]), 4], lambda t: hist(t, 4),
         grad=False)
    g.fn("histogram", [torch.zeros(0, 3), 4], lambda t: hist(t, 4),
         grad=False)


def infinite(g):
    far = f32([[-INF, 1, 2, INF, 0], [3, -INF, INF, -INF, INF]])
    for name, fn in (("quantile", torch.quantile),
                     ("nanquantile", torch.nanquantile)):
        for how in ("lower", "higher", "nearest"):
            qs = [0, 0.1, 0.6, 1]
            g.fn(name, [far, qs, 1, {"interpolation": how}],
                 lambda t: fn(t, torch.tensor(qs, dtype=t.dtype), 1,
                              interpolation=how),
                 grad=False)


def arranged(g):
    x, y = randn(3, 4), randn(2, 3, 4)
    for shifts, dims in ((1, 0), (-2, 1), ([1, 2], [0, 1]), ([5, -7], [1, 0]),
                         (3, -1)):
        g.fn("roll", [x, shifts, dims], lambda t: torch.roll(t, shifts, dims))
    g.fn("roll", [x, 5], lambda t: torch.roll(t, 5))
    g.fn("roll", [torch.zeros(0, 3), 1, 0], lambda t: torch.roll(t, 1, 0))
    g.fn("roll", [i32([1, 2, 3]), 1], lambda t: torch.roll(t, 1))
    g.fn("rot90", [x], lambda t: torch.rot90(t))
    for k in (-1, 0, 1, 2, 3, 4, 7):
        g.fn("rot90", [y, k, [1, 2]], lambda t: torch.rot90(t, k, [1, 2]))
        g.fn("rot90", [y, k, [-1, 0]], lambda t: torch.rot90(t, k, [-1, 0]))
    for a, b in ((0, 2), (-1, 0), ([0, 1], [2, 0]), ([2, 1], [0, -1])):
        g.fn("movedim", [y, a, b], lambda t: torch.movedim(t, a, b))
    for dim, sizes in ((0, [1, 2]), (2, [2, -1]), (-1, [2, 1, 2])):
        g.fn("unflatten", [y, dim, sizes], lambda t: t.unflatten(dim, sizes))
    a, b, c = randn(2), randn(3), randn(4)
    for how in ("ij", "xy"):
        js = {"indexing": how}
        g.fn("meshgrid", [[a, b], js],
             lambda a, b: torch.meshgrid(a, b, indexing=how))
        g.fn("meshgrid", [[a, b, c], js],
             lambda a, b, c: torch.meshgrid(a, b, c, indexing=how))
        g.fn("meshgrid", [[a, f32(3.0)], js],
             lambda a, b: torch.meshgrid(a, b, indexing=how))
    for k in (-2, 0, 1):
        g.fn("diag", [randn(3), k], lambda t: torch.diag(t, k))
        g.fn("diag", [x, k], lambda t: torch.diag(t, k))
        g.fn("diagEmbed", [x, {"offset": k}],
             lambda t: torch.diag_embed(t, k))
        g.fn("diagEmbed", [y, {"offset": k, "dim1": 0, "dim2": 2}],
             lambda t: torch.diag_embed(t, k, 0, 2))
        g.fn("diagEmbed", [x, {"offset": k, "dim1": -1, "dim2": 0}],
             lambda t: torch.diag_embed(t, k, -1, 0))
        for rows, columns in ((3, 3), (2, 4), (4, 2), (0, 3)):
            g.fn("triuIndices", [rows, columns, {"offset": k}],
                 lambda: torch.triu_indices(rows, columns, k))
            g.fn("trilIndices", [rows, columns, {"offset": k}],
                 lambda: torch.tril_indices(rows, columns, k))
    g.fn("diag", [i32([1, 2])], torch.diag)


def multiplied(g):
    a, b = randn(3, 4), randn(4, 5)
    g.fn("mm", [a, b], torch.mm)
    g.fn("mm", [ints(-9, 9, 2, 3), ints(-9, 9, 3, 2)], torch.mm)
    g.fn("mm", [torch.zeros(2, 0), torch.zeros(0, 3)], torch.mm)
    p, q = randn(2, 3, 4), randn(2, 4, 5)
    g.fn("bmm", [p, q], torch.bmm)
    for beta, alpha in ((1, 1), (0.5, -2), (0, 1), (1, 3)):
        js = {"beta": beta, "alpha": alpha}
        # What is multiplied by 0 is not looked at.
        of = Const if beta == 0 else lambda t: t
        for bias in (randn(3, 5), randn(5)):
            g.fn("addmm", [of(bias), a, b, js], lambda x, a, b: torch.addmm(
                x, a, b, beta=beta, alpha=alpha))
        # baddbmm of 1.13 multiplies memory that it has not written by 0, and gives
        # NaN where that holds one.
        g.fn("baddbmm", [of(randn(2, 3, 5)), p, q, js],
             (lambda x, a, b: torch.bmm(a, b) * alpha) if beta == 0 else
             lambda x, a, b: torch.baddbmm(x, a, b, beta=beta, alpha=alpha))
    g.fn("addmm", [f32([[NAN]]), f32([[2]]), f32([[3]]), {"beta": 0}],
         lambda x, a, b: torch.addmm(x, a, b, beta=0), grad=False)
    g.fn("trace", [randn(3, 4)], torch.trace)
    g.fn("trace", [ints(-9, 9, 3, 3)], torch.trace)
    for p_ in (0, 1, 2, 3, 1.5, INF):
        for s, t in ((randn(3, 4), randn(5, 4)), (randn(2, 3, 4),
                                                  randn(5, 4))):
            js = {"p": {"number": "Infinity"} if p_ == INF else p_}
            g.fn("cdist", [s, t, js], lambda s, t: torch.cdist(s, t, p_),
                 second=False)
    g.fn("cdist", [f32([[1, 2], [3, 4]]), f32([[1, 2], [5, 6]])],
         lambda s, t: torch.cdist(s, t), second=False)
    # cdist of 1.13 has no second order: by its formula.
    s, t = f32([[0.3, -1.2, 2], [1, 0.4, -0.6]]), f32([[1.5, 0.2, -1]])
    for p_ in (2, 3):
        g.fn("cdist", [s, t, {"p": p_}],
             lambda s, t: (s[:, None] - t).abs().pow(p_).sum(-1).pow(1 / p_))
    g.fn("cdist", [torch.zeros(0, 4), randn(5, 4)], torch.cdist, grad=False)
    x = randn(3, 6)
    f, w = i32([1, 2, 1, 3, 1, 1]), uniform(0.2, 1, 6)
    g.fn("cov", [x], torch.cov)
    g.fn("cov", [x, {"correction": 0}], lambda t: torch.cov(t, correction=0))
    g.fn("cov", [x, {"fweights": f}],
         lambda t, f: torch.cov(t, fweights=f.long()))
    g.fn("cov", [x, {"aweights": Const(w)}],
         lambda t, w: torch.cov(t, aweights=w))
    g.fn("cov", [x, {"fweights": f, "aweights": Const(w)}],
         lambda t, f, w: torch.cov(t, fweights=f.long(), aweights=w))
    g.fn("cov", [randn(6)], torch.cov)
    g.fn("corrcoef", [x], torch.corrcoef)
    g.fn("corrcoef", [randn(6)], torch.corrcoef, grad=False)


def joined(g):
    x, y = randn(3, 5), randn(3, 2)
    for options in ({}, {"n": 2}, {"n": 0}, {"dim": 0}, {"n": 7}):
        g.fn("diff", [x, options],
             lambda t: torch.diff(t, options.get("n", 1),
                                  options.get("dim", -1)))
    g.fn("diff", [x, {"prepend": y}], lambda t, a: torch.diff(t, prepend=a))
    g.fn("diff", [x, {"append": y, "n": 2}],
         lambda t, a: torch.diff(t, 2, append=a))
    g.fn("diff", [x, {"prepend": y, "append": randn(3, 1)}],
         lambda t, a, b: torch.diff(t, prepend=a, append=b))
    g.fn("diff", [ints(-9, 9, 6)], torch.diff)
    g.fn("diff", [boolean([True, False, False, True])], torch.diff)
    g.fn("diff", [torch.zeros(3, 0)], torch.diff, grad=False)
    for name, fn in (("hstack", torch.hstack), ("vstack", torch.vstack)):
        for parts in ((randn(3), randn(2)) if name == "hstack"
                      else (randn(3), randn(3)),
                      (f32(1.0), f32(2.0)), (randn(2, 3), randn(2, 3)),
                      (randn(2, 3, 2), randn(2, 3, 2)), (randn(4),)):
            g.fn(name, [list(parts)], lambda *t: fn(t))
    for repeats in (2, 0, 1):
        g.fn("repeatInterleave", [x, repeats],
             lambda t: torch.repeat_interleave(t, repeats))
        for dim in (0, 1, -1):
            g.fn("repeatInterleave", [x, repeats, dim],
                 lambda t: torch.repeat_interleave(t, repeats, dim))
    g.fn("repeatInterleave", [x, [1, 0, 3], 0],
         lambda t: torch.repeat_interleave(t, torch.tensor([1, 0, 3]), 0))
    g.fn("repeatInterleave", [x, [2, 1, 0, 0, 1], -1],
         lambda t: torch.repeat_interleave(t, torch.tensor([2, 1, 0, 0, 1]),
                                           -1))
    g.fn("repeatInterleave", [i32([4, 5]), [2, 3]],
         lambda t: torch.repeat_interleave(t, torch.tensor([2, 3])))
    g.fn("repeatInterleave", [f32(3.0), 2],
         lambda t: torch.repeat_interleave(t, 2))
    a, b = randn(2, 3, 4), randn(4, 3, 2)
    for dims in (0, 1):
        g.fn("tensordot", [a, b, dims],
             lambda s, t: torch.tensordot(s, t, dims))
    for dims in ([[1, 2], [1, 0]], [[-2], [1]], [[0, 2], [2, 0]], [[], []]):
        g.fn("tensordot", [a, b, dims],
             lambda s, t: torch.tensordot(s, t, dims))
    g.fn("tensordot", [a, randn(3, 4)], torch.tensordot)
    g.fn("tensordot", [randn(4), randn(4), 1],
         lambda s, t: torch.tensordot(s, t, 1))
    for s, t in ((randn(2, 3), randn(3, 2)), (randn(3), randn(2, 2)),
                 (randn(2, 1, 3), randn(2)), (f32(2.0), randn(2, 2)),
                 (ints(-9, 9, 2, 2), ints(-9, 9, 3))):
        g.fn("kron", [s, t], torch.kron)
    for s, t, dim in ((randn(3), randn(3), -1), (randn(4, 3), randn(1, 3), -1),
                      (randn(3, 4), randn(3, 1), 0),
                      (randn(2, 3, 4), randn(2, 3, 4), 1),
                      (ints(-9, 9, 2, 3), ints(-9, 9, 2, 3), 1)):
        g.fn("cross", [s, t] if dim == -1 else [s, t, dim],
             lambda a, b: torch.linalg.cross(a, b, dim=dim))


def bits(g):
    wide = i32([0, 1, -1, 5, -6, 2**31 - 1, -2**31, 123456789, -987654321])
    for name, fn in (("bitwiseAnd", torch.bitwise_and),
                     ("bitwiseOr", torch.bitwise_or),
                     ("bitwiseXor", torch.bitwise_xor)):
        g.fn(name, [wide.reshape(-1, 1), wide], fn)
        g.fn(name, [ints(-2**30, 2**30, 3, 5), 255], lambda t: fn(t, 255))
        g.fn(name, [wide, -7], lambda t: fn(t, -7))
        g.fn(name, [boolean([[True], [False]]), boolean([True, False])], fn)
        g.fn(name, [boolean([True, False, True]), i32([5, 5, 4])], fn)
        g.fn(name, [i32([]), i32([])], fn)
        g.fn(name, [torch.tensor(12, dtype=torch.int32), i32([10, 6])], fn)
    g.fn("bitwiseNot", [wide], torch.bitwise_not)
    g.fn("bitwiseNot", [boolean([True, False])], torch.bitwise_not)
    for by in (0, 1, 7, 30):
        g.fn("bitwiseLeftShift", [wide, by],
             lambda t: torch.bitwise_left_shift(t, by))
        g.fn("bitwiseRightShift", [wide, by],
             lambda t: torch.bitwise_right_shift(t, by))
    places = i32([[0], [3], [31]])
    g.fn("bitwiseLeftShift", [wide, places], torch.bitwise_left_shift)
    g.fn("bitwiseRightShift", [wide, places], torch.bitwise_right_shift)


def methods(g):
    """What tensors have methods for."""
    x, y = randn(3, 4), randn(4)
    for alpha in (1, -0.5, 3):
        js = {"alpha": alpha}
        for name, fn in (("add", torch.add), ("sub", torch.sub)):
            g.op(name, [x, y, js], lambda a, b: fn(a, b, alpha=alpha))
            g.op(name, [x, 2, js], lambda a: fn(a, 2, alpha=alpha))
            g.op(name + "_", [x, y, js], lambda a, b: fn(a, b, alpha=alpha),
                 grad=False)
            g.op(name + "_", [x, 2, js], lambda a: fn(a, 2, alpha=alpha),
                 grad=False)
    for name, fn in (("add", torch.add), ("sub", torch.sub)):
        for suffix in ("", "_"):
            g.op(name + suffix, [i32([1, 2]), i32([5, -6]), {"alpha": 3}],
                 lambda a, b: fn(a, b, alpha=3))
    for name, fn in (("sub_", torch.sub), ("div_", torch.div)):
        g.op(name, [x, y], fn, grad=False)
        g.op(name, [x, uniform(0.5, 2, 3, 1)], fn, grad=False)
        g.op(name, [x, 4], lambda a: fn(a, 4), grad=False)
    g.op("sub_", [i32([1, 2]), 3], lambda a: a - 3)
    g.op("pow_", [uniform(0.5, 2, 3, 4), y], torch.pow, grad=False)
    g.op("pow_", [x, 3], lambda a: a ** 3, grad=False)
    g.op("pow_", [x, 2], lambda a: a ** 2, grad=False)
    g.op("pow_", [i32([2, -3]), 3], lambda a: a ** 3)
    g.op("clamp_", [x, {"min": -0.5, "max": 0.5}],
         lambda a: a.clamp(-0.5, 0.5), grad=False)
    g.op("clamp_", [x, {"min": 0}], lambda a: a.clamp(min=0), grad=False)
    g.op("clamp_", [x, {"max": y}], lambda a, b: a.clamp(max=b), grad=False)
    g.op("clamp_", [i32([1, 5, 9]), {"min": 3, "max": 7}],
         lambda a: a.clamp(3, 7))
    mask = boolean([[True, False, True, False]] * 3)
    for m in (mask, mask[0], mask[:, :1], torch.tensor(True)):
        for value in (2.5, -INF, 0):
            g.op("maskedFill", [x, m, value],
                 lambda t, m: torch.masked_fill(t, m, value))
        g.op("maskedFill", [x, m, f32(-1.5)], torch.masked_fill)
        g.op("maskedFill_", [x, m, 2.5],
             lambda t, m: torch.masked_fill(t, m, 2.5), grad=False)
    g.op("maskedFill", [i32([1, 2, 3]), boolean([True, False, True]), 7],
         lambda t, m: torch.masked_fill(t, m, 7))
    g.op("maskedFill", [boolean([True, False]), boolean([True, True]), 0],
         lambda t, m: torch.masked_fill(t, m, False))
    odd = f32([[1, 3, 3], [NAN, 2, NAN], [-INF, INF, INF], [0, 0, -1]])
    for name, fn in (("max", torch.max), ("min", torch.min)):
        for t, dims in ((x, (0, 1, -1)), (randn(2, 3, 4), (0, 1, 2)),
                        (f32(1.5), (0,)), (ints(-9, 9, 3, 4), (0, 1)),
                        (f32([[2, 1, 2], [0, 0, 0]]), (0, 1))):
            for dim in dims:
                for keep in (False, True):
                    g.op(name, [t, dim, {"indices": True, "keepDim": keep}],
                         lambda t: pair(fn(t, dim, keep)))
        g.op(name, [odd, 1, {"indices": True}], lambda t: pair(fn(t, 1)),
             grad=False)


def in_place(g):
    x, y, z = randn(3, 4), randn(4), randn(3, 4)
    positive = uniform(0.3, 3, 3, 4)
    off = dict(grad=False)

    def on(name, args, fn, **rest):
        g.fn(name + "_", args, long(lambda t, *r: fn(t.clone(), *r)), **off,
             **rest)

    for name in ("abs", "ceil", "cos", "exp", "floor", "neg", "relu", "round",
                 "sigmoid", "sin", "square", "tanh", "trunc"):
        fn = getattr(torch.Tensor, name + "_")
        on(name, [x], fn)
        on(name, [torch.zeros(0, 2)], fn)
        on(name, [x.double()], fn, check=False)
    for name in ("log", "reciprocal", "rsqrt", "sqrt"):
        fn = getattr(torch.Tensor, name + "_")
        on(name, [positive], fn)
        on(name, [positive.double()], fn, check=False)
    for name in ("abs", "neg", "square"):
        on(name, [i32([1, -2, 0])], getattr(torch.Tensor, name + "_"))
    for name in ("remainder", "fmod", "floorDivide"):
        fn = getattr(torch.Tensor, {"floorDivide": "floor_divide"}.get(
            name, name) + "_")
        on(name, [x, positive], fn)
        on(name, [x, f32(0.7)], fn)
        on(name, [x, 1.5], lambda t: fn(t, 1.5))
        on(name, [i32([7, -7, 9]), 4], lambda t: fn(t, 4))
    on("lerp", [x, z, 0.25], lambda t, e: t.lerp_(e, 0.25))
    on("lerp", [x, y.expand(3, 4), positive], lambda t, e, w: t.lerp_(e, w))
    for name in ("addcmul", "addcdiv"):
        fn = getattr(torch.Tensor, name + "_")
        on(name, [x, y, positive], fn)
        on(name, [x, y, positive, {"value": -0.5}],
           lambda t, a, b: fn(t, a, b, value=-0.5))
    for name in ("tril", "triu"):
        fn = getattr(torch.Tensor, name + "_")
        on(name, [x], fn)
        on(name, [x, 1], lambda t: fn(t, 1))
    for name in ("cumsum", "cumprod"):
        fn = getattr(torch.Tensor, name + "_")
        on(name, [x, 1], lambda t: fn(t, 1))
        on(name, [x, 0], lambda t: fn(t, 0))
    index = i32([[0, 2, 1, 2], [1, 0, 0, 0]])
    on("scatter", [x, 0, index, z], lambda t, i, s: t.scatter_(0, i, s))
    on("scatter", [x, 0, index, 2.5], lambda t, i: t.scatter_(0, i, 2.5))
    on("scatterAdd", [x, 0, index, z],
       lambda t, i, s: t.scatter_add_(0, i, s))
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        on("scatterReduce", [x, 0, index, z, reduce],
           lambda t, i, s: t.scatter_reduce_(0, i, s, reduce))
        on("scatterReduce", [x, 0, index, z, reduce, {"includeSelf": False}],
           lambda t, i, s: t.scatter_reduce_(0, i, s, reduce,
                                             include_self=False))
    rows = i32([2, 0])
    part = randn(2, 4)
    on("indexAdd", [x, 0, rows, part], lambda t, i, s: t.index_add_(0, i, s))
    on("indexAdd", [x, 0, rows, part, {"alpha": 2}],
       lambda t, i, s: t.index_add_(0, i, s, alpha=2))
    on("indexCopy", [x, 0, rows, part], lambda t, i, s: t.index_copy_(0, i, s))
    on("indexFill", [x, 1, rows, 3], lambda t, i: t.index_fill_(1, i, 3))


def generate():
    math_ = Functions("functions_math", "elementwise functions", 31)
    for part in (unary, binary, tests):
        part(math_)
    scatter = Functions("functions_scatter", "scatter, masks, indexPut", 32)
    for part in (scattered, masked, bools_without_an_index,
                 combined_bools):
        part(scatter)
    order = Functions("functions_order",
                      "running extremes, order statistics, counts", 33)
    for part in (cumulated, ordered, counted, infinite):
        part(order)
    shape = Functions("functions_shape", "other orders and shapes, products",
                      34)
    for part in (arranged, multiplied):
        part(shape)
    own = Group("methods", "methods of tensors: in place, alpha, extremes", 35)
    methods(own)
    changed = Functions("functions_in_place", "functions in place", 37)
    in_place(changed)
    integers = Functions("functions_bits", "the bits of integers", 36)
    bits(integers)
    beside = Functions("functions_joined",
                       "what is joined, repeated and multiplied", 38)
    joined(beside)
    return [math_, scatter, order, shape, own, integers, changed, beside]
