/**
 * The suite: laws that every backend must keep, over generated cases.
 *
 * @module
 */
import type { Backend, Op, OpName } from "@tenfold/core";
import { checkCase } from "./_check.ts";
import { Random } from "./_random.ts";
import { balanced, type Session, sessionOf } from "./_session.ts";
import { type CaseRow, EVERY } from "./cases/_case.ts";
import { CASES } from "./cases/_table.ts";

/** Groups tests, as `describe` of a test runner does. */
export type Describe = (name: string, body: () => void) => void;

/** Declares a test, as `it` of a test runner does. */
export type It = (name: string, body: () => void | Promise<void>) => void;

/** What {@linkcode conformance} needs. */
export interface ConformanceOptions {
  /** Opens the backend; called once, by the first test that runs. */
  readonly backend: () => Backend | Promise<Backend>;
  /** Groups tests. */
  readonly describe: Describe;
  /** Declares a test. */
  readonly it: It;
  /** Another seed generates other cases. @default {1} */
  readonly seed?: number;
}

/** Declares one test, with an opened backend. */
type Test = (
  name: string,
  body: (session: Session) => void | Promise<void>,
) => void;

function agreesWithReference(describe: Describe, test: Test, seed: number) {
  describe("every primitive agrees with the float64 reference", () => {
    for (const name of Object.keys(CASES) as OpName[]) {
      const row = CASES[name] as unknown as CaseRow<Op>;
      for (const dtype of EVERY) {
        if (!row.dtypes.includes(dtype)) continue;
        test(`${name} of ${dtype}`, async (session) => {
          const random = new Random(seed, `${name} ${dtype}`);
          for (const one of row.cases(dtype, random)) {
            await checkCase(session, one, random);
          }
        });
      }
    }
  });
}

/**
 * Declares the tests that a backend must pass, with the test runner's own
 * `describe` and `it`.
 *
 * Each primitive runs in each dtype and layout (dense, offset, transposed,
 * broadcast, stepped, reversed, empty, 0-d, odd sizes) against the float64
 * reference. Nothing is left out for a backend: what it cannot do it declares,
 * by its `dtypes` or by answering `null` for a routine, and then the refusal is
 * checked.
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
  const { describe, it, seed = 1 } = options;
  const open = sessionOf(options.backend);
  const test: Test = (name, body) =>
    it(name, async () => {
      const session = await open();
      await balanced(session, () => body(session));
    });
  agreesWithReference(describe, test, seed);
}
