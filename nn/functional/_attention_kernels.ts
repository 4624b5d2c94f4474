/**
 * The kernels of attention by tiles. Scores are hidden, and gradients of weights
 * become those of scores, in the place where they lie.
 *
 * @module
 */
import { fused, type Tensor } from "@tenfold/core";
import {
  call,
  constant,
  type Expr,
  expr,
  indexAlong,
} from "@tenfold/core/backend";
import { kernel } from "./_in_place.ts";

const { mul, sub } = expr;

const shown = (score: Expr, mask: Expr): Expr =>
  mask.dtype === "bool"
    ? call("select", mask, score, constant(-Infinity, score.dtype))
    : call("add", score, mask);

/** Inputs: scores and a mask. */
export const masked = /* @__PURE__ */ fused(
  "attention",
  ([score, mask]) => shown(score, mask),
  { inputs: ["number", "mask"] },
);

/** Targets: the scores; then a mask. */
export const hide = /* @__PURE__ */ kernel(
  "attention",
  1,
  2,
  ([score, mask]) => [shown(score!, mask!)],
);

/** Targets: scores `[items, rows, keys]`, of which those above the diagonal go. */
export const hideLater: (scores: Tensor) => void = /* @__PURE__ */ kernel(
  "attention",
  1,
  1,
  ([score]) => [
    call(
      "select",
      call("le", indexAlong(2), indexAlong(1)),
      score!,
      constant(-Infinity, score!.dtype),
    ),
  ],
);

/**
 * Targets: gradients of the weights, which become those of the scores; then the
 * weights, and the sum over each query of weights times their gradients.
 */
export const toSlopes = /* @__PURE__ */ kernel(
  "attention",
  1,
  3,
  ([slope, weight, share]) => [mul(weight!, sub(slope!, share!))],
);

/** Inputs: what stands side by side in a sum of products. */
export const product = /* @__PURE__ */ fused(
  "attention",
  ([a, b]) => mul(a, b),
);
