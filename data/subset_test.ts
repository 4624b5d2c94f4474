import { assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import type { Dataset } from "./dataset.ts";
import { Subset } from "./subset.ts";
import { TensorDataset } from "./tensor_dataset.ts";

const numbers: Dataset<number> = { length: 10, get: (i) => i };

describe("Subset", () => {
  it("picks samples in its order", () => {
    const subset = new Subset(numbers, [9, 3, 3]);
    assertEquals(subset.length, 3);
    assertEquals([0, 1, 2].map((i) => subset.get(i)), [9, 3, 3]);
  });

  it("of a subset picks from that", () => {
    const inner = new Subset(numbers, [9, 3, 5]);
    assertEquals(new Subset(inner, [2]).get(0), 5);
  });

  it("keeps the fast way of its dataset", async () => {
    const dataset = new TensorDataset(tensor([10, 11, 12]));
    const subset = new Subset(new Subset(dataset, [2, 1]), [1, 0]);
    const [batch] = subset.getBatch!(new Int32Array([0, 1])) as [
      typeof dataset.tensors[0],
    ];
    assertEquals(await batch.toArray(), [11, 12]);
    assertEquals(new Subset(numbers, [0]).getBatch, undefined);
  });

  it("refuses indices that the dataset does not have", () => {
    assertThrows(() => new Subset(numbers, [0, 10]), RangeError, "got 10");
    assertThrows(() => new Subset(numbers, [0.5]), RangeError, "got 0.5");
    assertThrows(() => new Subset(numbers, [1]).get(1), RangeError, "got 1");
  });
});
