import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { IndexError, tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { Embedding } from "./embedding.ts";

describe("Embedding", () => {
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
