/**
 * The cases of every primitive, as a table keyed by name. A missing row is a
 * compile error.
 *
 * @module
 */
import {
  ELEMENTWISE,
  type ElementwiseName,
  type ElementwiseOp,
  type OpName,
  type OpOf,
} from "@tenfold/core/backend";
import type { CaseRow } from "./case.ts";
import {
  conv2dInputRow,
  conv2dRow,
  conv2dWeightRow,
  maxPool2dRow,
} from "./convolve.ts";
import { arangeRow, dropoutRow, eyeRow, fullRow, randomRow } from "./create.ts";
import { elementwiseRow } from "./elementwise.ts";
import { mapRow, mapSumRow } from "./formula.ts";
import {
  castRow,
  catRow,
  copyRow,
  embedRow,
  embedSumRow,
  movementRow,
  triangleRow,
} from "./move.ts";
import { gatherRow, linearRow, matmulRow, scatterAddRow } from "./product.ts";
import { logSumExpRow, reduceRow, sortRow, varianceRow } from "./reduce.ts";
import { updateRow } from "./update.ts";
import { ALONG } from "../ops/along.ts";
import { column } from "../ops/spec.ts";

const names = Object.keys(ELEMENTWISE) as ElementwiseName[];
const elementwiseRows = Object.fromEntries(
  names.map((name) => [name, elementwiseRow(name)]),
) as { [N in ElementwiseName]: CaseRow<ElementwiseOp> };

/** The cases of each primitive. */
export const CASES: { readonly [N in OpName]: CaseRow<OpOf<N>> } = {
  ...elementwiseRows,
  cast: castRow,
  copy: copyRow,
  sum: reduceRow("sum"),
  mean: reduceRow("mean"),
  prod: reduceRow("prod"),
  max: reduceRow("max"),
  min: reduceRow("min"),
  any: reduceRow("any"),
  all: reduceRow("all"),
  norm: reduceRow("norm"),
  variance: varianceRow,
  logsumexp: logSumExpRow,
  ...column(ALONG, "cases"),
  sort: sortRow,
  reshape: movementRow("reshape"),
  permute: movementRow("permute"),
  expand: movementRow("expand"),
  slice: movementRow("slice"),
  unfold: movementRow("unfold"),
  diagonal: movementRow("diagonal"),
  embed: embedRow,
  embedSum: embedSumRow,
  cat: catRow,
  full: fullRow,
  arange: arangeRow,
  eye: eyeRow,
  tril: triangleRow("tril"),
  triu: triangleRow("triu"),
  random: randomRow,
  dropout: dropoutRow,
  matmul: matmulRow,
  linear: linearRow,
  conv2d: conv2dRow,
  conv2dInput: conv2dInputRow,
  conv2dWeight: conv2dWeightRow,
  maxPool2d: maxPool2dRow,
  gather: gatherRow,
  scatterAdd: scatterAddRow,
  map: mapRow,
  mapSum: mapSumRow,
  update: updateRow,
};
