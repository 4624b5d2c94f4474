/**
 * The decoder of a transformer.
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
import type { LayerNorm } from "./layer_norm.ts";
import type { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { ModuleList } from "./module_list.ts";
import type {
  MultiheadAttention,
  MultiheadAttentionCall,
} from "./multihead_attention.ts";

/**
 * Masks of a call of {@linkcode TransformerDecoder} or
 * {@linkcode TransformerDecoderLayer}.
 *
 * @example A target that does not see ahead
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * const masks: nn.DecoderMasks = { tgtIsCausal: true };
 * const y = layer.forward(randn([5, 1, 8]), randn([6, 1, 8]), masks);
 * assertEquals(y.shape, [5, 1, 8]);
 * ```
 */
export interface DecoderMasks {
  /**
   * Mask of the elements of the target that each of its elements may not attend
   * to.
   */
  readonly tgtMask?: Tensor;
  /**
   * Mask of the elements of the memory that each element of the target may not
   * attend to.
   */
  readonly memoryMask?: Tensor;
  /** Mask of the padding in the target, `[N, T]`. */
  readonly tgtKeyPaddingMask?: Tensor;
  /** Mask of the padding in the memory, `[N, S]`. */
  readonly memoryKeyPaddingMask?: Tensor;
  /**
   * Whether elements of the target attend only to those up to their position.
   *
   * @default {false}
   */
  readonly tgtIsCausal?: boolean;
  /**
   * Whether elements of the target attend to the memory only up to their
   * position.
   *
   * @default {false}
   */
  readonly memoryIsCausal?: boolean;
}

/** The masks as a schema's fields. */
export const decoderMaskFields = () => ({
  tgtMask: z.optional(tensorOption),
  memoryMask: z.optional(tensorOption),
  tgtKeyPaddingMask: z.optional(tensorOption),
  memoryKeyPaddingMask: z.optional(tensorOption),
  tgtIsCausal: z.optional(flag),
  memoryIsCausal: z.optional(flag),
});

const maskSchema = () => z.strictObject(decoderMaskFields());

function callOf(
  attnMask: Tensor | undefined,
  keyPaddingMask: Tensor | undefined,
  isCausal = false,
): MultiheadAttentionCall {
  return {
    needWeights: false,
    isCausal,
    ...attnMask ? { attnMask } : {},
    ...keyPaddingMask ? { keyPaddingMask } : {},
  };
}

/**
 * A decoder layer (Vaswani and others, 2017): self-attention, attention to the
 * memory and a feed-forward net, each with a residual connection and layer
 * normalisation. Weights, defaults and initialisation are PyTorch's.
 *
 * @example Targets that attend to a memory
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * const [target, memory] = [randn([4, 3, 8]), randn([6, 3, 8])];
 * const y = layer.forward(target, memory, { tgtIsCausal: true });
 * assertEquals(y.shape, [4, 3, 8]);
 * ```
 */
export class TransformerDecoderLayer
  extends Module<[tgt: Tensor, memory: Tensor, masks?: DecoderMasks], Tensor> {
  /** The self-attention. */
  self_attn: MultiheadAttention;
  /** The attention to the memory. */
  multihead_attn: MultiheadAttention;
  /** The first linear layer of the feed-forward net. */
  linear1: Linear;
  /** The second linear layer of the feed-forward net. */
  linear2: Linear;
  /** The norm of the self-attention. */
  norm1: LayerNorm;
  /** The norm of the attention to the memory. */
  norm2: LayerNorm;
  /** The norm of the feed-forward net. */
  norm3: LayerNorm;
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
      "make a TransformerDecoderLayer",
    );
    const parts = new LayerParts(facts);
    this.self_attn = parts.attention();
    this.multihead_attn = parts.attention();
    this.linear1 = parts.linear(dModel, facts.dimFeedforward);
    this.linear2 = parts.linear(facts.dimFeedforward, dModel);
    this.norm1 = parts.norm();
    this.norm2 = parts.norm();
    this.norm3 = parts.norm();
    this.dropout = facts.dropout;
    this.activation = facts.activation;
    this.normFirst = facts.normFirst;
  }

  /**
   * Decodes the target.
   *
   * @param tgt `[T, N, dModel]`, `[N, T, dModel]` with `batchFirst`, or
   * `[T, dModel]`.
   * @param memory The output of the encoder, laid out like the target.
   * @param masks Masks of target and memory.
   * @returns Of the shape of `tgt`.
   * @throws {ShapeError} If shapes do not fit.
   */
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const operation = "apply TransformerDecoderLayer";
    checkOptions(maskSchema, masks, operation, arguments.length - 3);
    checkTensor(tgt, "the target", operation);
    checkTensor(memory, "the memory", operation);
    const own = callOf(
      masks.tgtMask,
      masks.tgtKeyPaddingMask,
      masks.tgtIsCausal,
    );
    const other = callOf(
      masks.memoryMask,
      masks.memoryKeyPaddingMask,
      masks.memoryIsCausal,
    );
    const { activation, dropout, linear1, linear2 } = this;
    const { norm1, norm2, norm3 } = this;
    const drop = (x: Tensor) =>
      this.training && dropout > 0 ? x.dropout(dropout) : x;
    const attend = (x: Tensor) => drop(this.self_attn.forward(x, x, x, own)[0]);
    const remember = (x: Tensor) =>
      drop(this.multihead_attn.forward(x, memory, memory, other)[0]);
    const feed = (x: Tensor) =>
      feedForward(x, linear1, linear2, activation, drop);
    return tidyNow(() => {
      if (this.normFirst) {
        const y = tgt.add(attend(norm1.forward(tgt)));
        const z = y.add(remember(norm2.forward(y)));
        return z.add(feed(norm3.forward(z)));
      }
      const y = norm1.forward(tgt.add(attend(tgt)));
      const z = norm2.forward(y.add(remember(y)));
      return norm3.forward(z.add(feed(z)));
    });
  }
}

/**
 * Options of {@linkcode TransformerDecoder}.
 *
 * @example A norm after the last layer
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerDecoderLayer(8, 2, { normFirst: true });
 * const options: nn.TransformerDecoderOptions = { norm: new nn.LayerNorm(8) };
 * const decoder = new nn.TransformerDecoder(layer, 2, options);
 * ```
 */
export interface TransformerDecoderOptions {
  /** A normalisation after the last layer. @default {none} */
  readonly norm?: Module | null;
}

/**
 * A stack of decoder layers. They are initialised as copies of one layer, as in
 * PyTorch.
 *
 * @example Two layers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * const decoder = new nn.TransformerDecoder(layer, 2);
 * const y = decoder.forward(randn([4, 3, 8]), randn([6, 3, 8]));
 * assertEquals(y.shape, [4, 3, 8]);
 * ```
 */
export class TransformerDecoder
  extends Module<[tgt: Tensor, memory: Tensor, masks?: DecoderMasks], Tensor> {
  /** The layers. */
  layers: ModuleList<TransformerDecoderLayer>;
  /** The normalisation after the last layer, or null. */
  norm: Module | null;

  /**
   * Creates the layers as copies of one layer.
   *
   * @param layer The layer.
   * @param numLayers Number of layers.
   * @param options `norm`.
   * @throws {TypeError} If `layer` is not a
   * {@linkcode TransformerDecoderLayer}.
   */
  constructor(
    layer: TransformerDecoderLayer,
    numLayers: number,
    options: TransformerDecoderOptions = {},
  ) {
    super();
    const { norm } = parseArguments(
      stackSchema,
      { layer, numLayers },
      options,
      arguments,
      "make a TransformerDecoder",
    );
    this.layers = copiesOf(layer, numLayers, "make a TransformerDecoder");
    this.norm = (norm ?? null) as Module | null;
  }

  /**
   * Decodes the target.
   *
   * @param tgt `[T, N, dModel]`, `[N, T, dModel]` with `batchFirst`, or
   * `[T, dModel]`.
   * @param memory The output of the encoder, laid out like the target.
   * @param masks Masks of target and memory, for every layer.
   * @returns Of the shape of `tgt`.
   */
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const operation = "apply TransformerDecoder";
    checkOptions(maskSchema, masks, operation, arguments.length - 3);
    checkTensor(tgt, "the target", operation);
    checkTensor(memory, "the memory", operation);
    return tidyNow(() => {
      let y = tgt;
      for (const layer of this.layers) y = layer.forward(y, memory, masks);
      return this.norm ? this.norm.forward(y) : y;
    });
  }
}
