/**
 * Layers and losses as functions of inputs, weights and an options object, in
 * this order.
 *
 * @example A layer with weights of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, randn } from "@tenfold/tenfold";
 *
 * const weight = randn([3, 4], { requiresGrad: true });
 * const y = nn.functional.linear(ones([2, 4]), weight).relu();
 * assertEquals(y.shape, [2, 3]);
 * ```
 *
 * @module
 */
export * from "./activations.ts";
export * from "./attention.ts";
export { batchNorm, type BatchNormOptions } from "./batch_norm.ts";
export * from "./binary_losses.ts";
export * from "./classification_losses.ts";
export { conv2d, type Conv2dOptions, type Padding2d } from "./conv2d.ts";
export {
  conv1d,
  type Conv1dOptions,
  conv3d,
  type Conv3dOptions,
  type ConvolutionOptions,
} from "./convolution.ts";
export type { AnySize, Size1d, Size3d } from "./_sizes.ts";
export {
  convTranspose1d,
  type ConvTranspose1dOptions,
  convTranspose2d,
  type ConvTranspose2dOptions,
  convTranspose3d,
  type ConvTranspose3dOptions,
  type TransposedConvolutionOptions,
} from "./transposed_convolution.ts";
export {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  type HardtanhOptions,
  prelu,
  relu6,
  rrelu,
  type RReluOptions,
  type ShrinkOptions,
  softshrink,
  threshold,
  type ThresholdOptions,
} from "./piecewise_activations.ts";
export {
  celu,
  type CeluOptions,
  glu,
  logSigmoid,
  mish,
  selu,
  softmin,
  softsign,
  tanhshrink,
} from "./smooth_activations.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
  type AdaptiveMaxPoolOptions,
  type AdaptivePoolOptions,
  type AdaptiveSizes,
} from "./adaptive_pooling.ts";
export {
  avgPool1d,
  type AvgPool1dOptions,
  avgPool2d,
  type AvgPool2dOptions,
  avgPool3d,
  type AvgPool3dOptions,
  type AvgPoolOptions,
  lpPool1d,
  lpPool2d,
  type LpPoolOptions,
} from "./average_pooling.ts";
export {
  maxPool1d,
  type MaxPool1dOptions,
  maxPool1dWithIndices,
  maxPool2d,
  type MaxPool2dOptions,
  maxPool2dWithIndices,
  maxPool3d,
  type MaxPool3dOptions,
  maxPool3dWithIndices,
  type MaxPoolOptions,
} from "./max_pooling.ts";
export type { Pooled, ValuesAndPositions } from "./_max_pool.ts";
export {
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type MaxUnpoolOptions,
} from "./max_unpooling.ts";
export {
  interpolate,
  type InterpolateMode,
  type InterpolateOptions,
} from "./interpolate.ts";
export { channelShuffle, pixelShuffle, pixelUnshuffle } from "./shuffle.ts";
export { fold, type FoldOptions, unfold, type UnfoldOptions } from "./fold.ts";
export {
  affineGrid,
  type AffineGridOptions,
  gridSample,
  type GridSampleOptions,
} from "./grid_sample.ts";
export { pad, type PadMode, type PadOptions } from "./pad.ts";
export type { Size2d } from "./_windows.ts";
export * from "./dropout.ts";
export { embedding, type EmbeddingFunctionOptions } from "./embedding.ts";
export type { TableOptions } from "./_table_rows.ts";
export {
  embeddingBag,
  type EmbeddingBagFacts,
  type EmbeddingBagFunctionOptions,
  type EmbeddingBagMode,
} from "./embedding_bag.ts";
export {
  alphaDropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./feature_dropout.ts";
export { groupNorm, type GroupNormFunctionOptions } from "./group_norm.ts";
export { instanceNorm, type InstanceNormOptions } from "./instance_norm.ts";
export {
  localResponseNorm,
  type LocalResponseNormOptions,
} from "./local_response_norm.ts";
export { layerNorm, type LayerNormFunctionOptions } from "./layer_norm.ts";
export { bilinear } from "./bilinear.ts";
export * from "./linear.ts";
export { ctcLoss, type CtcLossOptions, type Lengths } from "./ctc_loss.ts";
export {
  cosineSimilarity,
  type CosineSimilarityOptions,
  normalize,
  type NormalizeOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
} from "./distances.ts";
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  tripletMarginLoss,
  type TripletMarginLossOptions,
  tripletMarginWithDistanceLoss,
  type TripletMarginWithDistanceLossOptions,
} from "./embedding_losses.ts";
export {
  gaussianNllLoss,
  type GaussianNllLossOptions,
  klDivLoss,
  type KlDivLossOptions,
  poissonNllLoss,
  type PoissonNllLossOptions,
} from "./likelihood_losses.ts";
export {
  multiLabelMarginLoss,
  multiLabelSoftMarginLoss,
  type MultiLabelSoftMarginLossOptions,
  multiMarginLoss,
  type MultiMarginLossOptions,
  softMarginLoss,
} from "./margin_losses.ts";
export {
  huberLoss,
  type HuberLossOptions,
  l1Loss,
  mseLoss,
  type ReductionOptions,
  smoothL1Loss,
  type SmoothL1LossOptions,
} from "./regression_losses.ts";
