/**
 * Counting elements: bins, and what is different.
 *
 * @module
 */
import { tensor } from "../creation.ts";
import {
  type AnyDType,
  type DType,
  DTYPES,
  type FloatOf,
  floatOf,
  isFloating,
} from "../dtype.ts";
import { DeviceError, DTypeError, ShapeError, showShape } from "../errors.ts";
import { UPLOAD_LIKE } from "../members.ts";
import { showValue } from "../options.ts";
import {
  checkPlain,
  flag,
  list,
  number,
  object,
  type PlainFields,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim, sameShape, type Shape, sizeOf } from "../shape.ts";
import { checkTensor, type Tensor, type TensorLike } from "../tensor.ts";
import { lerp } from "./arithmetic.ts";
import { checkCall, numberLike, operandLike } from "./call.ts";

const SIDE: PlainFields = { right: flag };
const UNIQUE: PlainFields = { dim: number };
const BINCOUNT: PlainFields = { weights: object, minLength: number };
const HISTOGRAM: PlainFields = {
  range: list,
  weight: object,
  density: flag,
};

/** Refuses a device of which values cannot be read at once. */
function checkNear(x: Tensor, operation: string): void {
  if (x.device.backend.readSync) return;
  throw new DeviceError(
    `Cannot ${operation} on ${x.device.name} as the values of the tensor decide the shape of the result: bring it over with await x.to("cpu-typedarray")`,
  );
}

/**
 * Options of {@linkcode searchsorted} and {@linkcode bucketize}.
 *
 * @example Behind equal elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type SearchOptions, searchsorted, tensor } from "@tenfold/tenfold";
 *
 * const options: SearchOptions = { right: true };
 * const index = searchsorted(tensor([1, 2, 2, 3]), tensor([2]), options);
 * assertEquals(await index.toArray(), [3]);
 * ```
 */
export interface SearchOptions {
  /**
   * Whether to insert after equal elements rather than before them.
   *
   * @default {false}
   */
  readonly right?: boolean;
}

/**
 * The indices at which values would be inserted into sorted sequences, by
 * binary search: `log2(n)` steps.
 *
 * @param sorted A sequence, or sequences along the last dim, in ascending
 * order.
 * @param values Of any shape for one sequence, else with the same leading dims;
 * or a number.
 * @param options `right`: after equal elements. @default {right: false}
 * @returns int32 of the shape of the values, from 0 to the length of a
 * sequence.
 * @throws {ShapeError} If the leading dims differ.
 * @example Before and behind equal ones
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { searchsorted, tensor } from "@tenfold/tenfold";
 *
 * const sorted = tensor([1, 3, 3, 5]);
 * const at = tensor([3, 4]);
 * assertEquals(await searchsorted(sorted, at).toArray(), [1, 3]);
 * assertEquals(await searchsorted(sorted, at, { right: true }).toArray(), [
 *   3,
 *   3,
 * ]);
 * ```
 */
export function searchsorted(
  sorted: Tensor,
  values: TensorLike,
  options: SearchOptions = {},
): Tensor<"int32"> {
  checkCall("searchsorted", arguments, 3, sorted);
  checkPlain(SIDE, options, "searchsorted");
  const right = options.right ?? false;
  return tidyNow(() => {
    const given = operandLike("searchsorted", sorted, values);
    const one = sorted.ndim === 1;
    if (
      sorted.ndim === 0 || !one && (given.ndim !== sorted.ndim ||
          !sameShape(given.shape.slice(0, -1), sorted.shape.slice(0, -1)))
    ) {
      throw new ShapeError(
        `Cannot searchsorted as the leading dims must be equal: got values ${
          showShape(given.shape)
        } for sorted lines ${showShape(sorted.shape)}`,
      );
    }
    const wanted = (one ? given.reshape([given.size]) : given).detach();
    const length = sorted.shape.at(-1)!;
    const lines = sorted.detach();
    let found: Tensor<"int32"> = numberLike(wanted, 0, "int32")
      .expand(wanted.shape) as Tensor<"int32">;
    for (let by = 2 ** Math.floor(Math.log2(length)); by >= 1; by /= 2) {
      const next = found.add(by);
      const at = lines.gather(-1, next.sub(1).clamp({ max: length - 1 }));
      const passes = (right ? at.gt(wanted) : at.ge(wanted)).logicalNot()
        .logicalAnd(next.le(length));
      found = next.where(passes, found) as Tensor<"int32">;
    }
    return found.reshape(given.shape).contiguous();
  });
}

/**
 * The index of the bin between ascending boundaries that contains each value: 0
 * below the first boundary, the number of boundaries above the last.
 *
 * @param values Any shape, or a number.
 * @param boundaries A vector in ascending order.
 * @param options `right`: whether a boundary belongs to the bin above it.
 * @default {right: false}
 * @returns int32 of the shape of the values.
 * @throws {ShapeError} If the boundaries are not a vector.
 * @example Ages
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bucketize, tensor } from "@tenfold/tenfold";
 *
 * const y = bucketize(tensor([5, 30, 70]), tensor([18, 65]));
 * assertEquals(await y.toArray(), [0, 1, 2]);
 * ```
 */
export function bucketize(
  values: TensorLike,
  boundaries: Tensor,
  options: SearchOptions = {},
): Tensor<"int32"> {
  checkCall("bucketize", arguments, 3, boundaries);
  checkPlain(SIDE, options, "bucketize");
  if (boundaries.ndim !== 1) {
    throw new ShapeError(
      `Cannot bucketize as the boundaries must be a vector: got shape ${
        showShape(boundaries.shape)
      }`,
    );
  }
  return searchsorted(boundaries, values, options);
}

/**
 * The result of {@linkcode unique}.
 *
 * @example Each value and how often it occurs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, type Unique, unique } from "@tenfold/tenfold";
 *
 * const result: Unique = unique(tensor([3, 1, 3]));
 * assertEquals(await result.values.toArray(), [1, 3]);
 * assertEquals(await result.counts.toArray(), [1, 2]);
 * ```
 */
export interface Unique<D extends DType = AnyDType> {
  /** The distinct values, in ascending order. */
  readonly values: Tensor<D>;
  /** For each element, or slice, its index among the values: int32. */
  readonly inverse: Tensor<"int32">;
  /** How often each value occurs: int32. */
  readonly counts: Tensor<"int32">;
}

/**
 * The distinct elements in ascending order, or the distinct slices of a dim.
 * Their number depends on the values, so the tensor must be on a device that
 * can be read synchronously. NaN counts as distinct from NaN.
 *
 * @param options `dim`: compares the slices of that dim; single elements by
 * default.
 * @returns The values, the index of each element among them, and the number of
 * occurrences.
 * @throws {DeviceError} If `x` is on a device that is read with `await`.
 * @example What is there, and how often
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, unique } from "@tenfold/tenfold";
 *
 * const { values, inverse, counts } = unique(tensor([3, 1, 3]));
 * assertEquals(await values.toArray(), [1, 3]);
 * assertEquals(await inverse.toArray(), [1, 0, 1]);
 * assertEquals(await counts.toArray(), [1, 2]);
 * ```
 */
export function unique<D extends DType>(
  x: Tensor<D>,
  options: { dim?: number } = {},
): Unique<D> {
  checkCall("unique", arguments, 2, x);
  checkPlain(UNIQUE, options, "unique");
  checkNear(x, "find what is unique");
  const d = options.dim === undefined
    ? null
    : normalizeDim(options.dim, x.ndim, "unique");
  return tidyNow(() => {
    // Slices as rows.
    const count = d === null ? x.size : x.shape[d] ?? 1;
    const rows: Tensor = d === null || x.ndim === 0
      ? x.reshape([count, 1])
      : x.transpose(0, d).reshape([count, sizeOf(x.shape) / (count || 1)]);
    const { first, inverse, counts } = d === null
      ? rankedElements(x)
      : ranked(rows.dataSync(), rows.shape);
    const picked = rows.detach().indexSelect(0, ints(x, first));
    const values = d === null
      ? picked.reshape([first.length])
      : x.ndim === 0
      ? picked.reshape([])
      : picked.reshape(
        [first.length, ...x.transpose(0, d).shape.slice(1)],
      ).transpose(0, d);
    return {
      values: values as Tensor<D>,
      inverse: ints(x, inverse).reshape(d === null ? x.shape : [count]),
      counts: ints(x, counts),
    };
  });
}

const ints = (like: Tensor, numbers: Int32Array): Tensor<"int32"> =>
  like[UPLOAD_LIKE](numbers, [numbers.length], "int32");

/** What is different, in order: the first of each, and how many there are. */
interface Ranks {
  readonly first: Int32Array;
  readonly inverse: Int32Array;
  readonly counts: Int32Array;
}

/** Of single elements, which the device sorts. */
function rankedElements(x: Tensor): Ranks {
  const flat = x.detach().flatten();
  const { values, indices } =
    (x.dtype === "bool" ? flat.cast("int32") : flat as Tensor).sort(0);
  const [data, places] = [values.dataSync(), indices.dataSync()];
  const count = data.length;
  const [first, inverse, counts] = [0, 1, 2].map(() => new Int32Array(count));
  let last = -1;
  for (let i = 0; i < count; i++) {
    const at = places[i]!;
    // NaN differs from itself; of equal ones the first may come later.
    if (i === 0 || data[i] !== data[i - 1]) first![++last] = at;
    else if (at < first![last]!) first![last] = at;
    counts![last]!++;
    inverse![at] = last;
  }
  return {
    first: first!.subarray(0, last + 1),
    inverse: inverse!,
    counts: counts!.subarray(0, last + 1),
  };
}

/** Of rows. */
function ranked(data: ArrayLike<number>, [count, width]: Shape): Ranks {
  // NaN comes last.
  const compare = (i: number, j: number): number => {
    for (let k = 0; k < width!; k++) {
      const [a, b] = [data[i * width! + k]!, data[j * width! + k]!];
      if (a < b || b !== b && a === a) return -1;
      if (a > b || a !== a && b === b) return 1;
    }
    return 0;
  };
  const hasNan = (i: number): boolean => {
    for (let k = 0; k < width!; k++) {
      if (Number.isNaN(data[i * width! + k])) return true;
    }
    return false;
  };
  const order = Array.from({ length: count! }, (_, i) => i).sort(compare);
  const first: number[] = [];
  const counts: number[] = [];
  const inverse = new Array<number>(count!);
  let last = -1;
  for (const i of order) {
    if (last < 0 || compare(last, i) !== 0 || hasNan(i)) {
      first.push(i);
      counts.push(0);
    }
    counts[counts.length - 1]!++;
    inverse[i] = first.length - 1;
    last = i;
  }
  return {
    first: Int32Array.from(first),
    inverse: Int32Array.from(inverse),
    counts: Int32Array.from(counts),
  };
}

/**
 * Options of {@linkcode bincount}.
 *
 * @example Sums of weights
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bincount, type BincountOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: BincountOptions = { weights: tensor([0.5, 1, 2]) };
 * const classes = tensor([0, 1, 1], { dtype: "int32" });
 * assertEquals(await bincount(classes, options).toArray(), [0.5, 3]);
 * ```
 */
export interface BincountOptions {
  /** Weight of each element. @default {1} */
  readonly weights?: Tensor;
  /** The smallest number of bins. @default {0} */
  readonly minLength?: number;
}

/**
 * Counts the occurrences of each integer from 0 on. The largest one determines
 * the number of bins, so the tensor must be on a device that can be read
 * synchronously.
 *
 * @param x A vector of int32 from 0 on.
 * @param options `weights`, and the smallest number of bins, `minLength`.
 * @returns int32, or the float dtype of the weights; its length is one more
 * than the largest number.
 * @throws {DTypeError} If `x` is not int32.
 * @throws {ShapeError} If `x` is not a vector, or weights do not fit.
 * @throws {RangeError} If a number is negative.
 * @throws {DeviceError} If `x` is on a device that is read with `await`.
 * @example Votes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bincount, tensor } from "@tenfold/tenfold";
 *
 * const votes = tensor([0, 2, 2], { dtype: "int32" });
 * assertEquals(await bincount(votes).toArray(), [1, 0, 2]);
 * ```
 */
export function bincount(
  x: Tensor,
  options: BincountOptions = {},
): Tensor {
  checkCall("bincount", arguments, 2, x);
  checkPlain(BINCOUNT, options, "bincount");
  const { weights, minLength = 0 } = options;
  if (isFloating(x.dtype)) {
    throw new DTypeError(
      `Cannot bincount as it takes whole numbers: got ${x.dtype}, cast it with cast("int32")`,
    );
  }
  if (x.ndim !== 1) {
    throw new ShapeError(
      `Cannot bincount other than a vector: got shape ${showShape(x.shape)}`,
    );
  }
  if (!Number.isSafeInteger(minLength) || minLength < 0) {
    throw new RangeError(
      `Cannot bincount as minLength must be a non-negative integer: got ${minLength}`,
    );
  }
  if (weights !== undefined) checkTensor(weights, "weights", "bincount");
  if (weights && !sameShape(weights.shape, x.shape)) {
    throw new ShapeError(
      `Cannot bincount as there must be one weight for each element: got shape ${
        showShape(weights.shape)
      } for ${showShape(x.shape)}`,
    );
  }
  checkNear(x, "bincount");
  return tidyNow(() => {
    const whole = x.cast("int32");
    const [least, most] = x.size > 0
      ? [whole.min(), whole.max()].map((end) => end.itemSync())
      : [0, -1];
    if (least! < 0) {
      throw new RangeError(
        `Cannot bincount as a number is negative: got ${least}`,
      );
    }
    const length = Math.max(minLength, most! + 1);
    const added = weights
      ? weights.cast(floatOf(weights.dtype))
      : numberLike(x, 1, "int32").expand(x.shape);
    return numberLike(x, 0, added.dtype).expand([length])
      .scatterAdd(0, whole, added);
  });
}

/**
 * Options of {@linkcode histogram}.
 *
 * @example A density over a range
 * ```ts
 * import { histogram, type HistogramOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: HistogramOptions = { range: [0, 1], density: true };
 * const { hist } = histogram(tensor([0.1, 0.2, 0.9]), 2, options);
 * ```
 */
export interface HistogramOptions {
  /** The range of equal bins. @default {the extremes of the elements} */
  readonly range?: readonly [number, number];
  /** Weight of each element. @default {1} */
  readonly weight?: Tensor;
  /**
   * Whether to divide by the total and the widths of the bins. @default {false}
   */
  readonly density?: boolean;
}

/**
 * Counts the elements in each bin. A bin includes its lower edge but not its
 * upper one, except for the last bin; elements outside of all bins and NaN are
 * ignored.
 *
 * @param x A tensor of any shape.
 * @param bins The number of equal bins, or a vector of ascending edges.
 * @param options `range` of equal bins, `weight` of each element, and `density`.
 * @returns The counts, and the edges: one more than there are counts.
 * @throws {RangeError} If the number of bins is not a positive integer, or the
 * range descends.
 * @throws {ShapeError} If weights do not fit, or edges are not a vector.
 * @example Two bins
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { histogram, tensor } from "@tenfold/tenfold";
 *
 * const { hist, binEdges } = histogram(tensor([0, 1, 3, 4]), 2);
 * assertEquals(await hist.toArray(), [2, 2]);
 * assertEquals(await binEdges.toArray(), [0, 2, 4]);
 * ```
 */
export function histogram<D extends DType>(
  x: Tensor<D>,
  bins: number | Tensor,
  options: HistogramOptions = {},
): { hist: Tensor<FloatOf<D>>; binEdges: Tensor<FloatOf<D>> } {
  checkCall("histogram", arguments, 3, x);
  checkPlain(HISTOGRAM, options, "histogram");
  const { range, weight, density = false } = options;
  if (typeof bins === "number") {
    if (!Number.isSafeInteger(bins) || bins < 1) {
      throw new RangeError(
        `Cannot histogram as the number of bins must be a positive integer: got ${bins}`,
      );
    }
  } else checkTensor(bins, "the bins", "histogram");
  if (typeof bins !== "number" && (bins.ndim !== 1 || bins.size < 2)) {
    throw new ShapeError(
      `Cannot histogram as the edges must be a vector of at least 2: got shape ${
        showShape(bins.shape)
      }`,
    );
  }
  if (
    range && !(range.length === 2 && range[0] <= range[1] &&
      range.every(Number.isFinite))
  ) {
    throw new RangeError(
      `Cannot histogram as the range must be two ascending numbers: got ${
        showValue(range)
      }`,
    );
  }
  if (weight !== undefined) checkTensor(weight, "weight", "histogram");
  if (weight && !sameShape(weight.shape, x.shape)) {
    throw new ShapeError(
      `Cannot histogram as there must be one weight for each element: got shape ${
        showShape(weight.shape)
      } for ${showShape(x.shape)}`,
    );
  }
  return tidyNow(() => {
    const flat = x.detach().flatten().cast(floatOf(x.dtype as DType));
    const edges: Tensor = typeof bins === "number"
      ? equalEdges(flat, bins, range)
      : bins.cast(flat.dtype);
    const count = edges.size - 1;
    const [low, high] = [edges.select(0, 0), edges.select(0, count)];
    const inside = flat.ge(low).logicalAnd(flat.le(high));
    const at = searchsorted(edges, flat, { right: true }).sub(1)
      .clamp({ min: 0, max: count - 1 });
    const counted = (weight
      ? weight.detach().flatten().cast(flat.dtype)
      : numberLike(flat, 1, flat.dtype)).where(inside, 0);
    const sums: Tensor = numberLike(flat, 0, flat.dtype).expand([count])
      .scatterAdd(0, at, counted);
    const widths = edges.narrow(0, 1, count).sub(edges.narrow(0, 0, count));
    return {
      hist: density ? sums.div(sums.sum()).div(widths) : sums,
      binEdges: edges.alias(),
    };
  }) as { hist: Tensor<FloatOf<D>>; binEdges: Tensor<FloatOf<D>> };
}

/** The edges of equal bins. */
function equalEdges(
  x: Tensor,
  bins: number,
  range: readonly [number, number] | undefined,
): Tensor {
  const end = (which: 0 | 1): Tensor =>
    range || x.size === 0
      ? numberLike(x, range?.[which] ?? which, x.dtype)
      : which === 0
      ? x.min()
      : x.max();
  const [low, high] = [end(0), end(1)];
  // Where all are equal, a bin around them.
  const room = low.eq(high).cast(x.dtype).mul(0.5);
  const parts = DTYPES[x.dtype].allocate(bins + 1);
  for (let i = 0; i <= bins; i++) parts[i] = i / bins;
  const ways = tensor(parts, { device: x.device, dtype: x.dtype });
  return lerp(low.sub(room), high.add(room), ways);
}
