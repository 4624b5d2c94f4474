/**
 * Takes turns.
 *
 * @module
 */

/** Some who do the same, one after the other; who fails drops out. */
export class Turns<Who> {
  #left: readonly Who[];
  readonly #fail: (who: Who, reason: unknown) => void | Promise<void>;

  /** Begins with everybody; `fail` is told who drops out, and why. */
  constructor(
    all: readonly Who[],
    fail: (who: Who, reason: unknown) => void | Promise<void>,
  ) {
    this.#left = all;
    this.#fail = fail;
  }

  /** Who takes part. */
  get left(): readonly Who[] {
    return this.#left;
  }

  /** Does something with each. */
  async each(act: (who: Who) => Promise<void>): Promise<void> {
    const left: Who[] = [];
    for (const who of this.#left) {
      try {
        await act(who);
        left.push(who);
      } catch (reason) {
        await this.#fail(who, reason);
      }
    }
    this.#left = left;
  }

  /** Does something with each some times; who begins changes each time. */
  async rounds(
    count: number,
    act: (who: Who) => Promise<void>,
  ): Promise<void> {
    for (let round = 0; round < count; round++) {
      await this.each(act);
      this.#left = [...this.#left.slice(1), ...this.#left.slice(0, 1)];
    }
  }

  /** Lets some go who are done. */
  release(done: (who: Who) => boolean): void {
    this.#left = this.#left.filter((who) => !done(who));
  }
}
