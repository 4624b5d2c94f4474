/**
 * The transformer: an encoder and a decoder.
 *
 * @module
 */
import { full, type Tensor, type TensorOptions } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { checkOptions, flag, placeOf, tensorOption } from "./_options.ts";
import { layerFields, type TransformerLayerOptions } from "./_transformer.ts";
import { xavierUniform_ } from "./init/xavier.ts";
import { LayerNorm } from "./layer_norm.ts";
import { Module } from "./module.ts";
import {
  decoderMaskFields,
  type DecoderMasks,
  TransformerDecoder,
  TransformerDecoderLayer,
} from "./transformer_decoder.ts";
import {
  TransformerEncoder,
  TransformerEncoderLayer,
} from "./transformer_encoder.ts";

/**
 * Options of {@linkcode Transformer}.
 *
 * @example Two layers on each side
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.TransformerOptions = {
 *   numEncoderLayers: 2,
 *   numDecoderLayers: 2,
 *   dimFeedforward: 32,
 * };
 * const model = new nn.Transformer(8, 2, options);
 * ```
 */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Number of encoder layers. @default {6} */
  readonly numEncoderLayers?: number;
  /** Number of decoder layers. @default {6} */
  readonly numDecoderLayers?: number;
}

const count = () =>
  z.int("must be a positive integer").check(
    z.gte(1, "must be a positive integer"),
  );
const schema = () =>
  z.strictObject({
    ...layerFields(),
    numEncoderLayers: z._default(count(), 6),
    numDecoderLayers: z._default(count(), 6),
  });

/**
 * Masks of a call of {@linkcode Transformer}.
 *
 * @example A target that does not see ahead
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const model = new nn.Transformer(8, 2, {
 *   numEncoderLayers: 1,
 *   numDecoderLayers: 1,
 *   dimFeedforward: 16,
 * });
 * const masks: nn.TransformerMasks = { tgtIsCausal: true };
 * const y = model.forward(randn([6, 1, 8]), randn([5, 1, 8]), masks);
 * assertEquals(y.shape, [5, 1, 8]);
 * ```
 */
export interface TransformerMasks extends DecoderMasks {
  /**
   * Mask of the elements of the source that each of its elements may not attend
   * to.
   */
  readonly srcMask?: Tensor;
  /** Mask of the padding in the source, `[N, S]`. */
  readonly srcKeyPaddingMask?: Tensor;
  /**
   * Whether elements of the source attend only to those up to their position.
   *
   * @default {false}
   */
  readonly srcIsCausal?: boolean;
}

const maskSchema = () =>
  z.strictObject({
    ...decoderMaskFields(),
    srcMask: z.optional(tensorOption),
    srcKeyPaddingMask: z.optional(tensorOption),
    srcIsCausal: z.optional(flag),
  });

/**
 * An encoder, and a decoder that attends to its output (Vaswani and others,
 * 2017). Weights, defaults and initialisation are PyTorch's.
 *
 * @example From a source to a target
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const transformer = new nn.Transformer(8, 2, {
 *   numEncoderLayers: 1,
 *   numDecoderLayers: 1,
 *   dimFeedforward: 16,
 *   batchFirst: true,
 * });
 * const [source, target] = [randn([3, 6, 8]), randn([3, 4, 8])];
 * const y = transformer.forward(source, target, { tgtIsCausal: true });
 * assertEquals(y.shape, [3, 4, 8]);
 * ```
 */
export class Transformer
  extends Module<[src: Tensor, tgt: Tensor, masks?: TransformerMasks], Tensor> {
  /** The encoder. */
  encoder: TransformerEncoder;
  /** The decoder. */
  decoder: TransformerDecoder;

  /**
   * Creates all layers; weights with two dims are initialised by Xavier uniform
   * initialisation.
   *
   * @param dModel Size of the last dimension of source, target and output.
   * @param nhead Number of heads; `dModel` must be divisible by it.
   * @param options `numEncoderLayers`, `numDecoderLayers`, and the options of
   * the layers.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(dModel = 512, nhead = 8, options: TransformerOptions = {}) {
    super();
    const facts = parseArguments(
      schema,
      { dModel, nhead },
      options,
      arguments,
      "make a Transformer",
    );
    const { numEncoderLayers: _, numDecoderLayers: __, ...layer } = options;
    const place = placeOf(facts);
    const norm = () =>
      new LayerNorm(dModel, {
        eps: facts.layerNormEps,
        bias: facts.bias,
        ...place,
      });
    const one = new TransformerEncoderLayer(dModel, nhead, layer);
    const other = new TransformerDecoderLayer(dModel, nhead, layer);
    this.encoder = new TransformerEncoder(one, facts.numEncoderLayers, {
      norm: norm(),
    });
    this.decoder = new TransformerDecoder(other, facts.numDecoderLayers, {
      norm: norm(),
    });
    one.dispose();
    other.dispose();
    this.resetParameters();
  }

  /** Reinitialises all weights with two dims. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    for (const weight of this.parameters()) {
      if (weight.ndim > 1) xavierUniform_(weight);
    }
  }

  /**
   * Encodes the source and decodes the target.
   *
   * @param src `[S, N, dModel]`, `[N, S, dModel]` with `batchFirst`, or
   * `[S, dModel]`.
   * @param tgt Laid out like the source, with T in place of S.
   * @param masks Masks of source, target and memory.
   * @returns Of the shape of `tgt`.
   * @throws {ShapeError} If shapes do not fit.
   */
  forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    const operation = "apply Transformer";
    checkOptions(maskSchema, masks, operation, arguments.length - 3);
    checkTensor(src, "the source", operation);
    checkTensor(tgt, "the target", operation);
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...rest } = masks;
    return tidyNow(() => {
      const memory = this.encoder.forward(src, {
        isCausal: srcIsCausal ?? false,
        ...srcMask ? { mask: srcMask } : {},
        ...srcKeyPaddingMask ? { keyPaddingMask: srcKeyPaddingMask } : {},
      });
      return this.decoder.forward(tgt, memory, rest);
    });
  }

  /**
   * A causal mask to add to the scores: 0 up to each position, -∞ after it.
   *
   * @param size Number of elements.
   * @param options `device` and `dtype`.
   * @returns Of shape `[size, size]`.
   */
  static generateSquareSubsequentMask(
    size: number,
    options: TensorOptions = {},
  ): Tensor {
    checkCount("generateSquareSubsequentMask", arguments.length, 2);
    return tidyNow(() => full([size, size], -Infinity, options).triu(1));
  }
}
