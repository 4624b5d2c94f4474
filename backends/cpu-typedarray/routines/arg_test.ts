import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { numbers, operand } from "../testing.ts";
import { inLayouts, rowsOf, runRoutine } from "./testing.ts";

for (const name of ["argmax", "argmin"] as const) {
  const best = name === "argmax" ? Math.max : Math.min;

  describe(name, () => {
    it("finds the first of equal elements in every layout and dtype", () => {
      for (const shape of [[1], [9], [3, 5], [2, 3, 40]]) {
        const size = shape.reduce((a, b) => a * b, 1);
        for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
          const values = numbers(dtype, size, 4);
          const expected = rowsOf(values, shape).map((row) =>
            row.indexOf(best(...row))
          );
          for (const x of inLayouts(dtype, shape, values)) {
            const rows = shape.slice(0, -1);
            const out = operand("int32", shape, [
              ...rows.map((_, d) =>
                rows.slice(d + 1).reduce((a, b) => a * b, 1)
              ),
              0,
            ]);
            const [found] = runRoutine(name, shape, [out], [x]);
            assertEquals(found, expected);
          }
        }
      }
    });

    it("takes the first NaN before everything else", () => {
      const shape = [4, 3];
      const x = inLayouts("float32", shape, [
        1,
        NaN,
        NaN,
        NaN,
        Infinity,
        -Infinity,
        Infinity,
        -Infinity,
        NaN,
        -0,
        0,
        -0,
      ])[0]!;
      const out = operand("int32", shape, [1, 0]);
      const [found] = runRoutine(name, shape, [out], [x]);
      assertEquals(found, [1, 0, 2, 0]);
    });

    it("finds something where all are infinite", () => {
      const out = operand("int32", [3], [0]);
      for (const value of [Infinity, -Infinity]) {
        const x = inLayouts("float64", [3], [value, value, value])[0]!;
        assertEquals(runRoutine(name, [3], [out], [x])[0]![0], 0);
      }
    });
  });
}
