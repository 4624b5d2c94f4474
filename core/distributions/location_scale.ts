/**
 * Distributions with a place and a width: normal and uniform.
 *
 * @module
 */
import { checkCount } from "../options.ts";
import { rand, randn } from "../random.ts";
import { refuseValues } from "../refuse.ts";
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

/** Draws like a tensor. */
const placeOf = (x: Tensor) => ({ dtype: x.dtype, device: x.device });

/**
 * The normal distribution.
 *
 * @example Draws, and how likely they are
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { distributions, tensor } from "@tenfold/tenfold";
 *
 * const normal = new distributions.Normal(tensor([0, 10]), 1);
 * assertEquals(normal.sample([3]).shape, [3, 2]);
 * const logProb = normal.logProb(tensor([0, 10]));
 * assertAlmostEquals(await logProb.index(0).item(), -0.918938, 1e-5);
 * ```
 */
export class Normal extends Distribution {
  /** The name of its kind. */
  readonly name = "Normal";
  /** The mean. */
  readonly loc: TensorLike;
  /** The standard deviation. */
  readonly scale: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Normal distributions; both parameters broadcast.
   *
   * @param loc The mean, a tensor or a number.
   * @param scale The standard deviation, a tensor or a number.
   * @throws {RangeError} If a deviation is not positive.
   */
  constructor(loc: TensorLike, scale: TensorLike) {
    super();
    checkCount("Normal", arguments.length, 2);
    checkParameter("Normal", "loc", loc, REAL);
    checkParameter("Normal", "scale", scale, POSITIVE);
    this.loc = loc;
    this.scale = scale;
    this.batchShape = shapeOf([loc, scale], "make a Normal of");
  }

  /** Mean and deviation as tensors. @internal */
  parameters(): readonly [Tensor, Tensor] {
    const { tensors } = asTensors([this.loc, this.scale], "Normal");
    return [tensors[0]!, tensors[1]!];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [loc, scale] = this.parameters();
    return randn(this.extended(shape), placeOf(loc)).mul(scale).add(loc);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [loc, scale] = this.parameters();
    return value.sub(loc).div(scale).square().mul(-0.5)
      .sub(scale.log()).sub(HALF_LOG_2_PI);
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const [, scale] = this.parameters();
    return scale.log().add(HALF_LOG_2_PI + 0.5).expand(this.batchShape);
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [loc, scale] = this.parameters();
    return {
      mean: loc.expand(this.batchShape),
      variance: scale.square().expand(this.batchShape),
    };
  }

  /** The cumulative distribution function at values. */
  cdf(value: Tensor): Tensor {
    checkCount("cdf", arguments.length, 1);
    checkTensor(value, "the value", "take the cdf of a Normal");
    return tidyNow(() => {
      const [loc, scale] = this.parameters();
      return value.sub(loc).div(scale).mul(Math.SQRT1_2).erf().add(1).mul(0.5);
    });
  }
}

const HALF_LOG_2_PI = 0.9189385332046727;

/**
 * The uniform distribution from `low` to `high`.
 *
 * @example Its entropy
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * const uniform = new distributions.Uniform(1, 3);
 * assertAlmostEquals(await uniform.entropy().item(), Math.LN2, 1e-6);
 * ```
 */
export class Uniform extends Distribution {
  /** The name of its kind. */
  readonly name = "Uniform";
  /** The lower end, which is drawn. */
  readonly low: TensorLike;
  /** The upper end, which is not. */
  readonly high: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Uniform distributions; both parameters broadcast.
   *
   * @param low The lower end, a tensor or a number.
   * @param high The upper end, a tensor or a number.
   * @throws {RangeError} If an upper end is not above the lower.
   */
  constructor(low: TensorLike, high: TensorLike) {
    super();
    checkCount("Uniform", arguments.length, 2);
    checkParameter("Uniform", "low", low, REAL);
    checkParameter("Uniform", "high", high, REAL);
    this.low = low;
    this.high = high;
    this.batchShape = shapeOf([low, high], "make a Uniform of");
    const error = (got: string) =>
      new RangeError(
        `Cannot make a Uniform as high must be above low: got ${got}`,
      );
    if (typeof low === "number" && typeof high === "number") {
      if (!(low < high)) throw error(`${low} and ${high}`);
    } else {
      refuseValues(
        "Uniform",
        () => {
          const [a, b] = this.parameters();
          return a.lt(b).logicalNot().sum();
        },
        (count) => error(`${count} that are not`),
      );
    }
  }

  /** Both ends as tensors. @internal */
  parameters(): readonly [Tensor, Tensor] {
    const { tensors } = asTensors([this.low, this.high], "Uniform");
    return [tensors[0]!, tensors[1]!];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [low, high] = this.parameters();
    return rand(this.extended(shape), placeOf(low)).mul(high.sub(low)).add(low);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [low, high] = this.parameters();
    const inside = low.le(value).logicalAnd(high.gt(value));
    return high.sub(low).log().neg().where(inside, -Infinity);
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const [low, high] = this.parameters();
    return high.sub(low).log();
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [low, high] = this.parameters();
    return {
      mean: low.add(high).mul(0.5),
      variance: high.sub(low).square().div(12),
    };
  }

  /** The cumulative distribution function at values. */
  cdf(value: Tensor): Tensor {
    checkCount("cdf", arguments.length, 1);
    checkTensor(value, "the value", "take the cdf of a Uniform");
    return tidyNow(() => {
      const [low, high] = this.parameters();
      return value.sub(low).div(high.sub(low)).clamp({ min: 0, max: 1 });
    });
  }
}
