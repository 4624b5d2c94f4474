/**
 * How each primitive becomes kernels: a table keyed by name. A missing row is
 * a compile error.
 *
 * @module
 */
import { forEachElementwise } from "../elementwise.ts";
import type { INFER } from "../infer.ts";
import type { ElementwiseOp, Meta, OpOf } from "../op.ts";
import type { Value } from "../value.ts";
import {
  lowerArange,
  lowerDropout,
  lowerEye,
  lowerFull,
  lowerRandom,
  lowerTriangle,
} from "./create.ts";
import {
  lowerConv2d,
  lowerConv2dInput,
  lowerConv2dWeight,
} from "./convolve.ts";
import { lowerElementwise } from "./elementwise.ts";
import { lowerMap, lowerMapSum } from "./formula.ts";
import type { Launcher } from "./launcher.ts";
import {
  copyOf,
  lowerCast,
  lowerCat,
  lowerEmbed,
  lowerEmbedSum,
  lowerMovement,
} from "./move.ts";
import { lowerMaxPool2d } from "./pool.ts";
import { lowerLogSumExp, lowerReduce, lowerVariance } from "./reduce.ts";
import {
  lowerGather,
  lowerLinear,
  lowerMatmul,
  lowerScatterAdd,
  lowerSort,
} from "./routines.ts";
import { lowerUpdate } from "./update.ts";

/** Runs a primitive; `results` is what was inferred for it. */
type Lower<O> = (
  op: O,
  inputs: readonly Value[],
  run: Launcher,
  results: readonly Meta[],
) => Value | readonly Value[];

/** How each primitive becomes kernels. */
export const LOWER: {
  readonly [N in keyof typeof INFER]: Lower<OpOf<N>>;
} = {
  ...forEachElementwise<Lower<ElementwiseOp>>(lowerElementwise),
  cast: lowerCast,
  copy: (_, [x], run) => copyOf(x!, run),
  sum: lowerReduce,
  mean: lowerReduce,
  prod: lowerReduce,
  max: lowerReduce,
  min: lowerReduce,
  any: lowerReduce,
  all: lowerReduce,
  norm: lowerReduce,
  variance: lowerVariance,
  logsumexp: lowerLogSumExp,
  sort: lowerSort,
  reshape: lowerMovement,
  permute: lowerMovement,
  expand: lowerMovement,
  slice: lowerMovement,
  unfold: lowerMovement,
  diagonal: lowerMovement,
  embed: lowerEmbed,
  embedSum: lowerEmbedSum,
  cat: (op, inputs, run, [result]) =>
    lowerCat(op, inputs, run.allocate(result!.shape, result!.dtype), run),
  full: (op, _, run) => lowerFull(op, run),
  arange: (op, _, run) => lowerArange(op, run),
  eye: (op, _, run) => lowerEye(op, run),
  tril: lowerTriangle,
  triu: lowerTriangle,
  random: (op, _, run) => lowerRandom(op, run),
  dropout: lowerDropout,
  matmul: (_, inputs, run, [result]) => lowerMatmul(inputs, result!, run),
  linear: (_, inputs, run, [result]) => lowerLinear(inputs, result!, run),
  conv2d: lowerConv2d,
  conv2dInput: lowerConv2dInput,
  conv2dWeight: lowerConv2dWeight,
  maxPool2d: (op, inputs, run, results) =>
    lowerMaxPool2d(op, inputs, results, run),
  gather: lowerGather,
  scatterAdd: lowerScatterAdd,
  map: (op, inputs, run, [result]) => lowerMap(op, inputs, result!, run),
  mapSum: (op, inputs, run, [result]) => lowerMapSum(op, inputs, result!, run),
  update: (op, inputs, run) => {
    lowerUpdate(op, inputs, run);
    return [];
  },
};
