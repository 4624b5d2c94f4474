/**
 * Combines elements at indices along the last dim of the loop.
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

type Name = "scatterAdd" | "scatterProd" | "scatterMax" | "scatterMin";

/** Combines what is there with what comes; integers wrap in their array. */
type Combine = (there: number, added: number) => number;

const COMBINE: { readonly [N in Name]: Combine } = {
  scatterAdd: (a, b) => a + b,
  scatterProd: (a, b) => a * b,
  scatterMax: Math.max,
  scatterMin: Math.min,
};

/**
 * Runs one of them: `out[row, index[row, j]]` with `src[row, j]`, in the order
 * of j. Bools add as `or`.
 */
const prepareScatter = (name: Name) => ({ outputs }: RoutineKernel): Launch => {
  const [dtype] = outputs;
  const combine: Combine = name === "scatterProd" && dtype === "int32"
    ? Math.imul
    : name === "scatterAdd" && dtype === "bool"
    ? (a, b) => a | b
    : COMBINE[name];
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
      parameterOf(name, "bound", call),
      name,
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
          out[target] = combine(out[target]!, src[from]!);
          to += outStep!;
          at += indexStep!;
          from += srcStep!;
        }
      }
    });
  };
};

/** The routines that combine at indices. */
export const SCATTER = {
  scatterAdd: prepareScatter("scatterAdd"),
  scatterProd: prepareScatter("scatterProd"),
  scatterMax: prepareScatter("scatterMax"),
  scatterMin: prepareScatter("scatterMin"),
};
