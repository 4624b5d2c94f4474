/**
 * Reductions along each axis.
 *
 * @module
 */
import { randn, type Tensor } from "@tenfold/tenfold";
import { type Case, making, scoped, type TimedSuite } from "../harness/case.ts";

interface Reduction {
  readonly name: string;
  /** How many values it writes for each that it reads, at most. */
  readonly keeps: boolean;
  /** Whether it takes all dims at once too. */
  readonly all: boolean;
  readonly apply: (x: Tensor, dim: number | undefined) => Tensor;
}

const REDUCTIONS: readonly Reduction[] = [
  { name: "sum", keeps: false, all: true, apply: (x, dim) => x.sum(dim) },
  { name: "max", keeps: false, all: true, apply: (x, dim) => x.max(dim) },
  {
    name: "softmax",
    keeps: true,
    all: false,
    apply: (x, dim) => x.softmax(dim!),
  },
  {
    name: "variance",
    keeps: false,
    all: true,
    apply: (x, dim) => x.variance(dim),
  },
];

const SIDES = [32, 256, 1024, 2048];
const DIMS = [0, 1, undefined];

function one(
  { name, keeps, apply }: Reduction,
  dim: number | undefined,
  side: number,
): Case {
  const small = side === 32 && name === "sum" && dim === 1;
  const elements = side * side;
  return {
    series: `${name}, ${dim === undefined ? "all" : `dim ${dim}`}`,
    size: elements,
    label: `${side}×${side}`,
    quick: side === 1024 || small,
    essential: name === "softmax" && dim === 1 && side <= 1024,
    work: { amount: 4 * elements * (keeps ? 2 : 1), unit: "byte" },
    open() {
      const x = randn([side, side]);
      // Variances are made of several tensors.
      const live = name === "variance" ? scoped : making;
      return live([x], () => apply(x, dim));
    },
  };
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How fast are reductions, along either axis?",
  axis: "elements",
  cases: () =>
    REDUCTIONS.flatMap((reduction) =>
      DIMS.filter((dim) => dim !== undefined || reduction.all)
        .flatMap((dim) => SIDES.map((side) => one(reduction, dim, side)))
    ),
};
