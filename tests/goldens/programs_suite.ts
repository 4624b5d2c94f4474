/**
 * Runs the random programs of `tools/differential/`, on one backend.
 *
 * @module
 */
import { type Backend, memory } from "@tenfold/core";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { checkLayer, type LayerCase } from "./nn_suite.ts";
import {
  checkSchedule,
  checkTrajectory,
  type OptimizerCase,
  type ScheduleCase,
} from "./optim_suite.ts";
import { type ProgramCase, runProgram, showProgram } from "./program.ts";
import { type FigureFile, readFigures } from "./read.ts";
import { TENSOR_OPERATIONS } from "./surface.ts";

/** Programs whose results are read together, as a GPU answers late. */
const TOGETHER = 50;
/** Fewer programs would prove less than the documentation says. */
const LEAST = 3500;
/** What makes tensors of data; every input does. */
const INPUTS = ["tensor"];

const [programs, layers, optimizers, schedules] = await Promise.all([
  Promise.all(
    [
      "tensor",
      "nn",
      "special",
      "tiny",
      "inplace",
      "functions",
      "linalg",
    ].map((group) => readFigures<ProgramCase>(`programs_${group}`)),
  ),
  readFigures<LayerCase>("programs_layers"),
  readFigures<OptimizerCase>("programs_optimizers"),
  readFigures<ScheduleCase>("programs_schedules"),
]);

/**
 * Declares the tests of random programs.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function programGoldens(
  runner: Runner,
  backend: Backend | string,
): void {
  onBackend(runner, "Random programs", backend, () => {
    // Matrices are taken apart where they can be read at once.
    const waits = typeof backend !== "string" && !backend.readSync;
    for (const file of programs) {
      if (waits && file.about === "linear algebra") continue;
      runner.describe(file.about, () => testPrograms(runner, file));
    }
    runner.describe("modules", () => {
      testCases(runner, layers.cases, (c) => c.layer, checkLayer);
      testCases(runner, optimizers.cases, (c) => c.optimizer, checkTrajectory);
      testCases(runner, schedules.cases, (c) => c.scheduler, checkSchedule);
    });
    runner.it("are many, of every operation", () => {
      const count = [...programs, layers, optimizers, schedules]
        .reduce((sum, { cases }) => sum + cases.length, 0);
      if (count < LEAST) throw new Error(`${count} programs`);
      const used = new Set(
        programs.flatMap(({ cases }) =>
          cases.flatMap(({ steps }) =>
            steps.map(([name]) => name.slice(name.indexOf(".") + 1))
          )
        ),
      );
      const missing = TENSOR_OPERATIONS.filter((name) =>
        !used.has(name) && !INPUTS.includes(name)
      );
      if (missing.length === 0) return Promise.resolve();
      throw new Error(`No program has ${missing.join(", ")}`);
    });
  });
}

function testPrograms(
  runner: Runner,
  { cases }: FigureFile<ProgramCase>,
): void {
  for (let start = 0; start < cases.length; start += TOGETHER) {
    const some = cases.slice(start, start + TOGETHER);
    runner.it(`${start} to ${start + some.length - 1}`, async () => {
      const { tensors } = memory();
      const problems = (await Promise.all(
        some.map((program, i) => problemsOf(program, start + i)),
      )).flat();
      const left = memory().tensors - tensors;
      if (left > 0) problems.push(`${left} tensors are left`);
      if (problems.length > 0) {
        throw new Error(
          `${problems.length} differences from PyTorch\n${problems.join("\n")}`,
        );
      }
    });
  }
}

async function problemsOf(
  program: ProgramCase,
  number: number,
): Promise<string[]> {
  const found = await runProgram(program).catch((error) => [`${error}`]);
  return found.map((problem) =>
    `program ${number}: ${problem}\n  ${showProgram(program)}`
  );
}
