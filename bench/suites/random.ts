/**
 * Random numbers.
 *
 * @module
 */
import {
  full,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
} from "@tenfold/tenfold";
import {
  type Case,
  type Live,
  making,
  type TimedSuite,
} from "../harness/case.ts";

const DRAWS: Record<string, (size: number) => Live> = {
  "rand": (size) => making([], () => rand([size])),
  "randn": (size) => making([], () => randn([size])),
  "randint": (size) => making([], () => randint(0, 10, [size])),
  "dropout": (size) => overOnes(size, (x) => x.dropout(0.5)),
  "randperm": (size) => making([], () => randperm(size)),
};

function overOnes(size: number, make: (x: Tensor) => Tensor): Live {
  const x = full([size], 1);
  return making([x], () => make(x));
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How many random numbers does a second give?",
  axis: "elements",
  cases: () =>
    Object.entries(DRAWS).flatMap(([series, open]) =>
      [2 ** 10, 2 ** 16, 2 ** 20].map((size): Case => ({
        series,
        size,
        quick: size === 2 ** 16 && series === "randperm" ||
          size === 2 ** 20 && series !== "randperm" ||
          size === 2 ** 10 && series === "randn",
        work: { amount: size, unit: "element" },
        // Every call draws anew.
        stepsToCheck: 1,
        open: () => open(size),
      }))
    ),
};
