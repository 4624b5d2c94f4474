import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { IndexError, ShapeError, tensor } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import { Embedding } from "./embedding.ts";

describe("Embedding", () => {
  it(
    "limits the rows that it looks up, in the table",
    clean(() => {
      const rows = tensor([[3, 4], [30, 40], [0.3, 0.4]]);
      using table = Embedding.fromPretrained(rows, { maxNorm: 1 });
      const found = table.forward(tensor([0, 2, 0], { dtype: "int32" }));
      for (const [i, x] of [0.6, 0.8, 0.3, 0.4, 0.6, 0.8].entries()) {
        assertAlmostEquals(found.dataSync()[i]!, x, 1e-6);
      }
      const kept = [...table.weight.dataSync()];
      assertEquals(kept.slice(2, 4), [30, 40]);
      assertAlmostEquals(kept[0]!, 0.6, 1e-6);
      assertThrows(
        () => Embedding.fromPretrained(rows.flatten()),
        ShapeError,
        "as it must be [rows, columns]: got shape [6]",
      );
    }),
  );

  it(
    "names an index that is out of range",
    clean(() => {
      using table = new Embedding(5, 2);
      assertThrows(
        () => table.forward(tensor([1, 5], { dtype: "int32" })),
        IndexError,
        "Cannot apply embedding as an index is out of range: got 5, expected 0 to 4",
      );
      assertThrows(
        () => new Embedding(5, 2, { paddingIdx: 5 }),
        IndexError,
        "got 5 for 5 rows",
      );
    }),
  );
});

describeLayer("Embedding", {
  make: () => new Embedding(4, 3, { paddingIdx: 0 }),
  inputs: [() => tensor([1, 0, 3], { dtype: "int32" })],
  outputs: [[3, 3]],
  state: { weight: [4, 3] },
  shown: "Embedding(4, 3, paddingIdx=0)",
});
