/**
 * Layers and losses as functions, which take inputs, then weights, then one
 * options object.
 *
 * @module
 */
export * from "./activations.ts";
export * from "./attention.ts";
export { batchNorm, type BatchNormOptions } from "./batch_norm.ts";
export * from "./binary_losses.ts";
export * from "./classification_losses.ts";
export { conv2d, type Conv2dOptions, type Padding2d } from "./conv2d.ts";
export type { Size2d } from "./_windows.ts";
export * from "./dropout.ts";
export { embedding, type EmbeddingFunctionOptions } from "./embedding.ts";
export { layerNorm, type LayerNormFunctionOptions } from "./layer_norm.ts";
export * from "./linear.ts";
export {
  adaptiveAvgPool2d,
  type AdaptiveAvgPool2dOptions,
  type AdaptiveSize,
  avgPool2d,
  type AvgPool2dOptions,
  maxPool2d,
  type MaxPool2dOptions,
  type PoolOptions,
} from "./pooling.ts";
export * from "./regression_losses.ts";
