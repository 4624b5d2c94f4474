/**
 * Placing and combining elements where an index or a mask says.
 *
 * @module
 */
import { noGradNow } from "../autograd/mode.ts";
import { checkMask, fillMasked } from "../compose/mask.ts";
import { type IndexSpec, indexTensor, trueAt } from "../compose/index.ts";
import { castNumber, type DType, isFloating } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { stack } from "../functions.ts";
import { APPLY } from "../members.ts";
import { COMBINE, neutral, type ScatterOp } from "../ops/scatter.ts";
import { checkNumber, showValue } from "../options.ts";
import {
  checkPlain,
  flag,
  number,
  type PlainFields,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { broadcastShapes, normalizeDim } from "../shape.ts";
import { checkTensor, type Tensor, type TensorLike } from "../tensor.ts";
import { floorDivide } from "./arithmetic.ts";
import { checkCall, numberLike, positionsAlong } from "./call.ts";

const REDUCE: PlainFields = { includeSelf: flag };
const ALPHA: PlainFields = { alpha: number };
const PUT: PlainFields = { accumulate: flag };

/** Where an index points to, among places like those of x. */
function hits(x: Tensor, dim: number, index: Tensor): Tensor {
  const nothing = numberLike(x, 0, "int32").expand(x.shape);
  const one = numberLike(x, 1, "int32").expand(index.shape);
  return nothing.scatterAdd(dim, index, one);
}

/** The source, cut to the index and then as large as x but along the dim. */
function fitted(src: Tensor, index: Tensor, x: Tensor, dim: number): Tensor {
  if (
    src.ndim !== index.ndim || src.shape.some((n, d) => n < index.shape[d]!)
  ) {
    throw new ShapeError(
      `Cannot scatter as the source must be at least as large as the index: got source ${
        showShape(src.shape)
      } for index ${showShape(index.shape)}`,
    );
  }
  const cut = index.shape.reduce((y, n, d) => y.narrow(d, 0, n), src);
  const missing = x.shape.map((n, d) => d === dim ? 0 : n - cut.shape[d]!);
  return missing.every((n) => n === 0)
    ? cut
    : cut.pad(missing.toReversed().flatMap((n) => [0, n]));
}

/** See {@linkcode scatter}; the index has been looked at by `hits`. */
function placed(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  if (index.size === 0) {
    return x.scatterAdd(dim, index, src.cast(x.dtype)); // nothing to gather from
  }
  const last = numberLike(x, -1, "int32").expand(x.shape)[APPLY]<"int32">(
    { name: "scatterMax", dim },
    index,
    positionsAlong(x, index.shape, dim),
  );
  const values = fitted(src, index, x, dim).cast(x.dtype);
  return values.gather(dim, last.clamp({ min: 0 })).where(last.ge(0), x);
}

/**
 * A copy of `x` with elements of `src` written at the indices in `index` along
 * a dim: `out[index[i, j], j] = src[i, j]` along dim 0. For equal indices the
 * last one is used, and only it has a gradient.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, with as many dims as `x`.
 * @param src A tensor at least as large as the index, or a number.
 * @returns A tensor of the shape and dtype of `x`.
 * @throws {IndexError} If an index is out of range.
 * @throws {ShapeError} If the shapes do not fit.
 * @example One-hot rows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scatter, tensor, zeros } from "@tenfold/tenfold";
 *
 * const classes = tensor([[2], [0]], { dtype: "int32" });
 * const y = scatter(zeros([2, 3]), 1, classes, 1);
 * assertEquals(await y.toArray(), [[0, 0, 1], [1, 0, 0]]);
 * ```
 */
export function scatter<D extends DType>(
  x: Tensor<D>,
  dim: number,
  index: Tensor,
  src: TensorLike,
): Tensor<D> {
  checkCall("scatter", arguments, 4, x, index);
  const d = normalizeDim(dim, x.ndim, "scatter");
  return tidyNow(() => {
    if (typeof src === "number") {
      const hit = hits(x, d, index).gt(0);
      return x.where(hit.logicalNot(), castNumber(x.dtype, src)).cast(x.dtype);
    }
    checkTensor(src, "the source", "scatter");
    return placed(x, d, index, src);
  }) as Tensor<D>;
}

/**
 * How {@linkcode scatterReduce} combines elements.
 *
 * @example The largest of each group
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   scatterReduce,
 *   type ScatterReduction,
 *   tensor,
 *   zeros,
 * } from "@tenfold/tenfold";
 *
 * const reduction: ScatterReduction = "amax";
 * const groups = tensor([0, 1, 1], { dtype: "int32" });
 * const x = tensor([4, 2, 7]);
 * const y = scatterReduce(zeros([2]), 0, groups, x, reduction);
 * assertEquals(await y.toArray(), [4, 7]);
 * ```
 */
export type ScatterReduction = "sum" | "prod" | "mean" | "amax" | "amin";

const PRIMITIVES: {
  readonly [R in ScatterReduction]: ScatterOp["name"];
} = {
  sum: "scatterAdd",
  mean: "scatterAdd",
  prod: "scatterProd",
  amax: "scatterMax",
  amin: "scatterMin",
};

/**
 * A copy of `x` in which elements of `src` are combined at the indices in
 * `index` along a dim. The gradient of an extreme is shared evenly by all
 * elements that attain it.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, with as many dims as `x`.
 * @param src A tensor at least as large as the index.
 * @param reduce `"sum"`, `"prod"`, `"mean"`, `"amax"` or `"amin"`.
 * @param options `includeSelf`: whether the elements of `x` at these indices
 * are included. @default {includeSelf: true}
 * @returns A tensor of the shape and dtype of `x`; means of integers are rounded
 * down. Sums and largest of bools are true where any of them is, products and
 * smallest where all are.
 * @throws {IndexError} If an index is out of range.
 * @throws {RangeError} If there is no such reduction.
 * @throws {DTypeError} If `x` cannot hold the elements of `src`, such as
 * integers and floats, or if these are means of bools.
 * @example The largest of each group
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scatterReduce, tensor, zeros } from "@tenfold/tenfold";
 *
 * const groups = tensor([0, 1, 0], { dtype: "int32" });
 * const values = tensor([3, -1, 5]);
 * const y = scatterReduce(zeros([3]), 0, groups, values, "amax", {
 *   includeSelf: false,
 * });
 * assertEquals(await y.toArray(), [5, -1, 0]);
 * ```
 */
export function scatterReduce<D extends DType>(
  x: Tensor<D>,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options: { includeSelf?: boolean } = {},
): Tensor<D> {
  checkCall("scatterReduce", arguments, 6, x, index, src);
  checkPlain(REDUCE, options, "scatterReduce");
  if (!Object.hasOwn(PRIMITIVES, reduce)) {
    throw new RangeError(
      `Cannot scatterReduce as there is no such reduction: got ${
        showValue(reduce)
      }, expected one of ${Object.keys(PRIMITIVES).join(", ")}`,
    );
  }
  if (reduce === "mean" && x.dtype === "bool") {
    throw new DTypeError(
      "Cannot scatterReduce as bools have no mean: cast them first",
    );
  }
  const d = normalizeDim(dim, x.ndim, "scatterReduce");
  const { includeSelf = true } = options;
  return tidyNow(() => {
    const name = PRIMITIVES[reduce];
    const counts = includeSelf && reduce !== "mean" ? null : hits(x, d, index);
    const base = includeSelf
      ? x
      : x.where(counts!.eq(0), neutral(COMBINE[name], x.dtype));
    const found: Tensor = base[APPLY]({ name, dim: d }, index, src);
    if (reduce !== "mean") return found.cast(x.dtype);
    const parts = includeSelf ? counts!.add(1) : counts!.clamp({ min: 1 });
    return isFloating(x.dtype) ? found.div(parts) : floorDivide(found, parts);
  }) as Tensor<D>;
}

/** A 1-d index as one over all dims of a source that it names slices of. */
function spread(
  operation: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source?: Tensor,
): Tensor {
  if (index.ndim > 1) {
    throw new ShapeError(
      `Cannot ${operation} as the index must have 1 dim: got shape ${
        showShape(index.shape)
      }`,
    );
  }
  const shape = x.shape.map((n, d) => d === dim ? index.size : n);
  if (source && showShape(source.shape) !== showShape(shape)) {
    throw new ShapeError(
      `Cannot ${operation} as the source must have shape ${
        showShape(shape)
      }, one slice for each index: got ${showShape(source.shape)}`,
    );
  }
  return index.reshape(shape.map((_, d) => d === dim ? index.size : 1))
    .expand(shape);
}

/**
 * A copy of `x` with slices of `source` added at the indices of a 1-d tensor
 * along a dim; slices at equal indices accumulate.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, 1-d.
 * @param source Of the shape of `x`, with one slice for each index.
 * @param options `alpha`: what the source is multiplied by.
 * @default {alpha: 1}
 * @throws {IndexError} If an index is out of range.
 * @throws {ShapeError} If the shapes do not fit.
 * @example Rows that add up
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexAdd, ones, tensor, zeros } from "@tenfold/tenfold";
 *
 * const rows = tensor([1, 1], { dtype: "int32" });
 * const y = indexAdd(zeros([2, 2]), 0, rows, ones([2, 2]), { alpha: 3 });
 * assertEquals(await y.toArray(), [[0, 0], [6, 6]]);
 * ```
 */
export function indexAdd<D extends DType>(
  x: Tensor<D>,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: { alpha?: number } = {},
): Tensor<D> {
  checkCall("indexAdd", arguments, 5, x, index, source);
  checkPlain(ALPHA, options, "indexAdd");
  const d = normalizeDim(dim, x.ndim, "indexAdd");
  const { alpha = 1 } = options;
  return tidyNow(() => {
    const places = spread("indexAdd", x, d, index, source);
    const values = alpha === 1 ? source : source.mul(alpha);
    return x.scatterAdd(d, places, values);
  });
}

/**
 * A copy of `x` with the slices at the indices of a 1-d tensor along a dim
 * replaced by those of `source`. For equal indices the last one is used.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, 1-d.
 * @param source Of the shape of `x`, with one slice for each index.
 * @throws {IndexError} If an index is out of range.
 * @throws {ShapeError} If the shapes do not fit.
 * @example Another row
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexCopy, tensor, zeros } from "@tenfold/tenfold";
 *
 * const row = tensor([1], { dtype: "int32" });
 * const y = indexCopy(zeros([2, 2]), 0, row, tensor([[3, 4]]));
 * assertEquals(await y.toArray(), [[0, 0], [3, 4]]);
 * ```
 */
export function indexCopy<D extends DType>(
  x: Tensor<D>,
  dim: number,
  index: Tensor,
  source: Tensor,
): Tensor<D> {
  checkCall("indexCopy", arguments, 4, x, index, source);
  const d = normalizeDim(dim, x.ndim, "indexCopy");
  return tidyNow(() =>
    placed(x, d, spread("indexCopy", x, d, index, source), source)
  ) as Tensor<D>;
}

/**
 * A copy of `x` with the slices at the indices of a 1-d tensor along a dim
 * filled with a number.
 *
 * @param dim The dim; negative ones count from the last.
 * @param index int32, 1-d.
 * @param value A number, cast to the dtype of `x`.
 * @throws {IndexError} If an index is out of range.
 * @example A column of ones
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexFill, tensor, zeros } from "@tenfold/tenfold";
 *
 * const column = tensor([0], { dtype: "int32" });
 * assertEquals(await indexFill(zeros([1, 2]), 1, column, 1).toArray(), [[
 *   1,
 *   0,
 * ]]);
 * ```
 */
export function indexFill<D extends DType>(
  x: Tensor<D>,
  dim: number,
  index: Tensor,
  value: number,
): Tensor<D> {
  checkCall("indexFill", arguments, 4, x, index);
  checkNumber(value, "the value", "indexFill");
  const d = normalizeDim(dim, x.ndim, "indexFill");
  return tidyNow(() => scatter(x, d, spread("indexFill", x, d, index), value));
}

/**
 * Options of {@linkcode indexPut} and {@linkcode indexPut_}.
 *
 * @example Values that add up
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   indexPut,
 *   type IndexPutOptions,
 *   tensor,
 *   zeros,
 * } from "@tenfold/tenfold";
 *
 * const options: IndexPutOptions = { accumulate: true };
 * const index = tensor([1, 1], { dtype: "int32" });
 * const y = indexPut(zeros([3]), [index], tensor([2, 3]), options);
 * assertEquals(await y.toArray(), [0, 5, 0]);
 * ```
 */
export interface IndexPutOptions {
  /**
   * Whether to add to the elements and accumulate values at equal indices.
   * @default {false}
   */
  readonly accumulate?: boolean;
}

/**
 * A copy of `x` with the elements that `x.index(...specs)` selects replaced.
 * For equal indices the last value is used, or all accumulate.
 *
 * @param specs What {@linkcode Tensor.index} takes.
 * @param values Broadcast to the shape of `x.index(...specs)`, or a number.
 * @param options `accumulate`. @default {accumulate: false}
 * @throws {IndexError} If an index is out of range.
 * @throws {DeviceError} If a mask is on a device that is read with `await`.
 * @example Two elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexPut, tensor, zeros } from "@tenfold/tenfold";
 *
 * const i = tensor([0, 1], { dtype: "int32" });
 * const y = indexPut(zeros([2, 2]), [i, i], tensor([5, 6]));
 * assertEquals(await y.toArray(), [[5, 0], [0, 6]]);
 * ```
 */
export function indexPut<D extends DType>(
  x: Tensor<D>,
  specs: readonly IndexSpec[],
  values: TensorLike,
  options: IndexPutOptions = {},
): Tensor<D> {
  checkCall("indexPut", arguments, 4, x);
  checkPlain(PUT, options, "indexPut");
  if (!Array.isArray(specs)) {
    throw new TypeError(
      `Cannot indexPut as the indices must be an array, one a dim: got ${
        showValue(specs)
      }`,
    );
  }
  if (typeof values !== "number") checkTensor(values, "the values", "indexPut");
  return tidyNow(() => {
    const all = positionsAlong(x, [x.size], 0).reshape(x.shape);
    const places = indexTensor(all, specs);
    const given = typeof values === "number"
      ? numberLike(x, values, x.dtype)
      : values;
    const src = given.expand(places.shape).flatten();
    const [flat, index] = [x.flatten(), places.flatten()];
    const out = options.accumulate
      ? flat.scatterAdd(0, index, src)
      : placed(flat, 0, index, src);
    return out.reshape(x.shape);
  }) as Tensor<D>;
}

/**
 * {@linkcode indexPut} in place.
 *
 * @param specs What {@linkcode Tensor.index} takes.
 * @param values Broadcast to the shape of `x.index(...specs)`, or a number.
 * @param options `accumulate`. @default {accumulate: false}
 * @returns The tensor itself.
 * @throws {GradientError} If it is recorded: see {@linkcode Tensor.copy_}.
 * @throws {IndexError} If an index is out of range.
 * @example Rows become 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexPut_, zeros } from "@tenfold/tenfold";
 *
 * const x = zeros([2, 2]);
 * indexPut_(x, [1], 1);
 * assertEquals(await x.toArray(), [[0, 0], [1, 1]]);
 * ```
 */
export function indexPut_<D extends DType>(
  x: Tensor<D>,
  specs: readonly IndexSpec[],
  values: TensorLike,
  options: IndexPutOptions = {},
): Tensor<D> {
  checkCall("indexPut_", arguments, 4, x);
  tidyNow(() => {
    x.copy_(noGradNow(() => indexPut(x, specs, values, options)));
  });
  return x;
}

/**
 * Replaces elements by one value where a mask is true; all are broadcast.
 *
 * @param mask A bool tensor.
 * @param value A number, or a tensor whose elements are cast to the dtype of
 * `x`.
 * @returns The common shape of `x` and the mask, and the dtype of `x`.
 * @throws {DTypeError} If the mask is not bool.
 * @example No attention to what comes later
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { maskedFill, ones } from "@tenfold/tenfold";
 *
 * const later = ones([2, 2], { dtype: "bool" }).triu(1);
 * const scores = maskedFill(ones([2, 2]), later, -Infinity);
 * assertEquals(await scores.toArray(), [[1, -Infinity], [1, 1]]);
 * ```
 */
export function maskedFill<D extends DType>(
  x: Tensor<D>,
  mask: Tensor,
  value: TensorLike,
): Tensor<D> {
  checkCall("maskedFill", arguments, 3, x, mask);
  if (typeof value !== "number") checkTensor(value, "the value", "maskedFill");
  return fillMasked(x, mask, value) as Tensor<D>;
}

/**
 * The elements where a mask is true, in C order; both broadcast. The values of
 * the mask decide the shape of the result, so it must be on a device that can
 * be read synchronously, which may be another one.
 *
 * @param mask A bool tensor.
 * @returns A 1-d tensor.
 * @throws {DTypeError} If the mask is not bool.
 * @throws {DeviceError} If the mask is on a device that is read with `await`.
 * @example Positive elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { maskedSelect, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[1, -2], [-3, 4]]);
 * assertEquals(await maskedSelect(x, x.gt(0)).toArray(), [1, 4]);
 * ```
 */
export function maskedSelect<D extends DType>(
  x: Tensor<D>,
  mask: Tensor,
): Tensor<D> {
  checkCall("maskedSelect", arguments, 2, x, mask);
  checkMask(mask, "maskedSelect");
  return tidyNow(() => {
    const shape = broadcastShapes(x.shape, mask.shape, "maskedSelect");
    return x.expand(shape).flatten().index(mask.expand(shape).flatten());
  });
}

/**
 * The indices of the nonzero elements, one per row. Their number depends on the
 * values, so the tensor must be on a device that can be read synchronously.
 *
 * @returns int32 of shape `[n, x.ndim]`, in C order.
 * @throws {DeviceError} If `x` is on a device that is read with `await`.
 * @example Where to look
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nonzero, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[0, 5], [7, 0]]);
 * assertEquals(await nonzero(x).toArray(), [[0, 1], [1, 0]]);
 * ```
 */
export function nonzero(x: Tensor): Tensor<"int32"> {
  checkCall("nonzero", arguments, 1, x);
  return tidyNow(() => {
    const found = trueAt(x.ndim > 0 ? x.ne(0) : x.ne(0).reshape([1]), x, {
      cannot: "find what is not zero",
      hint: "x",
    });
    return x.ndim > 0
      ? stack(found, 1)
      : found[0]!.unsqueeze(1).narrow(1, 0, 0);
  }) as Tensor<"int32">;
}
