/**
 * Layers that have no parameters before their first input.
 *
 * @module
 */
import type { AnyModule } from "./module.ts";

/** The field of a layer that has seen no input yet. */
export const UNSEEN: unique symbol = Symbol("unseen");

/** Refuses to look for parameters that are not there yet. */
export function checkSeen(module: AnyModule): void {
  if (!(UNSEEN in module)) return;
  throw new TypeError(
    `Cannot list the parameters of a ${module.constructor.name} before its first input, which tells their shape: call forward with an example before, as in noGrad(() => model.forward(example))`,
  );
}
