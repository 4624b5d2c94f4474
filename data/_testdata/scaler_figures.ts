/**
 * What the tests of both scalers share. Not part of the package.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type DType, type Tensor, tensor } from "@tenfold/core";

/** Six features a sample. */
export function table(values: number[], dtype: DType): Tensor {
  return tensor(values, { dtype }).reshape([-1, 6]);
}

/** Compares with scikit-learn's figures, NaN with NaN. */
export async function assertFigures(
  actual: Tensor,
  expected: number[],
  tolerance: number,
): Promise<void> {
  const values = await actual.data();
  assertEquals(values.length, expected.length);
  expected.forEach((figure, i) => {
    if (Number.isNaN(figure)) assert(Number.isNaN(values[i]!), `at ${i}`);
    else {
      const bound = tolerance * Math.max(1, Math.abs(figure));
      assertAlmostEquals(values[i]!, figure, bound, `at ${i}`);
    }
  });
}

// A few roundings of each type: 9e-16 and 5e-7 at most were measured.
export const DTYPES: [DType, number][] = [["float64", 1e-14], [
  "float32",
  1e-6,
]];
