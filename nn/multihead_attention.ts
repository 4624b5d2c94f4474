/**
 * Multi-head attention.
 *
 * @module
 */
import { arange, cat, ShapeError, type Tensor, where } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { emptyParameter } from "./_empty.ts";
import {
  checkOptions,
  flag,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
  probability,
  tensorOption,
} from "./_options.ts";
import { attentionWeights } from "./functional/_attention_scores.ts";
import { scaledDotProductAttention } from "./functional/attention.ts";
import { linear } from "./functional/linear.ts";
import { zeros_ } from "./init/plain.ts";
import { xavierNormal_, xavierUniform_ } from "./init/xavier.ts";
import { KVCache } from "./kv_cache.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode MultiheadAttention}.
 *
 * @example Keys and values of another size
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.MultiheadAttentionOptions = { kdim: 4, vdim: 4 };
 * const attention = new nn.MultiheadAttention(8, 2, options);
 * const memory = randn([6, 1, 4]);
 * const [y] = attention.forward(randn([5, 1, 8]), memory, memory);
 * assertEquals(y.shape, [5, 1, 8]);
 * ```
 */
export interface MultiheadAttentionOptions extends PlaceOptions {
  /** Dropout probability of the attention weights. @default {0} */
  readonly dropout?: number;
  /** Whether the projections have learnable biases. @default {true} */
  readonly bias?: boolean;
  /**
   * Whether a learnable key and value are appended to each sequence.
   *
   * @default {false}
   */
  readonly addBiasKv?: boolean;
  /**
   * Whether a key and a value of zeros are appended to each sequence.
   *
   * @default {false}
   */
  readonly addZeroAttn?: boolean;
  /** Size of the last dimension of the keys. @default {embedDim} */
  readonly kdim?: number;
  /** Size of the last dimension of the values. @default {embedDim} */
  readonly vdim?: number;
  /** Whether inputs are `[N, L, E]` instead of `[L, N, E]`. @default {false} */
  readonly batchFirst?: boolean;
}

const schema = () =>
  z.strictObject({
    embedDim: positiveInteger,
    numHeads: positiveInteger,
    dropout: z._default(probability, 0),
    bias: z._default(flag, true),
    addBiasKv: z._default(flag, false),
    addZeroAttn: z._default(flag, false),
    kdim: z.optional(positiveInteger),
    vdim: z.optional(positiveInteger),
    batchFirst: z._default(flag, false),
    ...placeFields,
  });

/** The schema of the option `cache`. */
export const cacheOption: z.ZodMiniType<KVCache> = z.instanceof(
  KVCache,
  { error: "must be a KVCache" },
);

/**
 * Options of a call of {@linkcode MultiheadAttention}.
 *
 * @example Causal attention without its weights
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const call: nn.MultiheadAttentionCall = {
 *   isCausal: true,
 *   needWeights: false,
 * };
 * const attention = new nn.MultiheadAttention(8, 2);
 * const x = randn([5, 1, 8]);
 * const [y, weights] = attention.forward(x, x, x, call);
 * assertEquals(weights, null);
 * ```
 */
export interface MultiheadAttentionCall {
  /**
   * Mask of the padding among the keys, `[N, S]`: true where a key is ignored;
   * floats, such as -∞, are added to the scores.
   */
  readonly keyPaddingMask?: Tensor;
  /**
   * Mask of the keys that each query may not attend to, `[L, S]` or
   * `[N * heads, L, S]`: true where attention is not allowed; floats are added
   * to the scores.
   */
  readonly attnMask?: Tensor;
  /** Whether each query attends only to keys up to its position. @default {false} */
  readonly isCausal?: boolean;
  /**
   * Whether to return the attention weights too, which takes more memory.
   *
   * @default {true}
   */
  readonly needWeights?: boolean;
  /**
   * Whether the returned weights are averaged over the heads.
   *
   * @default {true}
   */
  readonly averageAttnWeights?: boolean;
  /**
   * Keys and values of earlier elements, to which those of this call are
   * appended.
   */
  readonly cache?: KVCache;
}

const callSchema = () =>
  z.strictObject({
    keyPaddingMask: z.optional(tensorOption),
    attnMask: z.optional(tensorOption),
    isCausal: z.optional(flag),
    needWeights: z.optional(flag),
    averageAttnWeights: z.optional(flag),
    cache: z.optional(cacheOption),
  });

/**
 * Multi-head attention (Vaswani and others, 2017): queries, keys and values are
 * projected, each head attends within its part of the features, and the result
 * is projected back. Weights and masks are PyTorch's.
 *
 * @example Self-attention over a batch of sequences
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const attention = new nn.MultiheadAttention(8, 2, { batchFirst: true });
 * const x = randn([3, 5, 8]);
 * const [output, weights] = attention.forward(x, x, x, { isCausal: true });
 * assertEquals(output.shape, [3, 5, 8]);
 * assertEquals(weights?.shape, [3, 5, 5]);
 * ```
 */
export class MultiheadAttention extends Module<
  [q: Tensor, k: Tensor, v: Tensor, options?: MultiheadAttentionCall],
  [output: Tensor, weights: Tensor | null]
> {
  /** Size of the last dimension of queries and output. */
  readonly embedDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** Dropout probability of the attention weights. */
  readonly dropout: number;
  /** Whether inputs are `[N, L, E]`. */
  readonly batchFirst: boolean;
  /**
   * The three projections, `[3 * embedDim, embedDim]`; null if `kdim` or `vdim`
   * differs from `embedDim`.
   */
  in_proj_weight: Parameter | null = null;
  /**
   * The projection of queries, `[embedDim, embedDim]`, if sizes differ; else
   * null.
   */
  q_proj_weight: Parameter | null = null;
  /** The projection of keys, `[embedDim, kdim]`, if sizes differ; else null. */
  k_proj_weight: Parameter | null = null;
  /**
   * The projection of values, `[embedDim, vdim]`, if sizes differ; else null.
   */
  v_proj_weight: Parameter | null = null;
  /** The biases of the three projections, `[3 * embedDim]`, or null. */
  in_proj_bias: Parameter | null = null;
  /** The appended key, `[1, 1, embedDim]`, or null. */
  bias_k: Parameter | null = null;
  /** The appended value, `[1, 1, embedDim]`, or null. */
  bias_v: Parameter | null = null;
  /** The output projection. */
  out_proj: Linear;
  /** The features of keys and values, and one of its options. */
  declare readonly [INNER]: {
    readonly sizes: readonly [number, number];
    readonly addZeroAttn: boolean;
  };

  /**
   * Creates the layer and initialises its weights.
   *
   * @param embedDim Size of the last dimension of queries and output.
   * @param numHeads Number of heads; `embedDim` must be divisible by it.
   * @param options `dropout`, `bias`, `addBiasKv`, `addZeroAttn`, `kdim`,
   * `vdim`, `batchFirst`, `device` and `dtype`.
   * @throws {RangeError} If `embedDim` is not divisible by `numHeads`.
   */
  constructor(
    embedDim: number,
    numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    const facts = parseArguments(
      schema,
      { embedDim, numHeads },
      options,
      arguments,
      "make a MultiheadAttention",
    );
    if (embedDim % numHeads !== 0) {
      throw new RangeError(
        `Cannot make a MultiheadAttention as the heads must divide embedDim: got ${numHeads} heads for ${embedDim} features`,
      );
    }
    const { kdim = embedDim, vdim = embedDim, bias } = facts;
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = facts.dropout;
    this.batchFirst = facts.batchFirst;
    this[INNER] = { sizes: [kdim, vdim], addZeroAttn: facts.addZeroAttn };
    const where = placeOf(facts);
    if (kdim === embedDim && vdim === embedDim) {
      this.in_proj_weight = emptyParameter([3 * embedDim, embedDim], where);
    } else {
      this.q_proj_weight = emptyParameter([embedDim, embedDim], where);
      this.k_proj_weight = emptyParameter([embedDim, kdim], where);
      this.v_proj_weight = emptyParameter([embedDim, vdim], where);
    }
    if (bias) this.in_proj_bias = emptyParameter([3 * embedDim], where);
    if (facts.addBiasKv) {
      this.bias_k = emptyParameter([1, 1, embedDim], where);
      this.bias_v = emptyParameter([1, 1, embedDim], where);
    }
    this.out_proj = new Linear(embedDim, embedDim, { bias, ...where });
    this.resetParameters();
  }

  /** Reinitialises the weights as PyTorch does. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    this.out_proj.resetParameters();
    for (
      const weight of [
        this.in_proj_weight,
        this.q_proj_weight,
        this.k_proj_weight,
        this.v_proj_weight,
      ]
    ) {
      if (weight) xavierUniform_(weight);
    }
    if (this.in_proj_bias) zeros_(this.in_proj_bias);
    if (this.out_proj.bias) zeros_(this.out_proj.bias);
    if (this.bias_k) xavierNormal_(this.bias_k);
    if (this.bias_v) xavierNormal_(this.bias_v);
  }

  /**
   * Computes the attention.
   *
   * @param q Queries, `[L, N, embedDim]`, `[N, L, embedDim]` with
   * `batchFirst`, or `[L, embedDim]`.
   * @param k Keys, laid out like the queries with S in place of L.
   * @param v Values, laid out like the keys.
   * @param options Masks, the cache, and whether to return the weights.
   * @returns The output, laid out like the queries, and the weights:
   * `[N, L, S]` averaged over the heads, else `[N, heads, L, S]`, or null.
   * @throws {ShapeError} If shapes do not fit.
   */
  forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    options: MultiheadAttentionCall = {},
  ): [output: Tensor, weights: Tensor | null] {
    checkOptions(
      callSchema,
      options,
      "apply MultiheadAttention",
      arguments.length - 4,
    );
    checkInputs.call(this, q, k, v);
    const { needWeights = true, averageAttnWeights = true } = options;
    return tidyNow(() => {
      const single = q.ndim === 2;
      const batched = single
        ? attend.call(
          this,
          q.unsqueeze(0),
          k.unsqueeze(0),
          v.unsqueeze(0),
          options,
        )
        : this.batchFirst
        ? attend.call(this, q, k, v, options)
        : timeFirst.call(this, q, k, v, options);
      const [output, weights] = batched;
      const kept = needWeights && weights
        ? averageAttnWeights ? weights.mean(1) : weights
        : null;
      return [
        single ? output.squeeze(0) : output,
        single && kept ? kept.squeeze(0) : kept,
      ];
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `embedDim=${this.embedDim}, numHeads=${this.numHeads}`;
  }
}

function timeFirst(
  this: MultiheadAttention,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: MultiheadAttentionCall,
): [Tensor, Tensor | null] {
  const queries = q.transpose(0, 1);
  const keys = k === q ? queries : k.transpose(0, 1);
  const values = v === k ? keys : v.transpose(0, 1);
  const [output, weights] = attend.call(this, queries, keys, values, options);
  return [output.transpose(0, 1), weights];
}

/** The weight and the bias of projection `i`. */
function projection(
  this: MultiheadAttention,
  i: number,
): [Tensor, Tensor | null] {
  const { embedDim, in_proj_bias, in_proj_weight } = this;
  const own = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight];
  return [
    in_proj_weight?.narrow(0, i * embedDim, embedDim) ?? own[i]!,
    in_proj_bias?.narrow(0, i * embedDim, embedDim) ?? null,
  ];
}

/** Queries, keys and values, projected; all `[N, length, embedDim]`. */
function project(
  this: MultiheadAttention,
  q: Tensor,
  k: Tensor,
  v: Tensor,
): Tensor[] {
  if (q === k && k === v && this.in_proj_weight) {
    const all = linear(q, this.in_proj_weight, this.in_proj_bias);
    return all.split(this.embedDim, -1);
  }
  return [q, k, v].map((x, i) => linear(x, ...projection.call(this, i)));
}

/** All inputs `[N, length, features]`. */
function attend(
  this: MultiheadAttention,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: MultiheadAttentionCall,
): [Tensor, Tensor | null] {
  const [count, length] = q.shape as [number, number];
  const { numHeads } = this;
  const size = this.embedDim / numHeads;
  let [queries, keys, values] = project.call(this, q, k, v) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  let added = 0;
  if (this.bias_k && this.bias_v) {
    const shape = [count, 1, this.embedDim];
    keys = cat([keys, this.bias_k.expand(shape)], 1);
    values = cat([values, this.bias_v.expand(shape)], 1);
    added++;
  }
  if (this[INNER].addZeroAttn) {
    keys = keys.pad([0, 0, 0, 1]);
    values = values.pad([0, 0, 0, 1]);
    added++;
  }
  const heads = (x: Tensor): Tensor =>
    x.reshape([count, x.shape[1]!, numHeads, size]).transpose(1, 2);
  queries = heads(queries);
  keys = heads(keys);
  values = heads(values);
  const { cache, needWeights = true } = options;
  const past = cache?.lengthOf(this) ?? 0;
  if (cache) [keys, values] = cache.append(this, keys, values);
  let mask = maskOf.call(
    this,
    options,
    count,
    length,
    past + k.shape[1]!,
    added,
  );
  const dropout = this.training ? this.dropout : 0;
  let isCausal = options.isCausal ?? false;
  if (isCausal && past > 0) {
    // The first query stands behind all that was there before.
    const own = length > 1 ? shifted(q, length, past) : null;
    mask = own && mask ? combined(hiding(own), hiding(mask)) : own ?? mask;
    isCausal = false;
  }
  const call = { isCausal, ...mask ? { mask } : {} };
  let weights: Tensor | null = null;
  let out: Tensor;
  if (needWeights) {
    const whole = attentionWeights(queries, keys, call);
    weights = dropout > 0 ? whole.dropout(dropout) : whole;
    out = weights.matmul(values);
  } else {
    out = scaledDotProductAttention(queries, keys, values, {
      ...call,
      dropout,
    });
  }
  const joined = out.transpose(1, 2).reshape([count, length, this.embedDim]);
  return [this.out_proj.forward(joined), weights];
}

/** Both masks as one that broadcasts to `[N, heads, L, S]`, or null. */
function maskOf(
  this: MultiheadAttention,
  { attnMask, keyPaddingMask }: MultiheadAttentionCall,
  count: number,
  length: number,
  keys: number,
  added: number,
): Tensor | null {
  const { numHeads } = this;
  let own: Tensor | null = null;
  if (attnMask) {
    const whole = [count * numHeads, length, keys].join();
    const shape = attnMask.shape.join();
    if (shape !== [length, keys].join() && shape !== whole) {
      throw new ShapeError(
        `Cannot apply MultiheadAttention as the attnMask must be [${length}, ${keys}] or [${
          count * numHeads
        }, ${length}, ${keys}]: got ${showShape(attnMask.shape)}`,
      );
    }
    own = attnMask.ndim === 2
      ? attnMask
      : attnMask.reshape([count, numHeads, length, keys]);
  }
  let padding: Tensor | null = null;
  if (keyPaddingMask) {
    const { ndim, shape } = keyPaddingMask;
    const single = ndim === 1 && count === 1;
    if (shape[ndim - 1] !== keys || (!single && shape[0] !== count)) {
      throw new ShapeError(
        `Cannot apply MultiheadAttention as the keyPaddingMask must be [${count}, ${keys}]: got ${
          showShape(shape)
        }`,
      );
    }
    padding = keyPaddingMask.reshape([count, 1, 1, keys]);
  }
  const mask = combined(own, padding);
  if (!mask || added === 0) return mask;
  return mask.dtype === "bool"
    ? mask.cast("int32").pad([0, added], { value: 1 }).cast("bool")
    : mask.pad([0, added]);
}

function checkInputs(
  this: MultiheadAttention,
  q: Tensor,
  k: Tensor,
  v: Tensor,
): void {
  const operation = "apply MultiheadAttention";
  for (const [i, x] of [q, k, v].entries()) {
    checkTensor(x, ["the query", "the key", "the value"][i]!, operation);
  }
  const sizes = [this.embedDim, ...this[INNER].sizes];
  const batch = this.batchFirst ? 0 : 1;
  const fits = [q, k, v].every((x, i) =>
    x.ndim === q.ndim && x.shape[x.ndim - 1] === sizes[i] &&
    (x.ndim === 2 || x.shape[batch] === q.shape[batch])
  );
  const same = k.shape.slice(0, -1).join() === v.shape.slice(0, -1).join();
  if (fits && same && (q.ndim === 2 || q.ndim === 3)) return;
  throw new ShapeError(
    `Cannot ${operation} as queries, keys and values must be ${
      this.batchFirst ? "[N, length, features]" : "[length, N, features]"
    } with ${sizes.join(", ")} features: got ${
      [q, k, v].map((x) => showShape(x.shape)).join(", ")
    }`,
  );
}

/** True where a key is not behind a query that stands behind `past` others. */
function shifted({ device }: Tensor, length: number, past: number): Tensor {
  const rows = arange(past, past + length, { device }).unsqueeze(1);
  return arange(past + length, { device }).le(rows);
}

/** A mask of what takes part as one of what is left out. */
const hiding = (mask: Tensor): Tensor =>
  mask.dtype === "bool" ? mask.logicalNot() : mask;

/**
 * A mask of what takes part (bool) or of what is added (floats), out of two
 * that are true for what is left out.
 */
function combined(a: Tensor | null, b: Tensor | null): Tensor | null {
  const taking = (mask: Tensor) =>
    mask.dtype === "bool" ? mask.logicalNot() : mask;
  if (!a || !b) {
    const one = a ?? b;
    return one && taking(one);
  }
  if (a.dtype === "bool" && b.dtype === "bool") {
    return a.logicalOr(b).logicalNot();
  }
  if (a.dtype === "bool") return where(a, -Infinity, b);
  if (b.dtype === "bool") return where(b, -Infinity, a);
  return a.add(b);
}
