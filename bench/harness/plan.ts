/**
 * How much is measured, and what came out.
 *
 * @module
 */
import { errorText } from "./channel.ts";
import type { Contender } from "./contender.ts";
import type { Failure, Result } from "./schema.ts";
import type { SuiteName } from "./suites.ts";

/** How long everything takes. */
export interface Plan {
  /** Which cases run: all, those for a look, or those to hold a build to. */
  readonly cases: "all" | "quick" | "essential";
  /** How often the suites run from the start, in new processes. */
  readonly passes: number;
  /** How often, within a pass, the backends take turns at a case. */
  readonly rounds: number;
  /** Milliseconds of measuring in a round. */
  readonly budgetMs: number;
  /** The least number of samples in a round. */
  readonly minSamples: number;
  /** Milliseconds of warming up. */
  readonly warmUpMs: number;
  /** Whether to see, before anything is timed, which kernels a case runs. */
  readonly watch: boolean;
}

/** For a look, within minutes. */
export const QUICK: Plan = {
  cases: "quick",
  passes: 2,
  rounds: 2,
  budgetMs: 20,
  minSamples: 2,
  warmUpMs: 30,
  watch: true,
};

/** For figures to keep. */
export const WHOLE: Plan = {
  cases: "all",
  passes: 3,
  rounds: 2,
  budgetMs: 100,
  minSamples: 3,
  warmUpMs: 150,
  watch: true,
};

/** Whether a plan has a case, or a probe. */
export function plans(
  { cases }: Plan,
  work: { readonly quick?: boolean; readonly essential?: boolean },
): boolean {
  return cases === "all" || (work[cases] ?? false);
}

/** What came out of a suite. */
export interface Outcome {
  /** What was measured. */
  readonly results: readonly Result[];
  /** What was not. */
  readonly failures: readonly Failure[];
}

/** What to run. */
export interface Task {
  /** The suite. */
  readonly suite: SuiteName;
  /** Who runs it, in turns. */
  readonly contenders: readonly Contender[];
  /** How long. */
  readonly plan: Plan;
  /** A kernel to slow down on purpose. */
  readonly slowed?: string;
  /** Told what runs at the moment. */
  readonly progress: (what: string) => void;
}

/** A suite that is run in passes. */
export interface SuiteRun {
  /** What it asks. */
  readonly question: string;
  /** Runs once more. */
  pass(): Promise<void>;
  /** What all passes gave. */
  outcome(): Outcome;
}

/** What went wrong, once for each case and backend. */
export class Failures {
  readonly #suite: string;
  readonly #all = new Map<string, Failure>();

  /** Failures of a suite. */
  constructor(suite: string) {
    this.#suite = suite;
  }

  /** Adds what was thrown. */
  add(work: string, backend: string, thrown: unknown): void {
    const key = `${work}\n${backend}`;
    if (this.#all.has(key)) return;
    const error = errorText(thrown);
    this.#all.set(key, { suite: this.#suite, case: work, backend, error });
  }

  /** Whether a case failed on a backend. */
  has(work: string, backend: string): boolean {
    return this.#all.has(`${work}\n${backend}`);
  }

  /** All of them. */
  list(): Failure[] {
    return [...this.#all.values()];
  }
}
