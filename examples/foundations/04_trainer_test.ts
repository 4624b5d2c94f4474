import { assert, assertAlmostEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backends, learn } from "./_testing.ts";

describe("the lesson on a trainer", () => {
  for (const backend of backends) {
    it(`holds on ${backend}`, async () => {
      const output = await learn("04_trainer.ts", { backend });
      assertStringIncludes(output, `on ${backend}`);

      for (const table of ["breast cancer", "iris"]) {
        const lines = output.match(
          new RegExp(`^${table} epoch .*validation .*accuracy \\S+$`, "gm"),
        )!;
        const last = Number(lines.at(-1)!.split(" ").at(-1));
        assert(last >= 0.95, lines.at(-1)!);
      }

      for (const fault of [1, 2, 3, 4]) {
        assertStringIncludes(output, `\nFault ${fault}: `);
      }
      // The figures behind each run: loss, reported and true accuracy.
      const figures = (name: string) =>
        output.match(new RegExp(`^${name} +(\\S+) +(\\S+) +(\\S+)$`, "m"))!
          .slice(1).map(Number) as [number, number, number];
      const [loss, reported] = figures("all four faults");
      assertAlmostEquals(loss, 0.87, 0.05);
      assert(reported < 0.65);
      const [, hidden, truth] = figures("2: a column in the accuracy");
      assert(hidden < 0.65 && truth >= 0.95);
      const [, mended] = figures("none");
      assert(mended >= 0.95);
      assert(figures("3: one mean for all features")[2] < mended);
    });
  }
});
