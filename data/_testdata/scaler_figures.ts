/**
 * What the tests of both scalers share.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type DType, type Tensor, tensor } from "@tenfold/core";
import {
  decode,
  readFigures,
  type TensorFigure,
} from "../../tests/goldens/read.ts";

type Name =
  | "table"
  | "other"
  | "mean"
  | "variance"
  | "scale"
  | "standard"
  | "centred"
  | "divided"
  | "dataMin"
  | "dataMax"
  | "minMaxScale"
  | "unit"
  | "wide";

const { cases: [figures] } = await readFigures<
  { readonly [N in Name]: TensorFigure }
>("scalers");

/** Figures of scikit-learn: five samples of six features, and their scales. */
export const SCALERS = Object.fromEntries(
  Object.entries(figures!).map((
    [name, figure],
  ) => [name, [...decode(figure).data]]),
) as { readonly [N in Name]: number[] };

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

/** Tolerances: roundings of 9e-16 and 5e-7 at most were measured. */
export const DTYPES: [DType, number][] = [["float64", 1e-14], [
  "float32",
  1e-6,
]];
