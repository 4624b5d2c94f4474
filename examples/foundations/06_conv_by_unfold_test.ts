import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backends, learn } from "./_testing.ts";

describe("the lesson on convolution by unfold", () => {
  for (const backend of backends) {
    it(`holds on ${backend}`, async () => {
      const output = await learn("06_conv_by_unfold.ts", { backend });
      assertStringIncludes(output, `on ${backend}`);

      assertStringIncludes(output, "with strides [25, 25, 5, 1, 5, 1]");
      assertStringIncludes(output, "✓ unfolding takes no memory");
      assertEquals(output.match(/✓ .*: the numbers of Conv2d/g)?.length, 5);
      assertEquals(output.match(/✓ .*: its gradients by input/g)?.length, 5);

      const accuracy = output.match(/✓ a test accuracy of (\S+), at least/)
        ?.[1];
      assert(Number(accuracy) >= 0.97);
      assertStringIncludes(output, "✓ Conv2d and MaxPool2d predict the same");
    });
  }
});
