import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, zeros } from "@tenfold/core";
import { clean } from "../_testing.ts";
import { init } from "../mod.ts";

describe("orthogonal_", () => {
  it(
    "orthogonal_ gives every direction alike",
    clean(() => {
      manualSeed(12);
      // The first column of a random rotation is even on the sphere.
      let [sum, square] = [0, 0];
      const x = zeros([3, 3]);
      for (let i = 0; i < 400; i++) {
        const first = init.orthogonal_(x).dataSync()[0]!;
        sum += first;
        square += first ** 2;
      }
      assertAlmostEquals(sum / 400, 0, 0.1);
      assertAlmostEquals(square / 400, 1 / 3, 0.06);
      assertEquals(init.orthogonal_(zeros([0, 3])).shape, [0, 3]);
    }),
  );
});
