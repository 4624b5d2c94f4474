/**
 * The state of the random number generator: a seed, and a count of the draws.
 * Each draw has a key of its own, from which its numbers follow by position.
 *
 * @module
 */
import { checkCount } from "./options.ts";

import { currentRecording } from "./program/recording.ts";

/**
 * The state of the random number generator, as plain numbers that can be
 * stored.
 *
 * @example Numbers drawn again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   getRandomState,
 *   rand,
 *   type RandomState,
 *   setRandomState,
 * } from "@tenfold/tenfold";
 *
 * const state: RandomState = getRandomState();
 * const first = await rand([2]).toArray();
 * setRandomState(state);
 * assertEquals(await rand([2]).toArray(), first);
 * ```
 */
export interface RandomState {
  /** The seed, an int32. */
  readonly seed: number;
  /** Number of draws since it was set. */
  readonly draws: number;
}

let state: RandomState = { seed: 0, draws: 0 };
let seeded = false;

/**
 * Sets the seed of the random number generator: the same seed gives the same
 * numbers on every backend.
 *
 * @param seed Any integer; the lowest 32 bits are used.
 * @throws {RangeError} If it is not an integer.
 * @example The same numbers again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { manualSeed, rand } from "@tenfold/tenfold";
 *
 * manualSeed(7);
 * const first = rand([3]).toArraySync();
 * manualSeed(7);
 * assertEquals(rand([3]).toArraySync(), first);
 * ```
 */
export function manualSeed(seed: number): void {
  checkCount("manualSeed", arguments.length, 1);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `Cannot seed the generator with ${seed}: give an integer`,
    );
  }
  setRandomState({ seed: Number(BigInt.asIntN(32, BigInt(seed))), draws: 0 });
}

/**
 * The state of the generator, to continue from later.
 *
 * @example Draw the same again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { getRandomState, rand, setRandomState } from "@tenfold/tenfold";
 *
 * const state = getRandomState();
 * const x = await rand([3]).toArray();
 * setRandomState(state);
 * assertEquals(await rand([3]).toArray(), x);
 * ```
 */
export function getRandomState(): RandomState {
  checkCount("getRandomState", arguments.length, 0);
  seedOnce();
  return state;
}

/**
 * Continues from a state that {@linkcode getRandomState} gave.
 *
 * @example Draw the same again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { getRandomState, randn, setRandomState } from "@tenfold/tenfold";
 *
 * const state = getRandomState();
 * const x = await randn([3]).toArray();
 * setRandomState(state);
 * assertEquals(await randn([3]).toArray(), x);
 * ```
 */
export function setRandomState(next: RandomState): void {
  checkCount("setRandomState", arguments.length, 1);
  set(next);
  currentRecording()?.effect(() => set(next));
}

function set({ seed, draws }: RandomState): void {
  state = { seed: seed | 0, draws };
  seeded = true;
}

/** The key of a draw. */
export type RandomKey = readonly [number, number];

/** Where keys are noted, and those that are handed out again. */
let noted: RandomKey[] | null = null;
let again: RandomKey[] | null = null;

/** Calls `fn`, which waits for nothing, and notes the keys that it draws. */
export function notingKeys<T>(keys: RandomKey[], fn: () => T): T {
  const before = noted;
  noted = keys;
  try {
    return fn();
  } finally {
    before?.push(...keys);
    noted = before;
  }
}

/** Calls `fn` with keys that were noted in the place of new ones. */
export function withKeys<T>(keys: readonly RandomKey[], fn: () => T): T {
  const before = again;
  again = keys.slice();
  try {
    return fn();
  } finally {
    again = before;
  }
}

/**
 * The key of the next draw.
 *
 * @example Two draws differ
 * ```ts
 * import { assert } from "@std/assert";
 * import { nextKey } from "@tenfold/core/internal";
 *
 * assert(nextKey().join() !== nextKey().join());
 * ```
 */
export function nextKey(): readonly [number, number] {
  const known = again?.shift();
  if (known !== undefined) {
    noted?.push(known);
    return known;
  }
  seedOnce();
  const { seed, draws } = state;
  state = { seed, draws: draws + 1 };
  const key: RandomKey = [seed, draws | 0];
  currentRecording()?.key(key, nextKey);
  noted?.push(key);
  return key;
}

/** Programs that set no seed get another one each time. */
function seedOnce(): void {
  if (seeded) return;
  const [seed] = crypto.getRandomValues(new Int32Array(1));
  set({ seed: seed!, draws: 0 });
}
