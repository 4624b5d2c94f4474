import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { IndexError } from "@tenfold/core";
import { cpuTypedArray } from "../mod.ts";
import { address, numbers, operand, positions, run } from "../testing.ts";
import { inLayouts, layouts } from "./testing.ts";

const backend = cpuTypedArray();

function kernel(dtype: "bool" | "int32" | "float32" | "float64", rank: number) {
  return {
    kind: "routine",
    name: "scatterAdd",
    rank,
    outputs: [dtype],
    inputs: ["int32", dtype],
  } as const;
}

describe("scatterAdd", () => {
  it("adds at indices along the last dim in every layout and dtype", () => {
    for (
      const [shape, bound] of [[[4], 3], [[3, 5], 2], [[2, 3, 4], 6]] as const
    ) {
      const size = shape.reduce((a: number, b: number) => a * b, 1);
      const into = [...shape.slice(0, -1), bound];
      const index = numbers("int32", size, 8).map((x) => (x + 9) % bound);
      for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
        const added = numbers(dtype, size, 3);
        for (const strides of layouts(into)) {
          const out = operand(dtype, into, strides, 2);
          const expected = out.data.slice();
          positions(shape).forEach((position, i) => {
            const at = address(out, [...position.slice(0, -1), index[i]!]);
            const sum = expected[at]! + added[i]!;
            expected[at] = dtype === "bool"
              ? Math.min(sum, 1)
              : dtype === "float32"
              ? Math.fround(sum)
              : sum;
          });
          for (const at of inLayouts("int32", shape, index)) {
            for (const src of inLayouts(dtype, shape, added)) {
              const [found] = run(backend, kernel(dtype, shape.length), shape, [
                out,
                at,
                src,
              ], [bound]);
              assertEquals(found, expected);
            }
          }
        }
      }
    }
  });

  it("adds whole rows where an index serves a row", () => {
    const [width, tokens, words] = [70, 9, 5];
    const index = numbers("int32", tokens, 8).map((x) => (x + 9) % words);
    const out = operand("float64", [width, words], [1, width], 2);
    const src = operand("float64", [width, tokens], [1, width], 3);
    const at = operand(
      "int32",
      [width, tokens],
      [0, 1],
      4,
      Array(width).fill(index).flat(),
    );
    const expected = out.data.slice();
    for (const [row, j] of positions([width, tokens])) {
      expected[address(out, [row!, index[j!]!])]! += src
        .data[address(src, [row!, j!])]!;
    }
    const [found] = run(backend, kernel("float64", 2), [width, tokens], [
      out,
      at,
      src,
    ], [words]);
    assertEquals(found, expected);
  });

  it("wraps integers", () => {
    const out = inLayouts("int32", [1], [2147483647])[0]!;
    const index = inLayouts("int32", [2], [0, 0])[0]!;
    const src = inLayouts("int32", [2], [1, 1])[0]!;
    const [found] = run(backend, kernel("int32", 1), [2], [out, index, src], [
      1,
    ]);
    assertEquals(found![out.offset], -2147483647);
  });

  it("changes nothing when an index is out of range", () => {
    const launch = backend.prepare(kernel("float32", 1))!;
    const [out, index, src] = (["float32", "int32", "float32"] as const).map(
      (dtype) => backend.alloc(dtype, 3),
    );
    backend.write(out, 0, Float32Array.of(1, 2, 3));
    backend.write(index, 0, Int32Array.of(0, 1, 3));
    backend.write(src, 0, Float32Array.of(10, 10, 10));
    const strides = [[1], [1], [1]];
    assertThrows(
      () =>
        launch({
          shape: [3],
          buffers: [out, index, src],
          offsets: [0, 0, 0],
          strides,
          scalars: [3],
        }),
      IndexError,
      "Cannot scatterAdd as an index is out of range: got 3, expected 0 to 2",
    );
    assertEquals([...backend.readSync!(out, 0, 3)], [1, 2, 3]);
  });
});
