import type { Tensor } from "@tenfold/core";
import { checkCount, parseOptions } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { finite } from "../_options.ts";
import { fanOf } from "./_fan.ts";
import { normal_, uniform_ } from "./plain.ts";

/**
 * Options of {@linkcode xavierUniform_} and {@linkcode xavierNormal_}.
 *
 * @example A gain for tanh
 * ```ts
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.init.XavierOptions = {
 *   gain: nn.init.calculateGain("tanh"),
 * };
 * nn.init.xavierUniform_(zeros([8, 4]), options);
 * ```
 */
export interface XavierOptions {
  /** Factor of the standard deviation; see `calculateGain`. @default {1} */
  readonly gain?: number;
}

const schema = () => z.strictObject({ gain: z._default(finite, 1) });

/** `gain √(2 / (fanIn + fanOut))`. */
function deviation(tensor: Tensor, options: XavierOptions, name: string) {
  const { gain } = parseOptions(schema, options, `apply ${name}`);
  const fan = fanOf(tensor, name);
  return Math.abs(gain) * Math.sqrt(2 / (fan.in + fan.out));
}

/**
 * Fills a weight from the uniform distribution between `-bound` and `bound`,
 * with `bound = gain √(6 / (fanIn + fanOut))` (Glorot and Bengio, 2010).
 *
 * @param tensor Of shape `[out, in, ...window]`.
 * @param options `gain`.
 * @returns The same tensor.
 * @throws {ShapeError} If it has fewer than 2 dims.
 * @example Bounded by the fan
 * ```ts
 * import { assert } from "@std/assert";
 * import { zeros } from "@tenfold/tenfold";
 * import { init } from "@tenfold/nn";
 *
 * const weight = init.xavierUniform_(zeros([4, 2]));
 * assert(await weight.abs().max().item() <= 1);
 * ```
 */
export function xavierUniform_<T extends Tensor>(
  tensor: T,
  options: XavierOptions = {},
): T {
  checkCount("xavierUniform_", arguments.length, 2);
  const bound = Math.sqrt(3) * deviation(tensor, options, "xavierUniform_");
  return uniform_(tensor, { a: -bound, b: bound });
}

/**
 * Fills a weight from the normal distribution with mean 0 and standard deviation
 * `gain √(2 / (fanIn + fanOut))` (Glorot and Bengio, 2010).
 *
 * @param tensor Of shape `[out, in, ...window]`.
 * @param options `gain`.
 * @returns The same tensor.
 * @throws {ShapeError} If it has fewer than 2 dims.
 *
 * @example The weight of a layer before tanh
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(4, 8);
 * nn.init.xavierNormal_(layer.weight, {
 *   gain: nn.init.calculateGain("tanh"),
 * });
 * ```
 */
export function xavierNormal_<T extends Tensor>(
  tensor: T,
  options: XavierOptions = {},
): T {
  checkCount("xavierNormal_", arguments.length, 2);
  return normal_(tensor, { std: deviation(tensor, options, "xavierNormal_") });
}
