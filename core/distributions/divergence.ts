/**
 * How much two distributions differ.
 *
 * @module
 */
import { digamma, lgamma } from "../functions/special.ts";
import { checkCount, showValue } from "../options.ts";
import { tidyNow } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { Bernoulli, Categorical } from "./discrete.ts";
import { Distribution } from "./distribution.ts";
import { Exponential, Laplace } from "./exponential.ts";
import { Beta, Dirichlet, Gamma } from "./gamma_family.ts";
import { Normal, Uniform } from "./location_scale.ts";
import {
  halfLogDeterminant,
  MultivariateNormal,
  squaredDistance,
} from "./multivariate_normal.ts";
import { ofOtherKinds } from "./other_kinds.ts";
import { Poisson } from "./poisson.ts";
import { solveTriangular } from "../linalg/solve.ts";

function normals(p: Normal, q: Normal): Tensor {
  const [[pLoc, pScale], [qLoc, qScale]] = [p.parameters(), q.parameters()];
  const ratio = pScale.div(qScale).square();
  const apart = pLoc.sub(qLoc).div(qScale).square();
  return ratio.add(apart).sub(1).sub(ratio.log()).mul(0.5);
}

function uniforms(p: Uniform, q: Uniform): Tensor {
  const [[pLow, pHigh], [qLow, qHigh]] = [p.parameters(), q.parameters()];
  const within = qLow.le(pLow).logicalAnd(qHigh.ge(pHigh));
  return qHigh.sub(qLow).div(pHigh.sub(pLow)).log().where(within, Infinity);
}

/** Infinite where q has no chance, 0 where p has none. */
function weighted(p: Tensor, q: Tensor, difference: Tensor): Tensor {
  return p.mul(difference).where(q.ne(0), Infinity).where(p.ne(0), 0);
}

function categoricals(p: Categorical, q: Categorical): Tensor {
  const difference = p.logits().sub(q.logits());
  return weighted(p.probs(), q.probs(), difference).sum(-1);
}

function bernoullis(p: Bernoulli, q: Bernoulli): Tensor {
  const [a, b] = [p.logits(), q.logits()];
  const ones = b.neg().softplus().sub(a.neg().softplus());
  const zeros = b.softplus().sub(a.softplus());
  const other = (x: Tensor) => x.neg().add(1);
  return weighted(p.probs(), q.probs(), ones)
    .add(weighted(other(p.probs()), other(q.probs()), zeros));
}

function gammas(p: Gamma, q: Gamma): Tensor {
  const [[pShape, pRate], [qShape, qRate]] = [p.parameters(), q.parameters()];
  return qShape.mul(pRate.div(qRate).log())
    .add(lgamma(qShape)).sub(lgamma(pShape))
    .add(pShape.sub(qShape).mul(digamma(pShape)))
    .add(qRate.sub(pRate).mul(pShape.div(pRate)));
}

/** Of Dirichlet distributions, and of beta ones as pairs. */
function dirichlets(p: Dirichlet | Beta, q: Dirichlet | Beta): Tensor {
  const [[a], [b]] = [p.parameters(), q.parameters()];
  const total = a.sum(-1, { keepDim: true });
  const apart = a.sub(b).mul(digamma(a).sub(digamma(total))).sum(-1);
  return lgamma(total.squeeze(-1)).sub(lgamma(b.sum(-1)))
    .sub(lgamma(a).sub(lgamma(b)).sum(-1)).add(apart);
}

function exponentials(p: Exponential, q: Exponential): Tensor {
  const ratio = q.parameters()[0].div(p.parameters()[0]);
  return ratio.sub(1).sub(ratio.log());
}

function laplaces(p: Laplace, q: Laplace): Tensor {
  const [[pLoc, pScale], [qLoc, qScale]] = [p.parameters(), q.parameters()];
  const ratio = pScale.div(qScale);
  const apart = pLoc.sub(qLoc).abs();
  return ratio.mul(apart.div(pScale).neg().exp()).add(apart.div(qScale))
    .sub(ratio.log()).sub(1);
}

function poissons(p: Poisson, q: Poisson): Tensor {
  const [[a], [b]] = [p.parameters(), q.parameters()];
  return a.mul(a.log().sub(b.log())).sub(a.sub(b));
}

function vectors(p: MultivariateNormal, q: MultivariateNormal): Tensor {
  const [[pLoc, pTril], [qLoc, qTril]] = [p.parameters(), q.parameters()];
  const size = p.eventShape[0]!;
  const spread = solveTriangular(qTril, pTril, { upper: false })
    .square().sum([-2, -1]);
  return spread.add(squaredDistance(qTril, qLoc.sub(pLoc))).sub(size).mul(0.5)
    .add(halfLogDeterminant(qTril)).sub(halfLogDeterminant(pTril));
}

/**
 * The Kullback-Leibler divergence of `p` from `q`: the expectation under p of
 * `log p - log q`, in nats. Both are of one kind (Normal, Uniform, Categorical,
 * Bernoulli, Gamma, Beta, Dirichlet, Exponential, Laplace, Poisson or
 * MultivariateNormal), or any of Normal, Uniform, Gamma and Beta; infinite
 * where p draws what q does not.
 *
 * @param p The distribution of the expectation.
 * @param q The other one.
 * @returns A tensor of the common batch shape.
 * @throws {TypeError} If they are of two kinds, or of one that is not known.
 * @example The regulariser of a variational autoencoder
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * const { klDivergence, Normal } = distributions;
 * const loss = klDivergence(new Normal(1, 1), new Normal(0, 1));
 * assertAlmostEquals(await loss.item(), 0.5, 1e-6);
 * ```
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  checkCount("klDivergence", arguments.length, 2);
  return tidyNow(() => {
    if (p instanceof Normal && q instanceof Normal) return normals(p, q);
    if (p instanceof Uniform && q instanceof Uniform) return uniforms(p, q);
    if (p instanceof Categorical && q instanceof Categorical) {
      return categoricals(p, q);
    }
    if (p instanceof Bernoulli && q instanceof Bernoulli) {
      return bernoullis(p, q);
    }
    if (p instanceof Gamma && q instanceof Gamma) return gammas(p, q);
    if (p instanceof Beta && q instanceof Beta) return dirichlets(p, q);
    if (p instanceof Dirichlet && q instanceof Dirichlet) {
      return dirichlets(p, q);
    }
    if (p instanceof Exponential && q instanceof Exponential) {
      return exponentials(p, q);
    }
    if (p instanceof Laplace && q instanceof Laplace) return laplaces(p, q);
    if (p instanceof Poisson && q instanceof Poisson) return poissons(p, q);
    if (p instanceof MultivariateNormal && q instanceof MultivariateNormal) {
      return vectors(p, q);
    }
    const found = p instanceof Distribution && q instanceof Distribution
      ? ofOtherKinds(p, q)
      : null;
    if (found !== null) return found;
    const name = (x: unknown) =>
      x instanceof Distribution ? x.name : showValue(x);
    throw new TypeError(
      `Cannot take the divergence of ${name(p)} from ${
        name(q)
      }: give two Categorical, Bernoulli, Dirichlet, Exponential, Laplace, Poisson or MultivariateNormal, or any of Normal, Uniform, Gamma and Beta distributions`,
    );
  });
}
