import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ShapeError, tensor, zeros } from "@tenfold/core";
import "./_testing.ts";
import type { Dataset } from "./dataset.ts";
import { randomSplit } from "./random_split.ts";
import { Subset } from "./subset.ts";
import { TensorDataset } from "./tensor_dataset.ts";

const numbers: Dataset<number> = { length: 10, get: (i) => i };

describe("TensorDataset", () => {
  const x = tensor([[1, 2], [3, 4], [5, 6]]);
  const y = tensor([7, 8, 9], { dtype: "int32" });

  it("gives rows", async () => {
    const dataset = new TensorDataset(x, y);
    assertEquals(dataset.length, 3);
    const [row, label] = dataset.get(2);
    assertEquals(await row.toArray(), [5, 6]);
    assertEquals(await label.item(), 9);
    assertEquals(label.dtype, "int32");
  });

  it("gathers batches", async () => {
    const [rows, labels] = new TensorDataset(x, y)
      .getBatch(new Int32Array([2, 0, 2]));
    assertEquals(await rows.toArray(), [[5, 6], [1, 2], [5, 6]]);
    assertEquals(await labels.toArray(), [9, 7, 9]);
    assertEquals(labels.dtype, "int32");
  });

  it("a batch is a copy, not a view", async () => {
    const own = tensor([1, 2]);
    const [batch] = new TensorDataset(own).getBatch(new Int32Array([0, 1]));
    batch.fill_(0);
    assertEquals(await own.toArray(), [1, 2]);
  });

  it("refuses tensors of several lengths, scalars and none", () => {
    assertThrows(
      () => new TensorDataset(x, tensor([1, 2])),
      ShapeError,
      "must have the same extent along dim 0: got shapes [3, 2], [2]",
    );
    assertThrows(
      () => new TensorDataset(tensor(1)),
      ShapeError,
      "got shapes []",
    );
    assertThrows(
      // @ts-expect-error At least one tensor is due.
      () => new TensorDataset(),
      ShapeError,
      "got shapes none",
    );
  });

  it("refuses an index out of range", () => {
    const dataset = new TensorDataset(x);
    for (const index of [-1, 3, 0.5, NaN]) {
      assertThrows(
        () => dataset.get(index),
        RangeError,
        `Cannot get a sample as the index is out of range: got ${index}, expected 0 to 2`,
      );
    }
    assertThrows(() => dataset.getBatch(new Int32Array([0, 3])), RangeError);
  });

  it("may be empty", () => {
    assertEquals(new TensorDataset(zeros([0, 2])).length, 0);
  });
});

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

describe("randomSplit", () => {
  const all = (parts: Subset<number>[]) =>
    parts.flatMap((part) => [...part.indices]);

  it("gives every sample to one part", () => {
    const parts = randomSplit(numbers, [7, 3], { seed: 3 });
    assertEquals(parts.map(({ length }) => length), [7, 3]);
    assertEquals(all(parts).sort((a, b) => a - b), [
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
    ]);
    assert(all(parts).some((index, i) => index !== i));
  });

  it("follows from its seed", () => {
    const split = (seed: number) => all(randomSplit(numbers, [10], { seed }));
    assertEquals(split(5), split(5));
    assert(split(5).join() !== split(6).join());
    assert(split(2 ** 40).join() !== split(0).join());
    assert(split(-1).join() !== split(1).join());
  });

  it("takes fractions, the rest going to the first parts", () => {
    const lengths = (fractions: number[]) =>
      randomSplit(numbers, fractions, { seed: 0 }).map(({ length }) => length);
    assertEquals(lengths([0.5, 0.5]), [5, 5]);
    assertEquals(lengths([1 / 3, 1 / 3, 1 / 3]), [4, 3, 3]);
    assertEquals(lengths([0.7, 0.2, 0.1]), [7, 2, 1]);
    assertEquals(lengths([1]), [10]);
  });

  it("refuses lengths that do not add up", () => {
    for (const lengths of [[5, 4], [0.5, 0.4], [], [-1, 11], [NaN]]) {
      assertThrows(
        () => randomSplit(numbers, lengths, { seed: 0 }),
        RangeError,
        `must add up to 10, or be fractions that add up to 1: got [${
          lengths.join(", ")
        }]`,
      );
    }
    assertThrows(
      () => randomSplit(numbers, [10], { seed: 0.5 }),
      RangeError,
      "Cannot split a dataset as seed must be an integer: got 0.5",
    );
  });
});
