/**
 * The activation between the two linear layers of a transformer's layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import * as z from "./_zod.ts";

/**
 * The name of an activation function, or a custom function.
 *
 * @example SiLU in place of ReLU
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const activation: nn.TransformerActivation = (x) => x.silu();
 * const layer = new nn.TransformerEncoderLayer(8, 2, { activation });
 * ```
 */
export type TransformerActivation =
  | "relu"
  | "gelu"
  | ((x: Tensor) => Tensor);

/** {@linkcode TransformerActivation}. */
export const activationOption: z.ZodMiniType<TransformerActivation> = z.custom<
  TransformerActivation
>(
  (value) =>
    value === "relu" || value === "gelu" || typeof value === "function",
  'must be "relu", "gelu" or a function',
);

/** Applies it. */
export function activate(x: Tensor, activation: TransformerActivation): Tensor {
  return typeof activation === "function" ? activation(x) : x[activation]();
}
