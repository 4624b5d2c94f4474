/**
 * Writing at indices in place: each function gives the tensor back that it
 * changed, refuses results of another kind (floats for integers), and, as all
 * changes in place, a tensor that needs a gradient while gradients are recorded.
 *
 * @module
 */
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkCall } from "./call.ts";
import { overwrite } from "./overwrite.ts";
import {
  indexAdd,
  indexCopy,
  indexFill,
  scatter,
  scatterReduce,
  type ScatterReduction,
} from "./scatter.ts";

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
