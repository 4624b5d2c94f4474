/**
 * Divergences of distributions of numbers from those of another kind: what is
 * known of one, put into the logarithm of the other's density.
 *
 * @module
 */
import { digamma, lgamma } from "../functions/special.ts";
import type { Tensor } from "../tensor.ts";
import type { Distribution } from "./distribution.ts";
import { Beta, Gamma } from "./gamma_family.ts";
import { Normal, Uniform } from "./location_scale.ts";

/** `x log(x)`, 0 at 0 and below. */
function timesLog(x: Tensor): Tensor {
  const positive = x.gt(0);
  return x.mul(x.where(positive, 1).log()).where(positive, 0);
}

/** The mean of `log(x)` over numbers from `low` to `high`. */
function meanLog(low: Tensor, high: Tensor): Tensor {
  return timesLog(high).sub(timesLog(low)).div(high.sub(low)).sub(1);
}

const other = (x: Tensor): Tensor => x.neg().add(1);

/** The means of `log(x)` and of `log(1 - x)`, where both are asked for. */
function logs(p: Beta | Gamma | Uniform): () => readonly [Tensor, Tensor] {
  return () => {
    if (p instanceof Uniform) {
      const [low, high] = p.parameters();
      return [meanLog(low, high), meanLog(other(high), other(low))];
    }
    const [a, rate] = p.parameters();
    if (p instanceof Gamma) {
      const mean = digamma(a).sub(rate!.log());
      return [mean, mean];
    }
    const apart = digamma(a).sub(digamma(a.sum(-1, { keepDim: true })));
    return [apart.select(-1, 0), apart.select(-1, 1)];
  };
}

/** The mean of the logarithm of the density of q over p. */
function crossed(p: Beta | Gamma | Uniform, q: Distribution): Tensor | null {
  const means = logs(p);
  if (q instanceof Normal) {
    const [loc, scale] = q.parameters();
    const square = p.mean().sub(loc).square().add(p.variance());
    return square.div(scale.square()).add(Math.log(2 * Math.PI)).mul(-0.5)
      .sub(scale.log());
  }
  if (q instanceof Gamma) {
    const [a, rate] = q.parameters();
    const found = a.mul(rate.log()).sub(lgamma(a))
      .add(a.sub(1).mul(means()[0])).sub(rate.mul(p.mean()));
    return p instanceof Uniform
      ? found.where(p.parameters()[0].ge(0), -Infinity)
      : found;
  }
  if (p instanceof Gamma) return null;
  if (q instanceof Beta) {
    const [a] = q.parameters();
    const [ones, zeros] = means();
    const [first, second] = [a.select(-1, 0), a.select(-1, 1)];
    const found = lgamma(a.sum(-1)).sub(lgamma(a).sum(-1))
      .add(first.sub(1).mul(ones)).add(second.sub(1).mul(zeros));
    if (!(p instanceof Uniform)) return found;
    const [low, high] = p.parameters();
    return found.where(low.ge(0).logicalAnd(high.le(1)), -Infinity);
  }
  const [low, high] = (q as Uniform).parameters();
  const within = low.le(0).logicalAnd(high.ge(1));
  return high.sub(low).log().neg().where(within, -Infinity);
}

const isNumbers = (
  x: Distribution,
): x is Normal | Uniform | Gamma | Beta =>
  x instanceof Normal || x instanceof Uniform || x instanceof Gamma ||
  x instanceof Beta;

/** The divergence of p from q of another kind; null where none is known. */
export function ofOtherKinds(p: Distribution, q: Distribution): Tensor | null {
  if (!isNumbers(p) || !isNumbers(q)) return null;
  const mean = p instanceof Normal ? null : crossed(p, q);
  if (mean !== null) return p.entropy().add(mean).neg();
  // What p draws, q may not.
  return p.mean().add(q.mean()).detach().mul(0).add(Infinity);
}
