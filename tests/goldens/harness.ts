/**
 * What the golden suites share: the injected test runner, and tests that
 * gather all differences of an operation before they fail.
 *
 * @module
 */
import { type Backend, currentBackend, setBackend } from "@tenfold/core";

/** The functions of a test runner, as `@std/testing/bdd` has them. */
export interface Runner {
  /** Groups tests. */
  describe(name: string, body: () => void): void;
  /** Declares a test. */
  it(name: string, body: () => Promise<void>): void;
  /** Runs before the tests of the group. */
  beforeAll(body: () => Promise<void>): void;
  /** Runs after the tests of the group. */
  afterAll(body: () => Promise<void>): void;
}

/** Compares one case and gives a sentence for each difference. */
export type CaseCheck<C> = (figures: C) => Promise<string[]>;

/** Groups tests that run on one backend, which is put back afterwards. */
export function onBackend(
  runner: Runner,
  title: string,
  backend: Backend | string,
  body: () => void,
): void {
  const name = typeof backend === "string" ? backend : backend.name;
  runner.describe(`${title} on ${name}`, () => {
    let before: Backend | undefined;
    runner.beforeAll(async () => {
      before = activeBackend();
      await setBackend(backend);
    });
    runner.afterAll(async () => {
      if (before !== undefined) await setBackend(before);
    });
    body();
  });
}

/** The backend in use, or none where nothing has chosen one yet. */
function activeBackend(): Backend | undefined {
  try {
    return currentBackend();
  } catch {
    return undefined;
  }
}

/**
 * Declares one test for each key of the cases, which checks all cases of that
 * key and fails with every difference.
 */
export function testCases<C>(
  runner: Runner,
  cases: readonly C[],
  key: (figures: C) => string,
  check: CaseCheck<C>,
): void {
  const groups = Map.groupBy(cases, key);
  for (const [name, members] of groups) {
    runner.it(`${name} (${members.length} cases)`, async () => {
      const problems: string[] = [];
      for (const figures of members) {
        const label = `case ${cases.indexOf(figures)}, ${describe(figures)}`;
        try {
          for (const problem of await check(figures)) {
            problems.push(`${label}: ${problem}`);
          }
        } catch (error) {
          problems.push(`${label}: ${error}`);
        }
      }
      if (problems.length > 0) {
        throw new Error(
          `${problems.length} differences from PyTorch\n${problems.join("\n")}`,
        );
      }
    });
  }
}

/** A case in short: its JSON, with the elements of tensors left out. */
function describe(figures: unknown): string {
  const text = JSON.stringify(figures, (name, value) => {
    if (["out", "grads", "grads2", "path", "steps"].includes(name)) {
      return undefined;
    }
    if (typeof value === "object" && value !== null && "b64" in value) {
      const [dtype, shape] = Object.entries(value)[0] ?? [];
      return `${dtype} [${shape}]`;
    }
    return value;
  });
  return text.length > 200 ? text.slice(0, 200) + "…" : text;
}
