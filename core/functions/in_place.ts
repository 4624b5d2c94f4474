/**
 * Arithmetic, triangles and running sums in place. Each gives the tensor back
 * that it changed, refuses results of another kind (floats for integers) and of
 * a larger shape, and, as all changes in place, a tensor that needs a gradient
 * while gradients are recorded.
 *
 * @module
 */
import type { Tensor, TensorLike } from "../tensor.ts";
import {
  addcdiv,
  addcmul,
  floorDivide,
  fmod,
  lerp,
  type ScaleOptions,
} from "./arithmetic.ts";
import { checkCall } from "./call.ts";
import { overwrite } from "./overwrite.ts";

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
