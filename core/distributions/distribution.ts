/**
 * What distributions have in common.
 *
 * @module
 */
import { GradientError } from "../errors.ts";
import { noGradNow } from "../autograd/mode.ts";
import { checkCount } from "../options.ts";
import { tidyNow } from "../scope.ts";
import type { Shape } from "../shape.ts";
import { checkTensor, type Tensor } from "../tensor.ts";
import { sampleShape } from "./arguments.ts";

/**
 * A probability distribution, or a batch of them: parameters broadcast to
 * `batchShape`, and one draw of each has the shape `eventShape`. It owns no
 * tensor: parameters stay those of the caller, and gradients flow to them.
 *
 * @example A function that takes any distribution
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, Tensor } from "@tenfold/tenfold";
 * import { Distribution, Normal } from "@tenfold/core/distributions";
 *
 * function negativeLogLikelihood(p: Distribution, x: Tensor): Tensor {
 *   return p.logProb(x).mean().neg();
 * }
 * const loss = negativeLogLikelihood(new Normal(0, 1), tensor([0]));
 * assertAlmostEquals(await loss.item(), Math.log(2 * Math.PI) / 2, 1e-6);
 * ```
 */
export abstract class Distribution {
  /** The shape of the batch of distributions. */
  abstract readonly batchShape: Shape;
  /** The shape of one draw; `[]` for numbers. */
  readonly eventShape: Shape = [];

  /** The name of its kind. */
  abstract readonly name: string;

  /** A draw through which gradients flow; left out where there is none. */
  protected reparameterized?(shape: Shape): Tensor;
  /** A sample. */
  protected draw(shape: Shape): Tensor {
    return this.reparameterized!(shape);
  }
  /** The logarithm of the density at values. */
  protected abstract density(value: Tensor): Tensor;
  /** The entropy of each distribution of the batch. */
  protected abstract information(): Tensor;
  /** The mean, and the variance. */
  protected abstract moments(): { mean: Tensor; variance: Tensor };

  /** The shape of draws. */
  protected extended(shape: Shape): Shape {
    return [...shape, ...this.batchShape, ...this.eventShape];
  }

  /**
   * Draws; no gradient flows through them.
   *
   * @param shape The sample shape. @default {one sample of each distribution}
   * @returns A tensor of shape `[...shape, ...batchShape, ...eventShape]`.
   */
  sample(shape?: Shape): Tensor {
    checkCount("sample", arguments.length, 1);
    const wanted = sampleShape(shape, this.name);
    return noGradNow(() => tidyNow(() => this.draw(wanted)));
  }

  /**
   * Draws as functions of the parameters, through which gradients flow to them.
   *
   * @param shape The sample shape. @default {one sample of each distribution}
   * @returns A tensor of shape `[...shape, ...batchShape, ...eventShape]`.
   * @throws {GradientError} If the distribution is discrete.
   */
  rsample(shape?: Shape): Tensor {
    checkCount("rsample", arguments.length, 1);
    const wanted = sampleShape(shape, this.name);
    if (!this.reparameterized) {
      throw new GradientError(
        `Cannot rsample a ${this.name} as its draws have no gradient: use sample and logProb, or gumbelSoftmax`,
      );
    }
    return tidyNow(() => this.reparameterized!(wanted));
  }

  /**
   * The logarithm of the probability, or of its density, at values.
   *
   * @param value Broadcasts with the batch.
   * @returns -Infinity outside of the support.
   */
  logProb(value: Tensor): Tensor {
    checkCount("logProb", arguments.length, 1);
    checkTensor(value, "the value", `take the logProb of a ${this.name}`);
    return tidyNow(() => this.density(value));
  }

  /** The entropy in nats of each distribution of the batch. */
  entropy(): Tensor {
    checkCount("entropy", arguments.length, 0);
    return tidyNow(() => this.information());
  }

  /** The mean of each distribution of the batch. */
  mean(): Tensor {
    checkCount("mean", arguments.length, 0);
    return tidyNow(() => this.moments().mean);
  }

  /** The variance of each distribution of the batch. */
  variance(): Tensor {
    checkCount("variance", arguments.length, 0);
    return tidyNow(() => this.moments().variance);
  }

  /** The standard deviation of each distribution of the batch. */
  stddev(): Tensor {
    checkCount("stddev", arguments.length, 0);
    return tidyNow(() => this.moments().variance.sqrt());
  }
}
