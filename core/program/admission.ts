/**
 * Admission: which calls are worth recording. To record takes longer than to run,
 * so what would be given up before it is used again runs as it is.
 *
 * @module
 */

/** Calls that an entry may stay unused, for each that is kept, until it goes. */
const IDLE = 4;
/** Recordings in a row of which none was replayed; rarely another one then. */
const FRUITLESS = 8;
const RARELY = 32;
/** Shapes that are remembered. */
const REMEMBERED = 64;

/** Decides for one compiled function. */
export class Admission {
  readonly #most: number;
  readonly #seen = new Set<string>();
  #fruitless = 0;
  #refused = 0;

  /** @param most Maximum number of signatures that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** A call was recorded. */
  recorded(): void {
    this.#fruitless++;
  }

  /** A call was replayed: recording pays. */
  pays(): void {
    this.#fruitless = 0;
  }

  /**
   * Whether a call should be recorded.
   *
   * @param kept How many signatures are kept now.
   * @param idle For how many calls the one was not used that would go.
   * @param shapes What it is called with.
   */
  admits(kept: number, idle: number, shapes: string): boolean {
    const seen = this.#seen.has(shapes);
    if (this.#seen.size >= REMEMBERED) this.#seen.clear();
    this.#seen.add(shapes);
    if (this.#fruitless >= FRUITLESS && ++this.#refused % RARELY > 0) {
      return false;
    }
    return kept < this.#most || seen && idle >= IDLE * this.#most;
  }
}
