/**
 * Random choices that are the same in every run: Threefry, keyed by a name.
 *
 * @module
 */
import { threefry } from "@tenfold/core/backend";

/** A number of 32 bits for a text (FNV-1a). */
function hash(text: string): number {
  let h = 0x811C9DC5 | 0;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h;
}

/** A stream of random numbers. */
export class Random {
  readonly #seed: number;
  readonly #stream: number;
  #count = 0;

  /** The same seed and name give the same stream. */
  constructor(seed: number, name: string | number) {
    this.#seed = seed;
    this.#stream = typeof name === "number" ? name : hash(name);
  }

  /** From [0, 1). */
  unit(): number {
    const bits = threefry(this.#seed, this.#stream, this.#count++, 1);
    return (bits >>> 0) / 2 ** 32;
  }

  /** From [low, high). */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** A whole number from [low, high], both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** One of several. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)]!;
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.unit() < p;
  }

  /** The same things in another order. */
  shuffle<T>(list: readonly T[]): T[] {
    const out = list.slice();
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
