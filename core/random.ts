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

/** Uniform random numbers from 0 (included) to 1 (excluded). */
export function rand<D extends DType = "float32">(
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  if (!Array.isArray(shape)) throw oneArray("rand", "the shape", arguments);
  checkCount("rand", arguments.length, 2);
  return random("uniform", 0, 1, shape, options, floatDType(options));
}

/** Random numbers of the standard normal distribution. */
export function randn<D extends DType = "float32">(
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  if (!Array.isArray(shape)) throw oneArray("randn", "the shape", arguments);
  checkCount("randn", arguments.length, 2);
  return random("normal", 0, 1, shape, options, floatDType(options));
}

/** {@linkcode rand} with the shape, dtype and device of another tensor. */
export function randLike<D extends DType, E extends DType = D>(
  x: Tensor<D>,
  options: TensorOptions<E> = {},
): Tensor<E> {
  checkCount("randLike", arguments.length, 2);
  return rand(x.shape, like(x, options));
}

/** {@linkcode randn} with the shape, dtype and device of another tensor. */
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

/** The numbers 0 to `n - 1` in random order, int32. */
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
