import { ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "zod/mini";
import {
  checkOptions,
  finite,
  flag,
  probability,
  tensorOption,
} from "../_options.ts";
import { attentionWeights } from "./_attention_scores.ts";

/** Options of {@linkcode scaledDotProductAttention}. */
export interface AttentionOptions {
  /**
   * Mask that broadcasts to `[..., L, S]`. A bool mask is true for the keys that
   * take part; a float mask is added to the scores.
   */
  readonly mask?: Tensor;
  /** Whether each query attends only to keys up to its position. @default {false} */
  readonly isCausal?: boolean;
  /** Factor of the scores. @default {1 / √E} */
  readonly scale?: number;
  /** Dropout probability of the attention weights. @default {0} */
  readonly dropout?: number;
}

const schema = () =>
  z.strictObject({
    mask: z.optional(tensorOption),
    isCausal: z.optional(flag),
    scale: z.optional(finite),
    dropout: z.optional(probability),
  });

/**
 * Scaled dot-product attention, `softmax(q kᵀ scale + mask) v` (Vaswani and
 * others, 2017).
 *
 * @param q Queries, `[..., L, E]`. int32 and bool count as float32.
 * @param k Keys, `[..., S, E]`.
 * @param v Values, `[..., S, V]`.
 * @param options `mask`, `isCausal`, `scale` and `dropout`.
 * @returns Of shape `[..., L, V]`. A query whose keys are all masked
 * gives NaN.
 * @throws {ShapeError} If queries and keys differ in length.
 * @example One query between two keys
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const q = tensor([[0, 0]]);
 * const k = tensor([[1, 0], [0, 1]]);
 * const v = tensor([[2], [4]]);
 * const y = functional.scaledDotProductAttention(q, k, v);
 * assertEquals(await y.toArray(), [[3]]);
 * ```
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkOptions(
    schema,
    options,
    "apply scaledDotProductAttention",
    arguments.length - 4,
  );
  for (const [i, tensor] of [q, k, v].entries()) {
    checkTensor(tensor, "qkv"[i]!, "apply scaledDotProductAttention");
  }
  const length = q.shape[q.ndim - 1];
  if (q.ndim < 2 || k.ndim < 2 || length !== k.shape[k.ndim - 1]) {
    throw new ShapeError(
      `Cannot apply scaledDotProductAttention as queries [..., L, E] and keys [..., S, E] must have one length E: got ${
        showShape(q.shape)
      } and ${showShape(k.shape)}`,
    );
  }
  const { dropout = 0 } = options;
  return tidyNow(() => {
    const weights = attentionWeights(q, k, options);
    return (dropout > 0 ? weights.dropout(dropout) : weights).matmul(v);
  });
}
