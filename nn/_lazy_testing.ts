/**
 * What lazy layers keep to. Not part of the package.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, randn } from "@tenfold/core";
import { clean } from "./_testing.ts";
import type { Module } from "./module.ts";

/** Each lazy layer, the layer that it is to become, and the shape of an input. */
export type LazyCases = readonly (readonly [
  lazy: () => Module,
  layer: () => Module,
  shape: number[],
])[];

/** States that lazy layers become others. */
export function describeLazy(cases: LazyCases): void {
  describe("a lazy layer", () => {
    for (const [make, makeLayer, shape] of cases) {
      it(
        `${
          String(make())
        } of [${shape}] becomes the layer, with its random numbers`,
        clean(() => {
          manualSeed(5);
          using lazy = make();
          manualSeed(5);
          using layer = makeLayer();
          const x = randn(shape);
          manualSeed(5);
          const y = lazy.forward(x);
          assertEquals(lazy.constructor, layer.constructor);
          assertEquals(String(lazy), String(layer));
          assertEquals(y.toArraySync(), layer.forward(x).toArraySync());
          const [ours, theirs] = [lazy.stateDict(), layer.stateDict()];
          assertEquals(Object.keys(ours), Object.keys(theirs));
          for (const [key, value] of Object.entries(theirs)) {
            assertEquals(ours[key]!.toArraySync(), value.toArraySync());
          }
          assertEquals(
            lazy.forward(x).toArraySync(),
            layer.forward(x).toArraySync(),
          );
        }),
      );
    }
  });
}
