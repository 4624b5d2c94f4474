import { checkTensor } from "@tenfold/core/internal";
import type { Tensor } from "@tenfold/core";
import * as z from "../_zod.ts";
import { checkOptions, flag, probability } from "../_options.ts";

/**
 * Options of {@linkcode dropout}.
 *
 * @example Only in training
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(4, 2).eval();
 * const options: nn.functional.DropoutOptions = {
 *   p: 0.2,
 *   training: model.training,
 * };
 * const y = nn.functional.dropout(ones([4]), options);
 * assertEquals(await y.toArray(), [1, 1, 1, 1]);
 * ```
 */
export interface DropoutOptions {
  /** The probability that an element becomes 0. @default {0.5} */
  readonly p?: number;
  /** Whether to apply dropout; without it `x` is returned. @default {true} */
  readonly training?: boolean;
}

const schema = () =>
  z.strictObject({
    p: z.optional(probability),
    training: z.optional(flag),
  });

/**
 * Zeroes elements at random and scales the others by `1 / (1 - p)`, so that
 * the mean stays (Srivastava and others, 2014). Draws from the generator that
 * `manualSeed` sets.
 *
 * @param x A tensor of any shape.
 * @param options `p` and `training`.
 * @throws {RangeError} If `p` is not from 0 to 1.
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = ones([3]);
 * const y = functional.dropout(x, { p: 0.5, training: false });
 * assertEquals(await y.toArray(), [1, 1, 1]);
 * ```
 */
export function dropout(x: Tensor, options?: DropoutOptions): Tensor {
  checkOptions(schema, options, "apply dropout", arguments.length - 2);
  checkTensor(x, "x", "apply dropout");
  const { p = 0.5, training = true } = options ?? {};
  return training && p > 0 ? x.dropout(p) : x;
}
