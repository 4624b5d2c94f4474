import type { Tensor } from "@tenfold/core";
import * as z from "../_zod.ts";
import { checkOptions, flag } from "../_options.ts";
import { maxPool, type Pooled, type ValuesAndPositions } from "./_max_pool.ts";
import {
  type AnySize,
  batchedIn,
  type Size1d,
  type Size3d,
  sizeSchema,
} from "./_sizes.ts";
import type { Size2d } from "./_windows.ts";

/**
 * Options of max pooling whose sizes are of type `S`; `I` is whether indices
 * are returned.
 *
 * @example Windows of 3 by 3 that overlap
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.MaxPoolOptions<nn.Size2d> = {
 *   kernelSize: 3,
 *   stride: 2,
 *   padding: 1,
 * };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(nn.functional.maxPool2d(x, options).shape, [2, 3, 4, 4]);
 * ```
 */
export interface MaxPoolOptions<
  S extends AnySize,
  I extends boolean = false,
> {
  /** Extents of the window. */
  readonly kernelSize: S;
  /** Stride of the window. @default {kernelSize} */
  readonly stride?: S;
  /** Padding added to both sides, at most half of the window. @default {0} */
  readonly padding?: S;
  /** Spacing between the elements of the window. @default {1} */
  readonly dilation?: S;
  /** Whether output sizes are rounded up instead of down. @default {false} */
  readonly ceilMode?: boolean;
  /**
   * Whether to return `[values, indices]`, where an index (int32) is the
   * position of a value in the input of its channel, in C order, as
   * {@linkcode maxUnpool1d}, {@linkcode maxUnpool2d} and
   * {@linkcode maxUnpool3d} take it.
   *
   * @default {false}
   */
  readonly returnIndices?: I;
}

/**
 * Options of {@linkcode maxPool1d}.
 *
 * @example The last window may be cut off
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.MaxPool1dOptions = { kernelSize: 2, ceilMode: true };
 * const y = nn.functional.maxPool1d(tensor([[[1, 2, 3]]]), options);
 * assertEquals(await y.toArray(), [[[2, 3]]]);
 * ```
 */
export type MaxPool1dOptions<I extends boolean = false> = MaxPoolOptions<
  Size1d,
  I
>;
/**
 * Options of {@linkcode maxPool2d}.
 *
 * @example Windows of 1 by 2
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.MaxPool2dOptions = { kernelSize: [1, 2] };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(nn.functional.maxPool2d(x, options).shape, [2, 3, 8, 4]);
 * ```
 */
export type MaxPool2dOptions<I extends boolean = false> = MaxPoolOptions<
  Size2d,
  I
>;
/**
 * Options of {@linkcode maxPool3d}.
 *
 * @example Half the extents
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.MaxPool3dOptions = { kernelSize: 2 };
 * const y = nn.functional.maxPool3d(randn([1, 1, 4, 4, 4]), options);
 * assertEquals(y.shape, [1, 1, 2, 2, 2]);
 * ```
 */
export type MaxPool3dOptions<I extends boolean = false> = MaxPoolOptions<
  Size3d,
  I
>;

const schema =
  <S extends AnySize>(dims: number) =>
  (): z.ZodMiniType<MaxPoolOptions<S, boolean>> =>
    z.strictObject({
      kernelSize: sizeSchema<S>(dims, "positive"),
      stride: z.optional(sizeSchema<S>(dims, "positive")),
      padding: z.optional(sizeSchema<S>(dims, "non-negative")),
      dilation: z.optional(sizeSchema<S>(dims, "positive")),
      ceilMode: z.optional(flag),
      returnIndices: z.optional(flag),
    }) as unknown as z.ZodMiniType<MaxPoolOptions<S, boolean>>;

/** The schema of {@linkcode MaxPool1dOptions}. */
export const maxPool1dSchema = /* @__PURE__ */ schema<Size1d>(1);
/** The schema of {@linkcode MaxPool2dOptions}. */
export const maxPool2dSchema = /* @__PURE__ */ schema<Size2d>(2);
/** The schema of {@linkcode MaxPool3dOptions}. */
export const maxPool3dSchema = /* @__PURE__ */ schema<Size3d>(3);

const SCHEMAS = [maxPool1dSchema, maxPool2dSchema, maxPool3dSchema] as const;

/** Checks the options and pools in `dims` dims. */
function pool<I extends boolean>(
  dims: 1 | 2 | 3,
  x: Tensor,
  options: MaxPoolOptions<AnySize, boolean>,
  name: string,
  extra: number,
  positions?: I,
): Pooled<I> {
  checkOptions(
    SCHEMAS[dims - 1]! as () => z.ZodMiniType<object>,
    options ?? { kernelSize: undefined },
    `apply ${name}`,
    extra,
  );
  return batchedIn<Pooled<boolean>>(dims, x, name, (batch) => {
    const both = maxPool(batch, dims, options);
    return positions ? both : both[0];
  }) as Pooled<I>;
}

/**
 * The largest element of each window. Of several equal elements the first
 * receives the gradient.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation`, `ceilMode` and
 * `returnIndices`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * the window.
 * @example Pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 2, 0]]);
 * const y = functional.maxPool1d(x, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[3, 2]]);
 * ```
 */
export function maxPool1d<I extends boolean = false>(
  x: Tensor,
  options: MaxPool1dOptions<I>,
): Pooled<I> {
  const name = "maxPool1d";
  const extra = arguments.length - 2;
  return pool(1, x, options, name, extra, options?.returnIndices);
}

/**
 * The largest element of each window. Of several equal elements the first
 * receives the gradient.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation`, `ceilMode` and
 * `returnIndices`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * the window.
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
export function maxPool2d<I extends boolean = false>(
  x: Tensor,
  options: MaxPool2dOptions<I>,
): Pooled<I> {
  const name = "maxPool2d";
  const extra = arguments.length - 2;
  return pool(2, x, options, name, extra, options?.returnIndices);
}

/**
 * The largest element of each window. Of several equal elements the first
 * receives the gradient.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation`, `ceilMode` and
 * `returnIndices`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * the window.
 * @example A volume, and where its largest element is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(8, { dtype: "float32" }).reshape([1, 2, 2, 2]);
 * const [y, at] = functional.maxPool3d(x, {
 *   kernelSize: 2,
 *   returnIndices: true,
 * });
 * assertEquals([await y.item(), await at.item()], [7, 7]);
 * ```
 */
export function maxPool3d<I extends boolean = false>(
  x: Tensor,
  options: MaxPool3dOptions<I>,
): Pooled<I> {
  const name = "maxPool3d";
  const extra = arguments.length - 2;
  return pool(3, x, options, name, extra, options?.returnIndices);
}

/**
 * The largest element of each window, and its index (int32) in the input of its
 * channel, in C order, as {@linkcode maxUnpool1d} takes it.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * the window.
 * @example Where the largest elements are
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 2, 0]]);
 * const [, at] = functional.maxPool1dWithIndices(x, { kernelSize: 2 });
 * assertEquals(await at.toArray(), [[1, 2]]);
 * ```
 */
export function maxPool1dWithIndices(
  x: Tensor,
  options: MaxPool1dOptions<boolean>,
): ValuesAndPositions {
  const name = "maxPool1dWithIndices";
  return pool(1, x, options, name, arguments.length - 2, true);
}

/**
 * The largest element of each window, and its index (int32) in the input of its
 * channel, in C order, as {@linkcode maxUnpool2d} takes it.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * the window.
 * @example Where the largest elements are
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 2], [4, 3]]]);
 * const [y, at] = functional.maxPool2dWithIndices(x, { kernelSize: 2 });
 * assertEquals([await y.item(), await at.item()], [4, 2]);
 * ```
 */
export function maxPool2dWithIndices(
  x: Tensor,
  options: MaxPool2dOptions<boolean>,
): ValuesAndPositions {
  const name = "maxPool2dWithIndices";
  return pool(2, x, options, name, arguments.length - 2, true);
}

/**
 * The largest element of each window, and its index (int32) in the input of its
 * channel, in C order, as {@linkcode maxUnpool3d} takes it.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `kernelSize`, `stride`, `padding`, `dilation` and `ceilMode`.
 * @throws {ShapeError} If no window fits, or the padding is more than half of
 * the window.
 * @example Where the largest element is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = arange(8, { dtype: "float32" }).reshape([1, 2, 2, 2]);
 * const [, at] = functional.maxPool3dWithIndices(x, { kernelSize: 2 });
 * assertEquals(await at.item(), 7);
 * ```
 */
export function maxPool3dWithIndices(
  x: Tensor,
  options: MaxPool3dOptions<boolean>,
): ValuesAndPositions {
  const name = "maxPool3dWithIndices";
  return pool(3, x, options, name, arguments.length - 2, true);
}
