/**
 * Initialisation of weights, with PyTorch's names and defaults. All functions
 * draw from the generator that `manualSeed` sets.
 *
 * @example The weight of a layer before ReLU
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(4, 8);
 * nn.init.kaimingUniform_(layer.weight, { nonlinearity: "relu" });
 * ```
 *
 * @module
 */
export { calculateGain, type Nonlinearity } from "./gain.ts";
export * from "./kaiming.ts";
export * from "./orthogonal.ts";
export * from "./plain.ts";
export * from "./xavier.ts";
