import { checkCount } from "@tenfold/core/internal";

/**
 * Names of nonlinear functions, as in PyTorch.
 *
 * @example The function that follows a layer
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const nonlinearity: nn.init.Nonlinearity = "leaky_relu";
 * const gain = nn.init.calculateGain(nonlinearity, 0.2);
 * ```
 */
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

/** The gain of each function. */
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
 * The recommended gain for a nonlinear function: the factor of the standard
 * deviation of weights that keeps the variance of activations, with PyTorch's
 * values.
 *
 * @param nonlinearity Name of the function that follows the layer.
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
