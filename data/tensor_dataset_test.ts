import { assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { ShapeError, tensor, zeros } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { TensorDataset } from "./tensor_dataset.ts";

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
