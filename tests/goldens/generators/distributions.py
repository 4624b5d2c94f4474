"""Densities, entropies, moments and divergences of distributions."""

import math

import torch
import torch.distributions as D

from record import Const, Group, f32, i32, randn, uniform


class Distributions(Group):
    def of(self, name, args, fn, **rest):
        self.op(name, args, fn, via="distributions", **rest)


def positive(*shape):
    return uniform(0.4, 3, *shape)


def weights(*shape):
    return uniform(0.1, 1, *shape)


def bits(*shape):
    return torch.randint(0, 2, shape).to(torch.float32)


def simplex(*shape):
    return torch.softmax(randn(*shape), -1)


def low_high(*shape):
    low = randn(*shape)
    return low, low + uniform(0.5, 2, *shape)


def generate():
    g = Distributions("distributions", "distributions", 42)
    off = dict(validate_args=False)

    def both(kind, make, parameters, value, **rest):
        """Everything that a kind of distribution gives."""
        parameters = list(parameters)
        n = len(parameters)
        g.of(kind + ".logProb", [*parameters, value],
             lambda *t: make(*t[:n]).log_prob(t[n]), **rest)
        if kind == "Normal":
            # Each depends on one parameter alone.
            loc, scale = parameters
            g.of("Normal.entropy", [Const(loc), scale],
                 lambda *t: make(*t).entropy())
            g.of("Normal.mean", [loc, Const(scale)], lambda *t: make(*t).mean)
            g.of("Normal.variance", [Const(loc), scale],
                 lambda *t: make(*t).variance)
            return
        g.of(kind + ".entropy", parameters, lambda *t: make(*t).entropy())
        if kind not in ("Categorical.logits", "Categorical.probs"):
            g.of(kind + ".mean", parameters, lambda *t: make(*t).mean)
            g.of(kind + ".variance", parameters,
                 lambda *t: make(*t).variance)

    def normal(loc, scale):
        return D.Normal(loc, scale, **off)

    def uniform_(low, high):
        return D.Uniform(low, high, **off)

    def gamma(a, b):
        return D.Gamma(a, b, **off)

    def beta(a, b):
        return D.Beta(a, b, **off)

    def dirichlet(a):
        return D.Dirichlet(a, **off)

    for shape in ((3,), (2, 3), ()):
        both("Normal", normal, (randn(*shape), positive(*shape)),
             randn(2, *shape[-1:]) if shape != (2, 3) else randn(2, 3))
        low, high = low_high(*shape)
        both("Uniform", uniform_, (low, high),
             Const(low + (high - low) * uniform(0.1, 0.9, *shape)))
        both("Gamma", gamma, (positive(*shape), positive(*shape)),
             positive(*shape))
        both("Beta", beta, (positive(*shape), positive(*shape)),
             uniform(0.1, 0.9, *shape))
        both("Dirichlet", dirichlet, (positive(*shape, 4),),
             simplex(*shape, 4))
        both("Bernoulli.probs", lambda p: D.Bernoulli(p, **off),
             (uniform(0.1, 0.9, *shape),), Const(bits(*shape)))
        both("Bernoulli.logits", lambda x: D.Bernoulli(logits=x, **off),
             (randn(*shape),), Const(bits(*shape)))
        index = torch.randint(0, 4, shape).to(torch.int32)
        both("Categorical.probs", lambda p: D.Categorical(p, **off),
             (weights(*shape, 4),), index)
        both("Categorical.logits",
             lambda x: D.Categorical(logits=x, **off),
             (randn(*shape, 4),), index)
    # More values than distributions, and chances of 0 and 1.
    g.of("Categorical.logits.logProb", [randn(3, 4), i32([[0, 1, 2],
                                                         [3, 3, 3]])],
         lambda x, v: D.Categorical(logits=x, **off).log_prob(v))
    g.of("Categorical.probs.entropy", [f32([[0, 1, 0], [0.5, 0, 0.5]])],
         lambda p: D.Categorical(p, **off).entropy(), grad=False, check=False,
         atol=2e-5)
    g.of("Bernoulli.probs.logProb", [f32([0, 1, 0.5]), f32([0, 1, 1])],
         lambda p, v: D.Bernoulli(p, **off).log_prob(v), grad=False,
         check=False)
    g.of("Uniform.logProb", [f32([0, 0, 0, 0]), f32([1, 1, 1, 1]),
                             f32([-0.5, 0, 1, 2])],
         lambda a, b, v: uniform_(a, b).log_prob(v), grad=False)
    g.of("Normal.cdf", [randn(3), positive(3), randn(3)],
         lambda a, b, v: normal(a, b).cdf(v))
    g.of("Uniform.cdf", [f32([0, 0, 0]), f32([2, 2, 2]), f32([-1, 0.5, 3])],
         lambda a, b, v: uniform_(a, b).cdf(v), grad=False)

    def kl(kind, make, first, second_, **rest):
        n = len(first)
        g.of(kind + ".klDivergence", [*first, *second_],
             lambda *t: D.kl_divergence(make(*t[:n]), make(*t[n:])), **rest)

    for shape in ((3,), (2, 3), ()):
        kl("Normal", normal, (randn(*shape), positive(*shape)),
           (randn(*shape), positive(*shape)))
        low, high = low_high(*shape)
        kl("Uniform", uniform_, (low, high), (low - 0.3, high + 0.2))
        kl("Gamma", gamma, (positive(*shape), positive(*shape)),
           (positive(*shape), positive(*shape)))
        kl("Beta", beta, (positive(*shape), positive(*shape)),
           (positive(*shape), positive(*shape)))
        kl("Dirichlet", dirichlet, (positive(*shape, 4),),
           (positive(*shape, 4),))
        kl("Bernoulli.probs", lambda p: D.Bernoulli(p, **off),
           (uniform(0.1, 0.9, *shape),), (uniform(0.1, 0.9, *shape),))
        kl("Bernoulli.logits", lambda x: D.Bernoulli(logits=x, **off),
           (randn(*shape),), (randn(*shape),))
        kl("Categorical.probs", lambda p: D.Categorical(p, **off),
           (weights(*shape, 4),), (weights(*shape, 4),))
        kl("Categorical.logits", lambda x: D.Categorical(logits=x, **off),
           (randn(*shape, 4),), (randn(*shape, 4),))
    kl("Uniform", uniform_, (f32([0, 0]), f32([1, 2])),
       (f32([0, 0.5]), f32([1, 3])), grad=False)
    kl("Bernoulli.probs", lambda p: D.Bernoulli(p, **off),
       (f32([0, 1, 0.5, 1, 0.5]),), (f32([0.5, 0.5, 0, 0, 1]),), grad=False,
       check=False)
    kl("Categorical.probs", lambda p: D.Categorical(p, **off),
       (f32([[0.5, 0.5, 0], [0, 0.5, 0.5]]),),
       (f32([[0.2, 0.3, 0.5], [0.5, 0.5, 0]]),), grad=False, check=False)
    for shape in ((3,), (2, 3), ()):
        ends = (uniform(0.05, 0.4, *shape), uniform(0.5, 0.95, *shape))
        normal_ = (randn(*shape), positive(*shape))
        kinds = [("Normal", normal, normal_), ("Uniform", uniform_, ends),
                 ("Gamma", gamma, (positive(*shape), positive(*shape))),
                 ("Beta", beta, (positive(*shape), positive(*shape)))]
        for one, make, first in kinds:
            for two, other, second_ in kinds:
                if one == two or (one, two) == ("Beta", "Uniform"):
                    continue
                n = len(first)
                g.of(f"{one}.{two}.klDivergence", [*first, *second_],
                     lambda *t: D.kl_divergence(make(*t[:n]), other(*t[n:])),
                     grad=math.isfinite(D.kl_divergence(
                         make(*first), other(*second_)).sum()))
    # Within and beyond the ends.
    g.of("Beta.Uniform.klDivergence",
         [positive(4), positive(4), f32([0, -1, 0.1, 0]),
          f32([1, 2, 1, 0.9])],
         lambda a, b, c, d: D.kl_divergence(beta(a, b), uniform_(c, d)),
         grad=False)
    g.of("Uniform.Beta.klDivergence",
         [f32([-0.5, 0.1, 0.2]), f32([0.5, 1.5, 0.8]), positive(3),
          positive(3)],
         lambda a, b, c, d: D.kl_divergence(uniform_(a, b), beta(c, d)),
         grad=False)
    g.of("Uniform.Gamma.klDivergence",
         [f32([-0.5, 0.1]), f32([0.5, 1.5]), positive(2), positive(2)],
         lambda a, b, c, d: D.kl_divergence(uniform_(a, b), gamma(c, d)),
         grad=False)

    def triangle(*shape):
        t = torch.tril(randn(*shape, shape[-1]) * 0.4)
        eye = torch.eye(shape[-1])
        return t * (1 - eye) + eye * uniform(0.6, 1.5, *shape, 1)

    def exponential(rate):
        return D.Exponential(rate, **off)

    def laplace(loc, scale):
        return D.Laplace(loc, scale, **off)

    def poisson(rate):
        return D.Poisson(rate, **off)

    def vectors(loc, tril):
        return D.MultivariateNormal(loc, scale_tril=tril, **off)

    def covaried(loc, matrix):
        return D.MultivariateNormal(loc, matrix, **off)

    def precise(loc, matrix):
        return D.MultivariateNormal(loc, precision_matrix=matrix, **off)

    for shape in ((3,), (2, 3), ()):
        both("Exponential", exponential, (positive(*shape),),
             positive(*shape))
        scale = positive(*shape)
        loc = randn(*shape)
        g.of("Laplace.logProb", [loc, scale, randn(*shape)],
             lambda *t: laplace(*t[:2]).log_prob(t[2]))
        g.of("Laplace.entropy", [Const(loc), scale],
             lambda *t: laplace(*t).entropy())
        g.of("Laplace.mean", [loc, Const(scale)], lambda *t: laplace(*t).mean)
        g.of("Laplace.variance", [Const(loc), scale],
             lambda *t: laplace(*t).variance)
        rate = positive(*shape)
        g.of("Poisson.logProb",
             [rate, Const(torch.randint(0, 6, shape).float())],
             lambda *t: poisson(t[0]).log_prob(t[1]))
        g.of("Poisson.mean", [rate], lambda *t: poisson(*t).mean)
        g.of("Poisson.variance", [rate], lambda *t: poisson(*t).variance)
        kl("Exponential", exponential, (positive(*shape),),
           (positive(*shape),))
        kl("Laplace", laplace, (randn(*shape), positive(*shape)),
           (randn(*shape), positive(*shape)))
        kl("Poisson", poisson, (positive(*shape),), (positive(*shape),))
    g.of("Poisson.logProb", [f32([0, 0, 20]), Const(f32([0, 1, 19]))],
         lambda *t: poisson(t[0]).log_prob(t[1]), grad=False)
    g.of("Exponential.cdf", [positive(3), uniform(0.1, 2, 3)],
         lambda a, v: exponential(a).cdf(v))
    g.of("Laplace.cdf", [randn(4), positive(4), randn(4)],
         lambda a, b, v: laplace(a, b).cdf(v))
    for shape in ((3,), (2, 3)):
        loc, tril = randn(*shape), triangle(*shape)
        matrix = (tril @ tril.transpose(-1, -2)).double()
        for kind, make, spread in (
                ("MultivariateNormal", vectors, tril),
                ("MultivariateNormal.covarianceMatrix", covaried, matrix),
                ("MultivariateNormal.precisionMatrix", precise, matrix)):
            mean = loc.to(spread.dtype)
            wide = dict(check=spread.dtype == torch.float32)
            g.of(kind + ".logProb", [mean, spread, randn(2, 3).to(mean.dtype)],
                 lambda *t: make(*t[:2]).log_prob(t[2]), **wide)
            g.of(kind + ".entropy", [Const(mean), spread],
                 lambda *t: make(*t).entropy(), **wide)
            g.of(kind + ".mean", [mean, Const(spread)],
                 lambda *t: make(*t).mean, **wide)
            g.of(kind + ".variance", [Const(mean), spread],
                 lambda *t: make(*t).variance, **wide)
            other = triangle(*shape)
            if make is not vectors:
                other = (other @ other.transpose(-1, -2)).double()
            g.of(kind + ".klDivergence",
                 [mean, spread, randn(*shape).to(mean.dtype), other],
                 lambda *t: D.kl_divergence(make(*t[:2]), make(*t[2:])),
                 **wide)
    return [g]
