/**
 * Gamma, beta and Dirichlet distributions.
 *
 * @module
 */
import { ShapeError, showShape } from "../errors.ts";
import { stack } from "../functions.ts";
import { digamma, lgamma } from "../functions/special.ts";
import { checkCount } from "../options.ts";
import type { Shape } from "../shape.ts";
import { checkTensor, type Tensor, type TensorLike } from "../tensor.ts";
import { asTensors, checkParameter, POSITIVE, shapeOf } from "./arguments.ts";
import { Distribution } from "./distribution.ts";
import { logGammaDraws } from "./gamma_draws.ts";

/**
 * The gamma distribution.
 *
 * @example Its mean
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * assertEquals(await new distributions.Gamma(6, 2).mean().item(), 3);
 * ```
 */
export class Gamma extends Distribution {
  /** The name of its kind. */
  readonly name = "Gamma";
  /** The shape parameter. */
  readonly concentration: TensorLike;
  /** The inverse of the scale. */
  readonly rate: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Gamma distributions; both parameters broadcast.
   *
   * @param concentration The shape parameter, a tensor or a number.
   * @param rate The inverse of the scale, a tensor or a number.
   * @throws {RangeError} If one is not positive.
   */
  constructor(concentration: TensorLike, rate: TensorLike) {
    super();
    checkCount("Gamma", arguments.length, 2);
    checkParameter("Gamma", "concentration", concentration, POSITIVE);
    checkParameter("Gamma", "rate", rate, POSITIVE);
    this.concentration = concentration;
    this.rate = rate;
    this.batchShape = shapeOf([concentration, rate], "make a Gamma of");
  }

  /** Concentration and rate as tensors. @internal */
  parameters(): readonly [Tensor, Tensor] {
    const { tensors } = asTensors([this.concentration, this.rate], "Gamma");
    return [tensors[0]!, tensors[1]!];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [a, rate] = this.parameters();
    return logGammaDraws(a, this.extended(shape)).exp().div(rate);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [a, rate] = this.parameters();
    return a.mul(rate.log()).add(weighted(a.sub(1), value))
      .sub(rate.mul(value)).sub(lgamma(a));
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const [a, rate] = this.parameters();
    return a.sub(rate.log()).add(lgamma(a))
      .add(a.neg().add(1).mul(digamma(a)));
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [a, rate] = this.parameters();
    const mean = a.div(rate);
    return { mean, variance: mean.div(rate) };
  }
}

/** `weight * log(value)`, 0 where the weight is. */
function weighted(weight: Tensor, value: Tensor): Tensor {
  const zero = weight.eq(0).logicalAnd(value.eq(0));
  return weight.mul(value.where(zero.logicalNot(), 1).log());
}

/**
 * The Dirichlet distribution: probabilities that add up to 1.
 *
 * @example Probabilities of three classes
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distributions, tensor } from "@tenfold/tenfold";
 *
 * const dirichlet = new distributions.Dirichlet(tensor([1, 2, 3]));
 * assertAlmostEquals(await dirichlet.sample().sum().item(), 1, 1e-5);
 * ```
 */
export class Dirichlet extends Distribution {
  /** The name of its kind. */
  readonly name = "Dirichlet";
  /** The concentrations, along the last dim. */
  readonly concentration: Tensor;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;
  /** The number of classes. */
  override readonly eventShape: Shape;

  /**
   * Dirichlet distributions.
   *
   * @param concentration One for each class, along the last dim.
   * @throws {ShapeError} If there is no class.
   * @throws {RangeError} If one is not positive.
   */
  constructor(concentration: Tensor) {
    super();
    checkCount("Dirichlet", arguments.length, 1);
    checkTensor(concentration, "concentration", "make a Dirichlet");
    checkParameter("Dirichlet", "concentration", concentration, POSITIVE);
    if (concentration.ndim === 0) {
      throw new ShapeError(
        `Cannot make a Dirichlet as concentration must have classes along the last dim: got shape ${
          showShape(concentration.shape)
        }`,
      );
    }
    this.concentration = concentration;
    this.batchShape = concentration.shape.slice(0, -1);
    this.eventShape = concentration.shape.slice(-1);
  }

  /** The concentrations as floats. @internal */
  parameters(): readonly [Tensor] {
    return [asTensors([this.concentration], "Dirichlet").tensors[0]!];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [a] = this.parameters();
    return logGammaDraws(a, this.extended(shape)).softmax(-1);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [a] = this.parameters();
    return weighted(a.sub(1), value).sum(-1).add(lgamma(a.sum(-1)))
      .sub(lgamma(a).sum(-1));
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const [a] = this.parameters();
    const total = a.sum(-1);
    const classes = a.shape.at(-1)!;
    return lgamma(a).sum(-1).sub(lgamma(total))
      .sub(total.neg().add(classes).mul(digamma(total)))
      .sub(a.sub(1).mul(digamma(a)).sum(-1));
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [a] = this.parameters();
    const total = a.sum(-1, { keepDim: true });
    const mean = a.div(total);
    return { mean, variance: mean.mul(mean.neg().add(1)).div(total.add(1)) };
  }
}

/**
 * The beta distribution, from 0 to 1.
 *
 * @example Its mean
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * assertEquals(await new distributions.Beta(1, 3).mean().item(), 0.25);
 * ```
 */
export class Beta extends Distribution {
  /** The name of its kind. */
  readonly name = "Beta";
  /** The concentration at 1, often called alpha. */
  readonly concentration1: TensorLike;
  /** The concentration at 0, often called beta. */
  readonly concentration0: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Beta distributions; both parameters broadcast.
   *
   * @param concentration1 The concentration at 1, a tensor or a number.
   * @param concentration0 The concentration at 0, a tensor or a number.
   * @throws {RangeError} If one is not positive.
   */
  constructor(concentration1: TensorLike, concentration0: TensorLike) {
    super();
    checkCount("Beta", arguments.length, 2);
    const both = [concentration1, concentration0];
    both.forEach((x, i) =>
      checkParameter("Beta", `concentration${1 - i}`, x, POSITIVE)
    );
    this.concentration1 = concentration1;
    this.concentration0 = concentration0;
    this.batchShape = shapeOf(both, "make a Beta of");
  }

  /** Both concentrations along a last dim, as of a Dirichlet. @internal */
  parameters(): readonly [Tensor] {
    const { tensors, shape } = asTensors(
      [this.concentration1, this.concentration0],
      "Beta",
    );
    return [stack(tensors.map((x) => x.expand(shape)), -1)];
  }

  #dirichlet(): Pair {
    return new Pair(this.parameters()[0]);
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    return this.#dirichlet().drawn(shape).select(-1, 0);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    return this.#dirichlet().at(stack([value, value.neg().add(1)], -1));
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    return this.#dirichlet().nats();
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const { mean, variance } = this.#dirichlet().both();
    return { mean: mean.select(-1, 0), variance: variance.select(-1, 0) };
  }
}

/** A Dirichlet of two classes, whose concentrations were checked. */
class Pair extends Dirichlet {
  drawn(shape: Shape): Tensor {
    return this.reparameterized(shape);
  }
  at(value: Tensor): Tensor {
    return this.density(value);
  }
  nats(): Tensor {
    return this.information();
  }
  both(): { mean: Tensor; variance: Tensor } {
    return this.moments();
  }
}
