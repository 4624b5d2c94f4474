import { fused, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import * as z from "../_zod.ts";
import { checkOptions, flag, positiveInteger } from "../_options.ts";
import { averages } from "./_averages.ts";
import {
  type AnySize,
  batchedIn,
  type Size1d,
  type Size3d,
  sizeSchema,
  sizesOf,
} from "./_sizes.ts";
import type { Size2d } from "./_windows.ts";

/**
 * Options of average pooling whose sizes are of type `S`.
 *
 * @example Windows of 2 by 2
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.AvgPoolOptions<nn.Size2d> = { kernelSize: 2 };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(nn.functional.avgPool2d(x, options).shape, [2, 3, 4, 4]);
 * ```
 */
export interface AvgPoolOptions<S extends AnySize> {
  /** Extents of the window. */
  readonly kernelSize: S;
  /** Stride of the window. @default {kernelSize} */
  readonly stride?: S;
  /** Padding added to both sides, at most half of the window. @default {0} */
  readonly padding?: S;
  /** Whether output sizes are rounded up instead of down. @default {false} */
  readonly ceilMode?: boolean;
  /**
   * Whether the zeros of the padding are included in the mean. @default {true}
   */
  readonly countIncludePad?: boolean;
}

/**
 * Options of {@linkcode avgPool1d}.
 *
 * @example Overlapping windows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.AvgPool1dOptions = { kernelSize: 3, stride: 1 };
 * const y = nn.functional.avgPool1d(tensor([[[1, 2, 3, 4]]]), options);
 * assertEquals(await y.toArray(), [[[2, 3]]]);
 * ```
 */
export type AvgPool1dOptions = AvgPoolOptions<Size1d>;

/**
 * Options of {@linkcode avgPool2d}.
 *
 * @example Sums in place of means
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.AvgPool2dOptions = { kernelSize: 2, divisorOverride: 1 };
 * const y = nn.functional.avgPool2d(ones([1, 1, 2, 2]), options);
 * assertEquals(await y.item(), 4);
 * ```
 */
export interface AvgPool2dOptions extends AvgPoolOptions<Size2d> {
  /** Divisor of each sum, instead of the number of elements. */
  readonly divisorOverride?: number;
}

/**
 * Options of {@linkcode avgPool3d}.
 *
 * @example Windows of one frame
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.AvgPool3dOptions = { kernelSize: [1, 2, 2] };
 * const y = nn.functional.avgPool3d(randn([1, 1, 3, 4, 4]), options);
 * assertEquals(y.shape, [1, 1, 3, 2, 2]);
 * ```
 */
export interface AvgPool3dOptions extends AvgPoolOptions<Size3d> {
  /** Divisor of each sum, instead of the number of elements. */
  readonly divisorOverride?: number;
}

const fields = <S extends AnySize>(dims: number) => ({
  kernelSize: sizeSchema<S>(dims, "positive"),
  stride: z.optional(sizeSchema<S>(dims, "positive")),
  padding: z.optional(sizeSchema<S>(dims, "non-negative")),
  ceilMode: z.optional(flag),
  countIncludePad: z.optional(flag),
});

/** The schema of {@linkcode AvgPool1dOptions}. */
export const avgPool1dSchema = (): z.ZodMiniType<AvgPool1dOptions> =>
  z.strictObject(fields<Size1d>(1)) as unknown as z.ZodMiniType<
    AvgPool1dOptions
  >;
/** The schema of {@linkcode AvgPool2dOptions}. */
export const avgPool2dSchema = (): z.ZodMiniType<AvgPool2dOptions> =>
  z.strictObject({
    ...fields<Size2d>(2),
    divisorOverride: z.optional(positiveInteger),
  }) as unknown as z.ZodMiniType<AvgPool2dOptions>;
/** The schema of {@linkcode AvgPool3dOptions}. */
export const avgPool3dSchema = (): z.ZodMiniType<AvgPool3dOptions> =>
  z.strictObject({
    ...fields<Size3d>(3),
    divisorOverride: z.optional(positiveInteger),
  }) as unknown as z.ZodMiniType<AvgPool3dOptions>;

/** What is missing where no options are given. */
const NONE = { kernelSize: undefined };

/**
 * Average pooling: the mean of each window.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `ceilMode` and
 * `countIncludePad`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 2, 0]]);
 * const y = functional.avgPool1d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[2, 1]]);
 * ```
 */
export function avgPool1d(x: Tensor, options: AvgPool1dOptions): Tensor {
  const name = "avgPool1d";
  checkOptions(
    avgPool1dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(1, x, name, (batch) => averages(batch, 1, options, name));
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
  const name = "avgPool2d";
  checkOptions(
    avgPool2dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(2, x, name, (batch) => averages(batch, 2, options, name));
}

/**
 * Average pooling: the mean of each window.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `ceilMode` and
 * `countIncludePad`, and `divisorOverride`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * one.
 * @example Half of each extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.avgPool3d(ones([1, 2, 4, 4, 4]), { kernelSize: 2 });
 * assertEquals(y.shape, [1, 2, 2, 2, 2]);
 * ```
 */
export function avgPool3d(x: Tensor, options: AvgPool3dOptions): Tensor {
  const name = "avgPool3d";
  checkOptions(
    avgPool3dSchema,
    options ?? NONE,
    `apply ${name}`,
    arguments.length - 2,
  );
  return batchedIn(3, x, name, (batch) => averages(batch, 3, options, name));
}

/**
 * Options of {@linkcode lpPool1d} and {@linkcode lpPool2d}.
 *
 * @example The norm of each window
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.LpPoolOptions<nn.Size1d> = { normType: 2, kernelSize: 2 };
 * const y = nn.functional.lpPool1d(tensor([[[3, 4]]]), options);
 * assertAlmostEquals(await y.item(), 5, 1e-5);
 * ```
 */
export interface LpPoolOptions<S extends AnySize> {
  /** The norm. */
  readonly normType: number;
  /** Extents of the window. */
  readonly kernelSize: S;
  /** Stride of the window. @default {kernelSize} */
  readonly stride?: S;
  /** Whether output sizes are rounded up instead of down. @default {false} */
  readonly ceilMode?: boolean;
}

const lp = (dims: number) => () =>
  z.strictObject({
    normType: z.number("must be a number"),
    kernelSize: sizeSchema<AnySize>(dims, "positive"),
    stride: z.optional(sizeSchema<AnySize>(dims, "positive")),
    ceilMode: z.optional(flag),
  });

/** The schema of {@linkcode LpPoolOptions} in one dim. */
export const lpPool1dSchema = /* @__PURE__ */ lp(1);
/** The schema of {@linkcode LpPoolOptions} in two dims. */
export const lpPool2dSchema = /* @__PURE__ */ lp(2);

/**
 * Input the mean of powers; scalars: how many they are, and `1 / p`. A window
 * of zeros has no gradient, where that of the root is infinite, as in PyTorch.
 */
const root = /* @__PURE__ */ fused(
  "lpPool",
  ([mean], [count, power]) =>
    expr.select(expr.eq(mean, 0), 0, expr.pow(expr.mul(mean, count), power)),
  { scalars: 2 },
);

/** {@linkcode lpPool2d} with checked options. */
function norms(
  x: Tensor,
  dims: 1 | 2,
  { normType, ...options }: LpPoolOptions<AnySize>,
  name: string,
): Tensor {
  const count = sizesOf(options.kernelSize, dims).reduce((a, b) => a * b, 1);
  return batchedIn(
    dims,
    x,
    name,
    (batch) =>
      root.map([averages(batch.pow(normType), dims, options, name)], [
        count,
        1 / normType,
      ]),
  );
}

/**
 * Power-average pooling: `sum(x ^ p) ^ (1 / p)` of each window.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `normType`, `kernelSize`, `stride` and `ceilMode`.
 * @throws {ShapeError} If no window fits.
 * @example A length
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[3, 4]]);
 * const y = functional.lpPool1d(x, { normType: 2, kernelSize: 2 });
 * assertAlmostEquals(await y.item(), 5, 1e-5);
 * ```
 */
export function lpPool1d(x: Tensor, options: LpPoolOptions<Size1d>): Tensor {
  checkOptions(
    lpPool1dSchema,
    options ?? NONE,
    "apply lpPool1d",
    arguments.length - 2,
  );
  return norms(x, 1, options, "lpPool1d");
}

/**
 * Power-average pooling: `sum(x ^ p) ^ (1 / p)` of each window.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `normType`, `kernelSize`, `stride` and `ceilMode`.
 * @throws {ShapeError} If no window fits.
 * @example A length
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[3, 0], [0, 4]]]);
 * const y = functional.lpPool2d(x, { normType: 2, kernelSize: 2 });
 * assertAlmostEquals(await y.item(), 5, 1e-5);
 * ```
 */
export function lpPool2d(x: Tensor, options: LpPoolOptions<Size2d>): Tensor {
  checkOptions(
    lpPool2dSchema,
    options ?? NONE,
    "apply lpPool2d",
    arguments.length - 2,
  );
  return norms(x, 2, options, "lpPool2d");
}
