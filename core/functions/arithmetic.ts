/**
 * Arithmetic of two or three operands.
 *
 * @module
 */
import {
  type DType,
  DTYPES,
  type FloatOf,
  isFloating,
  type NumberBeside,
  type NumberOf,
  type Promote,
  promote,
} from "../dtype.ts";
import { wholeQuotient } from "../expr/differentiate.ts";
import type { Expr } from "../expr/expr.ts";
import { expr } from "../expr/language.ts";
import { fused } from "../fused.ts";
import { checkPlain, number, type PlainFields } from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkCall, elementwise, operandLike } from "./call.ts";

const { abs, add, and, div, eq, exp, isFinite, isNan, log1p, lt, max } = expr;
const { mul, neg, not, or, remainder, select, sigmoid, sub, trunc } = expr;

/** True of numbers below 0, and of -0. */
const negative = (x: Expr): Expr =>
  or(lt(x, 0), and(eq(x, 0), lt(div(1, x), 0)));

const LOGADDEXP = /* @__PURE__ */ elementwise(
  "logaddexp",
  (a, b) => {
    const top = max(a!, b!);
    const same = and(eq(a!, b!), not(isFinite(a!)));
    const sum = add(top, log1p(exp(neg(abs(sub(a!, b!))))));
    return select(same, a!, sum);
  },
  (g, [a, b]) => shareOf(g, a!, b!),
  (g, [a, b]) => shareOf(g, b!, a!),
);

/** What of the gradient of a sum of powers one of them takes. */
function shareOf(g: Expr, a: Expr, b: Expr): Expr {
  // The difference of two infinities is none.
  const same = and(eq(a, b), not(isFinite(a)));
  return mul(g, select(same, 0.5, sigmoid(sub(a, b))));
}

const FMOD = /* @__PURE__ */ elementwise(
  "fmod",
  (a, b) => {
    const rest = remainder(abs(a!), abs(b!));
    return select(lt(a!, 0), neg(rest), rest);
  },
  (g) => g,
  (g, [a, b]) => neg(mul(g, trunc(div(a!, b!)))),
);

const FLOOR_DIVIDE = /* @__PURE__ */ elementwise(
  "floorDivide",
  (a, b) => wholeQuotient(a!, b!, remainder(a!, b!)),
);

const COPYSIGN = /* @__PURE__ */ elementwise(
  "copysign",
  (a, b) => {
    const size = abs(a!);
    return select(negative(b!), neg(size), size);
  },
  (g, [a, b]) => {
    const opposite = or(
      and(negative(a!), not(negative(b!))),
      and(not(negative(a!)), negative(b!)),
    );
    return select(eq(a!, 0), 0, select(opposite, neg(g), g));
  },
  () => null,
);

const LERP = /* @__PURE__ */ elementwise("lerp", (start, end, weight) => {
  const way = sub(end!, start!);
  return select(
    lt(abs(weight!), 0.5),
    add(start!, mul(weight!, way)),
    sub(end!, mul(way, sub(1, weight!))),
  );
});

const ADDCMUL = /* @__PURE__ */ fused(
  "addcmul",
  ([x, a, b], [value]) => add(x, mul(value, mul(a, b))),
  { scalars: 1 },
);
const ADDCDIV = /* @__PURE__ */ fused(
  "addcdiv",
  ([x, a, b], [value]) => add(x, mul(value, div(a, b))),
  { scalars: 1 },
);

const NAN_TO_NUM = /* @__PURE__ */ fused(
  "nanToNum",
  ([x], [nan, above, below]) =>
    select(
      isNan(x),
      nan,
      select(eq(x, Infinity), above, select(eq(x, -Infinity), below, x)),
    ),
  { scalars: 3 },
);

const VALUE: PlainFields = { value: number };
const NUMBERS: PlainFields = { nan: number, posinf: number, neginf: number };

/** Whether neither is of floats. */
const whole = (a: Tensor, b: Tensor): boolean =>
  !isFloating(promote(a.dtype, b.dtype));

/**
 * `log(exp(x) + exp(other))`, without overflow; both broadcast.
 *
 * @param x The first operand.
 * @param other The second operand, or a number.
 * @returns The common shape; float32 for integers.
 * @example Two equal probabilities
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { logaddexp, tensor } from "@tenfold/tenfold";
 *
 * const y = logaddexp(tensor(1000), tensor(1000));
 * assertAlmostEquals(await y.item(), 1000 + Math.LN2, 1e-3);
 * ```
 */
export function logaddexp<D extends DType, E extends DType = NumberBeside<D>>(
  x: Tensor<D>,
  other: TensorLike<E>,
): Tensor<FloatOf<Promote<D, E>>> {
  checkCall("logaddexp", arguments, 2, x);
  return tidyNow(() =>
    LOGADDEXP.map([x, operandLike("logaddexp", x, other)]) as Tensor<
      FloatOf<Promote<D, E>>
    >
  );
}

/** The remainder of integers with the sign of the dividend. */
function wholeFmod(x: Tensor, y: Tensor): Tensor {
  const rest = x.remainder(y);
  const opposite = x.lt(0).ne(y.lt(0)).logicalAnd(rest.ne(0));
  return rest.sub(y.mul(opposite));
}

/**
 * The remainder of a division that is rounded towards zero, as C's `fmod`: it
 * takes the sign of `x`. Both broadcast. An integer divided by 0 gives 0.
 *
 * @param x The dividend.
 * @param other The divisor, or a number.
 * @returns The common shape and dtype.
 * @example The sign of the dividend
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fmod, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await fmod(tensor([-5, 5]), 3).toArray(), [-2, 2]);
 * ```
 */
export function fmod<D extends DType, E extends DType = NumberBeside<D>>(
  x: Tensor<D>,
  other: TensorLike<E>,
): Tensor<NumberOf<Promote<D, E>>> {
  checkCall("fmod", arguments, 2, x);
  return tidyNow(() => {
    const y = operandLike("fmod", x, other);
    const rest = whole(x, y) ? wholeFmod(x, y) : FMOD.map([x, y]);
    return rest as Tensor<NumberOf<Promote<D, E>>>;
  });
}

/**
 * Quotients of integers rounded down: what floats of 24 digits leave of the
 * quotient is divided once more.
 */
function wholeFloorDivide(x: Tensor, y: Tensor): Tensor {
  const rest = wholeFmod(x, y);
  const multiple = x.sub(rest);
  const quotient = (of: Tensor) => of.div(y).round().cast("int32");
  const first = quotient(multiple);
  const toZero = first.add(quotient(multiple.sub(first.mul(y))));
  return toZero.sub(x.lt(0).ne(y.lt(0)).logicalAnd(rest.ne(0)).cast("int32"));
}

/**
 * The quotient rounded down to a whole number; both broadcast. Its gradient is
 * 0. Division of an integer by 0 is not checked, and its result is unspecified.
 *
 * @param x The dividend.
 * @param other The divisor, or a number.
 * @returns The common shape and dtype.
 * @example Down, not towards zero
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { floorDivide, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await floorDivide(tensor([-5, 5]), 3).toArray(), [-2, 1]);
 * ```
 */
export function floorDivide<
  D extends DType,
  E extends DType = NumberBeside<D>,
>(
  x: Tensor<D>,
  other: TensorLike<E>,
): Tensor<NumberOf<Promote<D, E>>> {
  checkCall("floorDivide", arguments, 2, x);
  return tidyNow(() => {
    const y = operandLike("floorDivide", x, other);
    const found = whole(x, y)
      ? wholeFloorDivide(x.cast("int32"), y.cast("int32"))
      : FLOOR_DIVIDE.map([x, y]);
    return found as Tensor<NumberOf<Promote<D, E>>>;
  });
}

/**
 * The magnitude of `x` with the sign of `other`, -0 included; both are
 * broadcast.
 *
 * @param x The tensor of magnitudes.
 * @param other The signs: a tensor or a number.
 * @returns The common shape; float32 for integers.
 * @example Signs of another tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { copysign, tensor } from "@tenfold/tenfold";
 *
 * const y = copysign(tensor([1, -2]), tensor([-5, 5]));
 * assertEquals(await y.toArray(), [-1, 2]);
 * ```
 */
export function copysign<D extends DType, E extends DType = NumberBeside<D>>(
  x: Tensor<D>,
  other: TensorLike<E>,
): Tensor<FloatOf<Promote<D, E>>> {
  checkCall("copysign", arguments, 2, x);
  return tidyNow(() =>
    COPYSIGN.map([x, operandLike("copysign", x, other)]) as Tensor<
      FloatOf<Promote<D, E>>
    >
  );
}

/**
 * `start + weight * (end - start)`, exact where the weight is 0 or 1; all
 * broadcast.
 *
 * @param start The result for weight 0.
 * @param end The result for weight 1.
 * @param weight A tensor or a number.
 * @returns The common shape; float32 for integers.
 * @example Half of the way
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lerp, tensor } from "@tenfold/tenfold";
 *
 * const y = lerp(tensor([0, 1]), tensor([10, 3]), 0.5);
 * assertEquals(await y.toArray(), [5, 2]);
 * ```
 */
export function lerp<D extends DType, E extends DType>(
  start: Tensor<D>,
  end: Tensor<E>,
  weight: TensorLike,
): Tensor<FloatOf<Promote<D, E>>> {
  checkCall("lerp", arguments, 3, start, end);
  return tidyNow(() =>
    LERP.map([start, end, operandLike("lerp", start, weight)]) as Tensor<
      FloatOf<Promote<D, E>>
    >
  );
}

/**
 * Options of {@linkcode addcmul} and {@linkcode addcdiv}.
 *
 * @example Half of a product
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addcmul, type ScaleOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: ScaleOptions = { value: 0.5 };
 * const y = addcmul(tensor([1]), tensor([2]), tensor([3]), options);
 * assertEquals(await y.item(), 4);
 * ```
 */
export interface ScaleOptions {
  /** Factor of the product or quotient. @default {1} */
  readonly value?: number;
}

/**
 * `x + value * a * b`; all broadcast.
 *
 * @param options `value`. @default {value: 1}
 * @returns The common shape and dtype.
 * @example A step
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addcmul, tensor } from "@tenfold/tenfold";
 *
 * const y = addcmul(tensor([1]), tensor([2]), tensor([3]), { value: 0.5 });
 * assertEquals(await y.toArray(), [4]);
 * ```
 */
export function addcmul<D extends DType, E extends DType>(
  x: Tensor<D>,
  a: Tensor<E>,
  b: Tensor<E>,
  options: ScaleOptions = {},
): Tensor<Promote<D, E>> {
  checkCall("addcmul", arguments, 4, x, a, b);
  checkPlain(VALUE, options, "addcmul");
  const { value = 1 } = options;
  const floats = isFloating(promote(x.dtype, promote(a.dtype, b.dtype)));
  const sum = floats
    ? ADDCMUL.map([x, a, b], [value])
    : tidyNow(() => x.add(a.mul(b).mul(value)));
  return sum as Tensor<Promote<D, E>>;
}

/**
 * `x + value * a / b`; all broadcast.
 *
 * @param options `value`. @default {value: 1}
 * @returns The common shape; float32 for integers.
 * @example A step
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addcdiv, tensor } from "@tenfold/tenfold";
 *
 * const y = addcdiv(tensor([1]), tensor([6]), tensor([3]), { value: -1 });
 * assertEquals(await y.toArray(), [-1]);
 * ```
 */
export function addcdiv<D extends DType, E extends DType>(
  x: Tensor<D>,
  a: Tensor<E>,
  b: Tensor<E>,
  options: ScaleOptions = {},
): Tensor<FloatOf<Promote<D, E>>> {
  checkCall("addcdiv", arguments, 4, x, a, b);
  checkPlain(VALUE, options, "addcdiv");
  const { value = 1 } = options;
  return ADDCDIV.map([x, a, b], [value]) as Tensor<FloatOf<Promote<D, E>>>;
}

/** The largest finite number of a float dtype. */
const largest = (dtype: DType): number =>
  DTYPES[dtype].bytes === 8 ? Number.MAX_VALUE : (2 - 2 ** -23) * 2 ** 127;

/**
 * Replaces NaN and infinities by numbers.
 *
 * @param x A tensor of any shape; integers stay as they are.
 * @param options `nan`, `posinf` and `neginf`.
 * @default {nan: 0, posinf and neginf: the largest finite numbers of the dtype}
 * @returns A tensor of the same shape and dtype.
 * @example No NaN
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nanToNum, tensor } from "@tenfold/tenfold";
 *
 * const y = nanToNum(tensor([NaN, 1, Infinity]), { posinf: 9 });
 * assertEquals(await y.toArray(), [0, 1, 9]);
 * ```
 */
export function nanToNum<D extends DType>(
  x: Tensor<D>,
  options: { nan?: number; posinf?: number; neginf?: number } = {},
): Tensor<D> {
  checkCall("nanToNum", arguments, 2, x);
  checkPlain(NUMBERS, options, "nanToNum");
  if (!isFloating(x.dtype)) return x.alias();
  const top = largest(x.dtype);
  const { nan = 0, posinf = top, neginf = -top } = options;
  return NAN_TO_NUM.map([x], [nan, posinf, neginf]) as Tensor<D>;
}
