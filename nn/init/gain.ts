/** Functions that follow a layer, under PyTorch's names. */
import { checkCount } from "@tenfold/core/internal";
export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";

/** How much each function shrinks the deviation. */
const GAINS: { readonly [N in Nonlinearity]: (slope: number) => number } = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

/** The names that {@linkcode calculateGain} knows. */
export const NONLINEARITIES: readonly Nonlinearity[] = Object.keys(
  GAINS,
) as Nonlinearity[];

/**
 * What weights are multiplied with so that a function behind the layer leaves
 * the deviation as it is, with PyTorch's values.
 *
 * @param nonlinearity The function.
 * @param slope The negative slope of `"leaky_relu"`. @default {0.01}
 * @throws {RangeError} If the name is unknown.
 * @example For ReLU
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { init } from "@tenfold/nn";
 *
 * assertEquals(init.calculateGain("relu"), Math.SQRT2);
 * ```
 */
export function calculateGain(
  nonlinearity: Nonlinearity,
  slope: number = 0.01,
): number {
  checkCount("calculateGain", arguments.length, 2);
  if (!Object.hasOwn(GAINS, nonlinearity)) {
    throw new RangeError(
      `Cannot calculate the gain of "${nonlinearity}": known are ${
        NONLINEARITIES.join(", ")
      }`,
    );
  }
  return GAINS[nonlinearity](slope);
}
