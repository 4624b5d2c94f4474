/**
 * The fully connected layer that takes the size of its input from the first one.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { Lazy } from "./_lazy.ts";
import { Linear, type LinearOptions } from "./linear.ts";
import type { Parameter } from "./parameter.ts";

/**
 * A {@linkcode Linear} whose `inFeatures` is the size of the last dim of its
 * first input. It then becomes a `Linear`. Call the model on an example before
 * its parameters are used, such as by an optimizer.
 *
 * @example A model that is told no sizes of inputs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, noGrad, optim, zeros } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(
 *   new nn.Flatten(),
 *   new nn.LazyLinear(16),
 *   new nn.ReLU(),
 *   new nn.LazyLinear(10),
 * );
 * noGrad(() => model.forward(zeros([1, 1, 8, 8])));
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * assertEquals(model.stateDict()["1.weight"]?.shape, [16, 64]);
 * ```
 */
export class LazyLinear extends Lazy<[x: Tensor]> {
  /** The weight, of shape `[outFeatures, inFeatures]`, from the first input on. */
  declare weight: Parameter;
  /** The bias, of shape `[outFeatures]`, or null, from the first input on. */
  declare bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param outFeatures Size of the last dimension of the output.
   * @param options `bias`, `device` and `dtype`.
   * @throws {RangeError} If the number of features is not a positive integer.
   */
  constructor(outFeatures: number, options: LinearOptions = {}) {
    super({ kind: Linear, dim: -1, sizes: [outFeatures], options }, arguments);
  }
}
