/**
 * Layers and losses as functions: inputs, then weights, then one options
 * object.
 *
 * @module
 */
export * from "./activations.ts";
export * from "./attention.ts";
export * from "./binary_losses.ts";
export * from "./classification_losses.ts";
export * from "./dropout.ts";
export { layerNorm, type LayerNormFunctionOptions } from "./layer_norm.ts";
export * from "./linear.ts";
export * from "./regression_losses.ts";
