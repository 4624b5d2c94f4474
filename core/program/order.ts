/**
 * Launches in order, with who reads and who writes each piece of memory, so that
 * fusion finds its way in long functions as fast as in short ones.
 *
 * @module
 */
import type { Storage } from "../storage.ts";
import type { Place, RecordedLaunch } from "./launch.ts";

type Positions = Map<Storage, Set<number>>;

/** A list of launches in which positions stay what they are. */
export class LaunchOrder {
  readonly #at: (RecordedLaunch | null)[];
  readonly #readers: Positions = new Map();
  readonly #writers: Positions = new Map();

  constructor(launches: readonly RecordedLaunch[]) {
    this.#at = [...launches];
    launches.forEach((launch, i) => this.#add(launch, i));
  }

  /** The number of positions; some may be empty. */
  get length(): number {
    return this.#at.length;
  }

  /** The launch at a position, or null where it is gone. */
  at(position: number): RecordedLaunch | null {
    return this.#at[position]!;
  }

  /** What is left, in order. */
  all(): RecordedLaunch[] {
    return this.#at.filter((launch) => launch !== null);
  }

  /** Puts another launch at a position, or none. */
  set(position: number, launch: RecordedLaunch | null): void {
    const before = this.#at[position];
    if (before) this.#remove(before, position);
    this.#at[position] = launch;
    if (launch !== null) this.#add(launch, position);
  }

  /** The position before one that is not empty; 0 where there is none. */
  before(position: number): number {
    let at = position - 1;
    while (at > 0 && this.#at[at] === null) at--;
    return Math.max(at, 0);
  }

  /** The positions behind one at which a storage is read, in order. */
  readersAfter(storage: Storage, position: number): number[] {
    return [...this.#readers.get(storage) ?? []]
      .filter((at) => at > position)
      .sort((a, b) => a - b);
  }

  /** How many launches write to a storage. */
  writers(storage: Storage): number {
    return this.#writers.get(storage)?.size ?? 0;
  }

  /** Whether any of these is read strictly between two positions. */
  isRead(places: readonly Place[], from: number, to: number): boolean {
    return isBetween(this.#readers, places, from, to);
  }

  /** Whether any of these is written strictly between two positions. */
  isWritten(places: readonly Place[], from: number, to: number): boolean {
    return isBetween(this.#writers, places, from, to);
  }

  #add({ inputs, outputs }: RecordedLaunch, at: number): void {
    for (const { storage } of inputs) add(this.#readers, storage, at);
    for (const { storage } of outputs) add(this.#writers, storage, at);
  }

  #remove({ inputs, outputs }: RecordedLaunch, at: number): void {
    for (const { storage } of inputs) this.#readers.get(storage)!.delete(at);
    for (const { storage } of outputs) this.#writers.get(storage)!.delete(at);
  }
}

function add(positions: Positions, storage: Storage, at: number): void {
  const known = positions.get(storage);
  if (known) known.add(at);
  else positions.set(storage, new Set([at]));
}

function isBetween(
  positions: Positions,
  places: readonly Place[],
  from: number,
  to: number,
): boolean {
  for (const { storage } of places) {
    for (const at of positions.get(storage) ?? []) {
      if (at > from && at < to) return true;
    }
  }
  return false;
}
