/**
 * The weights of attention, by way of the scores.
 *
 * @module
 */
import {
  fused,
  type FusedFunction,
  type FusedOptions,
  isFloating,
  type Tensor,
} from "@tenfold/core";
import { call, constant, type Expr, indexAlong } from "@tenfold/core/backend";

/** How queries and keys are brought together. */
export interface ScoreOptions {
  /** As in {@linkcode AttentionOptions}. */
  readonly mask?: Tensor;
  /** Whether each query attends only to keys up to its position. */
  readonly isCausal?: boolean;
  /** Factor of the scores; 1 / √E where it is left out. */
  readonly scale?: number;
}

const hidden = (like: Expr): Expr => constant(-Infinity, like.dtype);
const scaled = (score: Expr, scale: Expr): Expr => call("mul", score, scale);

const plain = /* @__PURE__ */ fused(
  "attention",
  ([score], [scale]) => scaled(score, scale),
  { scalars: 1 },
);

const SCORE_AND_MASK: FusedOptions = {
  inputs: ["number", "mask"],
  scalars: 1,
};

const masked = /* @__PURE__ */ fused("attention", ([score, mask], [scale]) => {
  const value = scaled(score, scale);
  return mask.dtype === "bool"
    ? call("select", mask, value, hidden(value))
    : call("add", value, mask);
}, SCORE_AND_MASK);

/** For each number of dims, as positions count from the first of them. */
const causal: (FusedFunction | undefined)[] = [];

function causalOf(ndim: number): FusedFunction {
  return causal[ndim] ??= fused("attention", ([score, mask], [scale]) => {
    const value = scaled(score, scale);
    const visible = call("le", indexAlong(ndim - 1), indexAlong(ndim - 2));
    const added = mask && mask.dtype !== "bool"
      ? call("add", value, mask)
      : value;
    const shown = mask?.dtype === "bool" ? call("and", visible, mask) : visible;
    return call("select", shown, added, hidden(value));
  }, SCORE_AND_MASK);
}

/** `softmax(q kᵀ scale + mask)`, `[..., L, S]`. */
export function attentionWeights(
  q: Tensor,
  k: Tensor,
  { mask, isCausal = false, scale }: ScoreOptions,
): Tensor {
  // Products of whole numbers would wrap to 32 bits.
  const queries = isFloating(q.dtype) ? q : q.cast("float32");
  const products = queries.matmul(k.transpose(-1, -2));
  const inputs = mask ? [products, mask] : [products];
  const scalars = [scale ?? 1 / Math.sqrt(q.shape[q.ndim - 1]!)];
  const scores = isCausal
    ? causalOf(Math.max(products.ndim, mask?.ndim ?? 0)).map(inputs, scalars)
    : (mask ? masked : plain).map(inputs, scalars);
  return scores.softmax(-1);
}
