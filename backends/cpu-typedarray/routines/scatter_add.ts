/**
 * Adds elements at indices along the last dim of the loop.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import {
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import { forEachRow } from "../positions.ts";
import { checkIndices, innerLoops } from "./indices.ts";

/**
 * Runs `scatterAdd`: `out[row, index[row, j]] += src[row, j]`, in the order of
 * j. Bools add as `or`.
 */
export function prepareScatterAdd({ outputs }: RoutineKernel): Launch {
  const bools = outputs[0] === "bool";
  return (call) => {
    const [out, index, src] = call.buffers as [
      TypedArray,
      Int32Array,
      TypedArray,
    ];
    const { shape, offsets, strides } = call;
    checkIndices(
      index,
      offsets[1]!,
      shape,
      strides[1]!,
      parameterOf("scatterAdd", "bound", call),
      "scatterAdd",
    );
    const pick = strides[0]!.at(-1)!;
    // Along the last dim the target moves by the index alone.
    const moves = strides.map((s, k) => k === 0 ? [...s.slice(0, -1), 0] : s);
    const { outer, inner } = innerLoops(shape, moves, 1);
    const [rows, [outRow, indexRow, srcRow]] = outer;
    const [n, [outStep, indexStep, srcStep]] = inner;
    forEachRow(call, 2, ([outStart, indexStart, srcStart]) => {
      for (let r = 0; r < rows; r++) {
        let to = outStart! + r * outRow!;
        let at = indexStart! + r * indexRow!;
        let from = srcStart! + r * srcRow!;
        for (let j = 0; j < n; j++) {
          const target = to + index[at]! * pick;
          out[target] = bools
            ? out[target]! | src[from]!
            : out[target]! + src[from]!;
          to += outStep!;
          at += indexStep!;
          from += srcStep!;
        }
      }
    });
  };
}
