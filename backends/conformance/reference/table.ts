/**
 * The meaning of every primitive, as a table keyed by name. A missing row is a
 * compile error.
 *
 * @module
 */
import {
  ELEMENTWISE,
  type ElementwiseName,
  type ElementwiseOp,
  type Op,
  type OpName,
  type OpOf,
} from "@tenfold/core/backend";
import { conv2d, conv2dInput, conv2dWeight, maxPool2d } from "./convolve.ts";
import { arange, dropout, eye, full, random } from "./create.ts";
import { elementwise } from "./elementwise.ts";
import { map, mapSum, update } from "./expr.ts";
import {
  cast,
  cat,
  embed,
  embedSum,
  gather,
  linear,
  matmul,
  movement,
  scatterAdd,
  triangle,
} from "./move.ts";
import { ALONG } from "../ops/along.ts";
import { column } from "../ops/spec.ts";
import type { Meaning, Plain } from "./plain.ts";
import { reduce, reduceLogSumExp, reduceVariance, sort } from "./reduce.ts";

const names = Object.keys(ELEMENTWISE) as ElementwiseName[];
const elementwiseRows = Object.fromEntries(
  names.map((name) => [name, elementwise]),
) as { [N in ElementwiseName]: Meaning<ElementwiseOp> };

/** What each primitive means. */
export const REFERENCE: { readonly [N in OpName]: Meaning<OpOf<N>> } = {
  ...elementwiseRows,
  cast,
  copy: (_, [x]) => [x!],
  sum: reduce,
  mean: reduce,
  prod: reduce,
  max: reduce,
  min: reduce,
  any: reduce,
  all: reduce,
  norm: reduce,
  variance: reduceVariance,
  logsumexp: reduceLogSumExp,
  ...column(ALONG, "meaning"),
  sort,
  reshape: movement,
  permute: movement,
  expand: movement,
  slice: movement,
  unfold: movement,
  diagonal: movement,
  embed,
  embedSum,
  cat,
  full,
  arange,
  eye,
  tril: triangle,
  triu: triangle,
  random,
  dropout,
  matmul: (_, inputs) => matmul(inputs),
  linear: (_, inputs) => linear(inputs),
  conv2d,
  conv2dInput,
  conv2dWeight,
  maxPool2d,
  gather,
  scatterAdd,
  map,
  mapSum,
  update,
};

/**
 * The results of an op over plain arrays, in float64. Results are cast to
 * their dtype at the end; for `update` they are what the targets hold.
 *
 * @param op The primitive.
 * @param inputs Its inputs.
 * @returns One array for each result.
 */
export function reference(op: Op, inputs: readonly Plain[]): Plain[] {
  return (REFERENCE[op.name] as Meaning<Op>)(op, inputs);
}
