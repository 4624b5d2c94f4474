/**
 * Compares every function of `@tenfold/core/functions` with PyTorch, on one
 * backend.
 *
 * @module
 */
import {
  type Backend,
  DeviceError,
  eye,
  grad,
  type Tensor,
} from "@tenfold/core";
import * as D from "@tenfold/core/distributions";
import * as fft from "@tenfold/core/fft";
import * as transforms from "@tenfold/core/func";
import * as functions from "@tenfold/core/functions";
import * as linalg from "@tenfold/core/linalg";
import { onBackend, type Runner, testCases } from "./harness.ts";
import {
  checkCompiledOperation,
  checkOperation,
  oneOfEach,
  type OperationCase,
} from "./operation.ts";
import { readFigures } from "./read.ts";

/** The files of figures. */
const GROUPS = [
  "functions_bits",
  "functions_in_place",
  "functions_joined",
  "functions_math",
  "functions_order",
  "functions_scatter",
  "functions_shape",
  "distributions",
  "fft",
  "func",
  "linalg",
];

/** Functions without figures, and what tests them. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  // Beside isClose, in core/functions.
  "allClose",
  // In core/functions and core/distributions.
  "exponential_",
  "gumbelSoftmax",
  "multinomial",
  "normal",
  // Of a length alone, in core/fft.
  "fftfreq",
  "rfftfreq",
]);

/** How the distributions of a name are made, and of how many tensors. */
const KINDS: {
  readonly [kind: string]: readonly [
    count: number,
    make: (a: Tensor, b: Tensor) => D.Distribution,
  ];
} = {
  Normal: [2, (a, b) => new D.Normal(a, b)],
  Uniform: [2, (a, b) => new D.Uniform(a, b)],
  Gamma: [2, (a, b) => new D.Gamma(a, b)],
  Beta: [2, (a, b) => new D.Beta(a, b)],
  Dirichlet: [1, (a) => new D.Dirichlet(a)],
  Exponential: [1, (a) => new D.Exponential(a)],
  Laplace: [2, (a, b) => new D.Laplace(a, b)],
  Poisson: [1, (a) => new D.Poisson(a)],
  MultivariateNormal: [
    2,
    (a, b) => new D.MultivariateNormal(a, { scaleTril: b }),
  ],
  "MultivariateNormal.covarianceMatrix": [
    2,
    (a, b) => new D.MultivariateNormal(a, { covarianceMatrix: b }),
  ],
  "MultivariateNormal.precisionMatrix": [
    2,
    (a, b) => new D.MultivariateNormal(a, { precisionMatrix: b }),
  ],
  "Bernoulli.probs": [1, (probs) => new D.Bernoulli({ probs })],
  "Bernoulli.logits": [1, (logits) => new D.Bernoulli({ logits })],
  "Categorical.probs": [1, (probs) => new D.Categorical({ probs })],
  "Categorical.logits": [1, (logits) => new D.Categorical({ logits })],
};

/** Calls such as `Normal.logProb`, of parameters and what follows them. */
const distributions: { readonly [call: string]: unknown } = Object.fromEntries(
  Object.entries(KINDS).flatMap(([kind, [count, make]]) => {
    const of = (...xs: Tensor[]) => make(xs[0]!, xs[1]!);
    const names = ["logProb", "entropy", "mean", "variance", "cdf"] as const;
    return [
      [
        `${kind}.klDivergence`,
        (...xs: Tensor[]) =>
          D.klDivergence(of(...xs.slice(0, count)), of(...xs.slice(count))),
      ],
      ...Object.entries(KINDS).map(([two, [, other]]) => [
        `${kind}.${two}.klDivergence`,
        (...xs: Tensor[]) => {
          const [c, d] = xs.slice(count);
          return D.klDivergence(of(...xs.slice(0, count)), other(c!, d!));
        },
      ]),
      ...names.map((name) => [
        `${kind}.${name}`,
        (...xs: Tensor[]) =>
          (of(...xs) as unknown as Record<string, (x?: Tensor) => Tensor>)[
            name
          ]!(...xs.slice(count)),
      ]),
    ];
  }),
);

type Net = (x: Tensor, ...weights: Tensor[]) => Tensor;
const net: Net = (x, w1, b1, w2, b2) =>
  x.matmul(w1!).add(b1!).tanh().matmul(w2!).add(b2!).sin();
const loss: Net = (x, ...weights) => net(x, ...weights).square().mean();

/** Transforms of a small net, of five tensors and what follows them. */
const func: { readonly [call: string]: unknown } = {
  jacobian: (...xs: Tensor[]) =>
    transforms.jacobian(net, xs, { createGraph: true }),
  jacobianForward: (...xs: Tensor[]) =>
    transforms.jacobian(net, xs, { strategy: "forward-mode" }),
  hessian: (...xs: Tensor[]) => transforms.hessian(loss, xs).flat(),
  hessianCreated: (...xs: Tensor[]) =>
    transforms.hessian(loss, xs, { createGraph: true }).flat(),
  jvp: (...xs: Tensor[]) => transforms.jvp(net, xs.slice(0, 5), xs.slice(5)),
  vjp: (...xs: Tensor[]) => transforms.vjp(net, xs.slice(0, 5), xs[5]!).flat(),
  hvp: (...xs: Tensor[]) =>
    transforms.hvp(loss, xs.slice(0, 5), xs.slice(5)).flat(),
  perExample: (...[x, ...weights]: Tensor[]) =>
    transforms.vmap((x: Tensor) => {
      const own = weights.map((w) => w.detach().requiresGrad_());
      return grad(loss(x, ...own), own);
    })(x!),
};

const files = await Promise.all(
  GROUPS.map((group) => readFigures<OperationCase>(group)),
);

/** Matrices are taken apart where they can be read at once. */
function refusesLinalg(): Promise<void> {
  const a = eye(2);
  try {
    linalg.inv(a);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof DeviceError && message.includes("await t.to(")) {
      return Promise.resolve();
    }
    throw error;
  } finally {
    a.dispose();
  }
  throw new Error("inv was not refused");
}

/**
 * Declares the tests of functions of tensors.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function functionGoldens(
  runner: Runner,
  backend: Backend | string,
): void {
  const libraries = { functions, distributions, fft, func, linalg };
  onBackend(runner, "Goldens of functions", backend, () => {
    const waits = typeof backend !== "string" && !backend.readSync;
    for (const { group, cases } of files) {
      if (group === "linalg" && waits) {
        runner.it("linalg is refused, with the way out", refusesLinalg);
        continue;
      }
      // Their densities take matrices apart.
      const here = waits
        ? cases.filter(({ op }) => !op.startsWith("MultivariateNormal"))
        : cases;
      runner.describe(group, () => {
        testCases(
          runner,
          here,
          (figures) => figures.op,
          (figures) => checkOperation(figures, libraries),
        );
      });
      // Shaders take their time to compile.
      if (waits && !group.startsWith("functions_")) continue;
      runner.describe(`${group}, compiled`, () => {
        testCases(
          runner,
          oneOfEach(cases),
          (figures) => figures.op,
          (figures) => checkCompiledOperation(figures, libraries),
        );
      });
    }
    runner.it("every function has figures", () => {
      const covered = new Set(
        files.flatMap(({ cases }) => cases.map(({ op }) => op)),
      );
      const bare = Object.keys({ ...functions, ...fft, ...linalg }).filter((
        name,
      ) => !covered.has(name) && !ELSEWHERE.has(name));
      if (bare.length > 0) throw new Error(`No figures: ${bare.join(", ")}`);
      return Promise.resolve();
    });
  });
}
