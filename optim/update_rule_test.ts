import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import { clean } from "./_testing.ts";
import { UpdateRule } from "./update_rule.ts";

const { add, mul, sub } = expr;

/** Descent with a sum of all gradients. */
const rule = () =>
  new UpdateRule("update by sums", 1, 1, (p, [sum], gradient, [lr]) => {
    const next = add(sum, gradient);
    return [sub(p, mul(lr, next)), next];
  });

describe("UpdateRule", () => {
  it(
    "changes a parameter and its state in place, by numbers of the step",
    clean(() => {
      for (const dtype of ["float32", "float64"] as const) {
        const [p, sum] = [
          tensor([1, -2], { dtype }),
          tensor([1, 0], { dtype }),
        ];
        const gradient = tensor([2, 4], { dtype });
        const descent = rule();
        descent.apply([p, sum], gradient, [0.5]);
        descent.apply([p, sum], gradient, [0.25]);
        assertEquals(sum.toArraySync(), [5, 8]);
        assertEquals(p.toArraySync(), [1 - 1.5 - 1.25, -2 - 2 - 2]);
        assertEquals(gradient.toArraySync(), [2, 4]);
      }
    }),
  );

  it("has one program for each dtype", () => {
    const descent = rule();
    const program = descent.program("float32");
    assertStrictEquals(descent.program("float32"), program);
    assertEquals(descent.program("float64") === program, false);
  });

  it(
    "refuses an update that gives another number of values",
    clean(() => {
      const [p, state] = [tensor([1]), tensor([0])];
      for (const count of [1, 3]) {
        const wrong = new UpdateRule(
          "update by halves",
          1,
          0,
          (p) => Array.from({ length: count }, () => p),
        );
        assertThrows(
          () => wrong.apply([p, state], tensor([1]), []),
          TypeError,
          `Cannot update by halves as the rule must give 2 expressions, for the parameter and each state tensor: got ${count}`,
        );
      }
      assertEquals(p.toArraySync(), [1]);
    }),
  );
});
