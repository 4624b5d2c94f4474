"""Fits polynomials of backends/wasm-simd/math.

    python3 tools/math_fits.py

Prints the coefficients, lowest first, as they stand in the sources, and how
far each fit is off in exact arithmetic. Needs NumPy and mpmath.

Fits are minimax: weighted least squares, with weights that grow where the error
is large (Lawson). Coefficients are rounded to float32 one by one from the
lowest, and those that are left are fitted again each time.
"""

import mpmath
import numpy as np

mpmath.mp.dps = 40
POINTS = 1200


def nodes(low, high):
    """Chebyshev nodes, close to each other at the ends."""
    angles = (np.arange(POINTS) + 0.5) * np.pi / POINTS
    return (low + high) / 2 - (high - low) / 2 * np.cos(angles)


def exactly(function, x):
    """A function of mpmath on doubles."""
    return np.array([float(function(mpmath.mpf(float(v)))) for v in x])


def lawson(columns, target, rounds=150):
    """The coefficients with the least maximum of |columns @ c - target|."""
    norms = np.abs(columns).max(axis=0)
    scaled = columns / norms
    weights = np.ones(len(target)) / len(target)
    best, least = None, np.inf
    for _ in range(rounds):
        root = np.sqrt(weights)
        c = np.linalg.lstsq(scaled * root[:, None], target * root, rcond=None)[0]
        error = np.abs(scaled @ c - target)
        if error.max() < least:
            best, least = c, error.max()
        weights = weights * (error / error.max() + 1e-3)
        weights /= weights.sum()
    return best / norms, least


def rounded(columns, target):
    """The same with coefficients that are floats."""
    fixed = []
    for k in range(columns.shape[1]):
        c, _ = lawson(columns[:, k:], target)
        value = float(np.float32(c[0]))
        fixed.append(value)
        target = target - columns[:, k] * value
    return fixed, np.abs(target).max()


def polynomial(name, x, powers, target, weight):
    """Fits sum(c_k x^powers[k]) to a target; errors count times the weight."""
    columns = np.stack([x**p for p in powers], axis=1) * weight[:, None]
    show(name, *rounded(columns, target * weight))


def show(name, coefficients, error):
    print(f"{name}: within 2^{np.log2(error):.2f}")
    for c in coefficients:
        print(f"  {np.format_float_positional(np.float32(c), trim='-') if abs(c) > 1e-2 or c == 0 else np.format_float_scientific(np.float32(c), trim='-')},")


def exp2():
    """(e^2r - 1 - 2r) / r^2, relative to e^2r - 1, and (2^r - 1) / r, where
    errors are those of 2^r."""
    r = nodes(-0.175, 0.175)
    target = exactly(lambda v: (mpmath.expm1(2 * v) - 2 * v) / v**2, r)
    polynomial("EXPM1_TWICE", r, range(5), target, r**2 / np.abs(np.expm1(2 * r)))
    r = nodes(-0.475, 0.6)
    target = exactly(lambda v: (mpmath.mpf(2) ** v - 1) / v, r)
    polynomial("EXP2M1", r, range(6), target, np.abs(r) / 2**r)
    polynomial("EXP2M1_PLAIN", r, range(7), target, np.abs(r) / 2**r)


GELU_LIMIT = 3.5
# The short numbers that leave least of the exponent to the correction.
GELU_SHIFT = 0.640625
GELU_SLOPE = 0.78515625


def gelu():
    """log2(2 Φ(-z)) + (shift + slope z)^2 - shift^2, over z; errors are those
    of the exponent."""
    z = nodes(0, GELU_LIMIT)
    d, k = mpmath.mpf(GELU_SHIFT), mpmath.mpf(GELU_SLOPE)

    def correction(v):
        exponent = mpmath.log(mpmath.erfc(v / mpmath.sqrt(2)), 2)
        return (exponent + (d + k * v) ** 2 - d**2) / v

    target = exactly(correction, z)
    polynomial("GELU_CORRECTION", z - 1.75, range(10), target, z)
    tail = exactly(lambda v: mpmath.erfc(v / mpmath.sqrt(2)) / 2, z)
    target = exactly(
        lambda v: -2 * mpmath.npdf(v) / mpmath.erfc(v / mpmath.sqrt(2)), z)
    # Errors are those of Φ(-z) - z φ(z), or relative where little is left.
    slope = tail * (1 + z * target)
    small = np.where(z > 1.5, np.maximum(1, 0.02 / np.abs(slope)), 1)
    polynomial("SLOPE", z, range(9), target, tail * z * small)


def erf():
    """erf(x) / x in powers of x^2, and erfc(x)^(-1/4) in powers of x - 1; errors
    are those of erf."""
    x = nodes(1e-4, 0.96)
    target = exactly(lambda v: mpmath.erf(v) / v, x)
    polynomial("ERF", x, range(0, 12, 2), target, 1 / target)
    x = nodes(0.95, 3.93)
    target = exactly(lambda v: mpmath.erfc(v) ** -0.25, x)
    polynomial("ERFC_ROOT", x - 1, range(10), target, 4 * target**-5)


def chebyshev(name, degree, target, change=lambda c: c):
    """The coefficients in powers of u of the polynomial through a function of u
    at Chebyshev's points of [-1, 1], in 50 digits."""
    with mpmath.workdps(50):
        count = degree + 1
        turns = [mpmath.pi * (k + mpmath.mpf(1) / 2) / count
                 for k in range(count)]
        values = [target(mpmath.cos(turn)) for turn in turns]
        before, here = [mpmath.mpf(0)] * count, [mpmath.mpf(0)] * count
        here[0] = mpmath.mpf(1)
        total = [sum(values) / count] + [mpmath.mpf(0)] * degree
        for j in range(1, count):
            shifted = [mpmath.mpf(0)] + here[:-1]
            before, here = here, [
                (1 if j == 1 else 2) * a - b for a, b in zip(shifted, before)]
            share = 2 * sum(y * mpmath.cos(j * turn)
                            for y, turn in zip(values, turns)) / count
            total = [t + share * a for t, a in zip(total, here)]
        print(f"{name}:")
        # Digits beyond 2e-18 of a function near 1 say nothing.
        for c in change(total):
            texts = [f"{float(c):.{digits}g}" for digits in range(1, 18)]
            close = [t for t in texts if abs(float(t) - float(c)) <= 2e-18]
            print(f"  {close[0]},")


def double_erf():
    """For float64: erf(x) / x in powers of x^2 up to 1, and (1 + 2 x) exp(x^2)
    erfc(x) in powers of (x - 5) / (x + 3) from 1 on."""

    def small(u):
        root = mpmath.sqrt((u + 1) / 2)
        return mpmath.erf(root) / root

    def in_square(c):
        # u = 2 x^2 - 1
        return [sum(a * mpmath.binomial(k, i) * 2**i * (-1) ** (k - i)
                    for k, a in enumerate(c) if k >= i) for i in range(len(c))]

    def tail(u):
        x = (5 + 3 * u) / (1 - u)
        return (1 + 2 * x) * mpmath.exp(x * x) * mpmath.erfc(x)

    chebyshev("ERF of float64", 12, small, in_square)
    chebyshev("ERFC of float64", 20, tail)


if __name__ == "__main__":
    exp2()
    gelu()
    erf()
    double_erf()
