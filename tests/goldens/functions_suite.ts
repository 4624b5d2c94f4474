/**
 * Compares every function of `@tenfold/core/functions` with PyTorch, on one
 * backend.
 *
 * @module
 */
import type { Backend } from "@tenfold/core";
import * as functions from "@tenfold/core/functions";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { checkOperation, type OperationCase } from "./operation.ts";
import { readFigures } from "./read.ts";

/** The files of figures. */
const GROUPS = [
  "functions_math",
  "functions_order",
  "functions_scatter",
  "functions_shape",
];

/** Functions without figures, and what tests them. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  // Beside isClose, in core/functions.
  "allClose",
]);

const files = await Promise.all(
  GROUPS.map((group) => readFigures<OperationCase>(group)),
);

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
  const libraries = { functions };
  onBackend(runner, "Goldens of functions", backend, () => {
    for (const { group, cases } of files) {
      runner.describe(group, () => {
        testCases(
          runner,
          cases,
          (figures) => figures.op,
          (figures) => checkOperation(figures, libraries),
        );
      });
    }
    runner.it("every function has figures", () => {
      const covered = new Set(
        files.flatMap(({ cases }) => cases.map(({ op }) => op)),
      );
      const bare = Object.keys(functions).filter((name) =>
        !covered.has(name) && !ELSEWHERE.has(name)
      );
      if (bare.length > 0) throw new Error(`No figures: ${bare.join(", ")}`);
      return Promise.resolve();
    });
  });
}
