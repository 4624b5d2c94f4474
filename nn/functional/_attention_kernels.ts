/**
 * The kernels of attention by tiles. Scores become weights, and gradients of
 * weights those of scores, in the place where they lie.
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

const { div, exp, mul, sub } = expr;

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

/** Targets: the scores; then the greatest of each query. */
export const toPowers = /* @__PURE__ */ kernel(
  "attention",
  1,
  2,
  ([score, top]) => [exp(sub(score!, top!))],
);

/** Targets: what the queries find; then sums of values, and those of powers. */
export const quotient = /* @__PURE__ */ kernel(
  "attention",
  1,
  3,
  ([, values, sum]) => [div(values!, sum!)],
);

/**
 * Targets: the scores, which become weights, and the gradients of the weights,
 * which become those of the scores; then the greatest score and the inverse of
 * the sum of powers of each query, and the sum of its weights times their
 * gradients.
 */
export const toSlopes = /* @__PURE__ */ kernel(
  "attention",
  2,
  5,
  ([score, slope, top, inverse, share]) => {
    const weight = mul(exp(sub(score!, top!)), inverse!);
    return [weight, mul(weight, sub(slope!, share!))];
  },
);

/** Inputs: what stands side by side in a sum of products. */
export const product = /* @__PURE__ */ fused(
  "attention",
  ([a, b]) => mul(a, b),
);
