/**
 * What the layers of transformers share: options, the feed-forward net, and
 * copies of a layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  activate,
  activationOption,
  type TransformerActivation,
} from "./_activation.ts";
import {
  flag,
  nonNegative,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
  probability,
} from "./_options.ts";
import { type AnyModule, Module } from "./module.ts";
import { ModuleList } from "./module_list.ts";
import { LayerNorm } from "./layer_norm.ts";
import { Linear } from "./linear.ts";
import { MultiheadAttention } from "./multihead_attention.ts";

/**
 * Options of transformer layers.
 *
 * @example Pre-norm, with GELU
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.TransformerLayerOptions = {
 *   dimFeedforward: 32,
 *   activation: "gelu",
 *   batchFirst: true,
 *   normFirst: true,
 * };
 * const layer = new nn.TransformerEncoderLayer(8, 2, options);
 * ```
 */
export interface TransformerLayerOptions extends PlaceOptions {
  /** Size of the layer between the two linear ones. @default {2048} */
  readonly dimFeedforward?: number;
  /** Dropout probability. @default {0.1} */
  readonly dropout?: number;
  /** The activation between the two linear layers. @default {"relu"} */
  readonly activation?: TransformerActivation;
  /** Value added to variances for numerical stability. @default {1e-5} */
  readonly layerNormEps?: number;
  /** Whether inputs are `[N, L, E]` instead of `[L, N, E]`. @default {false} */
  readonly batchFirst?: boolean;
  /**
   * Whether normalisation comes before each part instead of after it.
   *
   * @default {false}
   */
  readonly normFirst?: boolean;
  /** Whether linear layers and norms have learnable biases. @default {true} */
  readonly bias?: boolean;
}

/** The options of a layer as a schema's fields. */
export const layerFields = () => ({
  dModel: positiveInteger,
  nhead: positiveInteger,
  dimFeedforward: z._default(positiveInteger, 2048),
  dropout: z._default(probability, 0.1),
  activation: z._default(activationOption, "relu" as TransformerActivation),
  layerNormEps: z._default(nonNegative, 1e-5),
  batchFirst: z._default(flag, false),
  normFirst: z._default(flag, false),
  bias: z._default(flag, true),
  ...placeFields,
});

/** The options of a layer. */
export const layerSchema = () => z.strictObject(layerFields());

/** The options of several layers behind each other. */
export const stackSchema = () =>
  z.strictObject({
    norm: z.optional(
      z.nullable(z.instanceof(Module, { error: "must be a module" })),
    ),
  });

/** Options with their defaults. */
export interface LayerFacts {
  readonly dModel: number;
  readonly nhead: number;
  readonly dimFeedforward: number;
  readonly dropout: number;
  readonly activation: TransformerActivation;
  readonly layerNormEps: number;
  readonly batchFirst: boolean;
  readonly normFirst: boolean;
  readonly bias: boolean;
  readonly device?: PlaceOptions["device"] | undefined;
  readonly dtype?: PlaceOptions["dtype"] | undefined;
}

/** Makes the parts of a layer. */
export class LayerParts {
  readonly #facts: LayerFacts;
  readonly #place: ReturnType<typeof placeOf>;

  constructor(facts: LayerFacts) {
    this.#facts = facts;
    this.#place = placeOf(facts);
  }

  attention(): MultiheadAttention {
    const { batchFirst, bias, dModel, dropout, nhead } = this.#facts;
    return new MultiheadAttention(dModel, nhead, {
      dropout,
      batchFirst,
      bias,
      ...this.#place,
    });
  }

  linear(inFeatures: number, outFeatures: number): Linear {
    const { bias } = this.#facts;
    return new Linear(inFeatures, outFeatures, { bias, ...this.#place });
  }

  norm(): LayerNorm {
    const { bias, dModel, layerNormEps: eps } = this.#facts;
    return new LayerNorm(dModel, { eps, bias, ...this.#place });
  }
}

/** The feed-forward net of a layer. */
export function feedForward(
  x: Tensor,
  linear1: Linear,
  linear2: Linear,
  activation: TransformerActivation,
  drop: (x: Tensor) => Tensor,
): Tensor {
  const inner = drop(activate(linear1.forward(x), activation));
  return drop(linear2.forward(inner));
}

/** A list of copies of a layer, as PyTorch makes it. */
export function copiesOf<L extends AnyModule>(
  layer: L,
  count: number,
  operation: string,
): ModuleList<L> {
  if (!(layer instanceof Module)) {
    throw new TypeError(
      `Cannot ${operation} as the layer must be a module: got ${
        showValue(layer)
      }`,
    );
  }
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `Cannot ${operation} as numLayers must be a positive integer: got ${
        showValue(count)
      }`,
    );
  }
  return new ModuleList(Array.from({ length: count }, () => layer.copy()));
}
