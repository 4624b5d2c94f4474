/**
 * Compares every operation of tensors with PyTorch, on one backend.
 *
 * @module
 */
import * as core from "@tenfold/core";
import { type Backend, type Tensor, tensor } from "@tenfold/core";
import { close } from "./compare.ts";
import { onBackend, type Runner, testCases } from "./harness.ts";
import {
  checkOperation,
  decodeArguments,
  type OperationCase,
} from "./operation.ts";
import { type FigureFile, readFigures } from "./read.ts";
import { RANDOM, TENSOR_OPERATIONS } from "./surface.ts";

/** What a random function promises. */
interface RandomCase {
  readonly random: string;
  readonly args: readonly unknown[];
  readonly dtype: string;
  readonly mean: number;
  readonly std: number;
  readonly low?: number;
  readonly high?: number;
  readonly permutation?: number;
}

const GROUPS = [
  "creation",
  "elementwise",
  "binary",
  "truth",
  "reductions",
  "shape",
  "gather",
  "products",
  "einsum",
  "index",
  "special",
  "methods",
];

const [files, double, random] = await Promise.all([
  Promise.all(GROUPS.map((group) => readFigures<OperationCase>(group))),
  readFigures<OperationCase>("float64"),
  readFigures<RandomCase>("random"),
]);

/**
 * Declares the tests of tensor operations.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function tensorGoldens(runner: Runner, backend: Backend | string): void {
  const check = (figures: OperationCase) => checkOperation(figures, {});
  onBackend(runner, "Goldens of tensors", backend, () => {
    for (const { group, cases } of files) {
      runner.describe(group, () => {
        testCases(runner, cases, (figures) => figures.op, check);
      });
    }
    runner.describe("float64", () => doubleGoldens(runner, check));
    runner.describe("random", () => {
      testCases(runner, random.cases, (c) => c.random, checkRandom);
    });
    runner.it("every operation has figures", () => {
      const covered = new Set([
        ...files.flatMap((file) => file.cases.map((c) => c.op)),
        ...random.cases.map((c) => c.random),
      ]);
      const bare = [...TENSOR_OPERATIONS, ...RANDOM].filter((name) =>
        !covered.has(name)
      );
      if (bare.length > 0) throw new Error(`No figures: ${bare.join(", ")}`);
      const { cases } = files[GROUPS.indexOf("einsum")] as FigureFile<unknown>;
      if (cases.length < 40) throw new Error("Fewer than 40 einsum specs");
      return Promise.resolve();
    });
  });
}

/** A backend without float64 must say so; one with it must be right. */
function doubleGoldens(
  runner: Runner,
  check: (figures: OperationCase) => Promise<string[]>,
): void {
  testCases(runner, double.cases, (figures) => figures.op, async (figures) => {
    if (core.currentBackend().dtypes.includes("float64")) {
      return await check(figures);
    }
    try {
      tensor([1], { dtype: "float64" });
    } catch (error) {
      return error instanceof TypeError ? [] : [`threw ${error}`];
    }
    return ["made a float64 tensor though its backend does not have the dtype"];
  });
}

/** Compares a sample's mean, deviation and bounds with the distribution's. */
async function checkRandom(expected: RandomCase): Promise<string[]> {
  core.manualSeed(2024);
  const draw = (core as unknown as Record<string, unknown>)[expected.random];
  if (typeof draw !== "function") return [`core has no ${expected.random}`];
  const sample: Tensor = draw(...decodeArguments(expected.args).values);
  const problems: string[] = [];
  if (sample.dtype !== expected.dtype) problems.push(`dtype ${sample.dtype}`);
  const data = Float64Array.from(await sample.data());
  const { mean, std } = statistics(data);
  // five standard errors of the mean, and of the deviation at most as much
  const slack = 5 * expected.std / Math.sqrt(data.length);
  if (!close(mean, expected.mean, { rtol: 0, atol: slack })) {
    problems.push(`mean ${mean} instead of ${expected.mean}`);
  }
  if (!close(std, expected.std, { rtol: 0, atol: slack })) {
    problems.push(`deviation ${std} instead of ${expected.std}`);
  }
  for (const value of data) {
    if (
      value < (expected.low ?? -Infinity) || value >= (expected.high ?? 1e9)
    ) {
      problems.push(
        `${value} lies outside [${expected.low}, ${expected.high})`,
      );
      break;
    }
  }
  if (expected.permutation !== undefined) {
    if (new Set(data).size !== expected.permutation) problems.push("repeats");
  }
  return problems;
}

/** The mean of a sample and its standard deviation. */
export function statistics(
  data: Float64Array,
): { mean: number; std: number } {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const squares = data.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / Math.max(1, data.length - 1)) };
}
