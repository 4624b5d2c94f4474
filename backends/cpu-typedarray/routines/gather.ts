/**
 * Picks elements by index along the last dim of the loop.
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

/** Runs `gather`: `out[row, j] = x[row, index[row, j]]`. */
export function prepareGather(_: RoutineKernel): Launch {
  return (call) => {
    const [out, x, index] = call.buffers as [
      TypedArray,
      TypedArray,
      Int32Array,
    ];
    const { shape, offsets, strides } = call;
    checkIndices(
      index,
      offsets[2]!,
      shape,
      strides[2]!,
      parameterOf("gather", "bound", call),
      "gather",
    );
    const pick = strides[1]!.at(-1)!;
    // Along the last dim x moves by the index alone.
    const moves = strides.map((s, k) => k === 1 ? [...s.slice(0, -1), 0] : s);
    const { outer, inner } = innerLoops(shape, moves, 2);
    const [rows, [outRow, xRow, indexRow]] = outer;
    const [n, [outStep, xStep, indexStep]] = inner;
    forEachRow(call, 2, ([outStart, xStart, indexStart]) => {
      for (let r = 0; r < rows; r++) {
        let to = outStart! + r * outRow!;
        let from = xStart! + r * xRow!;
        let at = indexStart! + r * indexRow!;
        if (indexStep === 0) {
          from += index[at]! * pick;
          for (let j = 0; j < n; j++) {
            out[to] = x[from]!;
            to += outStep!;
            from += xStep!;
          }
        } else {
          for (let j = 0; j < n; j++) {
            out[to] = x[from + index[at]! * pick]!;
            to += outStep!;
            from += xStep!;
            at += indexStep!;
          }
        }
      }
    });
  };
}
