/**
 * Convolution in two dims, and with it both of its gradients.
 *
 * @module
 */
import type { Launch, RoutineKernel, TypedArray } from "@tenfold/core";
import { multiplyBlocks, type Plane } from "./_blocks.ts";
import { packTable } from "./_pack.ts";
import { walk } from "../_walk.ts";

/**
 * Runs `conv2d` as one matrix product for each group: the filter's
 * `[m, (c, i, j)]` with the windows' `[(c, i, j), (b, y, x)]`, which are packed
 * from where they lie.
 */
export function prepareConv2d({ outputs }: RoutineKernel): Launch {
  const integral = outputs[0] === "int32";
  return ({ shape, buffers, offsets, strides }) => {
    const [groups, m] = shape.slice(1, 3) as [number, number];
    const table = (buffer: number, dims: readonly number[]) =>
      places(dims.map((d) => shape[d]!), dims.map((d) => strides[buffer]![d]!));
    const outputPlaces = table(0, WINDOWS);
    const windows = table(1, WINDOWS);
    const windowTerms = table(1, TERMS);
    const filters = table(2, [OUTPUT]);
    const filterTerms = table(2, TERMS);
    for (let g = 0; g < groups; g++) {
      const start = (buffer: number) =>
        offsets[buffer]! + g * strides[buffer]![GROUP]!;
      const plane = (buffer: number, columns: Plane["columns"]): Plane => ({
        data: buffers[buffer] as TypedArray,
        start: start(buffer),
        rowStep: strides[buffer]![OUTPUT]!,
        columns,
      });
      multiplyBlocks({
        m,
        n: windows.length,
        k: windowTerms.length,
        packA: packTable(
          buffers[2] as TypedArray,
          start(2),
          filters,
          filterTerms,
        ),
        packB: packTable(
          buffers[1] as TypedArray,
          start(1),
          windows,
          windowTerms,
        ),
        out: plane(0, outputPlaces),
        bias: buffers.length > 3 ? plane(3, 0) : null,
      }, integral);
    }
  };
}

/** Places of dims in the loop `[b, g, m, y, x, c, i, j]`. */
const GROUP = 1;
const OUTPUT = 2;
const WINDOWS = [0, 3, 4];
const TERMS = [5, 6, 7];

/** Where each position of a shape lies, in C order. */
function places(
  shape: readonly number[],
  strides: readonly number[],
): Int32Array {
  const out = new Int32Array(shape.reduce((a, b) => a * b, 1));
  let i = 0;
  walk(shape, [0], [strides], ([at]) => {
    out[i++] = at!;
  });
  return out;
}
