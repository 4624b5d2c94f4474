/**
 * Tensors of random numbers.
 *
 * @module
 */
import { create, like, type TensorOptions } from "./creation.ts";
import { checkDType, type DType, DTYPES } from "./dtype.ts";
import { DTypeError } from "./errors.ts";
import { checkCount } from "./options.ts";
import { oneArray } from "./plain_options.ts";
import { nextKey } from "./random_state.ts";
import { checkShape, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

function random<D extends DType>(
  distribution: "uniform" | "normal" | "integer",
  low: number,
  high: number,
  shape: Shape,
  options: TensorOptions<D>,
  dtype: DType,
): Tensor<D> {
  return create(
    {
      name: "random",
      distribution,
      key: nextKey(),
      low,
      high,
      shape: checkShape(shape, "make random numbers"),
      dtype,
    },
    options,
    "make random numbers",
  );
}

function floatDType(options: TensorOptions): DType {
  const dtype = checkDType(options.dtype ?? "float32", "make random numbers");
  if (DTYPES[dtype].floating) return dtype;
  throw new DTypeError(
    `Cannot draw ${dtype} numbers from a continuous distribution: use randint or bernoulli`,
  );
}

/**
 * Uniform random numbers from 0 (included) to 1 (excluded).
 *
 * @param shape The extents.
 * @param options `dtype` (a float, float32 by default), `device`, `requiresGrad`.
 * @throws {DTypeError} If the dtype is not a float.
 * @example Between 0 and 1
 * ```ts
 * import { assert } from "@std/assert";
 * import { manualSeed, rand } from "@tenfold/tenfold";
 *
 * manualSeed(0);
 *
 * const x = rand([100]);
 * assert(await x.min().item() >= 0);
 * assert(await x.max().item() < 1);
 * ```
 */
export function rand<D extends DType = "float32">(
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  if (!Array.isArray(shape)) throw oneArray("rand", "the shape", arguments);
  checkCount("rand", arguments.length, 2);
  return random("uniform", 0, 1, shape, options, floatDType(options));
}

/**
 * Random numbers of the standard normal distribution, of mean 0 and variance 1.
 *
 * @param shape The extents.
 * @param options `dtype` (a float, float32 by default), `device`, `requiresGrad`.
 * @throws {DTypeError} If the dtype is not a float.
 * @example The same numbers from the same seed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { manualSeed, randn } from "@tenfold/tenfold";
 *
 * manualSeed(0);
 *
 * const x = await randn([2, 3]).toArray();
 * manualSeed(0);
 * assertEquals(await randn([2, 3]).toArray(), x);
 * ```
 */
export function randn<D extends DType = "float32">(
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  if (!Array.isArray(shape)) throw oneArray("randn", "the shape", arguments);
  checkCount("randn", arguments.length, 2);
  return random("normal", 0, 1, shape, options, floatDType(options));
}

/**
 * {@linkcode rand} with the shape, dtype and device of another tensor.
 *
 * @example Noise for each element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randLike, zeros } from "@tenfold/tenfold";
 *
 * const x = zeros([2, 3]);
 * assertEquals(randLike(x).shape, [2, 3]);
 * ```
 */
export function randLike<D extends DType, E extends DType = D>(
  x: Tensor<D>,
  options: TensorOptions<E> = {},
): Tensor<E> {
  checkCount("randLike", arguments.length, 2);
  return rand(x.shape, like(x, options));
}

/**
 * {@linkcode randn} with the shape, dtype and device of another tensor.
 *
 * @example Noise for each element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randnLike, zeros } from "@tenfold/tenfold";
 *
 * const x = zeros([2, 3], { dtype: "float64" });
 * assertEquals(randnLike(x).dtype, "float64");
 * ```
 */
export function randnLike<D extends DType, E extends DType = D>(
  x: Tensor<D>,
  options: TensorOptions<E> = {},
): Tensor<E> {
  checkCount("randnLike", arguments.length, 2);
  return randn(x.shape, like(x, options));
}

/**
 * Random whole numbers from `low` (included) to `high` (excluded), int32. The
 * 31 bits of each draw are taken modulo the range, so a number's probability
 * is off by at most one in 2^31 / range.
 *
 * @throws {RangeError} If the range is empty or wider than 2^31.
 * @example Throws of a die
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { manualSeed, randint } from "@tenfold/tenfold";
 *
 * manualSeed(0);
 *
 * const throws = randint(1, 7, [100]);
 * assertEquals(throws.dtype, "int32");
 * assert(await throws.min().item() >= 1);
 * assert(await throws.max().item() <= 6);
 * ```
 */
export function randint<D extends DType = "int32">(
  low: number,
  high: number,
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  checkCount("randint", arguments.length, 4);
  const range = high - low;
  if (
    !Number.isInteger(low) || !Number.isInteger(high) || range < 1 ||
    range >= 2 ** 31 || low < -(2 ** 31) || high > 2 ** 31
  ) {
    throw new RangeError(
      `Cannot draw whole numbers from ${low} to ${high}: low must be below high, by less than 2^31, and both within int32`,
    );
  }
  const dtype = checkDType(options.dtype ?? "int32", "make random numbers");
  return random("integer", low, high, shape, options, dtype);
}

/**
 * The numbers 0 to `n - 1` in random order, int32.
 *
 * @example Each number once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randperm } from "@tenfold/tenfold";
 *
 * const order = randperm(4);
 * assertEquals(await order.sort().values.toArray(), [0, 1, 2, 3]);
 * ```
 */
export function randperm(
  n: number,
  options: TensorOptions = {},
): Tensor<"int32"> {
  checkCount("randperm", arguments.length, 2);
  const { dtype: _, ...rest } = options;
  const keys = randint(0, 2 ** 31 - 1, [n], rest);
  const order = keys.argsort();
  keys.dispose();
  return order;
}

/**
 * Draws ones with the probabilities that a tensor holds, and zeros otherwise,
 * in the tensor's dtype.
 *
 * @example Never and always
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bernoulli, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await bernoulli(tensor([0, 1])).toArray(), [0, 1]);
 * ```
 */
export function bernoulli<D extends DType>(
  probability: Tensor<D>,
): Tensor<D> {
  checkCount("bernoulli", arguments.length, 1);
  const draws = randLike(probability);
  const hits = draws.lt(probability);
  const out = hits.cast(probability.dtype as D);
  draws.dispose();
  hits.dispose();
  return out;
}
