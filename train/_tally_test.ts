import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { scope, tensor } from "@tenfold/core";
import { clean } from "../core/_testing.ts";
import "./_testing.ts";
import { accuracy } from "./accuracy.ts";
import { listMetrics } from "./_metrics.ts";
import { Tally } from "./_tally.ts";

describe("Tally", () => {
  it(
    "gives the figures of when it was asked, whatever is added while they are read",
    clean(async () => {
      const tally = new Tally(listMetrics([accuracy()], "tally"));
      const batch = (loss: number, predicted: number[], number: number) => {
        using _ = scope();
        const target = tensor([0, 1], { dtype: "int32" });
        const output = tensor(predicted, { dtype: "int32" }).oneHot(2);
        tally.add(tensor(loss), output.cast("float32"), target, number);
      };
      batch(3, [0, 1], 1);
      const early = tally.figures();
      for (let number = 2; number <= 4; number++) batch(1, [1, 0], number);
      assertEquals(await early, { loss: 3, accuracy: 1 });
      assertEquals(await tally.figures(), { loss: 1.5, accuracy: 0.25 });
      tally.dispose();
    }),
  );
});
