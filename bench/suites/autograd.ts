/**
 * Forward against forward and backward.
 *
 * @module
 */
import {
  grad,
  nn,
  rand,
  randint,
  randn,
  scope,
  type Tensor,
} from "@tenfold/tenfold";
import type { Case, Live, TimedSuite } from "../harness/case.ts";
import { buildModel, netNamed } from "./_nets.ts";

/** A function of some tensors, to a single value. */
interface Subject {
  readonly name: string;
  readonly quick: boolean;
  readonly essential?: boolean;
  readonly open: () => {
    /** What it holds beside the variables. */
    readonly inputs: readonly Tensor[];
    /** What gradients are taken by. */
    readonly variables: readonly Tensor[];
    readonly value: () => Tensor;
  };
}

function chain(size: number): Subject {
  return {
    name: `eight operations, ${size} elements`,
    quick: true,
    open() {
      const x = randn([size], { requiresGrad: true });
      return {
        inputs: [],
        variables: [x],
        value: () =>
          x.mul(2).add(1).tanh().mul(x).sigmoid().add(x).square().mean(),
      };
    },
  };
}

/** An operation of two operands that both take part in backward. */
function pair(name: "div" | "maximum", size: number): Subject {
  return {
    name: `${name}, ${size} elements`,
    quick: false,
    essential: true,
    open() {
      // Divisors that stay away from zero.
      const a = rand([size]).add(1).requiresGrad_();
      const b = rand([size]).add(1).requiresGrad_();
      return { inputs: [], variables: [a, b], value: () => a[name](b).sum() };
    },
  };
}

const SUBJECTS: readonly Subject[] = [
  chain(16),
  chain(65536),
  pair("div", 16),
  pair("div", 65536),
  pair("maximum", 16),
  pair("maximum", 65536),
  {
    name: "784-50-10, batch 64",
    quick: true,
    open() {
      const { model, batch, loss } = buildModel(
        netNamed("784-50-10, batch 64, SGD"),
      );
      return {
        inputs: batch,
        variables: [...model.parameters()],
        value: loss,
      };
    },
  },
  {
    // The net of the first lesson on MNIST: all digits in one batch.
    name: "784-50-1, batch 50,000",
    quick: false,
    open() {
      const [x, y] = [rand([50_000, 784]), rand([50_000])];
      const hidden = new nn.Linear(784, 50);
      const out = new nn.Linear(50, 1);
      return {
        inputs: [x, y],
        variables: [...hidden.parameters(), ...out.parameters()],
        value: () =>
          out.forward(hidden.forward(x).relu()).squeeze(-1).sub(y).square()
            .mean(),
      };
    },
  },
  {
    name: "cross entropy, 128×1000",
    quick: true,
    open() {
      const x = randn([128, 1000], { requiresGrad: true });
      const y = randint(0, 1000, [128]);
      return {
        inputs: [y],
        variables: [x],
        value: () => nn.functional.crossEntropy(x, y),
      };
    },
  },
  {
    name: "embedding, 21,600 indices × 64",
    quick: true,
    open() {
      const index = randint(0, 65, [21_600]);
      const weight = randn([65, 64], { requiresGrad: true });
      return {
        inputs: [index],
        variables: [weight],
        value: () => nn.functional.embedding(index, weight).sum(),
      };
    },
  },
  {
    name: "layer norm, 256×512",
    quick: false,
    open() {
      const x = randn([256, 512], { requiresGrad: true });
      const weights = randn([256, 512]);
      return {
        inputs: [weights],
        variables: [x],
        value: () =>
          nn.functional.layerNorm(x, null, null, { normalizedShape: [512] })
            .mul(weights).mean(),
      };
    },
  },
  {
    name: "matmul 256 of both sides",
    quick: false,
    open() {
      const a = randn([256, 256], { requiresGrad: true });
      const b = randn([256, 256], { requiresGrad: true });
      return {
        inputs: [],
        variables: [a, b],
        value: () => a.matmul(b).square().mean(),
      };
    },
  },
];

function live(subject: Subject, backward: boolean): Live {
  const { inputs, variables, value } = subject.open();
  let last: Tensor | null = null;
  return {
    inputs: [...inputs, ...variables],
    run() {
      using s = scope();
      last?.dispose();
      const result = value();
      last = s.keep(
        backward ? grad(result, variables)[0]! : result.detach(),
      );
    },
    output: () => last,
  };
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "What does backward cost beside forward?",
  cases: () =>
    SUBJECTS.flatMap((subject) =>
      [false, true].map((backward): Case => ({
        series: `${subject.name}: ${
          backward ? "forward and backward" : "forward"
        }`,
        quick: subject.quick,
        essential: subject.essential ?? false,
        tolerance: 1e-3,
        open: () => live(subject, backward),
      }))
    ),
};
