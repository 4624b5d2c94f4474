import { assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { ShapeError, tensor } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { collate } from "./collate.ts";

describe("collate", () => {
  it("stacks tensors", async () => {
    const batch = collate([tensor([1, 2]), tensor([3, 4])]);
    assertEquals(await batch.toArray(), [[1, 2], [3, 4]]);
    assertEquals(collate([tensor(1, { dtype: "int32" })]).dtype, "int32");
  });

  it("makes tensors of numbers and of booleans", async () => {
    const numbers = collate([1, 2, 3]);
    assertEquals(numbers.dtype, "float32");
    assertEquals(await numbers.toArray(), [1, 2, 3]);
    const truths = collate([true, false]);
    assertEquals(truths.dtype, "bool");
    assertEquals(truths.shape, [2]);
  });

  it("makes rows of arrays", async () => {
    const plain = collate([[1, 2.5], [3, 4]]);
    assertEquals(plain.dtype, "float32");
    assertEquals(await plain.toArray(), [[1, 2.5], [3, 4]]);
    const bytes = collate([new Uint8Array([0, 255]), new Uint8Array([1, 2])]);
    assertEquals(bytes.dtype, "int32");
    assertEquals(await bytes.toArray(), [[0, 255], [1, 2]]);
    assertEquals(collate([new Float64Array(2)]).dtype, "float64");
    assertEquals(collate([new Float32Array(0)]).shape, [1, 0]);
  });

  it("takes tuples apart", async () => {
    const [x, y] = collate<[number[], boolean]>([[[1, 2], true], [
      [3, 4],
      false,
    ]]);
    assertEquals(await x.toArray(), [[1, 2], [3, 4]]);
    assertEquals(y.dtype, "bool");
  });

  it("takes records apart, however deep", async () => {
    const batch = collate([
      { image: tensor([1]), meta: { id: 7, name: "a" } },
      { image: tensor([2]), meta: { id: 8, name: "b" } },
    ]);
    assertEquals(await batch.image.toArray(), [[1], [2]]);
    assertEquals(await batch.meta.id.toArray(), [7, 8]);
    assertEquals(batch.meta.name, ["a", "b"]);
  });

  it("lists everything else", () => {
    const dates = [new Date(0), new Date(1)];
    assertEquals(collate(dates) as unknown, dates);
    assertEquals(collate([null, null]), [null, null]);
  });

  it("refuses samples that do not go together", () => {
    const cases: [unknown[], string][] = [
      [[], "there is none"],
      [[1, "a"], "their structures differ: got number and other"],
      [[1, undefined], "their structures differ: got number and other"],
      [[[1], [1, 2]], "the arrays differ in length: got 1 and 2"],
      [[["a"], ["a", "b"]], "the tuples differ in length: got 1 and 2"],
      [[{ a: 1 }, { b: 1 }], "the objects differ in their fields: got a and b"],
      [
        [{ a: 1 }, { a: 1, b: 1 }],
        "the objects differ in their fields: got a and a, b",
      ],
    ];
    for (const [samples, message] of cases) {
      assertThrows(
        () => collate(samples),
        ShapeError,
        `Cannot collate samples into a batch as ${message}`,
      );
    }
    assertThrows(() => collate([tensor([1]), tensor([1, 2])]), ShapeError);
  });
});
