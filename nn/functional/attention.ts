import {
  type DType,
  isFloating,
  promote,
  ShapeError,
  type Tensor,
} from "@tenfold/core";
import { broadcastShapes, sizeOf } from "@tenfold/core/backend";
import {
  checkTensor,
  layering,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  checkOptions,
  finite,
  flag,
  probability,
  tensorOption,
} from "../_options.ts";
import { attentionWeights } from "./_attention_scores.ts";
import { tiledAttention, tileSize } from "./_tiled_attention.ts";

/**
 * Options of {@linkcode scaledDotProductAttention}.
 *
 * @example Causal attention
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.functional.AttentionOptions = { isCausal: true };
 * const q = randn([1, 2, 5, 4]);
 * const y = nn.functional.scaledDotProductAttention(q, q, q, options);
 * assertEquals(y.shape, [1, 2, 5, 4]);
 * ```
 */
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
  /**
   * Whether queries may have a multiple of the heads (the third dim from the
   * end) that keys and values have, each of which serves a group of them.
   *
   * @default {false}
   */
  readonly enableGqa?: boolean;
}

const schema = () =>
  z.strictObject({
    mask: z.optional(tensorOption),
    isCausal: z.optional(flag),
    scale: z.optional(finite),
    dropout: z.optional(probability),
    enableGqa: z.optional(flag),
  });

/**
 * Scaled dot-product attention, `softmax(q kᵀ scale + mask) v` (Vaswani and
 * others, 2017). Where there are many scores they are never held all at once,
 * also not for the gradient: memory grows with the length alone.
 *
 * @param q Queries, `[..., L, E]`. int32 and bool count as float32.
 * @param k Keys, `[..., S, E]`.
 * @param v Values, `[..., S, V]`.
 * @param options `mask`, `isCausal`, `scale`, `dropout` and `enableGqa`.
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
  const { enableGqa = false, ...rest } = options;
  return tidyNow(() =>
    enableGqa ? grouped(q, k, v, rest) : attend(q, k, v, rest)
  );
}

/** By the scores where they are few or transformed, else tile by tile. */
function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
): Tensor {
  const { mask, dropout = 0, isCausal = false } = options;
  const lead = (x: Tensor) => x.shape.slice(0, -2);
  const [length, keys] = [q.shape[q.ndim - 2]!, k.shape[k.ndim - 2]!];
  const batch = [lead(k), ...mask ? [lead(mask)] : []].reduce(
    (all, shape) => broadcastShapes(all, shape, "attend"),
    broadcastShapes(lead(q), lead(v), "attend"),
  );
  const size = tileSize(q);
  const few = layering !== null || sizeOf(batch) * length * keys <= size;
  if (few || v.ndim < 2 || v.shape[v.ndim - 2] !== keys || mask?.requiresGrad) {
    const weights = attentionWeights(q, k, options);
    return (dropout > 0 ? weights.dropout(dropout) : weights).matmul(v);
  }
  const all: DType = promote(promote(q.dtype, k.dtype), v.dtype);
  const dtype = isFloating(all) ? all : "float32";
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[q.ndim - 1]!);
  return tiledAttention(
    q.cast(dtype),
    k.cast(dtype),
    v.cast(dtype),
    batch,
    { mask: mask ?? null, isCausal, scale, dropout },
    size,
  );
}

/** Several heads of queries to each head of keys and values. */
function grouped(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, ...options }: AttentionOptions,
): Tensor {
  const [heads, own] = [q.shape[q.ndim - 3]!, k.shape[k.ndim - 3]!];
  if (
    q.ndim < 3 || k.ndim < 3 || v.shape[v.ndim - 3] !== own ||
    heads % own !== 0
  ) {
    throw new ShapeError(
      `Cannot apply scaledDotProductAttention with enableGqa as the heads of keys and values must divide those of the queries: got ${
        showShape(q.shape)
      }, ${showShape(k.shape)} and ${showShape(v.shape)}`,
    );
  }
  const groups = (x: Tensor): Tensor =>
    x.reshape([
      ...x.shape.slice(0, -3),
      own,
      heads / own,
      ...x.shape.slice(-2),
    ]);
  const spread = !mask || mask.ndim < 3
    ? mask
    : mask.shape[mask.ndim - 3] === 1
    ? mask.unsqueeze(-3)
    : groups(mask);
  const out = attend(groups(q), k.unsqueeze(-3), v.unsqueeze(-3), {
    ...options,
    ...spread ? { mask: spread } : {},
  });
  return out.reshape([...q.shape.slice(0, -1), v.shape[v.ndim - 1]!]);
}
