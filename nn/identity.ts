/**
 * The identity.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, checkTensor } from "@tenfold/core/internal";
import { Module } from "./module.ts";

/**
 * Returns its input, as a placeholder for another layer.
 *
 * @example Nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Identity } from "@tenfold/nn";
 *
 * const x = ones([2]);
 * assertEquals(new Identity().forward(x), x);
 * ```
 */
export class Identity extends Module {
  /** Returns `x`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Identity");
    return x;
  }
}
