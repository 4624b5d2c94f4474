import type { Tensor } from "@tenfold/core";
import { checkCount, parseOptions } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { finite, oneOf } from "../_options.ts";
import { fanOf } from "./_fan.ts";
import { calculateGain, NONLINEARITIES, type Nonlinearity } from "./gain.ts";
import { normal_, uniform_ } from "./plain.ts";

/**
 * Options of {@linkcode kaimingUniform_} and {@linkcode kaimingNormal_}.
 *
 * @example For ReLU, by the number of outputs
 * ```ts
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.init.KaimingOptions = {
 *   mode: "fan_out",
 *   nonlinearity: "relu",
 * };
 * nn.init.kaimingUniform_(zeros([8, 4]), options);
 * ```
 */
export interface KaimingOptions {
  /** Negative slope of the function after the layer, for `"leaky_relu"`. @default {0} */
  readonly a?: number;
  /**
   * Whether the variance is kept in the forward pass (`"fan_in"`) or in the
   * backward pass (`"fan_out"`).
   *
   * @default {"fan_in"}
   */
  readonly mode?: "fan_in" | "fan_out";
  /** The function after the layer. @default {"leaky_relu"} */
  readonly nonlinearity?: Nonlinearity;
}

const schema = () =>
  z.strictObject({
    a: z._default(finite, 0),
    mode: z._default(oneOf("fan_in", "fan_out"), "fan_in"),
    nonlinearity: z._default(oneOf(...NONLINEARITIES), "leaky_relu"),
  });

/** `gain / √fan`. */
function deviation(tensor: Tensor, options: KaimingOptions, name: string) {
  const { a, mode, nonlinearity } = parseOptions(
    schema,
    options,
    `apply ${name}`,
  );
  const fan = fanOf(tensor, name);
  return calculateGain(nonlinearity, a) /
    Math.sqrt(mode === "fan_in" ? fan.in : fan.out);
}

/**
 * Fills a weight from the uniform distribution between `-bound` and `bound`,
 * with `bound = gain √(3 / fan)` (He and others, 2015).
 *
 * @param tensor Of shape `[out, in, ...window]`.
 * @param options `nonlinearity`, `a` and `mode`.
 * @returns The same tensor.
 * @throws {ShapeError} If it has fewer than 2 dims.
 * @example For a layer before ReLU
 * ```ts
 * import { assert } from "@std/assert";
 * import { zeros } from "@tenfold/tenfold";
 * import { init } from "@tenfold/nn";
 *
 * const weight = zeros([10, 6]);
 * init.kaimingUniform_(weight, { nonlinearity: "relu" });
 * assert(await weight.abs().max().item() <= 1);
 * ```
 */
export function kaimingUniform_<T extends Tensor>(
  tensor: T,
  options: KaimingOptions = {},
): T {
  checkCount("kaimingUniform_", arguments.length, 2);
  const bound = Math.sqrt(3) * deviation(tensor, options, "kaimingUniform_");
  return uniform_(tensor, { a: -bound, b: bound });
}

/**
 * Fills a weight from the normal distribution with mean 0 and standard deviation
 * `gain / √fan` (He and others, 2015).
 *
 * @param tensor Of shape `[out, in, ...window]`.
 * @param options `nonlinearity`, `a` and `mode`.
 * @returns The same tensor.
 * @throws {ShapeError} If it has fewer than 2 dims.
 *
 * @example The weight of a layer before ReLU
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(4, 8);
 * nn.init.kaimingNormal_(layer.weight, { nonlinearity: "relu" });
 * ```
 */
export function kaimingNormal_<T extends Tensor>(
  tensor: T,
  options: KaimingOptions = {},
): T {
  checkCount("kaimingNormal_", arguments.length, 2);
  return normal_(tensor, { std: deviation(tensor, options, "kaimingNormal_") });
}
