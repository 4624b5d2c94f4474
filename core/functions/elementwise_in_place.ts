/**
 * Functions of one tensor that change its elements in place, by one kernel:
 * each gives that tensor back, refuses integers where the results are floats,
 * and, as all changes in place, a tensor that needs a gradient while gradients
 * are recorded.
 *
 * @module
 */
import { type DType, numberOf } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { arg } from "../expr/expr.ts";
import { memoize } from "../lower/program.ts";
import type { UpdateProgram } from "../op.ts";
import { ELEMENTWISE, type ElementwiseName } from "../ops/elementwise.ts";
import { elementwiseExpr, resolveDType } from "../ops/elementwise_kernel.ts";
import { checkCount } from "../options.ts";
import { checkTensor, type Tensor, updateInPlace } from "../tensor.ts";
import { checkFits } from "../update.ts";

/** A function of one operand as one kernel. */
const programOf: (label: string, name: string, dtype: DType) => UpdateProgram =
  memoize((label, name, dtype) => {
    const facts = ELEMENTWISE[name as ElementwiseName];
    const resolved = resolveDType(facts, dtype as DType);
    if (resolved === null) {
      throw new DTypeError(
        `Cannot ${label} of ${dtype}: cast it with cast("${
          numberOf(dtype as DType)
        }")`,
      );
    }
    checkFits(label, dtype as DType, resolved.result);
    const operand = arg(0, dtype as DType);
    const exprs = [elementwiseExpr(facts, [operand], resolved)];
    return { label, inputs: [dtype as DType], exprs };
  });

function unary<T extends Tensor>(
  name: ElementwiseName,
  args: ArrayLike<unknown>,
  x: T,
): T {
  const label = `${name}_`;
  checkCount(label, args.length, 1);
  checkTensor(x, "each operand", label);
  updateInPlace(programOf(label, name, x.dtype), [x], [], []);
  return x;
}

/**
 * Overwrites the elements of a tensor with their absolute values; see
 * {@linkcode Tensor.abs}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { abs_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([-1, 2]);
 * abs_(x);
 * assertEquals(await x.toArray(), [1, 2]);
 * ```
 */
export function abs_<T extends Tensor>(x: T): T {
  return unary("abs", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their numbers rounded up; see
 * {@linkcode Tensor.ceil}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ceil_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0.5, -0.5]);
 * ceil_(x);
 * assertEquals(await x.toArray(), [1, -0]);
 * ```
 */
export function ceil_<T extends Tensor>(x: T): T {
  return unary("ceil", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their cosines; see
 * {@linkcode Tensor.cos}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cos_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0]);
 * cos_(x);
 * assertEquals(await x.toArray(), [1]);
 * ```
 */
export function cos_<T extends Tensor>(x: T): T {
  return unary("cos", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their exponentials; see
 * {@linkcode Tensor.exp}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exp_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0]);
 * exp_(x);
 * assertEquals(await x.toArray(), [1]);
 * ```
 */
export function exp_<T extends Tensor>(x: T): T {
  return unary("exp", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their numbers rounded down; see
 * {@linkcode Tensor.floor}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { floor_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0.5, -0.5]);
 * floor_(x);
 * assertEquals(await x.toArray(), [0, -1]);
 * ```
 */
export function floor_<T extends Tensor>(x: T): T {
  return unary("floor", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their natural logarithms; see
 * {@linkcode Tensor.log}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { log_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1]);
 * log_(x);
 * assertEquals(await x.toArray(), [0]);
 * ```
 */
export function log_<T extends Tensor>(x: T): T {
  return unary("log", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their negatives; see
 * {@linkcode Tensor.neg}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { neg_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, -2]);
 * neg_(x);
 * assertEquals(await x.toArray(), [-1, 2]);
 * ```
 */
export function neg_<T extends Tensor>(x: T): T {
  return unary("neg", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their reciprocals; see
 * {@linkcode Tensor.reciprocal}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reciprocal_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([2, 4]);
 * reciprocal_(x);
 * assertEquals(await x.toArray(), [0.5, 0.25]);
 * ```
 */
export function reciprocal_<T extends Tensor>(x: T): T {
  return unary("reciprocal", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their rectified elements: 0 where they are negative; see
 * {@linkcode Tensor.relu}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { relu_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([-1, 2]);
 * relu_(x);
 * assertEquals(await x.toArray(), [0, 2]);
 * ```
 */
export function relu_<T extends Tensor>(x: T): T {
  return unary("relu", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their nearest whole numbers, halves to even ones; see
 * {@linkcode Tensor.round}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { round_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0.5, 1.5]);
 * round_(x);
 * assertEquals(await x.toArray(), [0, 2]);
 * ```
 */
export function round_<T extends Tensor>(x: T): T {
  return unary("round", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their reciprocals of square roots; see
 * {@linkcode Tensor.rsqrt}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rsqrt_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([4]);
 * rsqrt_(x);
 * assertEquals(await x.toArray(), [0.5]);
 * ```
 */
export function rsqrt_<T extends Tensor>(x: T): T {
  return unary("rsqrt", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their sigmoids; see
 * {@linkcode Tensor.sigmoid}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sigmoid_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0]);
 * sigmoid_(x);
 * assertEquals(await x.toArray(), [0.5]);
 * ```
 */
export function sigmoid_<T extends Tensor>(x: T): T {
  return unary("sigmoid", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their sines; see
 * {@linkcode Tensor.sin}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sin_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0]);
 * sin_(x);
 * assertEquals(await x.toArray(), [0]);
 * ```
 */
export function sin_<T extends Tensor>(x: T): T {
  return unary("sin", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their square roots; see
 * {@linkcode Tensor.sqrt}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sqrt_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([4, 9]);
 * sqrt_(x);
 * assertEquals(await x.toArray(), [2, 3]);
 * ```
 */
export function sqrt_<T extends Tensor>(x: T): T {
  return unary("sqrt", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their squares; see
 * {@linkcode Tensor.square}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { square_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([2, 3]);
 * square_(x);
 * assertEquals(await x.toArray(), [4, 9]);
 * ```
 */
export function square_<T extends Tensor>(x: T): T {
  return unary("square", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their hyperbolic tangents; see
 * {@linkcode Tensor.tanh}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is not a float.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tanh_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0]);
 * tanh_(x);
 * assertEquals(await x.toArray(), [0]);
 * ```
 */
export function tanh_<T extends Tensor>(x: T): T {
  return unary("tanh", arguments, x);
}

/**
 * Overwrites the elements of a tensor with their whole parts; see
 * {@linkcode Tensor.trunc}.
 *
 * @returns The tensor itself.
 * @throws {DTypeError} If the dtype is bool.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trunc_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1.5, -1.5]);
 * trunc_(x);
 * assertEquals(await x.toArray(), [1, -1]);
 * ```
 */
export function trunc_<T extends Tensor>(x: T): T {
  return unary("trunc", arguments, x);
}
