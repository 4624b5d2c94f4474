/**
 * What a proof shows, line by line.
 *
 * @module
 */
import type { RuntimeName } from "../../distributed/_testing.ts";

/** What was found, beside what it must be. */
export interface Row {
  readonly proof: string;
  /** What was tried. */
  readonly what: string;
  /** What came out, in words. */
  readonly found: string;
  /** What it must be, in words; empty where nothing is asked. */
  readonly bound: string;
  /** Null where nothing is asked, or it could not be tried here. */
  readonly holds: boolean | null;
  /** The figures behind it. */
  readonly figures?: Readonly<Record<string, unknown>>;
}

/** How proofs are run. */
export interface Setting {
  /** Whether seconds have to do, and no time counts. */
  readonly quick: boolean;
  readonly seed: number;
  /** The folder of MNIST, where there is one. */
  readonly data: string | undefined;
  /** The runtimes that are here. */
  readonly runtimes: readonly RuntimeName[];
}

/** Something to show. */
export type Proof = (setting: Setting) => AsyncIterable<Row>;

/** A row as a line of a table. */
export function lineOf({ proof, what, found, bound, holds }: Row): string {
  const mark = holds === null ? "" : holds ? "ok" : "FAILED";
  const must = bound === "" ? "" : `  (${bound})`;
  return `${mark.padEnd(6)} ${proof.padEnd(8)} ${
    what.padEnd(58)
  } ${found}${must}`;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Says that there was no way to try something. */
export function notTried(proof: string, what: string, why: string): Row {
  return { proof, what, found: `not tried: ${why}`, bound: "", holds: null };
}
