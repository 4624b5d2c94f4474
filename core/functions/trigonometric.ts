/**
 * Inverse trigonometric and hyperbolic functions.
 *
 * @module
 */
import type { DType, FloatOf } from "../dtype.ts";
import { constant, type Expr } from "../expr/expr.ts";
import { expr } from "../expr/language.ts";
import type { Tensor } from "../tensor.ts";
import { checkCall, elementwise } from "./call.ts";

const { abs, add, atan2, div, eq, exp, expm1, gt, log, log1p, lt, mul, neg } =
  expr;
const { reciprocal, rsqrt, select, sqrt, sub } = expr;

const square = (x: Expr): Expr => mul(x, x);
/** `1 - x^2` without cancellation near ±1. */
const complement = (x: Expr): Expr => mul(sub(1, x), add(1, x));
/** From here on the square of a number hides 1. */
const LARGE = 1e10;

/** An odd function out of its values at numbers from 0 on. */
const odd = (x: Expr, write: (size: Expr) => Expr): Expr => {
  const value = write(abs(x));
  return select(eq(x, 0), x, select(lt(x, 0), neg(value), value));
};

const ASIN = /* @__PURE__ */ elementwise(
  "asin",
  (x) => atan2(x!, sqrt(complement(x!))),
  (g, [x]) => mul(g, rsqrt(complement(x!))),
);
const ACOS = /* @__PURE__ */ elementwise(
  "acos",
  (x) => atan2(sqrt(complement(x!)), x!),
  (g, [x]) => neg(mul(g, rsqrt(complement(x!)))),
);
const ATAN = /* @__PURE__ */ elementwise(
  "atan",
  (x) => atan2(x!, constant(1, x!.dtype)),
  (g, [x]) => div(g, add(square(x!), 1)),
);

/** `exp(|x| / 2)`, whose square is halved before it overflows. */
const half = (x: Expr): Expr => exp(mul(0.5, abs(x)));
const coshOf = (x: Expr): Expr => {
  const root = half(x);
  return add(mul(mul(0.5, root), root), div(0.5, square(root)));
};
const sinhOf = (x: Expr): Expr =>
  odd(x, (size) => {
    const root = half(x);
    const far = sub(mul(mul(0.5, root), root), div(0.5, square(root)));
    const e = expm1(size);
    return select(
      gt(size, 1),
      far,
      mul(0.5, add(e, div(e, add(e, 1)))),
    );
  });
const SINH = /* @__PURE__ */ elementwise(
  "sinh",
  (x) => sinhOf(x!),
  (g, [x]) => mul(g, coshOf(x!)),
);
const COSH = /* @__PURE__ */ elementwise(
  "cosh",
  (x) => coshOf(x!),
  (g, [x]) => mul(g, sinhOf(x!)),
);

const ASINH = /* @__PURE__ */ elementwise(
  "asinh",
  (x) =>
    odd(x!, (size) => {
      const squared = square(size);
      const near = log1p(
        add(size, div(squared, add(1, sqrt(add(squared, 1))))),
      );
      return select(gt(size, LARGE), add(log(size), Math.LN2), near);
    }),
  (g, [x]) => mul(g, rsqrt(add(square(x!), 1))),
);
const ACOSH = /* @__PURE__ */ elementwise(
  "acosh",
  (x) => {
    const above = sub(x!, 1);
    const near = log1p(add(above, sqrt(mul(above, add(above, 2)))));
    return select(gt(x!, LARGE), add(log(x!), Math.LN2), near);
  },
  (g, [x]) => mul(g, rsqrt(mul(sub(x!, 1), add(x!, 1)))),
);
const ATANH = /* @__PURE__ */ elementwise(
  "atanh",
  (x) => odd(x!, (size) => mul(0.5, log1p(div(mul(2, size), sub(1, size))))),
  (g, [x]) => mul(g, reciprocal(complement(x!))),
);

/**
 * The inverse sine, from -π/2 to π/2; NaN beyond -1 and 1.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example An angle
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { asin, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await asin(tensor(1)).item(), Math.PI / 2, 1e-6);
 * ```
 */
export function asin<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("asin", arguments, 1, x);
  return ASIN.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The inverse cosine, from 0 to π; NaN beyond -1 and 1.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example An angle
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { acos, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await acos(tensor(0)).item(), Math.PI / 2, 1e-6);
 * ```
 */
export function acos<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("acos", arguments, 1, x);
  return ACOS.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The inverse tangent, from -π/2 to π/2.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example An angle
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { atan, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await atan(tensor(1)).item(), Math.PI / 4, 1e-6);
 * ```
 */
export function atan<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("atan", arguments, 1, x);
  return ATAN.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The hyperbolic sine, `(exp(x) - exp(-x)) / 2`, accurate near 0.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example At 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sinh, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await sinh(tensor(0)).item(), 0);
 * ```
 */
export function sinh<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("sinh", arguments, 1, x);
  return SINH.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The hyperbolic cosine, `(exp(x) + exp(-x)) / 2`.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example At 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cosh, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await cosh(tensor(0)).item(), 1);
 * ```
 */
export function cosh<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("cosh", arguments, 1, x);
  return COSH.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The inverse hyperbolic sine.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example The inverse of `sinh`
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { asinh, sinh, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await asinh(sinh(tensor(3))).item(), 3, 1e-5);
 * ```
 */
export function asinh<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("asinh", arguments, 1, x);
  return ASINH.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The inverse hyperbolic cosine, from 0 on; NaN below 1.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example The inverse of `cosh`
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { acosh, cosh, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await acosh(cosh(tensor(3))).item(), 3, 1e-5);
 * ```
 */
export function acosh<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("acosh", arguments, 1, x);
  return ACOSH.map([x]) as Tensor<FloatOf<D>>;
}

/**
 * The inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond.
 *
 * @param x A tensor of any shape; integers and bools give float32.
 * @returns A tensor of the same shape.
 * @example The inverse of `tanh`
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { atanh, tensor } from "@tenfold/tenfold";
 *
 * assertAlmostEquals(await atanh(tensor(0.5).tanh()).item(), 0.5, 1e-6);
 * ```
 */
export function atanh<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("atanh", arguments, 1, x);
  return ATANH.map([x]) as Tensor<FloatOf<D>>;
}
