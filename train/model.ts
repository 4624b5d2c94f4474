/**
 * The type of models.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Module } from "@tenfold/nn";

/**
 * A module that computes one tensor from one or several.
 *
 * @example A function that takes any model
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 *
 * function count(model: train.Model): number {
 *   return [...model.parameters()].reduce((sum, { size }) => sum + size, 0);
 * }
 * assertEquals(count(new nn.Linear(2, 3)), 9);
 * ```
 */
export type Model = Module<never[], Tensor>;
