/**
 * Distributions of probabilities: draws, densities, entropies, divergences. The
 * umbrella has them as the namespace `distributions`.
 *
 * @example A policy that is trained by its rewards
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Categorical } from "@tenfold/core/distributions";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const logits = tensor([[0, 1], [2, 0]], { requiresGrad: true });
 * const policy = new Categorical({ logits });
 * const actions = policy.sample();
 * policy.logProb(actions).mul(tensor([1, -1])).sum().neg().backward();
 * assertEquals(logits.grad?.shape, [2, 2]);
 * ```
 *
 * @module
 */
export { Bernoulli, Categorical, type Chances } from "./discrete.ts";
export { Distribution } from "./distribution.ts";
export { klDivergence } from "./divergence.ts";
export { Exponential, Laplace } from "./exponential.ts";
export { Beta, Dirichlet, Gamma } from "./gamma_family.ts";
export { Normal, Uniform } from "./location_scale.ts";
export { MultivariateNormal, type Spread } from "./multivariate_normal.ts";
export { Poisson } from "./poisson.ts";
