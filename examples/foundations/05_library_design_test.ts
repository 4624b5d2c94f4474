import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backends, learn, numberAfter } from "./_testing.ts";

/** As float32 has them; every backend must print them to the last digit. */
const LOSSES = `4
2.5600004
1.6384
1.0485764
0.6710887
0.4294967
0.27487785
0.17592174
0.11258985
0.07205748
`;

describe("the lesson on the design of a library", () => {
  for (const backend of backends) {
    it(`holds on ${backend}`, async () => {
      const output = await learn("05_library_design.ts", { backend });
      assertStringIncludes(output, `on ${backend}`);
      assertStringIncludes(output, LOSSES);
      assertStringIncludes(
        output,
        "add(add(add(add(add(leaf, constant), constant), constant), constant), constant)",
      );
      assertEquals(output.match(/naive softmax +\[.*NaN/g)?.length, 2);
      assertStringIncludes(output, "stable softmax   [0, 1, 0]");
      assertStringIncludes(output, "stable logsumexp 10000");
      const he = numberAfter(
        output,
        "σ = sqrt(2 / n): variance after 10, 20, 30 layers",
      );
      assert(he > 0.2 && he < 5);
      assertStringIncludes(output, "output 1 of fusedAddScalars(leaf)");
      assertStringIncludes(output, "3 v0 + v1² has the gradient 9 by x");
    });
  }
});
