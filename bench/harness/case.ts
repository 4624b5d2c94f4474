/**
 * What a suite is made of: cases, each a piece of work that can be run again
 * and again, and whose last result can be checked.
 *
 * @module
 */
import { type Tensor, tidy } from "@tenfold/tenfold";

/** What a call of some work gets through, for rates. */
export type WorkUnit = "FLOP" | "byte" | "element" | "sample";

/** How much a call of some work gets through. */
export interface Work {
  /** How many. */
  readonly amount: number;
  /** Of what. */
  readonly unit: WorkUnit;
}

/** Work that is set up on the current backend. */
export interface Live {
  /** One call. What it made in the call before, it releases. */
  run(): void | Promise<void>;
  /** What the last call computed. */
  output(): Tensor | null;
  /** What it works on; released when it is over. */
  readonly inputs: readonly Tensor[];
}

/** One line of a table. */
export interface Case {
  /** What is done: one curve of a chart. */
  readonly series: string;
  /** Where on the curve: elements, rows, or whatever the suite counts. */
  readonly size?: number;
  /** How the size is written. @default {the number, as a power of 2} */
  readonly label?: string;
  /** Whether `--quick` has it too. @default {false} */
  readonly quick?: boolean;
  /** Whether `bench:against` has it where no suite is named. @default {false} */
  readonly essential?: boolean;
  /** What a call gets through. */
  readonly work?: Work;
  /**
   * How many calls come before the result is checked. Only where every call
   * changes the result; it is then checked once, not again after the timing.
   */
  readonly stepsToCheck?: number;
  /** How far backends may differ, relative to the values. @default {1e-4} */
  readonly tolerance?: number;
  /** Sets the work up, after `manualSeed(0)`. */
  open(): Live | Promise<Live>;
}

/** A suite that measures the time of calls. */
export interface TimedSuite {
  /** Marks it. */
  readonly kind: "timed";
  /** What it asks. */
  readonly question: string;
  /** What the sizes count, for the axis of a chart. */
  readonly axis?: string;
  /** Its cases, the same ones for every backend. */
  cases(): Case[];
}

/** A figure that one run of a probe gives. */
export interface ProbeFigure {
  /** The key under which the probe prints it. */
  readonly key: string;
  /** What it is, as a line of the table. */
  readonly series: string;
  /** What it is counted in. */
  readonly unit: "ns" | "byte";
}

/** A program that is started anew for every sample and prints its figures. */
export interface Probe {
  /** What it is run on. */
  readonly name: string;
  /** Whether `--quick` has it too. @default {false} */
  readonly quick?: boolean;
  /** The figures it prints. */
  readonly figures: readonly ProbeFigure[];
}

/** A suite whose samples are whole processes. */
export interface ProbeSuite {
  /** Marks it. */
  readonly kind: "probe";
  /** What it asks. */
  readonly question: string;
  /** The program beside the suite, called with backend and name of a probe. */
  readonly program: string;
  /** How many processes: in a quick run, and in a whole one. */
  readonly samples: readonly [quick: number, whole: number];
  /** What the program is asked. */
  readonly probes: readonly Probe[];
}

/** Either kind of suite. */
export type Suite = TimedSuite | ProbeSuite;

/** The name of a case: its series and its size. */
export function caseName({ series, size, label }: Case): string {
  if (label !== undefined) return `${series} ${label}`;
  return size === undefined ? series : `${series} ${showSize(size)}`;
}

/** Powers of two from 2^8 on as powers, other sizes as they are. */
export function showSize(size: number): string {
  const power = Math.log2(size);
  return Number.isInteger(power) && power >= 8 ? `2^${power}` : `${size}`;
}

/**
 * Work that makes one tensor of others. Each call releases the result of the
 * call before, so that the last one can be checked after it was timed.
 */
export function making(inputs: readonly Tensor[], make: () => Tensor): Live {
  let last: Tensor | null = null;
  return {
    inputs,
    run() {
      last?.dispose();
      last = make();
    },
    output: () => last,
  };
}

/** The same for work that makes more tensors on its way. */
export function scoped(inputs: readonly Tensor[], make: () => Tensor): Live {
  return making(inputs, () => tidy(make));
}

/** Work that is made for its effect, beside something to check it by. */
export function acting(
  inputs: readonly Tensor[],
  run: () => void | Promise<void>,
  result: () => Tensor,
): Live {
  let checked: Tensor | null = null;
  return {
    inputs,
    run,
    output() {
      checked?.dispose();
      return checked = result();
    },
  };
}
