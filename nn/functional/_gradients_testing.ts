/**
 * Compares the gradients of functions with differences. Not part of the
 * package.
 *
 * @module
 */
import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gradcheck, manualSeed, randn, type Tensor } from "@tenfold/core";
import { clean } from "../_testing.ts";

/** A function with the shapes of its inputs. */
export type Call = readonly [
  shapes: readonly (readonly number[])[],
  call: (...inputs: Tensor[]) => Tensor,
];

/** States that calls have gradients of both orders, where they are smooth. */
export function describeGradients(
  calls: Readonly<Record<string, Call>>,
): void {
  describe("gradients", () => {
    for (const [name, [shapes, call]] of Object.entries(calls)) {
      it(
        `of ${name} agree with differences, twice`,
        clean(async () => {
          manualSeed(3);
          const inputs = shapes.map((shape) =>
            randn(shape, { dtype: "float64" }).requiresGrad_()
          );
          assert(
            await gradcheck((...xs) => call(...xs), inputs, {
              secondOrder: true,
            }),
          );
        }),
      );
    }
  });
}
