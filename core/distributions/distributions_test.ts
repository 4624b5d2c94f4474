import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import * as f from "../functions/mod.ts";
import {
  gradcheck,
  GradientError,
  manualSeed,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { logDrawSlope } from "./gamma_draws.ts";
import * as D from "./mod.ts";

/** Mean and variance of numbers, as they are. */
function moments(x: Tensor): [mean: number, variance: number] {
  const data = x.dataSync();
  let [sum, squares] = [0, 0];
  for (const value of data) sum += value;
  const mean = sum / data.length;
  for (const value of data) squares += (value - mean) ** 2;
  return [mean, squares / data.length];
}

/** Checks draws against the moments of the distribution. */
function checkMoments(distribution: D.Distribution, draws = 20_000): void {
  manualSeed(7);
  const sample = distribution.sample([draws]);
  assertEquals(sample.shape, [draws]);
  assert(!sample.requiresGrad);
  const [mean, variance] = moments(sample);
  const [due] = distribution.mean().dataSync();
  const [spread] = distribution.variance().dataSync();
  // Five standard errors.
  const slack = 5 * Math.sqrt(spread! / draws);
  assertAlmostEquals(mean, due!, slack, `the mean of ${distribution.name}`);
  let fourth = 0;
  for (const value of sample.dataSync()) fourth += (value - mean) ** 4;
  const room = 5 * Math.sqrt((fourth / draws - variance ** 2) / draws);
  assertAlmostEquals(
    variance,
    spread!,
    room,
    `the variance of ${distribution.name}`,
  );
}

/** Concentration, draw, and the derivative of its logarithm. */
const GAMMA_SLOPES: readonly (readonly number[])[] = [
  [1, 0.3, 1.985928219],
  [1, 2.5, 0.7188128933],
  [2.5, 1, 0.6507938597],
  [5, 9, 0.151902021],
  [11.5, 8, 0.1051932006],
  [12.5, 20, 0.06350441213],
  [50, 47, 0.02069400782],
  [1000, 1010, 9.951989403e-4],
];

describe("draws of distributions", () => {
  it(
    "have the moments that are theirs",
    clean(() => {
      checkMoments(new D.Normal(3, 0.5));
      checkMoments(new D.Uniform(-1, 4));
      checkMoments(new D.Bernoulli({ probs: 0.3 }));
      checkMoments(new D.Bernoulli({ logits: 2 }));
      checkMoments(new D.Exponential(0.25));
      checkMoments(new D.Laplace(-1, 2));
      for (const rate of [0, 0.1, 3, 9.99, 10, 47.3, 1e3, 1e6]) {
        checkMoments(new D.Poisson(rate));
      }
      for (const a of [0.05, 0.3, 1, 2.5, 15, 400]) {
        checkMoments(new D.Gamma(a, 2));
      }
      for (const [a, b] of [[0.2, 0.3], [1, 1], [2, 5], [30, 4]] as const) {
        checkMoments(new D.Beta(a, b));
      }
    }),
  );

  it(
    "of classes are as frequent as they are probable",
    clean(() => {
      manualSeed(3);
      const probs = tensor([[1, 0, 3], [2, 2, 0]]);
      for (
        const classes of [
          new D.Categorical({ probs }),
          new D.Categorical({ logits: probs.log() }),
        ]
      ) {
        const drawn = classes.sample([8000]);
        assertEquals([drawn.shape, drawn.dtype], [[8000, 2], "int32"]);
        const counts = drawn.oneHot(3).sum(0).toArraySync() as number[][];
        const share = [[0.25, 0, 0.75], [0.5, 0.5, 0]];
        share.flat().forEach((p, i) =>
          assertAlmostEquals(counts.flat()[i]! / 8000, p, p === 0 ? 0 : 0.025)
        );
      }
    }),
  );

  it(
    "of Poisson distributions are whole, and as frequent as they are probable",
    clean(() => {
      for (const rate of [0.7, 8, 12, 300]) {
        manualSeed(4);
        const poisson = new D.Poisson(rate);
        const drawn = poisson.sample([20_000]).dataSync();
        const most = Math.ceil(rate + 12 * Math.sqrt(rate));
        const counts = new Array<number>(most).fill(0);
        for (const value of drawn) {
          assert(Number.isInteger(value) && value >= 0 && value < most);
          counts[value]!++;
        }
        const places = tensor(counts.map((_, k) => k));
        const chances = poisson.logProb(places).exp().dataSync();
        counts.forEach((count, k) => {
          const due = 20_000 * chances[k]!;
          assert(
            Math.abs(count - due) <= 5 * Math.sqrt(due + 1),
            `${k} of ${rate}: ${count}, ${due} are due`,
          );
        });
        assertThrows(() => poisson.rsample(), GradientError, "Poisson");
        assertThrows(() => poisson.entropy(), TypeError, "closed form");
      }
    }),
  );

  it(
    "of vectors vary together as they should, with gradients",
    clean(() => {
      manualSeed(9);
      const covarianceMatrix = tensor([[2, 0.6], [0.6, 0.5]], {
        requiresGrad: true,
      });
      const precisionMatrix = tensor([[0.78125, -0.9375], [-0.9375, 3.125]]);
      for (const spread of [{ covarianceMatrix }, { precisionMatrix }]) {
        const normal = new D.MultivariateNormal(tensor([1, -1]), spread);
        const drawn = normal.rsample([20_000]);
        assertEquals(drawn.shape, [20_000, 2]);
        const means = drawn.mean(0).dataSync();
        [1, -1].forEach((due, i) => assertAlmostEquals(means[i]!, due, 0.05));
        f.cov(drawn.t()).flatten().dataSync().forEach((found, i) =>
          assertAlmostEquals(found, [2, 0.6, 0.6, 0.5][i]!, 0.08)
        );
        if (drawn.requiresGrad) drawn.square().sum().backward();
      }
      assert(covarianceMatrix.grad !== null);
      const loc = zeros([2]);
      assertThrows(
        () => new D.MultivariateNormal(loc, {} as never),
        TypeError,
        "one of",
      );
      assertThrows(
        () => new D.MultivariateNormal(loc, { scaleTril: zeros([3, 3]) }),
        ShapeError,
        "[3, 3]",
      );
    }),
  );

  it(
    "of Dirichlet distributions add up to 1, also for small concentrations",
    clean(() => {
      manualSeed(5);
      const a = tensor([1e-3, 1e-3, 2e-3]);
      const drawn = new D.Dirichlet(a).sample([2000]);
      const sums = drawn.sum(-1).dataSync();
      assert(sums.every((sum) => Math.abs(sum - 1) < 1e-5));
      const means = drawn.mean(0).dataSync();
      [0.25, 0.25, 0.5].forEach((mean, i) =>
        assertAlmostEquals(means[i]!, mean, 0.06)
      );
    }),
  );

  it(
    "have the shapes of draws, batch and event",
    clean(() => {
      const normal = new D.Normal(zeros([3, 1]), zeros([4]).add(1));
      assertEquals(normal.batchShape, [3, 4]);
      assertEquals(normal.sample().shape, [3, 4]);
      assertEquals(normal.rsample([2, 5]).shape, [2, 5, 3, 4]);
      assertEquals(normal.entropy().shape, [3, 4]);
      const dirichlet = new D.Dirichlet(zeros([2, 3]).add(1));
      assertEquals([dirichlet.batchShape, dirichlet.eventShape], [[2], [3]]);
      assertEquals(dirichlet.sample([4]).shape, [4, 2, 3]);
      const classes = new D.Categorical({ logits: zeros([2, 3]) });
      assertEquals(classes.sample([0]).shape, [0, 2]);
      assertEquals(new D.Beta(1, zeros([2]).add(1)).sample([3]).shape, [3, 2]);
    }),
  );

  it(
    "are the same for the same seed",
    clean(() => {
      const draw = () => {
        manualSeed(11);
        return new D.Beta(tensor([0.5, 3]), 2).sample([3]).toArraySync();
      };
      assertEquals(draw(), draw());
    }),
  );
});

describe("gradients through draws", () => {
  it(
    "of normal and uniform ones are those of place and width",
    clean(() => {
      for (const Kind of [D.Normal, D.Uniform]) {
        const a = tensor([1, 2], { requiresGrad: true });
        const b = tensor([3, 5], { requiresGrad: true });
        manualSeed(2);
        const drawn = new Kind(a, b).rsample();
        manualSeed(2);
        const unit = new Kind(0, 1).sample([2]).dataSync();
        drawn.sum().backward();
        const [first, second] = [a.grad!.dataSync(), b.grad!.dataSync()];
        for (const i of [0, 1]) {
          const due = Kind === D.Normal ? 1 : 1 - unit[i]!;
          assertAlmostEquals(first[i]!, due, 1e-6);
          assertAlmostEquals(second[i]!, unit[i]!, 1e-6);
        }
      }
    }),
  );

  it(
    "of gamma draws are those of the quantiles",
    clean(() => {
      // By differences of the regularised incomplete gamma function, in 30
      // digits.
      const cases = GAMMA_SLOPES;
      for (const dtype of ["float32", "float64"] as const) {
        const column = (i: number) =>
          tensor(cases.map((row) => row[i]!), { dtype });
        const slopes = logDrawSlope(column(0), column(1).log()).dataSync();
        cases.forEach(([a, z, due], i) =>
          assertAlmostEquals(slopes[i]! / due!, 1, 2e-3, `${a} and ${z}`)
        );
      }
    }),
  );

  it(
    "have the gradient of the mean as their mean",
    clean(() => {
      for (const a of [0.4, 3, 40]) {
        manualSeed(9);
        const concentration = tensor(a, { requiresGrad: true });
        new D.Gamma(concentration, 1).rsample([5000]).mean().backward();
        assertAlmostEquals(concentration.grad!.itemSync(), 1, 0.12, `${a}`);
      }
      manualSeed(9);
      const a = tensor(2, { requiresGrad: true });
      const b = tensor(3, { requiresGrad: true });
      new D.Beta(a, b).rsample([5000]).mean().backward();
      // Of a / (a + b).
      assertAlmostEquals(a.grad!.itemSync(), 3 / 25, 0.02);
      assertAlmostEquals(b.grad!.itemSync(), -2 / 25, 0.02);
    }),
  );

  it(
    "are refused where there are none",
    clean(() => {
      for (
        const discrete of [
          new D.Bernoulli({ probs: 0.5 }),
          new D.Categorical({ probs: tensor([1, 2]) }),
        ]
      ) {
        assertThrows(
          () => discrete.rsample(),
          GradientError,
          `Cannot rsample a ${discrete.name}`,
        );
      }
    }),
  );

  it(
    "of densities, entropies and divergences are those of differences",
    clean(async () => {
      const parameter = (data: number[]) =>
        tensor(data, { dtype: "float64", requiresGrad: true });
      const [a, b] = [parameter([0.7, 1.8]), parameter([2.5, 3.1])];
      const value = tensor([0.8, 0.4], { dtype: "float64" });
      const kinds: ((a: Tensor, b: Tensor) => D.Distribution)[] = [
        (a, b) => new D.Normal(a, b),
        (a, b) => new D.Uniform(a, b),
        (a, b) => new D.Gamma(a, b),
        (a, b) => new D.Beta(a, b),
        (a, b) => new D.Dirichlet(a.mul(b)),
        (a, b) => new D.Categorical({ logits: a.mul(b) }),
        (a, b) => new D.Bernoulli({ logits: a.sub(b) }),
      ];
      const of = (d: D.Distribution) =>
        d instanceof D.Categorical
          ? d.logProb(tensor(1, { dtype: "int32" }))
          : d instanceof D.Dirichlet
          ? d.logProb(value.div(1.2))
          : d.logProb(value);
      for (const kind of kinds) {
        const all = (a: Tensor, b: Tensor) => {
          const p = kind(a, b);
          // A uniform one within another.
          const q = kind(a.sub(0.25), b.add(0.5));
          const one = p instanceof D.Uniform ? [] : [of(p)];
          return [...one, p.entropy(), D.klDivergence(p, q)];
        };
        assert(await gradcheck(all, [a, b], { secondOrder: true }));
      }
    }),
  );
});

describe("parameters of distributions", () => {
  it(
    "are refused with their values",
    clean(() => {
      const x = tensor([1, -1]);
      const cases: [() => unknown, new (message: string) => Error, string][] = [
        [() => new D.Normal(0, 0), RangeError, "scale must be positive: got 0"],
        [() => new D.Normal(0, x), RangeError, "got 1 elements that are not"],
        [() => new D.Normal(NaN, 1), RangeError, "loc must not be NaN"],
        [() => new D.Normal("1" as never, 1), TypeError, "number or a tensor"],
        [() => new D.Uniform(1, 1), RangeError, "high must be above low"],
        [() => new D.Uniform(x, 0), RangeError, "high must be above low"],
        [() => new D.Bernoulli({ probs: 2 }), RangeError, "from 0 to 1"],
        [
          () => new D.Bernoulli({} as never),
          TypeError,
          "takes either { probs } or { logits }",
        ],
        [() => new D.Categorical({ probs: x }), RangeError, "negative"],
        [
          () => new D.Categorical({ probs: tensor(1) }),
          ShapeError,
          "along the last dim",
        ],
        [() => new D.Beta(1, -1), RangeError, "concentration0 must be pos"],
        [() => new D.Dirichlet(x), RangeError, "must be positive"],
        [() => new D.Gamma(1, 0), RangeError, "rate must be positive"],
        [
          () => new D.Normal(0, 1).logProb(1 as never),
          TypeError,
          "value must be a tensor",
        ],
        [
          () =>
            D.klDivergence(new D.Normal(0, 1), new D.Bernoulli({ probs: 0.5 })),
          TypeError,
          "Cannot take the divergence of Normal from Bernoulli",
        ],
      ];
      for (const [call, type, message] of cases) {
        assertThrows(call, type, message, String(call));
      }
    }),
  );
});

describe("random functions", () => {
  it(
    "multinomial draws without replacement what has a weight, each once",
    clean(() => {
      manualSeed(1);
      const weights = tensor([[0, 1, 2, 0, 5], [1, 1, 1, 1, 1]]);
      for (let i = 0; i < 20; i++) {
        const drawn = f.multinomial(weights, 3).toArraySync() as number[][];
        assertEquals(drawn[0]!.toSorted(), [1, 2, 4]);
        assertEquals(new Set(drawn[1]).size, 3);
      }
      // The first draw goes by the weights.
      const many = tensor([1, 3]).expand([3000, 2]);
      const firsts = f.multinomial(many, 1).dataSync();
      const ones = firsts.filter((i) => i === 1).length;
      assertAlmostEquals(ones / 3000, 0.75, 0.04);
    }),
  );

  it(
    "multinomial refuses weights that are none",
    clean(() => {
      const cases: [Tensor, number, boolean][] = [
        [tensor([0, 0]), 1, true],
        [tensor([1, 0]), 2, false],
        [tensor([1, -1]), 1, true],
        [tensor([1, NaN]), 1, true],
        [tensor([1, Infinity]), 1, true],
        [tensor([1, 1]), 3, false],
        [tensor([1, 1]), 0, true],
      ];
      for (const [weights, count, replacement] of cases) {
        assertThrows(
          () => f.multinomial(weights, count, { replacement }),
          RangeError,
        );
      }
      assertThrows(() => f.multinomial(zeros([0]), 1), ShapeError);
    }),
  );

  it(
    "normal has the mean and deviation of each element",
    clean(() => {
      manualSeed(4);
      const drawn = f.normal(tensor([[0], [100]]).expand([2, 20_000]), 3);
      for (const [i, due] of [0, 100].entries()) {
        const [mean, variance] = moments(drawn.select(0, i));
        assertAlmostEquals(mean, due, 0.12);
        assertAlmostEquals(variance, 9, 0.5);
      }
      assertThrows(() => f.normal(0, 1), TypeError, "shape");
      assertThrows(() => f.normal(0, -1, { shape: [2] }), RangeError, "-1");
      assertThrows(() => f.normal(0, tensor([-1])), RangeError, "1 of them");
    }),
  );

  it(
    "exponential_ has mean and deviation of one over its rate",
    clean(() => {
      manualSeed(4);
      const [mean, variance] = moments(
        f.exponential_(zeros([20_000]), { lambd: 4 }),
      );
      assertAlmostEquals(mean, 0.25, 0.01);
      assertAlmostEquals(variance, 1 / 16, 0.005);
      assertThrows(
        () => f.exponential_(zeros([1]), { lambd: 0 }),
        RangeError,
        "lambd must be positive: got 0",
      );
    }),
  );

  it(
    "gumbelSoftmax draws classes by their logits, with a gradient",
    clean(() => {
      manualSeed(6);
      const logits = tensor([0, Math.log(3)], { requiresGrad: true });
      const many = logits.expand([8000, 2]);
      const hard = f.gumbelSoftmax(many, { hard: true });
      const [zero, one] = hard.mean(0).dataSync();
      assertAlmostEquals(zero!, 0.25, 0.025);
      assertAlmostEquals(one!, 0.75, 0.025);
      assert(hard.dataSync().every((x) => Math.abs(x) < 1e-6 || x > 0.999));
      hard.select(1, 0).sum().backward();
      assert(logits.grad!.dataSync()[0]! > 0);
      const soft = f.gumbelSoftmax(logits, { tau: 0.5 });
      assertAlmostEquals(soft.sum().itemSync(), 1, 1e-6);
      assertThrows(() => f.gumbelSoftmax(logits, { tau: 0 }), RangeError);
    }),
  );
});
