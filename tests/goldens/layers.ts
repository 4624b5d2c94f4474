/**
 * Makes the layers of the figures from their options.
 *
 * @module
 */
import * as nn from "@tenfold/nn";

/** A layer as the figures name it. */
export interface LayerFigure {
  /** The class. */
  readonly layer: string;
  /** Its options under PyTorch's names in camelCase. */
  readonly options: Readonly<Record<string, unknown>>;
}

type Options = Readonly<Record<string, unknown>>;

/** Splits the options that are positional from those that are named. */
function split(options: Options, ...names: string[]): [unknown[], Options] {
  const rest = { ...options };
  const positional = names.map((name) => {
    const value = rest[name];
    delete rest[name];
    return value;
  });
  return [positional, rest];
}

const FEATURES = ["numFeatures"];
const CONVOLUTION = ["inChannels", "outChannels", "kernelSize"];

const BILINEAR = ["in1Features", "in2Features", "outFeatures"];

const EMBEDDING = ["numEmbeddings", "embeddingDim"];

/** The positional arguments of the constructors that have some. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  Linear: ["inFeatures", "outFeatures"],
  Bilinear: BILINEAR,
  LayerNorm: ["normalizedShape"],
  Conv1d: CONVOLUTION,
  Conv2d: CONVOLUTION,
  Conv3d: CONVOLUTION,
  ConvTranspose1d: CONVOLUTION,
  ConvTranspose2d: CONVOLUTION,
  ConvTranspose3d: CONVOLUTION,
  MaxPool2d: ["kernelSize"],
  AvgPool2d: ["kernelSize"],
  MaxPool1d: ["kernelSize"],
  MaxPool3d: ["kernelSize"],
  MaxUnpool1d: ["kernelSize"],
  MaxUnpool2d: ["kernelSize"],
  MaxUnpool3d: ["kernelSize"],
  AvgPool1d: ["kernelSize"],
  AvgPool3d: ["kernelSize"],
  LPPool1d: ["normType", "kernelSize"],
  LPPool2d: ["normType", "kernelSize"],
  AdaptiveAvgPool1d: ["outputSize"],
  AdaptiveAvgPool2d: ["outputSize"],
  AdaptiveAvgPool3d: ["outputSize"],
  AdaptiveMaxPool1d: ["outputSize"],
  AdaptiveMaxPool2d: ["outputSize"],
  AdaptiveMaxPool3d: ["outputSize"],
  PixelShuffle: ["upscaleFactor"],
  PixelUnshuffle: ["downscaleFactor"],
  ChannelShuffle: ["groups"],
  Unflatten: ["dim", "unflattenedSize"],
  Unfold: ["kernelSize"],
  Fold: ["outputSize", "kernelSize"],
  BatchNorm1d: FEATURES,
  BatchNorm2d: FEATURES,
  BatchNorm3d: FEATURES,
  InstanceNorm1d: FEATURES,
  InstanceNorm2d: FEATURES,
  InstanceNorm3d: FEATURES,
  GroupNorm: ["numGroups", "numChannels"],
  LocalResponseNorm: ["size"],
  Embedding: EMBEDDING,
  EmbeddingBag: EMBEDDING,
  RMSNorm: ["normalizedShape"],
  SinusoidalPositions: ["dim"],
  RotaryEmbedding: ["dim"],
  RNN: ["inputSize", "hiddenSize"],
  LSTM: ["inputSize", "hiddenSize"],
  GRU: ["inputSize", "hiddenSize"],
  RNNCell: ["inputSize", "hiddenSize"],
  LSTMCell: ["inputSize", "hiddenSize"],
  GRUCell: ["inputSize", "hiddenSize"],
  MultiheadAttention: ["embedDim", "numHeads"],
  TransformerEncoderLayer: ["dModel", "nhead"],
  TransformerDecoderLayer: ["dModel", "nhead"],
  Transformer: ["dModel", "nhead"],
};

/** Those of layers that pad, of any number of dims. */
const PADDING = /^(Zero|Reflection|Replication|Circular|(Constant))Pad\dd$/;

function positionalOf(layer: string): readonly string[] {
  const padding = PADDING.exec(layer);
  if (padding) return padding[2] ? ["padding", "value"] : ["padding"];
  return POSITIONAL[layer] ?? [];
}

/** Constructs a layer. */
export function makeLayer({ layer, options }: LayerFigure): nn.Module {
  if (layer === "weightNorm" || layer === "spectralNorm") {
    const { layer: of, ...rest } = options;
    return nn[layer](makeLayer(of as LayerFigure), rest);
  }
  const classes = nn as unknown as Record<string, unknown>;
  const Layer = classes[layer] as
    | (new (...args: unknown[]) => nn.Module)
    | undefined;
  if (Layer === undefined) throw new TypeError(`nn has no ${layer}`);
  if (layer === "Sequential") {
    return new Layer(...(options.layers as LayerFigure[]).map(makeLayer));
  }
  if (/^Transformer..coder$/.test(layer)) {
    const part = { layer: `${layer}Layer`, options: options.layer as Options };
    return new Layer(makeLayer(part), options.numLayers);
  }
  const [positional, rest] = split(options, ...positionalOf(layer));
  return Object.keys(rest).length === 0
    ? new Layer(...positional)
    : new Layer(...positional, rest);
}
