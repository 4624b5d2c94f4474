import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backends, learn, numberAfter } from "./_testing.ts";

describe("the lesson on layers with explicit caches", () => {
  for (const backend of backends) {
    it(`holds on ${backend}`, async () => {
      const output = await learn("01_explicit_layers.ts", { backend });
      assertStringIncludes(output, `on ${backend}`);

      assert(numberAfter(output, "x @ w      [3000, 20] @ [20, 40]") > 0);
      assert(numberAfter(output, "wT @ xT    [40, 20] @ [20, 3000]") > 0);
      assertStringIncludes(
        output,
        'Cannot initialise a FullyConnected by "glorot": give "xavier", "he" or a function',
      );
      assertEquals(output.match(/✓ .*: gradients? by the /g)?.length, 5);

      const loss = (name: string) =>
        Number(output.match(new RegExp(`${name} +loss .* → (\\S+)`))?.[1]);
      assert(loss("all ones, SGD") > 0.9);
      assert(loss("xavier, SGD") < 0.8);
      assert(loss("xavier, momentum") < 0.5);
    });
  }
});
