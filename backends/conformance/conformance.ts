/**
 * The conformance suite: laws that every backend must satisfy, over generated
 * cases.
 *
 * @module
 */
import fc from "fast-check";
import type { Backend, DType } from "@tenfold/core";
import type { OpName } from "@tenfold/core/backend";
import { checkCase } from "./check.ts";
import { checkGradient, checkNoGradient } from "./gradient.ts";
import {
  checkGradientAtEdges,
  GRADIENT_DTYPES,
  GRADIENT_NAMES,
  gradientCases,
} from "./gradient_edges.ts";
import { checkMap, checkReduce } from "./kernels.ts";
import { Random } from "./random.ts";
import { checkReuse, checkTraining, checkViews } from "./memory.ts";
import { checkProgram, checkReplay } from "./program.ts";
import {
  checkProgramGradient,
  checkProgramTraining,
} from "./smooth_program.ts";
import {
  checkDTypes,
  checkIndices,
  checkOverlaps,
  checkSize,
} from "./refusal.ts";
import { checkLooser } from "./looser.ts";
import { checkRoutine, ROUTINES } from "./routines.ts";
import { checkScalars } from "./scalars.ts";
import { balanced, type Session, sessionOf } from "./session.ts";
import { EVERY } from "./ops/cases.ts";
import { SLOPES } from "./slopes.ts";
import { LOOSER_CASES } from "./ops/convolve.ts";
import { NAMES, specOf } from "./ops/table.ts";

/**
 * Groups tests, as `describe` of a test runner does.
 *
 * @example Groups of node:test
 * ```ts
 * import type { Describe } from "@tenfold/backends/conformance";
 * import { describe } from "node:test";
 *
 * const groups: Describe = (name, body) => describe(name, body);
 * ```
 */
export type Describe = (name: string, body: () => void) => void;

/**
 * Declares a test, as `it` of a test runner does.
 *
 * @example Tests of node:test
 * ```ts
 * import type { It } from "@tenfold/backends/conformance";
 * import { it } from "node:test";
 *
 * const test: It = (name, body) => it(name, body);
 * ```
 */
export type It = (name: string, body: () => void | Promise<void>) => void;

/**
 * Options of {@linkcode conformance}.
 *
 * @example A sample of the suite
 * ```ts
 * import type { ConformanceOptions } from "@tenfold/backends/conformance";
 *
 * const options: Partial<ConformanceOptions> = { seed: 2, every: 10 };
 * ```
 */
export interface ConformanceOptions {
  /** Opens the backend; called once, by the first test that runs. */
  readonly backend: () => Backend | Promise<Backend>;
  /** Groups tests. */
  readonly describe: Describe;
  /** Declares a test. */
  readonly it: It;
  /** Seed of the generated cases. @default {1} */
  readonly seed?: number;
  /** Number of random programs. @default {300} */
  readonly programs?: number;
  /**
   * Checks only every n-th case of a test, and proportionally fewer kernels: a
   * sample for a backend on which the whole suite is too slow to run each time.
   * The random programs are not affected.
   *
   * @default {1}
   */
  readonly every?: number;
}

/** Declares one test, with an opened backend. */
type Test = (
  name: string,
  body: (session: Session) => void | Promise<void>,
) => void;

/** Each `every`-th one of some cases, beginning with the first. */
function* sample<T>(cases: Iterable<T>, every: number): Iterable<T> {
  let i = 0;
  for (const one of cases) if (i++ % every === 0) yield one;
}

function agreesWithReference(
  describe: Describe,
  test: Test,
  seed: number,
  every: number,
) {
  describe("every primitive agrees with the float64 reference", () => {
    for (const name of NAMES) {
      const row = specOf(name);
      for (const dtype of EVERY) {
        if (!row.dtypes.includes(dtype)) continue;
        test(`${name} of ${dtype}`, async (session) => {
          if (row.onHost && !session.backend.readSync) return;
          const random = new Random(seed, `${name} ${dtype}`);
          for (const one of sample(row.cases(dtype, random), every)) {
            await checkCase(session, one, random);
          }
        });
      }
    }
  });
}

function agreesMoreLoosely(describe: Describe, test: Test, seed: number) {
  describe("under the looser precision, they still agree", () => {
    for (const name of Object.keys(LOOSER_CASES)) {
      test(`${name} of float32, high`, (session) =>
        checkLooser(
          session,
          name as keyof typeof LOOSER_CASES,
          new Random(seed, `looser ${name}`),
        ));
    }
  });
}

function gradientsAgree(
  describe: Describe,
  test: Test,
  seed: number,
  every: number,
) {
  describe("gradients agree with finite differences, to the second order", () => {
    for (const name of NAMES) {
      const { smooth, onHost } = specOf(name);
      for (const dtype of ["float16", "float32", "float64"] as const) {
        test(`${name} of ${dtype}`, async (session) => {
          if (!session.has(dtype)) return;
          if (onHost && !session.backend.readSync) return;
          const random = new Random(seed, `gradient of ${name} ${dtype}`);
          if (smooth === null) return checkFlat(session, name, dtype, random);
          for (const one of sample(smooth(dtype), every)) {
            await checkGradient(session, one, random);
          }
        });
      }
    }
  });
}

function gradientsAgreeAtEdges(
  describe: Describe,
  test: Test,
  seed: number,
  every: number,
) {
  describe("gradients agree with formulas, in each layout and at the edges", () => {
    for (const name of GRADIENT_NAMES) {
      for (const dtype of GRADIENT_DTYPES) {
        test(`${name} of ${dtype}`, async (session) => {
          if (!session.has(dtype)) return;
          const random = new Random(seed, `edges of the gradient of ${name}`);
          const cases = gradientCases(name, SLOPES[name]!, dtype, random);
          for (const one of sample(cases, every)) {
            await checkGradientAtEdges(session, one, random);
          }
        });
      }
    }
  });
}

/** Results that have no gradient do not pretend to have one. */
function checkFlat(
  session: Session,
  name: OpName,
  dtype: DType,
  random: Random,
): Promise<void> | void {
  const row = specOf(name);
  if (!row.dtypes.includes(dtype)) return;
  for (const one of row.cases(dtype, random)) {
    if (one.inputs.length === 0 || name === "update") return;
    return checkNoGradient(session, one, random);
  }
}

function kernelsAgree(
  describe: Describe,
  test: Test,
  seed: number,
  every: number,
) {
  describe("kernels agree, whatever the layouts of their operands", () => {
    const times = async (count: number, body: () => Promise<void>) => {
      for (let i = 0; i < count; i += every) await body();
    };
    test("maps", (session) => {
      const random = new Random(seed, "maps");
      return times(200, () => checkMap(session, random));
    });
    test("reductions", (session) => {
      const random = new Random(seed, "reductions");
      return times(200, () => checkReduce(session, random));
    });
    for (const dtype of EVERY) {
      // Kernels compute nothing in it.
      if (dtype === "float16") continue;
      test(`numbers beside tensors of ${dtype}`, async (session) => {
        if (session.has(dtype)) await checkScalars(session, dtype);
      });
    }
    for (const name of Object.keys(ROUTINES) as (keyof typeof ROUTINES)[]) {
      for (const dtype of ROUTINES[name].dtypes) {
        if (dtype === "float16") continue;
        test(`${name} of ${dtype}`, (session) => {
          if (!session.has(dtype)) return;
          const random = new Random(seed, `routine ${name} ${dtype}`);
          return times(40, () => checkRoutine(session, name, dtype, random));
        });
      }
    }
  });
}

function programsAgree(
  describe: Describe,
  test: Test,
  seed: number,
  programs: number,
) {
  describe("random programs agree with the reference", () => {
    test(`${programs} programs`, async (session) => {
      const numbers = (minLength: number, maxLength: number) =>
        fc.array(fc.integer(), { minLength, maxLength, size: "max" });
      await fc.assert(
        fc.asyncProperty(
          numbers(2, 6),
          numbers(0, 40),
          (leaves, steps) => checkProgram(session, leaves, steps),
        ),
        { seed, numRuns: programs, includeErrorInReport: true },
      );
    });
    const fewer = Math.ceil(programs / 5);
    test(`${fewer} programs, replayed`, async (session) => {
      const numbers = (minLength: number, maxLength: number) =>
        fc.array(fc.integer(), { minLength, maxLength, size: "max" });
      await fc.assert(
        fc.asyncProperty(
          numbers(2, 4),
          numbers(1, 20),
          (leaves, steps) => checkReplay(session, leaves, steps),
        ),
        { seed, numRuns: fewer, includeErrorInReport: true },
      );
    });
    const few = Math.ceil(programs / 15);
    test(`${few} programs that learn, compiled`, async (session) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer(),
          fc.integer({ min: 1, max: 12 }),
          (own, length) => checkProgramTraining(session, own, length),
        ),
        { seed, numRuns: few, includeErrorInReport: true },
      );
    });
    test(`gradients of ${fewer} programs`, async (session) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer(),
          fc.integer({ min: 1, max: 10 }),
          (own, length) => checkProgramGradient(session, own, length),
        ),
        { seed, numRuns: fewer, includeErrorInReport: true },
      );
    });
  });
}

function memoryReturns(describe: Describe, test: Test, seed: number) {
  describe("memory returns to where it was", () => {
    test("over training steps in a scope", (session) =>
      checkTraining(session, new Random(seed, "training")));
    test("when the last view is released", (session) =>
      checkViews(session, new Random(seed, "views")));
    test("and is handed out again, but nobody else's", (session) =>
      checkReuse(session, new Random(seed, "reuse")));
  });
}

function refusals(describe: Describe, test: Test) {
  describe("what it does not do, it refuses", () => {
    test("dtypes that it does not declare", checkDTypes);
    test("tensors that are larger than a buffer can be", checkSize);
    test("indices that are out of range", checkIndices);
  });
  describe("changes in place", () => {
    test("see overlapping views as they were before", checkOverlaps);
  });
}

/**
 * Declares the tests that a backend must pass, with the `describe` and `it` of
 * the test runner. They check four laws:
 *
 * 1. Each primitive agrees with the float64 reference, in each dtype and layout
 *    (dense, offset, transposed, broadcast, stepped, reversed, empty, 0-d, odd
 *    sizes) and at the edges of the dtype; so do kernels that are launched
 *    directly, without core.
 * 2. Gradients, and gradients of gradients, agree with finite differences of
 *    the reference; those of elementwise primitives with formulas, too, in each
 *    layout and at the edges.
 * 3. Random programs agree, and so do their gradients.
 * 4. Memory returns to where it was, in every test.
 *
 * Nothing is skipped for a backend: it declares what it cannot do, by its
 * `dtypes` (other dtypes must be refused) or by `subnormals`. Operations
 * without a routine are composed from maps and reductions, and must be as
 * accurate.
 *
 * @param options The backend, and the functions of the test runner.
 *
 * @example In a test file of a backend
 * ```ts ignore
 * import { describe, it } from "@std/testing/bdd";
 * import { conformance } from "@tenfold/backends/conformance";
 * import { myBackend } from "./my_backend.ts";
 *
 * describe("my backend", () => {
 *   conformance({ backend: myBackend, describe, it });
 * });
 * ```
 */
export function conformance(options: ConformanceOptions): void {
  const { describe, it, seed = 1, programs = 300, every = 1 } = options;
  const open = sessionOf(options.backend);
  const test: Test = (name, body) =>
    it(name, async () => {
      const session = await open();
      await balanced(session, () => body(session));
    });
  agreesWithReference(describe, test, seed, every);
  agreesMoreLoosely(describe, test, seed);
  gradientsAgree(describe, test, seed, every);
  gradientsAgreeAtEdges(describe, test, seed, every);
  kernelsAgree(describe, test, seed, every);
  programsAgree(describe, test, seed, programs);
  refusals(describe, test);
  memoryReturns(describe, test, seed);
  describe("at the end", () => {
    it("nothing is alive", async () => {
      const { backend } = await open();
      await backend.synchronize?.();
      if (backend.live > 0) {
        throw new Error(`${backend.live} buffers are alive`);
      }
      backend.dispose?.();
    });
  });
}
