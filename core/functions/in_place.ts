/**
 * Functions that change their first operand in place. Each gives that tensor
 * back, refuses results of another kind (floats for integers) and of a larger
 * shape, and, as all changes in place, a tensor that needs a gradient while
 * gradients are recorded.
 *
 * @module
 */
import { noGradNow } from "../autograd/mode.ts";
import { numberOf } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { arg } from "../expr/expr.ts";
import { memoize } from "../lower/program.ts";
import type { DType } from "../dtype.ts";
import type { UpdateProgram } from "../op.ts";
import { ELEMENTWISE, type ElementwiseName } from "../ops/elementwise.ts";
import { elementwiseExpr, resolveDType } from "../ops/elementwise_kernel.ts";
import { checkCount } from "../options.ts";
import { tidyNow } from "../scope.ts";
import {
  checkTensor,
  type Tensor,
  type TensorLike,
  updateInPlace,
} from "../tensor.ts";
import { checkFits, overwriting } from "../update.ts";
import {
  addcdiv,
  addcmul,
  floorDivide,
  fmod,
  lerp,
  type ScaleOptions,
} from "./arithmetic.ts";
import { checkCall } from "./call.ts";
import {
  indexAdd,
  indexCopy,
  indexFill,
  scatter,
  scatterReduce,
  type ScatterReduction,
} from "./scatter.ts";

/** Writes what is computed from a tensor into it. */
function overwrite<T extends Tensor>(
  label: string,
  x: T,
  compute: () => Tensor,
): T {
  tidyNow(() => {
    const found = noGradNow(compute);
    checkFits(label, x.dtype, found.dtype);
    updateInPlace(overwriting(label, x.dtype, found.dtype), [x], [found], []);
  });
  return x;
}

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

/**
 * {@linkcode Tensor.remainder} in place.
 *
 * @param other The divisor, or a number.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { remainder_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([5, -5]);
 * remainder_(x, 3);
 * assertEquals(await x.toArray(), [2, 1]);
 * ```
 */
export function remainder_<T extends Tensor>(
  x: T,
  other: TensorLike,
): T {
  checkCall("remainder_", arguments, 2, x);
  return overwrite("remainder_", x, () => x.remainder(other));
}

/**
 * {@linkcode fmod} in place.
 *
 * @param other The divisor, or a number.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fmod_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([5, -5]);
 * fmod_(x, 3);
 * assertEquals(await x.toArray(), [2, -2]);
 * ```
 */
export function fmod_<T extends Tensor>(
  x: T,
  other: TensorLike,
): T {
  checkCall("fmod_", arguments, 2, x);
  return overwrite("fmod_", x, () => fmod(x, other));
}

/**
 * {@linkcode floorDivide} in place.
 *
 * @param other The divisor, or a number.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { floorDivide_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([5, -5]);
 * floorDivide_(x, 3);
 * assertEquals(await x.toArray(), [1, -2]);
 * ```
 */
export function floorDivide_<T extends Tensor>(
  x: T,
  other: TensorLike,
): T {
  checkCall("floorDivide_", arguments, 2, x);
  return overwrite("floorDivide_", x, () => floorDivide(x, other));
}

/**
 * {@linkcode lerp} in place: moves `x` part of the way to `end`, as in moving
 * averages.
 *
 * @param end The result for weight 1.
 * @param weight A tensor or a number.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lerp_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * lerp_(x, tensor([1, 5]), 0.5);
 * assertEquals(await x.toArray(), [0.5, 3]);
 * ```
 */
export function lerp_<T extends Tensor>(
  x: T,
  end: Tensor,
  weight: TensorLike,
): T {
  checkCall("lerp_", arguments, 3, x, end);
  return overwrite("lerp_", x, () => lerp(x, end, weight));
}

/**
 * {@linkcode addcmul} in place: adds `value * a * b`.
 *
 * @param options `value`. @default {value: 1}
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addcmul_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * addcmul_(x, tensor([1, 2]), tensor([3, 4]), { value: 2 });
 * assertEquals(await x.toArray(), [6, 17]);
 * ```
 */
export function addcmul_<T extends Tensor>(
  x: T,
  a: Tensor,
  b: Tensor,
  options: ScaleOptions = {},
): T {
  checkCall("addcmul_", arguments, 4, x, a, b);
  return overwrite("addcmul_", x, () => addcmul(x, a, b, options));
}

/**
 * {@linkcode addcdiv} in place: adds `value * a / b`.
 *
 * @param options `value`. @default {value: 1}
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addcdiv_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * addcdiv_(x, tensor([1, 6]), tensor([2, 3]), { value: 2 });
 * assertEquals(await x.toArray(), [1, 5]);
 * ```
 */
export function addcdiv_<T extends Tensor>(
  x: T,
  a: Tensor,
  b: Tensor,
  options: ScaleOptions = {},
): T {
  checkCall("addcdiv_", arguments, 4, x, a, b);
  return overwrite("addcdiv_", x, () => addcdiv(x, a, b, options));
}

/**
 * {@linkcode Tensor.tril} in place: zeroes what is above a diagonal.
 *
 * @param diagonal Which one; 0 is the main one. @default {0}
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, tril_ } from "@tenfold/tenfold";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * tril_(x);
 * assertEquals(await x.toArray(), [[1, 0], [3, 4]]);
 * ```
 */
export function tril_<T extends Tensor>(
  x: T,
  diagonal = 0,
): T {
  checkCall("tril_", arguments, 2, x);
  return overwrite("tril_", x, () => x.tril(diagonal));
}

/**
 * {@linkcode Tensor.triu} in place: zeroes what is below a diagonal.
 *
 * @param diagonal Which one; 0 is the main one. @default {0}
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, triu_ } from "@tenfold/tenfold";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * triu_(x);
 * assertEquals(await x.toArray(), [[1, 2], [0, 4]]);
 * ```
 */
export function triu_<T extends Tensor>(
  x: T,
  diagonal = 0,
): T {
  checkCall("triu_", arguments, 2, x);
  return overwrite("triu_", x, () => x.triu(diagonal));
}

/**
 * {@linkcode Tensor.cumsum} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cumsum_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2, 3]);
 * cumsum_(x, 0);
 * assertEquals(await x.toArray(), [1, 3, 6]);
 * ```
 */
export function cumsum_<T extends Tensor>(
  x: T,
  dim: number,
): T {
  checkCall("cumsum_", arguments, 2, x);
  return overwrite("cumsum_", x, () => x.cumsum(dim));
}

/**
 * {@linkcode Tensor.cumprod} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cumprod_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2, 3]);
 * cumprod_(x, 0);
 * assertEquals(await x.toArray(), [1, 2, 6]);
 * ```
 */
export function cumprod_<T extends Tensor>(
  x: T,
  dim: number,
): T {
  checkCall("cumprod_", arguments, 2, x);
  return overwrite("cumprod_", x, () => x.cumprod(dim));
}

/**
 * {@linkcode scatter} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, with as many dims as `x`.
 * @param src A tensor at least as large as the index, or a number.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scatter_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 0, 0]);
 * scatter_(x, 0, tensor([2], { dtype: "int32" }), 7);
 * assertEquals(await x.toArray(), [0, 0, 7]);
 * ```
 */
export function scatter_<T extends Tensor>(
  x: T,
  dim: number,
  index: Tensor,
  src: TensorLike,
): T {
  checkCall("scatter_", arguments, 4, x, index);
  return overwrite("scatter_", x, () => scatter(x, dim, index, src));
}

/**
 * {@linkcode Tensor.scatterAdd} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, with as many dims as `x`.
 * @param src A tensor at least as large as the index.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scatterAdd_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * scatterAdd_(x, 0, tensor([1, 1], { dtype: "int32" }), tensor([5, 6]));
 * assertEquals(await x.toArray(), [0, 12]);
 * ```
 */
export function scatterAdd_<T extends Tensor>(
  x: T,
  dim: number,
  index: Tensor,
  src: Tensor,
): T {
  checkCall("scatterAdd_", arguments, 4, x, index, src);
  return overwrite("scatterAdd_", x, () => x.scatterAdd(dim, index, src));
}

/**
 * {@linkcode scatterReduce} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, with as many dims as `x`.
 * @param src A tensor at least as large as the index.
 * @param reduce `"sum"`, `"prod"`, `"mean"`, `"amax"` or `"amin"`.
 * @param options `includeSelf`. @default {includeSelf: true}
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scatterReduce_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * scatterReduce_(x, 0, tensor([1, 1], { dtype: "int32" }), tensor([5, 6]), "amax");
 * assertEquals(await x.toArray(), [0, 6]);
 * ```
 */
export function scatterReduce_<T extends Tensor>(
  x: T,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options: { includeSelf?: boolean } = {},
): T {
  checkCall("scatterReduce_", arguments, 6, x, index, src);
  return overwrite(
    "scatterReduce_",
    x,
    () => scatterReduce(x, dim, index, src, reduce, options),
  );
}

/**
 * {@linkcode indexAdd} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, 1-d.
 * @param source Of the shape of `x`, with one slice for each index.
 * @param options `alpha`. @default {alpha: 1}
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexAdd_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * indexAdd_(x, 0, tensor([1, 1], { dtype: "int32" }), tensor([5, 6]));
 * assertEquals(await x.toArray(), [0, 12]);
 * ```
 */
export function indexAdd_<T extends Tensor>(
  x: T,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: { alpha?: number } = {},
): T {
  checkCall("indexAdd_", arguments, 5, x, index, source);
  return overwrite(
    "indexAdd_",
    x,
    () => indexAdd(x, dim, index, source, options),
  );
}

/**
 * {@linkcode indexCopy} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, 1-d.
 * @param source Of the shape of `x`, with one slice for each index.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexCopy_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * indexCopy_(x, 0, tensor([1], { dtype: "int32" }), tensor([5]));
 * assertEquals(await x.toArray(), [0, 5]);
 * ```
 */
export function indexCopy_<T extends Tensor>(
  x: T,
  dim: number,
  index: Tensor,
  source: Tensor,
): T {
  checkCall("indexCopy_", arguments, 4, x, index, source);
  return overwrite("indexCopy_", x, () => indexCopy(x, dim, index, source));
}

/**
 * {@linkcode indexFill} in place.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, 1-d.
 * @param value A number, cast to the dtype of `x`.
 * @returns The tensor itself.
 * @example In place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexFill_, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 1]);
 * indexFill_(x, 0, tensor([1], { dtype: "int32" }), 5);
 * assertEquals(await x.toArray(), [0, 5]);
 * ```
 */
export function indexFill_<T extends Tensor>(
  x: T,
  dim: number,
  index: Tensor,
  value: number,
): T {
  checkCall("indexFill_", arguments, 4, x, index);
  return overwrite("indexFill_", x, () => indexFill(x, dim, index, value));
}
