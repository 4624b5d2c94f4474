import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import type { Plain } from "./ops/plain.ts";
import { elementOperands, showElementOperands } from "./element_operands.ts";

const plain = (
  shape: readonly number[],
  data: readonly number[],
  dtype: DType = "float32",
): Plain => ({ shape, dtype, data });

const matrix = plain([2, 3], [1, 2, 3, 4, 5, 6]);

describe("the operands of an element", () => {
  const cases: [what: string, Op, Plain[], at: number, number[][]][] = [
    [
      "of an elementwise operation are found by broadcasting",
      { name: "add" },
      [matrix, plain([3], [0, 0, 0])],
      4,
      [[4], [1]],
    ],
    [
      "are found where the result does not change with them",
      { name: "relu" },
      [plain([3], [-1, -2, -3])],
      2,
      [[2]],
    ],
    [
      "of a sum are its row",
      { name: "sum", dims: [1], keepDim: false },
      [matrix],
      1,
      [[3, 4, 5]],
    ],
    [
      "of a largest element are all that it was chosen from",
      { name: "max", dims: [0], keepDim: false },
      [matrix],
      2,
      [[2, 5]],
    ],
    [
      "of a row with NaN are all of it",
      { name: "sum", dims: [1], keepDim: false },
      [plain([1, 3], [NaN, Infinity, 2])],
      0,
      [[0, 1, 2]],
    ],
    [
      "of a product are a row and a column",
      { name: "matmul" },
      [matrix, plain([3, 2], [1, 2, 3, 4, 5, 6])],
      3,
      [[3, 4, 5], [1, 3, 5]],
    ],
    [
      "of a movement is the element that was moved",
      { name: "permute", dims: [1, 0] },
      [matrix],
      1,
      [[3]],
    ],
    [
      "of integers are found as well",
      { name: "prod", dims: [1], keepDim: false },
      [plain([2, 2], [1, 0, 3, 4], "int32")],
      0,
      [[0, 1]],
    ],
    [
      "of bools are found as well",
      { name: "all", dims: [1], keepDim: false },
      [plain([1, 3], [0, 1, 0], "bool")],
      0,
      [[0, 1, 2]],
    ],
    [
      "are an element and its index, where it is chosen by that",
      { name: "gather", dim: 1 },
      [matrix, plain([2, 1], [2, 0], "int32")],
      0,
      [[2], [0]],
    ],
  ];
  for (const [what, op, inputs, at, expected] of cases) {
    it(what, () => {
      assertEquals(elementOperands(op, inputs, 0, at), expected);
    });
  }

  it("are shown with their positions, 24 of them at most", () => {
    const op: Op = { name: "sum", dims: [0], keepDim: false };
    assertEquals(
      showElementOperands(op, [plain([2], [-0, 0.5])], 0, 0),
      "\n  computed from input 0: [0] -0, [1] 0.5",
    );
    const many = plain([100], new Array(100).fill(1));
    const [, list] = showElementOperands(op, [many], 0, 0).split(": ");
    assertEquals(list!.split(", ").length, 25);
    assertEquals(list!.slice(-1), "…");
  });
});
