import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, waiting } from "./_testing.ts";
import { ones, tensor, zeros } from "@tenfold/core";
import { clipGradNorm_, clipGradValue_ } from "./mod.ts";

/** A parameter with a gradient. */
function withGrad(values: number[], options: object = {}) {
  const p = zeros([values.length], { requiresGrad: true, ...options });
  p.mul(tensor(values, { device: p.device })).sum().backward();
  return p;
}

describe("clipGradNorm_", () => {
  it(
    "scales the gradients of many parameters alike",
    clean(() => {
      // More than one kernel can join.
      const params = Array.from({ length: 64 }, () => withGrad([1]));
      const norm = clipGradNorm_(params, 4);
      assertAlmostEquals(norm.itemSync(), 8, 1e-6);
      for (const { grad } of params) {
        assertAlmostEquals(grad!.itemSync(), 0.5, 1e-6);
      }
    }),
  );

  it(
    "leaves short gradients, and parameters without one, as they are",
    clean(() => {
      const params = [withGrad([3, 4]), ones([2], { requiresGrad: true })];
      assertEquals(clipGradNorm_(params, 10).itemSync(), 5);
      assertEquals(params[0]!.grad!.toArraySync(), [3, 4]);
      assertEquals(params[1]!.grad, null);
      assertEquals(clipGradNorm_([], 1).itemSync(), 0);
    }),
  );

  it(
    "does not wait for the device, whatever the norm",
    clean(async () => {
      const device = waiting("slow");
      for (const [normType, expected] of [[2, 5], [Infinity, 4], [1, 7]]) {
        const p = withGrad([3, -4], { device });
        const norm = clipGradNorm_([p], 1, { normType: normType! });
        assertAlmostEquals(await norm.item(), expected!, 1e-5);
        const clipped = await p.grad!.data();
        assertAlmostEquals(clipped[0]!, 3 / expected!, 1e-5);
      }
    }),
  );

  it(
    "refuses a negative limit",
    clean(() => {
      const params = [withGrad([1])];
      for (const clip of [clipGradNorm_, clipGradValue_]) {
        assertThrows(
          () => clip(params, -1),
          RangeError,
          "Cannot clip gradients as limit must not be negative: got -1",
        );
        assertThrows(() => clip(params, NaN), RangeError);
      }
      assertThrows(
        () => clipGradNorm_(params, 1, { normType: "2" as never }),
        TypeError,
        "normType must be a number",
      );
    }),
  );
});

describe("clipGradValue_", () => {
  it(
    "limits each element on its own",
    clean(() => {
      const p = withGrad([-3, 0.5, 2]);
      clipGradValue_([p], 1);
      assertEquals(p.grad!.toArraySync(), [-1, 0.5, 1]);
    }),
  );
});
