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

/**
 * Options of {@linkcode uniform_}.
 *
 * @example From -1 to 1
 * ```ts
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.init.UniformOptions = { a: -1, b: 1 };
 * nn.init.uniform_(zeros([4]), options);
 * ```
 */
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

/**
 * Options of {@linkcode normal_}.
 *
 * @example A small deviation
 * ```ts
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.init.NormalOptions = { std: 0.02 };
 * nn.init.normal_(zeros([4]), options);
 * ```
 */
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
 *
 * @example As GPT-2 begins
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(4, 8);
 * nn.init.normal_(layer.weight, { std: 0.02 });
 * ```
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
 *
 * @example A bias of a tenth
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const bias = zeros([2]);
 * nn.init.constant_(bias, 0.5);
 * assertEquals(await bias.toArray(), [0.5, 0.5]);
 * ```
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
 *
 * @example A layer that begins as the identity of its residual
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(4, 4, { bias: false });
 * nn.init.zeros_(layer.weight);
 * assertEquals(await layer.forward(ones([4])).toArray(), [0, 0, 0, 0]);
 * ```
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
 *
 * @example A scale of 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const scale = new nn.Parameter(zeros([2]));
 * nn.init.ones_(scale);
 * assertEquals(await scale.toArray(), [1, 1]);
 * ```
 */
export function ones_<T extends Tensor>(tensor: T): T {
  checkCount("ones_", arguments.length, 1);
  return constant_(tensor, 1);
}
