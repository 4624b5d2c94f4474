/**
 * Exponential and Laplace distributions: densities that fall off evenly.
 *
 * @module
 */
import { checkCount } from "../options.ts";
import { rand } from "../random.ts";
import { tidyNow } from "../scope.ts";
import type { Shape } from "../shape.ts";
import { checkTensor, type Tensor, type TensorLike } from "../tensor.ts";
import {
  asTensors,
  checkParameter,
  POSITIVE,
  REAL,
  shapeOf,
} from "./arguments.ts";
import { Distribution } from "./distribution.ts";

/** Draws of rate 1, which are finite. */
function waits(like: Tensor, shape: Shape): Tensor {
  const { dtype, device } = like;
  return rand(shape, { dtype, device }).neg().log1p().neg();
}

/**
 * The exponential distribution.
 *
 * @example Its mean
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * assertEquals(await new distributions.Exponential(4).mean().item(), 0.25);
 * ```
 */
export class Exponential extends Distribution {
  /** The name of its kind. */
  readonly name = "Exponential";
  /** The inverse of the mean. */
  readonly rate: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Exponential distributions.
   *
   * @param rate The inverse of the mean, a tensor or a number.
   * @throws {RangeError} If one is not positive.
   */
  constructor(rate: TensorLike) {
    super();
    checkCount("Exponential", arguments.length, 1);
    checkParameter("Exponential", "rate", rate, POSITIVE);
    this.rate = rate;
    this.batchShape = shapeOf([rate], "make an Exponential of");
  }

  /** The rate as a tensor. @internal */
  parameters(): readonly [Tensor] {
    return [asTensors([this.rate], "Exponential").tensors[0]!];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [rate] = this.parameters();
    return waits(rate, this.extended(shape)).div(rate);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [rate] = this.parameters();
    return rate.log().sub(rate.mul(value)).where(value.ge(0), -Infinity);
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    return this.parameters()[0].log().neg().add(1);
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const mean = this.parameters()[0].reciprocal();
    return { mean, variance: mean.square() };
  }

  /** The cumulative distribution function at values. */
  cdf(value: Tensor): Tensor {
    checkCount("cdf", arguments.length, 1);
    checkTensor(value, "the value", "take the cdf of an Exponential");
    return tidyNow(() =>
      this.parameters()[0].mul(value).clamp({ min: 0 }).neg().expm1().neg()
    );
  }
}

/**
 * The Laplace distribution: exponential to both sides of its mean.
 *
 * @example Its variance
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * const laplace = new distributions.Laplace(0, 3);
 * assertEquals(await laplace.variance().item(), 18);
 * ```
 */
export class Laplace extends Distribution {
  /** The name of its kind. */
  readonly name = "Laplace";
  /** The mean. */
  readonly loc: TensorLike;
  /** The mean distance from it. */
  readonly scale: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Laplace distributions; both parameters broadcast.
   *
   * @param loc The mean, a tensor or a number.
   * @param scale The mean distance from it, a tensor or a number.
   * @throws {RangeError} If a scale is not positive.
   */
  constructor(loc: TensorLike, scale: TensorLike) {
    super();
    checkCount("Laplace", arguments.length, 2);
    checkParameter("Laplace", "loc", loc, REAL);
    checkParameter("Laplace", "scale", scale, POSITIVE);
    this.loc = loc;
    this.scale = scale;
    this.batchShape = shapeOf([loc, scale], "make a Laplace of");
  }

  /** Mean and scale as tensors. @internal */
  parameters(): readonly [Tensor, Tensor] {
    const { tensors } = asTensors([this.loc, this.scale], "Laplace");
    return [tensors[0]!, tensors[1]!];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [loc, scale] = this.parameters();
    const all = this.extended(shape);
    // The difference of two waits is one to either side.
    return waits(loc, all).sub(waits(loc, all)).mul(scale).add(loc);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [loc, scale] = this.parameters();
    return scale.mul(2).log().add(value.sub(loc).abs().div(scale)).neg();
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const [, scale] = this.parameters();
    return scale.mul(2).log().add(1).expand(this.batchShape);
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [loc, scale] = this.parameters();
    return {
      mean: loc.expand(this.batchShape),
      variance: scale.square().mul(2).expand(this.batchShape),
    };
  }

  /** The cumulative distribution function at values. */
  cdf(value: Tensor): Tensor {
    checkCount("cdf", arguments.length, 1);
    checkTensor(value, "the value", "take the cdf of a Laplace");
    return tidyNow(() => {
      const [loc, scale] = this.parameters();
      const apart = value.sub(loc);
      const beyond = apart.abs().div(scale).neg().expm1();
      return apart.sign().mul(beyond).mul(-0.5).add(0.5);
    });
  }
}
