import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backends, learn } from "./_testing.ts";

describe("the lesson from matmul to autograd", () => {
  for (const backend of backends) {
    it(`holds on ${backend}`, async () => {
      const output = await learn("02_matmul_to_autograd.ts", { backend });
      assertStringIncludes(output, `on ${backend}`);

      for (
        const way of [
          "loops",
          "rowsTimesColumns",
          "broadcasting",
          "einstein",
          "matmul",
        ]
      ) {
        const ms = output.match(new RegExp(`${way} +(\\S+) ms`))?.[1];
        assert(Number(ms) > 0, way);
      }
      assertStringIncludes(output, "c has strides [1], as rows of m [0, 1]");

      const spread = (weights: string) => {
        const [, mean, std] = output.match(
          new RegExp(`${weights} +mean +(\\S+) +std +(\\S+)`),
        )!;
        return { mean: Number(mean), std: Number(std) };
      };
      assertEquals(spread("weights N\\(0, 1\\)").mean, NaN);
      assertEquals(spread("0\\.01"), { mean: 0, std: 0 });
      const xavier = spread("1/sqrt\\(100\\)");
      assert(xavier.std > 0.2 && xavier.std < 5);
      assert(spread("the same and ReLU").std < 1e-5);
      const he = spread("sqrt\\(2/100\\) and ReLU");
      assert(he.std > 0.05 && he.std < 20);

      // By hand, as classes, with a base class, as modules of two kinds.
      assertEquals(output.match(/✓ .*gradients.* by hand/g)?.length, 2);
      assertEquals(output.match(/✓ .*give the same gradients/g)?.length, 2);
      for (const kind of ["LinearLayer", "Linear"]) {
        const [, before, after] = output.match(
          new RegExp(`^${kind}: loss (\\S+) → (\\S+) in 50 steps`, "m"),
        )!;
        assert(Number(after) < Number(before) / 2);
      }
    });
  }
});
