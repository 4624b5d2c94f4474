/**
 * Who takes part in a run: a backend, of this build or of another one.
 *
 * @module
 */

/** A backend of a build. */
export interface Contender {
  /** As results call it. */
  readonly name: string;
  /** The backend, as command lines name it. */
  readonly backend: string;
  /** The folder `bench/` whose programs run; they import the build around. */
  readonly bench: URL;
}

/** The folder `bench/` of this build. */
export const BENCH = new URL("../", import.meta.url);

/** Backends of this build under their own names. */
export function backendsHere(backends: readonly string[]): Contender[] {
  return backends.map((name) => ({ name, backend: name, bench: BENCH }));
}
