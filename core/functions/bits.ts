/**
 * The bits of integers, and truth values as single bits.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { call, type Expr } from "../expr/expr.ts";
import { expr } from "../expr/language.ts";
import { fused, type FusedFunction } from "../fused.ts";
import { tidyNow } from "../scope.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkCall, operandLike } from "./call.ts";

const { add, lt, min, mul, pow, select, shiftRight, sub } = expr;

/** One kernel over the bits of two integers, which wraps as they do. */
const ofBits = (
  label: string,
  write: (a: Expr, b: Expr) => Expr,
): FusedFunction<readonly ["int32", "int32"]> =>
  fused(label, ([a, b]) => write(a, b), { inputs: ["int32", "int32"] });

/** The bits that both have. */
const common = (a: Expr, b: Expr): Expr => call("bitAnd", a, b);

const AND = /* @__PURE__ */ ofBits("bitwiseAnd", common);
const OR = /* @__PURE__ */ ofBits(
  "bitwiseOr",
  (a, b) => sub(add(a, b), common(a, b)),
);
const XOR = /* @__PURE__ */ ofBits(
  "bitwiseXor",
  (a, b) => sub(add(a, b), mul(2, common(a, b))),
);
const LEFT = /* @__PURE__ */ ofBits(
  "bitwiseLeftShift",
  (a, b) => mul(a, pow(2, b)),
);
const RIGHT = /* @__PURE__ */ ofBits("bitwiseRightShift", (a, b) => {
  const by = min(b, 31);
  return select(
    lt(a, 0),
    sub(-1, shiftRight(sub(-1, a), by)),
    shiftRight(a, by),
  );
});

/** Refuses what has no bits. */
function checkBits(name: string, ...tensors: readonly Tensor[]): void {
  const wrong = tensors.find(({ dtype }) =>
    dtype !== "int32" && dtype !== "bool"
  );
  if (wrong === undefined) return;
  throw new DTypeError(
    `Cannot ${name} as it takes int32 and bool: got ${wrong.dtype}, cast it with cast("int32")`,
  );
}

function bitwise(
  name: string,
  x: Tensor,
  other: TensorLike,
  ofIntegers: FusedFunction<readonly ["int32", "int32"]>,
  ofBools?: "logicalAnd" | "logicalOr" | "logicalXor",
): Tensor {
  return tidyNow(() => {
    const y = operandLike(name, x, other);
    checkBits(name, x, y);
    if (ofBools && x.dtype === "bool" && y.dtype === "bool") {
      return x[ofBools](y);
    }
    return ofIntegers.map([x.cast("int32"), y.cast("int32")]);
  });
}

/**
 * Bitwise and of integers; logical and of bools. Both are broadcast.
 *
 * @param other A tensor, or a whole number.
 * @returns int32, or bool for two bools.
 * @throws {DTypeError} If the dtype of one is a float.
 * @example The lowest bits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitwiseAnd, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([5, -1], { dtype: "int32" });
 * assertEquals(await bitwiseAnd(x, 6).toArray(), [4, 6]);
 * ```
 */
export function bitwiseAnd(
  x: Tensor,
  other: TensorLike,
): Tensor {
  checkCall("bitwiseAnd", arguments, 2, x);
  return bitwise("bitwiseAnd", x, other, AND, "logicalAnd");
}

/**
 * Bitwise or of integers; logical or of bools. Both are broadcast.
 *
 * @param other A tensor, or a whole number.
 * @returns int32, or bool for two bools.
 * @throws {DTypeError} If the dtype of one is a float.
 * @example Two flags
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitwiseOr, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 4], { dtype: "int32" });
 * assertEquals(await bitwiseOr(x, 1).toArray(), [1, 5]);
 * ```
 */
export function bitwiseOr(x: Tensor, other: TensorLike): Tensor {
  checkCall("bitwiseOr", arguments, 2, x);
  return bitwise("bitwiseOr", x, other, OR, "logicalOr");
}

/**
 * Bitwise exclusive or of integers; logical exclusive or of bools. Both are
 * broadcast.
 *
 * @param other A tensor, or a whole number.
 * @returns int32, or bool for two bools.
 * @throws {DTypeError} If the dtype of one is a float.
 * @example What differs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitwiseXor, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([5, 4], { dtype: "int32" });
 * assertEquals(await bitwiseXor(x, 1).toArray(), [4, 5]);
 * ```
 */
export function bitwiseXor(x: Tensor, other: TensorLike): Tensor {
  checkCall("bitwiseXor", arguments, 2, x);
  return bitwise("bitwiseXor", x, other, XOR, "logicalXor");
}

/**
 * Bitwise not of an integer, `-1 - x`; logical not of a bool.
 *
 * @returns A tensor of the same shape and dtype.
 * @throws {DTypeError} If the dtype is a float.
 * @example All other bits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitwiseNot, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 5], { dtype: "int32" });
 * assertEquals(await bitwiseNot(x).toArray(), [-1, -6]);
 * ```
 */
export function bitwiseNot<D extends DType>(x: Tensor<D>): Tensor<D> {
  checkCall("bitwiseNot", arguments, 1, x);
  checkBits("bitwiseNot", x);
  const found: Tensor = x.dtype === "bool"
    ? x.logicalNot()
    : tidyNow(() => x.neg().sub(1));
  return found as Tensor<D>;
}

/**
 * Bitwise left shift of an integer; bits beyond the 32nd are lost. Both are
 * broadcast.
 *
 * @param other Number of bits, not negative: a tensor or an integer.
 * @returns int32.
 * @throws {DTypeError} If the dtype of one is a float.
 * @example Times 8
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitwiseLeftShift, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, -3], { dtype: "int32" });
 * assertEquals(await bitwiseLeftShift(x, 3).toArray(), [8, -24]);
 * ```
 */
export function bitwiseLeftShift(x: Tensor, other: TensorLike): Tensor {
  checkCall("bitwiseLeftShift", arguments, 2, x);
  return bitwise("bitwiseLeftShift", x, other, LEFT);
}

/**
 * Bitwise right shift of an integer that keeps its sign. Both are broadcast.
 *
 * @param other Number of bits, not negative: a tensor or an integer.
 * @returns int32.
 * @throws {DTypeError} If the dtype of one is a float.
 * @example Rounded down
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitwiseRightShift, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([9, -9], { dtype: "int32" });
 * assertEquals(await bitwiseRightShift(x, 1).toArray(), [4, -5]);
 * ```
 */
export function bitwiseRightShift(x: Tensor, other: TensorLike): Tensor {
  checkCall("bitwiseRightShift", arguments, 2, x);
  return bitwise("bitwiseRightShift", x, other, RIGHT);
}
