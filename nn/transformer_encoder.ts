/**
 * The encoder of a transformer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkTensor, parseArguments, tidyNow } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import type { TransformerActivation } from "./_activation.ts";
import { checkOptions, flag, tensorOption } from "./_options.ts";
import {
  copiesOf,
  feedForward,
  LayerParts,
  layerSchema,
  stackSchema,
  type TransformerLayerOptions,
} from "./_transformer.ts";
import type { KVCache } from "./kv_cache.ts";
import type { LayerNorm } from "./layer_norm.ts";
import type { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { ModuleList } from "./module_list.ts";
import { cacheOption, type MultiheadAttention } from "./multihead_attention.ts";

/**
 * Masks of a call of {@linkcode TransformerEncoder} or
 * {@linkcode TransformerEncoderLayer}.
 *
 * @example Causal attention
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * const masks: nn.EncoderMasks = { isCausal: true };
 * const y = layer.forward(randn([5, 1, 8]), masks);
 * assertEquals(y.shape, [5, 1, 8]);
 * ```
 */
export interface EncoderMasks {
  /**
   * Mask of the keys that each query may not attend to; see
   * {@linkcode MultiheadAttentionCall}.
   */
  readonly mask?: Tensor;
  /** Mask of the padding, `[N, L]`. */
  readonly keyPaddingMask?: Tensor;
  /** Whether each element attends only to those up to its position. @default {false} */
  readonly isCausal?: boolean;
  /** Keys and values of earlier elements, for the attention of each layer. */
  readonly cache?: KVCache;
}

const maskSchema = () =>
  z.strictObject({
    mask: z.optional(tensorOption),
    keyPaddingMask: z.optional(tensorOption),
    isCausal: z.optional(flag),
    cache: z.optional(cacheOption),
  });

/**
 * An encoder layer (Vaswani and others, 2017): self-attention and a
 * feed-forward net, each with a residual connection and layer normalisation.
 * Weights, defaults and initialisation are PyTorch's.
 *
 * @example A causal layer, as GPT has it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerEncoderLayer(8, 2, {
 *   dimFeedforward: 32,
 *   activation: "gelu",
 *   batchFirst: true,
 *   normFirst: true,
 * });
 * const y = layer.forward(randn([3, 5, 8]), { isCausal: true });
 * assertEquals(y.shape, [3, 5, 8]);
 * ```
 */
export class TransformerEncoderLayer
  extends Module<[x: Tensor, masks?: EncoderMasks], Tensor> {
  /** The self-attention. */
  self_attn: MultiheadAttention;
  /** The first linear layer of the feed-forward net. */
  linear1: Linear;
  /** The second linear layer of the feed-forward net. */
  linear2: Linear;
  /** The norm of the self-attention. */
  norm1: LayerNorm;
  /** The norm of the feed-forward net. */
  norm2: LayerNorm;
  /** Dropout probability. */
  readonly dropout: number;
  /** The activation between the linear layers. */
  readonly activation: TransformerActivation;
  /** Whether normalisation comes before each part instead of after it. */
  readonly normFirst: boolean;

  /**
   * Creates the layer and initialises its weights.
   *
   * @param dModel Size of the last dimension of input and output.
   * @param nhead Number of heads; `dModel` must be divisible by it.
   * @param options `dimFeedforward`, `dropout`, `activation`, `layerNormEps`,
   * `batchFirst`, `normFirst`, `bias`, `device` and `dtype`.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    dModel: number,
    nhead: number,
    options: TransformerLayerOptions = {},
  ) {
    super();
    const facts = parseArguments(
      layerSchema,
      { dModel, nhead },
      options,
      arguments,
      "make a TransformerEncoderLayer",
    );
    const parts = new LayerParts(facts);
    this.self_attn = parts.attention();
    this.linear1 = parts.linear(dModel, facts.dimFeedforward);
    this.linear2 = parts.linear(facts.dimFeedforward, dModel);
    this.norm1 = parts.norm();
    this.norm2 = parts.norm();
    this.dropout = facts.dropout;
    this.activation = facts.activation;
    this.normFirst = facts.normFirst;
  }

  /**
   * Encodes sequences.
   *
   * @param x `[L, N, dModel]`, `[N, L, dModel]` with `batchFirst`, or
   * `[L, dModel]`.
   * @param masks `mask`, `keyPaddingMask` and `isCausal`.
   * @returns Of the shape of `x`.
   * @throws {ShapeError} If shapes do not fit.
   */
  forward(x: Tensor, masks: EncoderMasks = {}): Tensor {
    const operation = "apply TransformerEncoderLayer";
    checkOptions(maskSchema, masks, operation, arguments.length - 2);
    checkTensor(x, "the input", operation);
    const { cache, mask, keyPaddingMask, isCausal = false } = masks;
    const call = {
      needWeights: false,
      isCausal,
      ...mask ? { attnMask: mask } : {},
      ...keyPaddingMask ? { keyPaddingMask } : {},
      ...cache ? { cache } : {},
    };
    const { activation, dropout, linear1, linear2, norm1, norm2 } = this;
    const drop = (x: Tensor) =>
      this.training && dropout > 0 ? x.dropout(dropout) : x;
    const attend = (x: Tensor) =>
      drop(this.self_attn.forward(x, x, x, call)[0]);
    const feed = (x: Tensor) =>
      feedForward(x, linear1, linear2, activation, drop);
    return tidyNow(() => {
      if (this.normFirst) {
        const y = x.add(attend(norm1.forward(x)));
        return y.add(feed(norm2.forward(y)));
      }
      const y = norm1.forward(x.add(attend(x)));
      return norm2.forward(y.add(feed(y)));
    });
  }
}

/**
 * Options of {@linkcode TransformerEncoder}.
 *
 * @example A norm after the last layer
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerEncoderLayer(8, 2, { normFirst: true });
 * const options: nn.TransformerEncoderOptions = { norm: new nn.LayerNorm(8) };
 * const encoder = new nn.TransformerEncoder(layer, 2, options);
 * ```
 */
export interface TransformerEncoderOptions {
  /** A normalisation after the last layer. @default {none} */
  readonly norm?: Module | null;
}

/**
 * A stack of encoder layers. They are initialised as copies of one layer, as in
 * PyTorch.
 *
 * @example Two layers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * const encoder = new nn.TransformerEncoder(layer, 2);
 * assertEquals(encoder.forward(randn([5, 3, 8])).shape, [5, 3, 8]);
 * ```
 */
export class TransformerEncoder
  extends Module<[x: Tensor, masks?: EncoderMasks], Tensor> {
  /** The layers. */
  layers: ModuleList<TransformerEncoderLayer>;
  /** The normalisation after the last layer, or null. */
  norm: Module | null;

  /**
   * Creates the layers as copies of one layer.
   *
   * @param layer The layer.
   * @param numLayers Number of layers.
   * @param options `norm`.
   * @throws {TypeError} If `layer` is not a
   * {@linkcode TransformerEncoderLayer}.
   */
  constructor(
    layer: TransformerEncoderLayer,
    numLayers: number,
    options: TransformerEncoderOptions = {},
  ) {
    super();
    const { norm } = parseArguments(
      stackSchema,
      { layer, numLayers },
      options,
      arguments,
      "make a TransformerEncoder",
    );
    this.layers = copiesOf(layer, numLayers, "make a TransformerEncoder");
    this.norm = (norm ?? null) as Module | null;
  }

  /**
   * Encodes sequences.
   *
   * @param x `[L, N, dModel]`, `[N, L, dModel]` with `batchFirst`, or
   * `[L, dModel]`.
   * @param masks `mask`, `keyPaddingMask` and `isCausal`, for every layer.
   * @returns Of the shape of `x`.
   */
  forward(x: Tensor, masks: EncoderMasks = {}): Tensor {
    const operation = "apply TransformerEncoder";
    checkOptions(maskSchema, masks, operation, arguments.length - 2);
    checkTensor(x, "the input", operation);
    return tidyNow(() => {
      let y = x;
      for (const layer of this.layers) y = layer.forward(y, masks);
      return this.norm ? this.norm.forward(y) : y;
    });
  }
}
