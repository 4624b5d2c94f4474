/**
 * Initialisation of weights, with PyTorch's names and defaults. All functions
 * draw from the generator that `manualSeed` sets.
 *
 * @module
 */
export { calculateGain, type Nonlinearity } from "./gain.ts";
export * from "./kaiming.ts";
export * from "./orthogonal.ts";
export * from "./plain.ts";
export * from "./xavier.ts";
