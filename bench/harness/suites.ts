/**
 * The suites by name.
 *
 * @module
 */
import type { Suite } from "./case.ts";

/** The names, in the order in which they run. */
export const SUITES = [
  "dispatch",
  "elementwise",
  "reduce",
  "matmul",
  "convolution",
  "random",
  "autograd",
  "optimizer",
  "train",
  "sequences",
  "compile",
  "data",
  "startup",
  "memory",
] as const;

/** A name of a suite. */
export type SuiteName = typeof SUITES[number];

/** Whether there is a suite of that name. */
export function isSuite(name: string): name is SuiteName {
  return (SUITES as readonly string[]).includes(name);
}

/** Loads a suite; only a process that runs it needs to. */
export async function loadSuite(name: string): Promise<Suite> {
  if (!isSuite(name)) throw new RangeError(unknownSuite(name));
  const { suite } = await import(
    new URL(`../suites/${name}.ts`, import.meta.url).href
  ) as { suite: Suite };
  return suite;
}

/** The message about a name that is not there. */
export function unknownSuite(name: string): string {
  return `Cannot find suite "${name}": the known ones are ${SUITES.join(", ")}`;
}
