/**
 * The activation between the two linear layers of a transformer's layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import * as z from "./_zod.ts";

/** The name of an activation function, or a custom function. */
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
