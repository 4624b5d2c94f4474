/**
 * Modules, layers, losses and initialisers. Names, layouts and defaults are
 * PyTorch's, so that state dicts can be exchanged in both directions.
 *
 * @example Train a classifier
 * ```ts
 * import { assert } from "@std/assert";
 * import { manualSeed, randn, scope } from "@tenfold/tenfold";
 * import { CrossEntropyLoss, Linear, ReLU, Sequential } from "@tenfold/nn";
 * import { Adam } from "@tenfold/optim";
 *
 * manualSeed(1);
 * const x = randn([64, 2]);
 * const classes = x.select(1, 0).gt(x.select(1, 1)).cast("int32");
 * const model = new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 2));
 * const loss = new CrossEntropyLoss();
 * const optimizer = new Adam(model.parameters(), { lr: 0.05 });
 * for (let step = 0; step < 60; step++) {
 *   using _ = scope();
 *   optimizer.zeroGrad();
 *   loss.forward(model.forward(x), classes).backward();
 *   optimizer.step();
 * }
 * const right = model.forward(x).argmax(1).eq(classes).cast("float32").mean();
 * assert(await right.item() > 0.95);
 * ```
 *
 * @module
 */
export type { PlaceOptions, Reduction } from "./_options.ts";
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  Gradients,
} from "./_hooks.ts";
export * from "./activations.ts";
export * from "./batch_norm.ts";
export type {
  Convolution,
  ConvolutionLayerOptions,
  PaddedConvolution,
  PaddingMode,
  Sizes,
} from "./_convolution.ts";
export * from "./adaptive_pooling.ts";
export * from "./average_pooling.ts";
export * from "./bilinear.ts";
export * from "./lazy_conv.ts";
export * from "./lazy_conv_transpose.ts";
export * from "./lazy_linear.ts";
export {
  type LazyBatchNorm,
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  type LazyInstanceNorm,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
} from "./lazy_norm.ts";
export type { Lazy, LazyFacts, LazyKind } from "./_lazy.ts";
export * from "./max_pooling.ts";
export * from "./max_unpooling.ts";
export * from "./conv.ts";
export * from "./conv2d.ts";
export {
  ConvTranspose1d,
  type ConvTranspose1dLayerOptions,
  ConvTranspose2d,
  type ConvTranspose2dLayerOptions,
  ConvTranspose3d,
  type ConvTranspose3dLayerOptions,
  type ConvTransposeCall,
  type ConvTransposeLayerOptions,
  type TransposedConvolution,
} from "./conv_transpose.ts";
export * from "./ctc_loss.ts";
export * from "./distances.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * from "./embedding_bag.ts";
export type {
  EmbeddingBagFacts,
  EmbeddingBagFunctionOptions,
  EmbeddingBagMode,
} from "./functional/embedding_bag.ts";
export * from "./embedding_losses.ts";
export {
  AlphaDropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
  type FeatureDropout,
} from "./feature_dropout.ts";
export * from "./flatten.ts";
export * from "./fold.ts";
export type { Pair, Size2d } from "./functional/_windows.ts";
export type { AnySize, Size1d, Size3d } from "./functional/_sizes.ts";
export type { Conv2dOptions, Padding2d } from "./functional/conv2d.ts";
export type {
  Conv1dOptions,
  Conv3dOptions,
  ConvolutionOptions,
} from "./functional/convolution.ts";
export type {
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
  ConvTranspose3dOptions,
  TransposedConvolutionOptions,
} from "./functional/transposed_convolution.ts";
export type { EmbeddingFunctionOptions } from "./functional/embedding.ts";
export type { TableOptions } from "./functional/_table_rows.ts";
export * as functional from "./functional/mod.ts";
export type {
  HardtanhOptions,
  RReluOptions,
  ShrinkOptions,
  ThresholdOptions,
} from "./functional/piecewise_activations.ts";
export type { Lengths } from "./functional/ctc_loss.ts";
export type {
  CosineSimilarityOptions,
  PairwiseDistanceOptions,
} from "./functional/distances.ts";
export type {
  MarginOptions,
  TripletMarginLossOptions,
  TripletMarginWithDistanceLossOptions,
} from "./functional/embedding_losses.ts";
export type {
  GaussianNllLossOptions,
  KlDivLossOptions,
  PoissonNllLossOptions,
} from "./functional/likelihood_losses.ts";
export type {
  MultiLabelSoftMarginLossOptions,
  MultiMarginLossOptions,
} from "./functional/margin_losses.ts";
export type { ReductionOptions } from "./functional/regression_losses.ts";
export type {
  AdaptiveMaxPoolOptions,
  AdaptivePoolOptions,
  AdaptiveSizes,
} from "./functional/adaptive_pooling.ts";
export type {
  AvgPool1dOptions,
  AvgPool2dOptions,
  AvgPool3dOptions,
  AvgPoolOptions,
  LpPoolOptions,
} from "./functional/average_pooling.ts";
export type { FoldOptions, UnfoldOptions } from "./functional/fold.ts";
export type {
  InterpolateMode,
  InterpolateOptions,
} from "./functional/interpolate.ts";
export type {
  MaxPool1dOptions,
  MaxPool2dOptions,
  MaxPool3dOptions,
  MaxPoolOptions,
} from "./functional/max_pooling.ts";
export type { Pooled, ValuesAndPositions } from "./functional/_max_pool.ts";
export type { MaxUnpoolOptions } from "./functional/max_unpooling.ts";
export type { CeluOptions } from "./functional/smooth_activations.ts";
export { type CellOptions, RNNCellBase } from "./_recurrent_cell.ts";
export {
  type RecurrentOptions,
  RNNBase,
  type SequenceInput,
} from "./_recurrent.ts";
export type { Nonlinearity } from "./functional/_rnn.ts";
export { fuseForInference, type FuseOptions } from "./fuse.ts";
export {
  generate,
  type GenerateOptions,
  type SampleOptions,
} from "./generate.ts";
export { functionalCall } from "./functional_call.ts";
export * from "./group_norm.ts";
export * from "./gru.ts";
export * from "./gru_cell.ts";
export * from "./identity.ts";
export * as init from "./init/mod.ts";
export {
  type InstanceNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormLayerOptions,
} from "./instance_norm.ts";
export * from "./kv_cache.ts";
export * from "./layer_norm.ts";
export * from "./likelihood_losses.ts";
export * from "./linear.ts";
export type { LocalResponseNormOptions } from "./functional/local_response_norm.ts";
export * from "./local_response_norm.ts";
export {
  loraInject,
  loraMerge,
  type LoraOptions,
  loraStateDict,
} from "./lora.ts";
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  L1Loss,
  Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from "./losses.ts";
export * from "./lstm.ts";
export * from "./lstm_cell.ts";
export * from "./margin_losses.ts";
export type { MoveOptions } from "./_move.ts";
export * from "./module.ts";
export * from "./module_dict.ts";
export * from "./module_list.ts";
export {
  PackedSequence,
  type PackOptions,
  packPaddedSequence,
  packSequence,
  type PadPackedOptions,
  padPackedSequence,
  padSequence,
  type PadSequenceOptions,
} from "./packed_sequence.ts";
export {
  MultiheadAttention,
  type MultiheadAttentionCall,
  type MultiheadAttentionOptions,
} from "./multihead_attention.ts";
export * from "./parameter.ts";
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  type Padding,
  type PaddingAmounts,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from "./padding.ts";
export { ParameterDict } from "./parameter_dict.ts";
export { ParameterList } from "./parameter_list.ts";
export * from "./piecewise_activations.ts";
export * from "./positions.ts";
export * from "./rms_norm.ts";
export { quantize, type QuantizeOptions } from "./quantize.ts";
export * from "./rnn.ts";
export * from "./rnn_cell.ts";
export * from "./sequential.ts";
export * from "./shuffle.ts";
export * from "./smooth_activations.ts";
export * from "./unflatten.ts";
export * from "./upsample.ts";
export {
  removeSpectralNorm,
  spectralNorm,
  type SpectralNormOptions,
} from "./spectral_norm.ts";
export { parametersToVector, vectorToParameters } from "./parameter_vector.ts";
export * from "./transformer.ts";
export {
  type DecoderMasks,
  TransformerDecoder,
  TransformerDecoderLayer,
  type TransformerDecoderOptions,
} from "./transformer_decoder.ts";
export * from "./transformer_encoder.ts";
export type { TransformerActivation } from "./_activation.ts";
export type { TransformerLayerOptions } from "./_transformer.ts";
export {
  removeWeightNorm,
  weightNorm,
  type WeightNormOptions,
} from "./weight_norm.ts";
export type { NamePattern, Rename } from "./_names.ts";
export {
  type LoadReport,
  type LoadStateDictOptions,
  type StateDict,
  StateDictError,
} from "./state_dict.ts";
