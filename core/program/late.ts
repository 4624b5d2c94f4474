/**
 * Late values: run-time scalars that are asked for anew at each replay, and which
 * launches take them.
 *
 * @module
 */
import type { LateNumbers, LateScalar } from "./launch.ts";

const NONE: readonly number[] = [];

/** Keeps what is asked for, in order, and which arrays of scalars it went to. */
export class LateLedger {
  /** Numbers that replays ask for, and what else they do, in order. */
  readonly all: LateNumbers[] = [];
  readonly #scalars = new Map<readonly number[], readonly LateScalar[]>();
  readonly #keys = new Map<readonly number[], LateNumbers>();

  /** Asks for values now and at each replay. */
  values(produce: () => readonly number[]): readonly number[] {
    const from = this.#add(produce);
    const values = produce();
    this.#taken(values, values, from);
    return values;
  }

  /** Something besides launches that each replay does as well. */
  effect(run: () => void): void {
    this.#add(() => {
      run();
      return NONE;
    });
  }

  /** A random key was drawn; replays draw another one in its place. */
  key(key: readonly number[], draw: () => readonly number[]): void {
    this.#keys.set(key, this.#add(draw));
  }

  /** The first scalars of a launch are those of a random key. */
  keyed(scalars: readonly number[], key: readonly number[]): void {
    const from = this.#keys.get(key);
    if (from) this.#taken(scalars, key, from);
  }

  /** Which scalars of this array come from late values. */
  of(scalars: readonly number[]): readonly LateScalar[] {
    return this.#scalars.get(scalars) ?? [];
  }

  #add(produce: () => readonly number[]): LateNumbers {
    const from = { produce };
    this.all.push(from);
    return from;
  }

  #taken(
    scalars: readonly number[],
    values: readonly number[],
    from: LateNumbers,
  ): void {
    const taken = values.map((_, part) => ({ at: part, from, part }));
    this.#scalars.set(scalars, taken);
  }
}
