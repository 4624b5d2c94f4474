import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertClose, numbers } from "../testing.ts";
import { inLayouts, rowsOf, runRoutine, target } from "./testing.ts";

describe("cumsum", () => {
  it("runs along the last dim in every layout and dtype", () => {
    for (const shape of [[1], [9], [3, 5], [2, 3, 7]]) {
      const size = shape.reduce((a, b) => a * b, 1);
      for (const dtype of ["int32", "float32", "float64"] as const) {
        const values = numbers(dtype, size, 2);
        const expected = rowsOf(values, shape).flatMap((row) => {
          let sum = 0;
          return row.map((x) => sum += x);
        });
        for (const x of inLayouts(dtype, shape, values)) {
          const [found] = runRoutine("cumsum", shape, [target(dtype, shape)], [
            x,
          ]);
          found!.forEach((v, i) => found![i] = Math.abs(v) < 1e-6 ? 0 : v);
          expected.forEach((v, i) => expected[i] = Math.abs(v) < 1e-6 ? 0 : v);
          assertClose(found!, expected, dtype);
        }
      }
    }
  });

  it("wraps integers", () => {
    const x = inLayouts("int32", [3], [2147483647, 1, 1])[0]!;
    assertEquals(runRoutine("cumsum", [3], [target("int32", [3])], [x]), [[
      2147483647,
      -2147483648,
      -2147483647,
    ]]);
  });

  it("does not lose small steps in a long float32 row", () => {
    const n = 20_000;
    const x = inLayouts(
      "float32",
      [n],
      new Array(n).fill(Math.fround(0.1)),
    )[0]!;
    const [found] = runRoutine("cumsum", [n], [target("float32", [n])], [x]);
    assertClose([found!.at(-1)!], [Math.fround(0.1) * n], "float32");
  });
});
