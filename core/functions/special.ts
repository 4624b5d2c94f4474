/**
 * Special functions: gamma, the inverse error function, sinc.
 *
 * @module
 */
import type { DType, FloatOf } from "../dtype.ts";
import { constant, type Expr } from "../expr/expr.ts";
import { expr } from "../expr/language.ts";
import type { Tensor } from "../tensor.ts";
import { checkCall, elementwise } from "./call.ts";

const { abs, add, and, cos, div, eq, exp, ge, log, lt, mul, neg, round } = expr;
const { select, sin, sqrt, sub, tan } = expr;

/** A polynomial, by the coefficients of ascending powers. */
const polynomial = (x: Expr, coefficients: readonly number[]): Expr => {
  const [last, ...lower] = coefficients.toReversed();
  const first: Expr = constant(last!, x.dtype);
  return lower.reduce((sum, c) => add(mul(sum, x), c), first);
};
const isDouble = (x: Expr): boolean => x.dtype === "float64";
/** The distance to the nearest integer. */
const fraction = (x: Expr): Expr => sub(x, round(x));

/**
 * The powers of z in `log Γ(2 + z)`: 1 - γ, and ±(ζ(k) - 1) / k
 * (Abramowitz and Stegun 6.1.33).
 */
// deno-fmt-ignore
const SERIES: readonly number[] = [
  0.42278433509846714, 0.32246703342411322, -0.067352301053198095,
  0.020580808427784548, -0.0073855510286739853, 0.0028905103307415233,
  -0.001192753911703261, 0.00050966952474304242, -0.00022315475845357938,
  9.9457512781808534e-5, -4.4926236738133142e-5, 2.0507212775670692e-5,
  -9.4394882752683959e-6, 4.3748667899074878e-6, -2.0392157538013662e-6,
  9.5514121304074198e-7, -4.492469198764566e-7, 2.1207184805554666e-7,
  -1.00432248239681e-7, 4.7698101693639806e-8, -2.2711094608943165e-8,
  1.0838659214896954e-8, -5.1834750419700467e-9, 2.4836745438024783e-9,
  -1.1921401405860912e-9, 5.731367241678862e-10, -2.7595228851242331e-10,
];
/** The terms of Stirling's series in 1 / x^2 (6.1.40). */
const STIRLING: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
];

/** `log Γ(p)` for p from 0 on, to all digits also near its zeros 1 and 2. */
function logGammaAbove(p: Expr): Expr {
  // By recurrence to 1.5 to 2.5, where the series holds.
  let near = p;
  let product: Expr = constant(1, p.dtype);
  for (let i = 0; i < 6; i++) {
    const further = ge(near, 2.5);
    near = select(further, sub(near, 1), near);
    product = select(further, mul(product, near), product);
  }
  const [below1, below2] = [lt(p, 1.5), lt(p, 0.5)];
  const z = select(
    below2,
    p,
    select(below1, sub(p, 1), sub(near, 2)),
  );
  const factor = select(
    below2,
    mul(p, add(p, 1)),
    select(below1, p, product),
  );
  const shift = log(factor);
  const series = mul(z, polynomial(z, SERIES.slice(0, isDouble(p) ? 27 : 14)));
  const inverse = div(1, p);
  const far = add(
    sub(mul(sub(p, 0.5), sub(log(p), 1)), 0.5 - 0.9189385332046727),
    mul(inverse, polynomial(mul(inverse, inverse), STIRLING)),
  );
  return select(
    ge(p, 8),
    far,
    add(series, select(below1, neg(shift), shift)),
  );
}

/** `log |Γ(x)|`. */
export const logGamma = (x: Expr): Expr => {
  const below = lt(x, 0);
  const above = logGammaAbove(select(below, sub(1, x), x));
  const sine = abs(sin(mul(Math.PI, fraction(x))));
  const reflected = sub(sub(Math.log(Math.PI), log(sine)), above);
  // Γ(-∞), as in C.
  return select(
    eq(x, -Infinity),
    neg(x),
    select(below, reflected, above),
  );
};

/** The terms of the asymptotic series of digamma in 1 / x^2 (6.3.18). */
const DIGAMMA: readonly number[] = [
  1 / 12,
  -1 / 120,
  1 / 252,
  -1 / 240,
  1 / 132,
  -691 / 32760,
  1 / 12,
];

/** The derivative of `log Γ(x)`. */
export const digammaOf = (x: Expr): Expr => {
  const below = lt(x, 0);
  const p = select(below, sub(1, x), x);
  const steps = isDouble(x) ? 10 : 6;
  let before = div(1, p);
  for (let k = 1; k < steps; k++) before = add(before, div(1, add(p, k)));
  const far = add(p, steps);
  const inverse = div(1, far);
  const squared = mul(inverse, inverse);
  const above = sub(
    sub(log(far), mul(0.5, inverse)),
    add(before, mul(squared, polynomial(squared, DIGAMMA))),
  );
  const rest = fraction(x);
  const reflected = sub(above, div(Math.PI, tan(mul(Math.PI, rest))));
  const pole = and(below, eq(rest, 0));
  return select(pole, NaN, select(below, reflected, above));
};

const LGAMMA = /* @__PURE__ */ elementwise(
  "lgamma",
  (x) => logGamma(x!),
  (g, [x]) => mul(g, digammaOf(x!)),
);
const DIGAMMA_FUNCTION = /* @__PURE__ */ elementwise(
  "digamma",
  (x) => digammaOf(x!),
);

/** A polynomial around a centre. */
interface Piece {
  readonly centre: number;
  readonly powers: readonly number[];
}

/**
 * The inverse error function over x, as polynomials in w = -log(1 - x^2) and,
 * where w is larger, in its root (the variables of Giles, "Approximating the
 * erfinv function", 2011), fitted at the zeros of Chebyshev polynomials.
 */
// deno-fmt-ignore
const SINGLE: { readonly near: Piece; readonly far: Piece } = {
  near: {
    centre: 2.5,
    powers: [
      1.50140935, 0.246640766, -4.17734652e-3, -1.25375888e-3, 2.1831298e-4,
      -4.38034671e-6, -3.45477951e-6, 3.42224709e-7, 2.26059777e-8,
    ],
  },
  far: {
    centre: 3.1680339887498948,
    powers: [
      3.00152678, 1.004297, 6.40577793e-3, -4.69237187e-3, 3.26700229e-3,
      -2.20894771e-3, 1.2232592e-3, -3.47791399e-4, -1.36844598e-4,
      1.11538581e-4,
    ],
  },
};
// deno-fmt-ignore
const DOUBLE: {
  readonly near: Piece;
  readonly far: Piece;
  readonly farthest: Piece;
} = {
  near: {
    centre: 3.125,
    powers: [
      1.6536545626831027, 0.24015818242558971, -6.0336708714270113e-3,
      -7.4070253416694011e-4, 1.8673420802124272e-4, -1.3882523361276876e-5,
      -1.3654691796592068e-6, 4.2347877672780653e-7, -2.9070386660191429e-8,
      -4.1126331042976139e-9, 1.0512202440121784e-9, -5.4154417754696635e-11,
      -1.2977505202014967e-11, 2.6335724924608484e-12, -8.1065944564384951e-14,
      -4.0554139746886005e-14, 6.5819553059292389e-15, 2.166994626283574e-17,
      -1.290702354613073e-16, 1.1125794759379465e-17, 1.1027771591500033e-18,
      -1.6787330615256772e-19, -2.3623696985661074e-22,
    ],
  },
  far: {
    centre: 3.25,
    powers: [
      3.0838856104922206, 1.0052589676941647, 5.3709145535735936e-3,
      -3.7512085080305409e-3, 2.4914420969979908e-3, -1.6882755445265592e-3,
      9.5328936185524614e-4, -3.5503764895782256e-4, 2.4031286377073694e-5,
      6.8285613985309953e-5, -4.7319187369358216e-5, 1.2472740144742725e-5,
      2.9264777314239854e-6, -4.0089569669322788e-6, 1.497191022600222e-6,
      1.3250759477977463e-8, -2.6973136820661625e-7, 9.2843322254205719e-8,
    ],
  },
  farthest: {
    centre: 5.05,
    powers: [
      4.9004210514436399, 1.0102850175977696, -1.6985809141983333e-4,
      -2.0031200644141316e-4, 7.1240313920557646e-5, -1.8374540508677089e-5,
      4.1938660601430223e-6, -9.0705477737250004e-7, 2.0156681280690198e-7,
      -5.5042611508709525e-8, 2.1949778419878251e-8, -1.0994016951836436e-8,
      5.6180224330156275e-9, -2.85961169831867e-9, 1.2116387742683498e-9,
      -2.5934771727824328e-10,
    ],
  },
};

const inverseErf = (x: Expr): Expr => {
  const at = (u: Expr, { centre, powers }: Piece) =>
    polynomial(sub(u, centre), powers);
  const w = neg(log(mul(sub(1, x), add(1, x))));
  const root = sqrt(w);
  const ratio = isDouble(x)
    ? select(
      lt(w, 6.25),
      at(w, DOUBLE.near),
      select(lt(w, 16), at(root, DOUBLE.far), at(root, DOUBLE.farthest)),
    )
    : select(lt(w, 5), at(w, SINGLE.near), at(root, SINGLE.far));
  return mul(x, select(eq(w, Infinity), w, ratio));
};
const ERFINV = /* @__PURE__ */ elementwise(
  "erfinv",
  (x) => inverseErf(x!),
  (g, _, y) => mul(g, mul(Math.sqrt(Math.PI) / 2, exp(mul(y, y)))),
);

const SINC = /* @__PURE__ */ elementwise(
  "sinc",
  (x) => {
    const angle = mul(Math.PI, x!);
    return select(eq(x!, 0), 1, div(sin(angle), angle));
  },
  (g, [x]) => {
    const angle = mul(Math.PI, x!);
    const slope = div(sub(cos(angle), div(sin(angle), angle)), x!);
    return select(eq(x!, 0), 0, mul(g, slope));
  },
);

const LOG10 = /* @__PURE__ */ elementwise(
  "log10",
  (x) => mul(log(x!), Math.LOG10E),
  (g, [x]) => div(g, mul(x!, Math.LN10)),
);

/**
 * The logarithm of the absolute value of the gamma function. Infinite at 0 and
 * at negative integers. Its gradient is {@linkcode digamma}.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example The logarithm of 4!
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { lgamma, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await lgamma(tensor(5)).item(), Math.log(24), 1e-5);
 * ```
 */
export function lgamma<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("lgamma", arguments, 1, x);
  return LGAMMA.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The derivative of {@linkcode lgamma}. NaN at negative integers, infinite at
 * 0.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example Euler's constant
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { digamma, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await digamma(tensor(1)).item(), -0.5772157, 1e-6);
 * ```
 */
export function digamma<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("digamma", arguments, 1, x);
  return DIGAMMA_FUNCTION.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The inverse of the error function: infinite at -1 and 1, NaN beyond.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example The inverse of `erf`
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { erfinv, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await erfinv(tensor(0.5).erf()).item(), 0.5, 1e-6);
 * ```
 */
export function erfinv<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("erfinv", arguments, 1, x);
  return ERFINV.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The normalized sinc, `sin(πx) / (πx)`, and 1 at 0.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example At 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sinc, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await sinc(tensor(0)).item(), 1);
 * ```
 */
export function sinc<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("sinc", arguments, 1, x);
  return SINC.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The logarithm to base 10.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example Zeros of a number
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { log10, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await log10(tensor(1000)).item(), 3, 1e-6);
 * ```
 */
export function log10<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("log10", arguments, 1, x);
  return LOG10.map([x]) as Tensor<FloatOf<D>>;
}
