import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
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
    "only measures where the limit is infinite",
    clean(() => {
      for (const normType of [1, 2, 3, Infinity]) {
        const params = [withGrad([3, -4]), withGrad([Infinity, NaN])];
        const norm = clipGradNorm_([params[0]!], Infinity, { normType });
        assert(norm.itemSync() >= 4);
        assertEquals(params[0]!.grad!.toArraySync(), [3, -4]);
        clipGradNorm_(params, Infinity, { normType });
        assertEquals(params[0]!.grad!.toArraySync(), [3, -4]);
      }
      const p = withGrad([3, -4]);
      clipGradValue_([p], Infinity);
      assertEquals(p.grad!.toArraySync(), [3, -4]);
    }),
  );

  it(
    "joins lengths whose squares no float32 holds",
    clean(() => {
      const params = Array.from({ length: 16 }, () => withGrad([1e30]));
      const norm = clipGradNorm_(params, 1).itemSync();
      assertAlmostEquals(norm / 4e30, 1, 1e-6);
      const none = [withGrad([0]), withGrad([0])];
      assertEquals(clipGradNorm_(none, 1).itemSync(), 0);
      assertEquals(none[0]!.grad!.toArraySync(), [0]);
    }),
  );

  for (const [what, value] of [["infinite", Infinity], ["NaN", NaN]] as const) {
    it(
      `refuses a norm that is ${what} where that is asked for`,
      clean(() => {
        for (const normType of [1, 2, 3, Infinity]) {
          const options = { normType, errorIfNonFinite: true };
          const params = [withGrad([3, 4]), withGrad([value, 1])];
          for (const limit of [1, Infinity]) {
            assertThrows(
              () => clipGradNorm_(params, limit, options),
              RangeError,
              `Cannot clip gradients as their norm of order ${normType} is infinite or NaN`,
            );
          }
          assertEquals(params[0]!.grad!.toArraySync(), [3, 4]);
          assertEquals(params[1]!.grad!.toArraySync(), [value, 1]);
          clipGradNorm_([params[0]!], 100, options);
        }
      }),
    );

    it(
      `refuses it out of the next read where the device must wait: ${what}`,
      clean(async () => {
        const device = waiting("slow");
        const p = withGrad([value, 1], { device });
        const whole = withGrad([3, 4], { device });
        const options = { errorIfNonFinite: true };
        clipGradNorm_([p], 1, options);
        // Counts of several steps are one error.
        clipGradNorm_([whole], 1, options);
        const norm = clipGradNorm_([p], 1, options);
        await assertRejects(
          () => norm.item(),
          RangeError,
          "is infinite or NaN",
        );
        assertEquals(await p.grad!.toArray(), [value, 1]);
        assertAlmostEquals(await whole.grad!.norm().item(), 1, 1e-5);
      }),
    );
  }

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
