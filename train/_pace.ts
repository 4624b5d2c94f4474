/**
 * Pauses in long loops.
 *
 * @module
 */
import type { Device } from "@tenfold/core";
import { nextTurn } from "./_terminal.ts";

/** Milliseconds after which others get their turn. */
const TURN = 50;

/**
 * Keeps a loop from starving the rest of the program: now and then timers,
 * signals and the page have their turn, and a device that works behind our
 * back catches up, so that what is queued for it does not grow without bound.
 */
export class Pace {
  #last = performance.now();

  /** Whether it is time for a pause. */
  get due(): boolean {
    return performance.now() - this.#last > TURN;
  }

  /** Pauses. */
  async breathe(device: Device): Promise<void> {
    const { backend } = device;
    if (!backend.readSync) await backend.synchronize?.();
    await nextTurn();
    this.#last = performance.now();
  }
}
