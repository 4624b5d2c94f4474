/**
 * The Poisson distribution.
 *
 * @module
 */
import { arange } from "../creation.ts";
import { fused } from "../fused.ts";
import { expr } from "../expr/language.ts";
import { constant, type Expr } from "../expr/expr.ts";
import { lgamma, logGamma } from "../functions/special.ts";
import { checkCount } from "../options.ts";
import { rand } from "../random.ts";
import type { Shape } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import {
  asTensors,
  checkParameter,
  type Constraint,
  shapeOf,
} from "./arguments.ts";
import { Distribution } from "./distribution.ts";

const { abs, add, and, div, exp, floor, ge, gt, le, log, mul, or, select } =
  expr;
const { sqrt, sub } = expr;

/** From this rate on draws are proposed and accepted. */
const LARGE = 10;
/** Counts beneath it: one draw in 10^9 of the largest small rate has more. */
const COUNTS = 36;
/** Proposals for each draw: one in 10^9 has none that is accepted. */
const TRIALS = 8;

const NOT_NEGATIVE: Constraint = {
  must: "must not be negative",
  accepts: (value) => value >= 0,
  where: (x) => x.ge(0),
};

/** The chance of a count, of small rates above 0. */
const CHANCE = /* @__PURE__ */ fused(
  "poisson",
  ([rate, k]) => exp(sub(sub(mul(k, log(rate)), rate), logGamma(add(k, 1)))),
);

/** The scale of the proposals. */
const spreadOf = (rate: Expr): Expr => add(0.931, mul(2.53, sqrt(rate)));
const shareOf = (spread: Expr): Expr => add(-0.059, mul(0.02483, spread));

const proposalOf = (rate: Expr, u: Expr): Expr => {
  const spread = spreadOf(rate);
  const side = sub(0.5, abs(u));
  const across = add(div(mul(2, shareOf(spread)), side), spread);
  return floor(add(add(mul(across, u), rate), 0.445));
};
const PROPOSAL = /* @__PURE__ */ fused(
  "poisson",
  ([rate, u]) => proposalOf(rate, u),
);

/**
 * Whether a proposal is accepted (Hörmann, "The transformed rejection method
 * for generating Poisson random variables", 1993). The logarithm of the chance
 * of k is written by how far k is from the rate, so that float32 keeps its
 * digits where both are large.
 */
const ACCEPTED = /* @__PURE__ */ fused("poisson", ([rate, u, v]) => {
  const spread = spreadOf(rate);
  const share = shareOf(spread);
  const side = sub(0.5, abs(u));
  const k = proposalOf(rate, u);
  const most = select(gt(k, 1), k, constant(1, k.dtype));
  const ratio = div(most, rate);
  const x = div(sub(most, rate), rate);
  // k log k - k, less the same of the rate.
  const near = mul(rate, sub(mul(ratio, expr.log1p(x)), x));
  const rest = add(
    mul(0.5, log(mul(2 * Math.PI, most))),
    div(sub(1 / 12, div(1 / 360, mul(most, most))), most),
  );
  const chance = sub(mul(-1, near), rest);
  // That of none is known.
  const due = select(ge(k, 1), chance, mul(-1, rate));
  const inverse = add(1.1239, div(1.1328, sub(spread, 3.4)));
  const height = add(div(share, mul(side, side)), spread);
  const drawn = log(div(mul(v, inverse), height));
  // Not below 0, and not in the corners of the proposals.
  const possible = and(ge(k, 0), or(ge(side, 0.013), le(v, side)));
  const inside = and(
    ge(side, 0.07),
    le(v, sub(0.9277, div(3.6224, sub(spread, 2)))),
  );
  return select(
    or(and(inside, ge(k, 0)), and(possible, le(drawn, due))),
    constant(1, k.dtype),
    constant(0, k.dtype),
  );
});

/** Counts of rates, one for each element. */
function drawn(rate: Tensor): Tensor {
  const { dtype, device, shape } = rate;
  const place = { dtype, device };
  const large = rate.ge(LARGE);
  const small = large.logicalNot().logicalAnd(rate.gt(0));
  const chances = CHANCE.map([
    rate.where(small, 1).unsqueeze(-1),
    arange(0, COUNTS, place),
  ]);
  const below = chances.cumsum(-1).le(rand(shape, place).unsqueeze(-1));
  const counts = below.cast(dtype).sum(-1).where(small, 0);
  const rates = rate.where(large, LARGE);
  const u = rand([TRIALS, ...shape], place).sub(0.5);
  const v = rand([TRIALS, ...shape], place).neg().add(1);
  const first = ACCEPTED.map([rates, u, v]).argmax(0, { keepDim: true });
  const proposed = PROPOSAL.map([rates, u.gather(0, first).squeeze(0)]);
  return proposed.where(large, counts);
}

/**
 * The Poisson distribution: how many events there are, of which a rate is
 * expected.
 *
 * @example How likely there is none
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distributions, tensor } from "@tenfold/tenfold";
 *
 * const poisson = new distributions.Poisson(3);
 * assertAlmostEquals(await poisson.logProb(tensor(0)).item(), -3, 1e-6);
 * ```
 */
export class Poisson extends Distribution {
  /** The name of its kind. */
  readonly name = "Poisson";
  /** The mean. */
  readonly rate: TensorLike;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Poisson distributions.
   *
   * @param rate The mean, a tensor or a number.
   * @throws {RangeError} If one is negative.
   */
  constructor(rate: TensorLike) {
    super();
    checkCount("Poisson", arguments.length, 1);
    checkParameter("Poisson", "rate", rate, NOT_NEGATIVE);
    this.rate = rate;
    this.batchShape = shapeOf([rate], "make a Poisson of");
  }

  /** The rate as a tensor. @internal */
  parameters(): readonly [Tensor] {
    return [asTensors([this.rate], "Poisson").tensors[0]!];
  }

  /** A draw: whole numbers as floats. */
  protected override draw(shape: Shape): Tensor {
    return drawn(this.parameters()[0].expand(this.extended(shape)));
  }

  /** The logarithm of the probability of values. */
  protected density(value: Tensor): Tensor {
    const [rate] = this.parameters();
    const none = value.eq(0).logicalAnd(rate.eq(0));
    return value.mul(rate.where(none.logicalNot(), 1).log()).sub(rate)
      .sub(lgamma(value.add(1)));
  }

  /** It has no closed form. */
  protected information(): Tensor {
    throw new TypeError(
      "Cannot take the entropy of a Poisson as it has no closed form: estimate it by p.logProb(p.sample([n])).mean(0).neg()",
    );
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [rate] = this.parameters();
    return { mean: rate.alias(), variance: rate.alias() };
  }
}
