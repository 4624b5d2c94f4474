/**
 * Updates of parameters.
 *
 * @module
 */
import { optim, randn, type Tensor } from "@tenfold/tenfold";
import {
  acting,
  type Case,
  type Live,
  type TimedSuite,
} from "../harness/case.ts";

/** An optimizer, and how many tensors of the parameter's size it touches. */
interface Rule {
  readonly name: string;
  /** Reads and writes for each element: Adam reads four and writes three. */
  readonly passes: number;
  readonly make: (parameters: Tensor[]) => { step(): void };
}

const RULES: readonly Rule[] = [
  {
    name: "Adam",
    passes: 7,
    make: (parameters) => new optim.Adam(parameters),
  },
  {
    name: "SGD",
    passes: 3,
    make: (parameters) => new optim.SGD(parameters, { lr: 1e-3 }),
  },
  {
    name: "SGD with momentum",
    passes: 5,
    make: (parameters) =>
      new optim.SGD(parameters, { lr: 1e-3, momentum: 0.9 }),
  },
];

function open(rule: Rule, count: number, size: number): Live {
  const parameters = Array.from(
    { length: count },
    () => randn([size], { requiresGrad: true }),
  );
  const gradients = parameters.map((parameter) => {
    const gradient = randn([size]);
    parameter.backward(gradient);
    return gradient;
  });
  const optimizer = rule.make(parameters);
  return acting(
    [...gradients, ...parameters],
    () => optimizer.step(),
    () => parameters[0]!.detach().clone(),
  );
}

function one(rule: Rule, count: number, size: number, quick: boolean): Case {
  const many = count === 1 ? "" : `, ${count} parameters of`;
  return {
    series: `${rule.name}${many}`,
    size,
    quick,
    work: { amount: 4 * rule.passes * count * size, unit: "byte" },
    // Every call moves the parameters on.
    stepsToCheck: 3,
    open: () => open(rule, count, size),
  };
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How many bytes a second does an optimizer's step move?",
  axis: "elements",
  cases: () =>
    RULES.flatMap((rule) => [
      ...[2 ** 10, 2 ** 16, 2 ** 20, 2 ** 22].map((size) =>
        one(
          rule,
          1,
          size,
          rule.name === "Adam"
            ? size === 2 ** 10 || size === 2 ** 20
            : size === 2 ** 20,
        )
      ),
      one(rule, 100, 2 ** 10, rule.name === "Adam"),
    ]),
};
