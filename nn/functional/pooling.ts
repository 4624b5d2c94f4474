import { applyWindows, UPLOAD_LIKE } from "@tenfold/core/internal";
import { ShapeError, type Tensor } from "@tenfold/core";
import * as z from "zod/mini";
import { checkOptions, flag, positiveInteger } from "../_options.ts";
import {
  batched,
  naturalSize,
  type Pair,
  pairOf,
  positiveSize,
  type Size2d,
} from "./_windows.ts";

/** What all pooling has in common. */
export interface PoolOptions {
  /** Height and width of the window. */
  readonly kernelSize: Size2d;
  /** Stride of the window. @default {kernelSize} */
  readonly stride?: Size2d;
  /** Padding added to both sides, at most half of the window. @default {0} */
  readonly padding?: Size2d;
  /** Whether output sizes are rounded up instead of down. @default {false} */
  readonly ceilMode?: boolean;
}

/** Options of {@linkcode maxPool2d}. */
export interface MaxPool2dOptions extends PoolOptions {
  /** Spacing between the elements of the window. @default {1} */
  readonly dilation?: Size2d;
}

/** Options of {@linkcode avgPool2d}. */
export interface AvgPool2dOptions extends PoolOptions {
  /** Whether the zeros of the padding count for the mean. @default {true} */
  readonly countIncludePad?: boolean;
  /** Divisor of each sum, instead of the number of elements. */
  readonly divisorOverride?: number;
}

const poolFields = {
  kernelSize: positiveSize,
  stride: z.optional(positiveSize),
  padding: z.optional(naturalSize),
  ceilMode: z.optional(flag),
} as const;

/** The schema of {@linkcode MaxPool2dOptions}. */
export const maxPool2dSchema = (): z.ZodMiniType<MaxPool2dOptions> =>
  z.strictObject({
    ...poolFields,
    dilation: z.optional(positiveSize),
  }) as unknown as z.ZodMiniType<MaxPool2dOptions>;

/** The schema of {@linkcode AvgPool2dOptions}. */
export const avgPool2dSchema = (): z.ZodMiniType<AvgPool2dOptions> =>
  z.strictObject({
    ...poolFields,
    countIncludePad: z.optional(flag),
    divisorOverride: z.optional(positiveInteger),
  }) as unknown as z.ZodMiniType<AvgPool2dOptions>;

/**
 * The largest element of each window. The gradient goes to the first of several
 * equal ones.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Halve height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(16, { dtype: "float32" }).reshape([1, 4, 4]);
 * const y = functional.maxPool2d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[[5, 7], [13, 15]]]);
 * ```
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions): Tensor {
  checkOptions(
    maxPool2dSchema,
    options ?? {},
    "apply maxPool2d",
    arguments.length - 2,
  );
  const size = pairOf(options.kernelSize);
  return batched(x, "maxPool2d", (batch) =>
    applyWindows({
      name: "maxPool2d",
      size,
      stride: pairOf(options.stride ?? size),
      padding: pairOf(options.padding ?? 0),
      dilation: pairOf(options.dilation ?? 1),
      ceil: options.ceilMode ?? false,
    }, batch));
}

/** How windows lie along one dim: their number, and the elements of each. */
interface Windows {
  readonly count: number;
  /** The extent that all windows together cover. */
  readonly reach: number;
  /** Elements of each window that are divided by. */
  readonly sizes: readonly number[];
}

function windowsAlong(
  extent: number,
  axis: 0 | 1,
  options: AvgPool2dOptions,
): Windows {
  const kernel = pairOf(options.kernelSize)[axis];
  const stride = pairOf(options.stride ?? options.kernelSize)[axis];
  const padding = pairOf(options.padding ?? 0)[axis];
  const span = extent + 2 * padding - kernel;
  let count = (options.ceilMode ? Math.ceil : Math.floor)(span / stride) + 1;
  // The last window must begin inside the input or its left padding.
  if (options.ceilMode && (count - 1) * stride >= extent + padding) count--;
  if (count < 1 || padding * 2 > kernel) {
    throw new ShapeError(
      `Cannot apply avgPool2d to an extent of ${extent} padded by ${padding} in windows of ${kernel}: ${
        count < 1
          ? "no window fits"
          : "the padding may be at most half of the window"
      }`,
    );
  }
  const sizes = Array.from({ length: count }, (_, i) => {
    const start = i * stride - padding;
    const end = Math.min(start + kernel, extent + padding);
    return options.countIncludePad ?? true
      ? end - start
      : Math.min(end, extent) - Math.max(start, 0);
  });
  return { count, reach: (count - 1) * stride + kernel, sizes };
}

/**
 * Average pooling: the mean of each window.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `ceilMode`,
 * `countIncludePad` and `divisorOverride`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Halve height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(16, { dtype: "float32" }).reshape([1, 4, 4]);
 * const y = functional.avgPool2d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[[2.5, 4.5], [10.5, 12.5]]]);
 * ```
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  checkOptions(
    avgPool2dSchema,
    options ?? {},
    "apply avgPool2d",
    arguments.length - 2,
  );
  return batched(x, "avgPool2d", (batch) => averages(batch, options));
}

function averages(x: Tensor, options: AvgPool2dOptions): Tensor {
  const [height, width] = [x.shape[2]!, x.shape[3]!];
  const [kh, kw] = pairOf(options.kernelSize);
  const [sh, sw] = pairOf(options.stride ?? options.kernelSize);
  const [ph, pw] = pairOf(options.padding ?? 0);
  const rows = windowsAlong(height, 0, options);
  const columns = windowsAlong(width, 1, options);
  const amounts = [
    pw,
    columns.reach - width - pw,
    ph,
    rows.reach - height - ph,
  ];
  const covered = amounts.some((amount) => amount !== 0) ? x.pad(amounts) : x;
  const sums = covered.unfold(2, kh, sh).unfold(3, kw, sw).sum([4, 5]);
  if (options.divisorOverride !== undefined) {
    return sums.div(options.divisorOverride);
  }
  const even = [rows, columns].every(({ sizes }) =>
    sizes.every((size) => size === sizes[0])
  );
  if (even) return sums.div(rows.sizes[0]! * columns.sizes[0]!);
  const divisors = Float32Array.from(
    rows.sizes.flatMap((r) => columns.sizes.map((c) => r * c)),
  );
  const by = x[UPLOAD_LIKE](divisors, [rows.count, columns.count], "float32");
  return sums.div(by.cast(x.dtype));
}

/** Height and width of the output; null keeps that of the input. */
export type AdaptiveSize = number | readonly [number | null, number | null];

/** Options of {@linkcode adaptiveAvgPool2d}. */
export interface AdaptiveAvgPool2dOptions {
  /** Height and width of the output; null keeps that of the input. */
  readonly outputSize: AdaptiveSize;
}

/** The schema of {@linkcode AdaptiveAvgPool2dOptions}. */
export const adaptiveSchema = (): z.ZodMiniType<AdaptiveAvgPool2dOptions> =>
  z.strictObject({
    outputSize: z.union(
      [
        positiveInteger,
        z.readonly(
          z.tuple([z.nullable(positiveInteger), z.nullable(positiveInteger)]),
        ),
      ],
      "must be a positive integer or a pair of them or of null",
    ),
  }) as unknown as z.ZodMiniType<AdaptiveAvgPool2dOptions>;

/**
 * Means of as many windows as the result has elements: window `i` of `n` covers
 * the elements from `floor(i extent / n)` to `ceil((i + 1) extent / n)`.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `outputSize`.
 * @throws {RangeError} If the size is not a positive integer.
 * @throws {ShapeError} If the input has no height or no width.
 * @example One number a channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(8, { dtype: "float32" }).reshape([2, 2, 2]);
 * const y = functional.adaptiveAvgPool2d(x, { outputSize: 1 });
 * assertEquals(await y.toArray(), [[[1.5]], [[5.5]]]);
 * ```
 */
export function adaptiveAvgPool2d(
  x: Tensor,
  options: AdaptiveAvgPool2dOptions,
): Tensor {
  checkOptions(
    adaptiveSchema,
    options ?? {},
    "apply adaptiveAvgPool2d",
    arguments.length - 2,
  );
  const { outputSize } = options;
  return batched(x, "adaptiveAvgPool2d", (batch) => {
    const [height, width] = [batch.shape[2]!, batch.shape[3]!];
    if (height === 0 || width === 0) {
      throw new ShapeError(
        `Cannot apply adaptiveAvgPool2d to an input of ${height}x${width} as its windows would be empty`,
      );
    }
    const [h, w] = typeof outputSize === "number"
      ? [outputSize, outputSize]
      : [outputSize[0] ?? height, outputSize[1] ?? width];
    if (h === 1 && w === 1) return batch.mean([2, 3], { keepDim: true });
    if (height % h === 0 && width % w === 0) {
      const kernelSize: Pair = [height / h, width / w];
      return averages(batch, { kernelSize });
    }
    const [rows, columns] = [
      adaptiveWindows(h, height),
      adaptiveWindows(w, width),
    ];
    const sums = windowSums(windowSums(batch, 2, rows), 3, columns);
    const sizes = Float32Array.from(
      rows.flatMap((r) => columns.map((c) => r.size * c.size)),
    );
    return sums.div(
      batch[UPLOAD_LIKE](sizes, [h, w], "float32").cast(sums.dtype),
    );
  });
}

/** Where a window begins, and the number of its elements. */
interface Span {
  readonly start: number;
  readonly size: number;
}

/** The windows that cover an extent, as many as asked for. */
function adaptiveWindows(count: number, extent: number): Span[] {
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor(i * extent / count);
    return { start, size: Math.ceil((i + 1) * extent / count) - start };
  });
}

/**
 * The sum of each window along a dim. Elements are picked rather than weighted
 * by 0, so that an infinite one stays in its windows.
 */
function windowSums(x: Tensor, dim: number, windows: readonly Span[]): Tensor {
  const extent = x.shape[dim]!;
  if (windows.length === extent) return x;
  const most = Math.max(...windows.map(({ size }) => size));
  const index = windows.flatMap(({ start }) =>
    Array.from({ length: most }, (_, k) => Math.min(start + k, extent - 1))
  );
  const at = x[UPLOAD_LIKE](Int32Array.from(index), [index.length], "int32");
  const [before, behind] = [x.shape.slice(0, dim), x.shape.slice(dim + 1)];
  const picked = x.indexSelect(dim, at)
    .reshape([...before, windows.length, most, ...behind]);
  const inside = windows.flatMap(({ size }) =>
    Array.from({ length: most }, (_, k) => k < size ? 1 : 0)
  );
  if (!inside.includes(0)) return picked.sum(dim + 1);
  const mask = x[UPLOAD_LIKE](
    Uint8Array.from(inside),
    [windows.length, most, ...behind.map(() => 1)],
    "bool",
  );
  return picked.where(mask, 0).sum(dim + 1);
}
