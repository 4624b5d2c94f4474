/**
 * Order statistics: medians, quantiles, the k-th smallest, the most frequent.
 *
 * @module
 */
import { tensor } from "../creation.ts";
import {
  type DType,
  DTYPES,
  type FloatOf,
  floatOf,
  isFloating,
} from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { showValue } from "../options.ts";
import { checkPlain, flag, type PlainFields, text } from "../plain_options.ts";
import { refuseValues } from "../refuse.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim } from "../shape.ts";
import { checkTensor, type KeepDim, type Tensor } from "../tensor.ts";
import { lerp } from "./arithmetic.ts";
import { checkCall, numberLike } from "./call.ts";
import { searchsorted } from "./count.ts";
import type { ValuesAndIndices } from "./cumulative.ts";
import { movedim } from "./arrange.ts";

const KEEP: PlainFields = { keepDim: flag };
const QUANTILE: PlainFields = { keepDim: flag, interpolation: text };

/** The dim, of which there must be elements. */
function filledDim(x: Tensor, dim: number, name: string): number {
  const d = normalizeDim(dim, x.ndim, name);
  if (x.shape[d] !== 0) return d;
  throw new ShapeError(
    `Cannot ${name} along dim ${d} as it has no elements: got shape ${
      showShape(x.shape)
    }`,
  );
}

/** What `x` has at positions along a dim, of which there is one. */
function selected<D extends DType>(
  x: Tensor<D>,
  dim: number,
  indices: Tensor,
  options: KeepDim | undefined,
): ValuesAndIndices<D> {
  const keeps = options?.keepDim === true || x.ndim === 0;
  const out = (y: Tensor) => keeps ? y.alias() : y.squeeze(dim);
  return {
    values: out(x.gather(dim, indices)),
    indices: out(indices).contiguous(),
  } as ValuesAndIndices<D>;
}

/** One position for each line, or the positions that a tensor names. */
function at(
  sorted: Tensor<"int32">,
  dim: number,
  place: number | Tensor,
): Tensor {
  if (typeof place !== "number") return sorted.gather(dim, place);
  return sorted.ndim === 0 ? sorted.alias() : sorted.narrow(dim, place, 1);
}

/** Positions in ascending order; values and their gradient are not needed. */
function orderOf(x: Tensor, dim: number): Tensor<"int32"> {
  return x.detach().argsort(dim);
}

/**
 * The k-th smallest element along a dim; NaN counts as largest.
 *
 * @param k From 1 on.
 * @param dim The dim; negative ones count from the last. @default {-1}
 * @param options `keepDim`. @default {keepDim: false}
 * @returns The values and their int32 indices.
 * @throws {RangeError} If `k` is larger than the extent.
 * @example The second smallest
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kthvalue, tensor } from "@tenfold/tenfold";
 *
 * const { values, indices } = kthvalue(tensor([5, 1, 3]), 2);
 * assertEquals(await values.item(), 3);
 * assertEquals(await indices.item(), 2);
 * ```
 */
export function kthvalue<D extends DType>(
  x: Tensor<D>,
  k: number,
  dim = -1,
  options?: KeepDim,
): ValuesAndIndices<D> {
  checkCall("kthvalue", arguments, 4, x);
  checkPlain(KEEP, options, "kthvalue");
  const d = filledDim(x, dim, "kthvalue");
  const extent = x.shape[d] ?? 1;
  if (!Number.isInteger(k) || k < 1 || k > extent) {
    throw new RangeError(
      `Cannot take the ${k}-th smallest of ${extent} elements of dim ${d}: give an integer from 1 to ${extent}`,
    );
  }
  return tidyNow(() => selected(x, d, at(orderOf(x, d), d, k - 1), options));
}

/** The median of all elements, of which the equal ones share the gradient. */
function medianOfAll(x: Tensor, passesNan: boolean): Tensor {
  if (x.size === 0) return numberLike(x, NaN, x.dtype);
  const flat = x.flatten();
  const { values } = alongDim(flat.detach(), 0, passesNan, undefined);
  const same = flat.eq(values).logicalOr(
    flat.isNan().logicalAnd(values.isNan()),
  );
  return flat.where(same, DTYPES[flat.dtype].lowest).cast(x.dtype).max();
}

/** The median of each line. */
function alongDim<D extends DType>(
  x: Tensor<D>,
  dim: number,
  passesNan: boolean,
  options: KeepDim | undefined,
): ValuesAndIndices<D> {
  const order = orderOf(x, dim);
  const length = x.shape[dim] ?? 1;
  if (!isFloating(x.dtype)) {
    return selected(x, dim, at(order, dim, (length - 1) >> 1), options);
  }
  const nan = x.isNan().cast("int32");
  const keep = { keepDim: true };
  if (passesNan) {
    const many = nan.sum(dim, keep).neg().add(length - 1).clamp({ min: 0 });
    const middle = many.div(2).floor().cast("int32");
    return selected(x, dim, at(order, dim, middle), options);
  }
  // The first NaN, where there is one.
  const indices = nan.argmax(dim, keep).where(
    nan.max(dim, keep).gt(0),
    at(order, dim, (length - 1) >> 1),
  );
  return selected(x, dim, indices, options);
}

/**
 * The median of all elements: the lower of the two in the middle for an even
 * number, and NaN if any is. Equal elements share the gradient.
 *
 * @returns A 0-d tensor; NaN if there are no elements.
 * @example The lower one of two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { median, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await median(tensor([4, 1, 3, 2])).item(), 2);
 * const { values } = median(tensor([[4, 1, 3], [5, 9, 6]]), 1);
 * assertEquals(await values.toArray(), [3, 6]);
 * ```
 */
export function median<D extends DType>(x: Tensor<D>): Tensor<D>;
/**
 * The median along a dim, and its index.
 *
 * @param dim The dim; negative ones count from the last.
 * @param options `keepDim`. @default {keepDim: false}
 * @returns The values and their int32 indices.
 * @throws {ShapeError} If the dim has no elements.
 * @example Of each row, and where it is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { median, tensor } from "@tenfold/tenfold";
 *
 * const { values, indices } = median(tensor([[4, 1, 3], [5, 9, 6]]), 1);
 * assertEquals(await values.toArray(), [3, 6]);
 * assertEquals(await indices.toArray(), [2, 2]);
 * ```
 */
export function median<D extends DType>(
  x: Tensor<D>,
  dim: number,
  options?: KeepDim,
): ValuesAndIndices<D>;
export function median<D extends DType>(
  x: Tensor<D>,
  dim?: number,
  options?: KeepDim,
): Tensor<D> | ValuesAndIndices<D> {
  checkCall("median", arguments, 3, x);
  checkPlain(KEEP, options, "median");
  if (dim === undefined) {
    return tidyNow(() => medianOfAll(x, false)) as Tensor<D>;
  }
  const d = filledDim(x, dim, "median");
  return tidyNow(() => alongDim(x, d, false, options));
}

/**
 * {@linkcode median} of elements that are not NaN.
 *
 * @returns A 0-d tensor; NaN if all elements are.
 * @example Without NaN
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nanmedian, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await nanmedian(tensor([NaN, 1, 2])).item(), 1);
 * ```
 */
export function nanmedian<D extends DType>(x: Tensor<D>): Tensor<D>;
/**
 * The median along a dim of elements that are not NaN, and its index.
 *
 * @param dim The dim; negative ones count from the last.
 * @param options `keepDim`. @default {keepDim: false}
 * @returns The values and their int32 indices.
 * @throws {ShapeError} If the dim has no elements.
 * @example Of each row, and where it is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nanmedian, tensor } from "@tenfold/tenfold";
 *
 * const { values, indices } = nanmedian(tensor([[4, NaN, 3], [5, 9, 6]]), 1);
 * assertEquals(await values.toArray(), [3, 6]);
 * assertEquals(await indices.toArray(), [2, 2]);
 * ```
 */
export function nanmedian<D extends DType>(
  x: Tensor<D>,
  dim: number,
  options?: KeepDim,
): ValuesAndIndices<D>;
export function nanmedian<D extends DType>(
  x: Tensor<D>,
  dim?: number,
  options?: KeepDim,
): Tensor<D> | ValuesAndIndices<D> {
  checkCall("nanmedian", arguments, 3, x);
  checkPlain(KEEP, options, "nanmedian");
  if (dim === undefined) {
    return tidyNow(() => medianOfAll(x, true)) as Tensor<D>;
  }
  const d = filledDim(x, dim, "nanmedian");
  return tidyNow(() => alongDim(x, d, true, options));
}

/**
 * The most frequent element along a dim; the smallest of several.
 *
 * @param dim The dim; negative ones count from the last. @default {-1}
 * @param options `keepDim`. @default {keepDim: false}
 * @returns The values, and the int32 indices of their last occurrences.
 * @throws {ShapeError} If the dim has no elements.
 * @example The most frequent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mode, tensor } from "@tenfold/tenfold";
 *
 * const { values, indices } = mode(tensor([2, 7, 2, 1]));
 * assertEquals(await values.item(), 2);
 * assertEquals(await indices.item(), 2);
 * ```
 */
export function mode<D extends DType>(
  x: Tensor<D>,
  dim = -1,
  options?: KeepDim,
): ValuesAndIndices<D> {
  checkCall("mode", arguments, 3, x);
  checkPlain(KEEP, options, "mode");
  const d = filledDim(x, dim, "mode");
  return tidyNow(() => {
    if (x.ndim === 0) return selected(x, 0, orderOf(x, 0), options);
    const lines = x.detach().transpose(d, -1).contiguous();
    const { values, indices } = lines.sort(-1);
    const before = searchsorted(values, values);
    const counts = searchsorted(values, values, { right: true }).sub(before);
    const keep = { keepDim: true };
    const first = counts.argmax(-1, keep);
    const last = first.add(counts.max(-1, keep)).sub(1).clamp({ min: 0 });
    const places = indices.gather(-1, last).transpose(d, -1);
    return selected(x, d, places, options);
  });
}

/**
 * Interpolation between two elements.
 *
 * @example The lower of two elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Interpolation, quantile, tensor } from "@tenfold/tenfold";
 *
 * const interpolation: Interpolation = "lower";
 * const x = tensor([1, 2, 3, 4]);
 * assertEquals(await quantile(x, 0.5, 0, { interpolation }).item(), 2);
 * ```
 */
export type Interpolation =
  | "linear"
  | "lower"
  | "higher"
  | "midpoint"
  | "nearest";

const INTERPOLATIONS: readonly Interpolation[] = [
  "linear",
  "lower",
  "higher",
  "midpoint",
  "nearest",
];

/**
 * Options of {@linkcode quantile} and {@linkcode nanquantile}.
 *
 * @example The median of each row, kept as a column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantile, type QuantileOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: QuantileOptions = { keepDim: true };
 * const x = tensor([[1, 2, 9]]);
 * assertEquals(await quantile(x, 0.5, 1, options).toArray(), [[2]]);
 * ```
 */
export interface QuantileOptions extends KeepDim {
  /** How to interpolate between two elements. @default {"linear"} */
  readonly interpolation?: Interpolation;
}

/** The quantiles as a vector in the dtype of the elements. */
function quantilesOf(
  q: number | readonly number[] | Tensor,
  x: Tensor,
  name: string,
): Tensor {
  if (typeof q === "number" || Array.isArray(q)) {
    const list: readonly number[] = typeof q === "number" ? [q] : q;
    const wrong = list.find((value) => !(value >= 0 && value <= 1));
    if (wrong !== undefined) {
      throw new RangeError(
        `Cannot ${name} of ${
          showValue(wrong)
        }: a quantile is a number from 0 to 1`,
      );
    }
    const data = DTYPES[x.dtype].allocate(list.length);
    list.forEach((value, i) => data[i] = value);
    return tensor(data, { device: x.device, dtype: x.dtype });
  }
  checkTensor(q, "q", name);
  const vector = q as Tensor;
  if (vector.ndim > 1) {
    throw new ShapeError(
      `Cannot ${name} as q must be a number or a vector: got shape ${
        showShape(vector.shape)
      }`,
    );
  }
  refuseValues(
    name,
    () => vector.ge(0).logicalAnd(vector.le(1)).logicalNot().sum(),
    (count) =>
      new RangeError(
        `Cannot ${name} of ${count} numbers that are not from 0 to 1`,
      ),
  );
  return vector.detach().reshape([vector.size]).cast(x.dtype);
}

function quantileTensor(
  name: string,
  x: Tensor,
  q: number | readonly number[] | Tensor,
  dim: number | undefined,
  options: QuantileOptions,
): Tensor {
  const { keepDim = false, interpolation = "linear" } = options;
  if (!INTERPOLATIONS.includes(interpolation)) {
    throw new RangeError(
      `Cannot ${name} as there is no such interpolation: got ${
        showValue(interpolation)
      }, expected one of ${INTERPOLATIONS.join(", ")}`,
    );
  }
  const d = dim === undefined ? 0 : filledDim(x, dim, name);
  if (x.size === 0) {
    throw new ShapeError(
      `Cannot ${name} of no elements: got shape ${showShape(x.shape)}`,
    );
  }
  const floats = x.cast(floatOf(x.dtype));
  const whole = dim === undefined || x.ndim === 0;
  const moved = whole ? floats.flatten() : movedim(floats, d, -1);
  const length = moved.shape.at(-1)!;
  const wanted = quantilesOf(q, floats, name);
  const { values: sorted } = moved.sort(-1);
  const nan = moved.isNan();
  const keep = { keepDim: true };
  const last = name === "nanquantile"
    ? nan.sum(-1, keep).neg().add(length - 1).clamp({ min: 0 })
    : numberLike(x, length - 1, "int32");
  // One rank for each line and quantile.
  const shape = [...moved.shape.slice(0, -1), wanted.size];
  const ranks = wanted.mul(last.cast(floats.dtype)).expand(shape);
  const rank = interpolation === "lower"
    ? ranks.floor()
    : interpolation === "higher"
    ? ranks.ceil()
    : interpolation === "nearest"
    ? ranks.round()
    : ranks;
  const low = rank.floor();
  const pick = (place: Tensor) => sorted.gather(-1, place.cast("int32"));
  const weight = interpolation === "midpoint" ? 0.5 : rank.sub(low);
  // What is at a rank is taken as it is: between infinities lies NaN.
  const between = rank !== ranks
    ? pick(rank)
    : lerp(pick(low), pick(rank.ceil()), weight);
  const found = name === "nanquantile"
    ? between
    : between.where(nan.any(-1, keep).logicalNot(), NaN);
  // The quantiles come first.
  const kept = whole
    ? [wanted.size, ...keepDim ? x.shape.map(() => 1) : []]
    : null;
  const first: Tensor = kept
    ? found.reshape(kept)
    : keepDim
    ? movedim(found.unsqueeze(-2), [-1, -2], [0, d + 1])
    : movedim(found, -1, 0);
  const one = typeof q === "number" || (!Array.isArray(q) &&
    (q as Tensor).ndim === 0);
  return one ? first.squeeze(0) : first.alias();
}

/**
 * Quantiles of all elements, or along a dim: the value at `q * (n - 1)` in
 * ascending order. NaN if any element is.
 *
 * @param q A number from 0 to 1, or several: a list, or a vector.
 * @param dim The dim. @default {all elements}
 * @param options `keepDim`, and `interpolation` between two elements:
 * `"linear"`, `"lower"`, `"higher"`, `"midpoint"` or `"nearest"`.
 * @default {keepDim: false, interpolation: "linear"}
 * @returns The quantiles; several make the first dim.
 * @throws {RangeError} If a quantile is not from 0 to 1.
 * @throws {ShapeError} If there are no elements.
 * @example Quartiles
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantile, tensor } from "@tenfold/tenfold";
 *
 * const y = quantile(tensor([0, 1, 2, 3]), [0.25, 0.5]);
 * assertEquals(await y.toArray(), [0.75, 1.5]);
 * ```
 */
export function quantile<D extends DType>(
  x: Tensor<D>,
  q: number | readonly number[] | Tensor,
  dim?: number,
  options: QuantileOptions = {},
): Tensor<FloatOf<D>> {
  checkCall("quantile", arguments, 4, x);
  checkPlain(QUANTILE, options, "quantile");
  return tidyNow(() =>
    quantileTensor("quantile", x, q, dim, options)
  ) as Tensor<FloatOf<D>>;
}

/**
 * {@linkcode quantile} of elements that are not NaN.
 *
 * @param q A number from 0 to 1, or several: a list, or a vector.
 * @param dim The dim. @default {all elements}
 * @param options `keepDim` and `interpolation`.
 * @default {keepDim: false, interpolation: "linear"}
 * @returns The quantiles; several make the first dim.
 * @throws {RangeError} If a quantile is not from 0 to 1.
 * @throws {ShapeError} If there are no elements.
 * @example Without NaN
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nanquantile, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await nanquantile(tensor([NaN, 1, 3]), 0.5).item(), 2);
 * ```
 */
export function nanquantile<D extends DType>(
  x: Tensor<D>,
  q: number | readonly number[] | Tensor,
  dim?: number,
  options: QuantileOptions = {},
): Tensor<FloatOf<D>> {
  checkCall("nanquantile", arguments, 4, x);
  checkPlain(QUANTILE, options, "nanquantile");
  return tidyNow(() =>
    quantileTensor("nanquantile", x, q, dim, options)
  ) as Tensor<FloatOf<D>>;
}
