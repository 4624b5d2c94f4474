import { rand, randn, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  noGradNow,
  parseArguments,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { finite, nonNegative } from "../_options.ts";

/** Fills a tensor with what `make` gives, without recording. */
function fill<T extends Tensor>(tensor: T, make: () => Tensor): T {
  tidyNow(() => {
    noGradNow(() => tensor.copy_(make()));
  });
  return tensor;
}

/** Options of {@linkcode uniform_}. */
export interface UniformOptions {
  /** The lower bound. @default {0} */
  readonly a?: number;
  /** The upper bound. @default {1} */
  readonly b?: number;
}

const uniformSchema = () =>
  z.strictObject({
    a: z._default(finite, 0),
    b: z._default(finite, 1),
  }).check(z.refine(({ a, b }) => a <= b, "a must not be above b"));

/**
 * Fills a tensor from the uniform distribution between `a` and `b`.
 *
 * @param tensor The tensor to fill.
 * @param options `a` and `b`.
 * @returns The same tensor.
 * @throws {RangeError} If `a` is above `b`.
 * @example The same numbers from the same seed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { manualSeed, zeros } from "@tenfold/tenfold";
 * import { init } from "@tenfold/nn";
 *
 * manualSeed(1);
 * const first = await init.uniform_(zeros([3])).toArray();
 * manualSeed(1);
 * assertEquals(await init.uniform_(zeros([3])).toArray(), first);
 * ```
 */
export function uniform_<T extends Tensor>(
  tensor: T,
  options: UniformOptions = {},
): T {
  const { a, b } = parseArguments(
    uniformSchema,
    { tensor },
    options,
    arguments,
    "apply uniform_",
  );
  checkTensor(tensor, "what is filled", "apply uniform_");
  const { shape, dtype, device } = tensor;
  return fill(
    tensor,
    () => rand(shape, { dtype, device }).mul_(b - a).add_(a),
  );
}

/** Options of {@linkcode normal_}. */
export interface NormalOptions {
  /** The mean. @default {0} */
  readonly mean?: number;
  /** The standard deviation. @default {1} */
  readonly std?: number;
}

const normalSchema = () =>
  z.strictObject({
    mean: z._default(finite, 0),
    std: z._default(nonNegative, 1),
  });

/**
 * Fills a tensor from the normal distribution of a mean and standard deviation.
 *
 * @param tensor The tensor to fill.
 * @param options `mean` and `std`.
 * @returns The same tensor.
 * @throws {RangeError} If `std` is negative.
 */
export function normal_<T extends Tensor>(
  tensor: T,
  options: NormalOptions = {},
): T {
  const { mean, std } = parseArguments(
    normalSchema,
    { tensor },
    options,
    arguments,
    "apply normal_",
  );
  checkTensor(tensor, "what is filled", "apply normal_");
  const { shape, dtype, device } = tensor;
  return fill(
    tensor,
    () => randn(shape, { dtype, device }).mul_(std).add_(mean),
  );
}

/**
 * Fills a tensor with one value.
 *
 * @param tensor The tensor to fill.
 * @param value The value of each element.
 * @returns The same tensor.
 */
export function constant_<T extends Tensor>(tensor: T, value: number): T {
  checkCount("constant_", arguments.length, 2);
  checkTensor(tensor, "what is filled", "apply constant_");
  return noGradNow(() => tensor.fill_(value));
}

/**
 * Fills a tensor with zeros.
 *
 * @param tensor The tensor to fill.
 * @returns The same tensor.
 */
export function zeros_<T extends Tensor>(tensor: T): T {
  checkCount("zeros_", arguments.length, 1);
  return constant_(tensor, 0);
}

/**
 * Fills a tensor with ones.
 *
 * @param tensor The tensor to fill.
 * @returns The same tensor.
 */
export function ones_<T extends Tensor>(tensor: T): T {
  checkCount("ones_", arguments.length, 1);
  return constant_(tensor, 1);
}
