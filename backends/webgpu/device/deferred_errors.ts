/**
 * Errors that a GPU finds out later. What a failed call has made, or should
 * have written, fails at every read; errors that belong to no memory are thrown
 * once, by the next read. All name the operation that caused them.
 *
 * @module
 */
import { DeviceError, IndexError, OutOfMemoryError } from "@tenfold/core";
import type { Outcome } from "./outcome.ts";

/**
 * Words of the report that a shader writes: the number of the operation, the
 * index, its bound, and how many were wrong.
 */
export const REPORT_WORDS = 4;

/**
 * The kinds of errors: each needs an error scope of its own, which takes time.
 */
const EVERY_FILTER: readonly GPUErrorFilter[] = [
  "internal",
  "out-of-memory",
  "validation",
];

const MAX_PENDING = 1024;

/** Keeps errors until they are thrown. */
export class DeferredErrors {
  /** The current operation. */
  operation = "run an operation";
  /** Set once the device is gone. */
  lost: DeviceError | null = null;
  /** The first error that belongs to no known outcome. */
  #stray: Error | null = null;
  /** The first error that no read has thrown yet. */
  #unmet: Error | null = null;
  /** The first index that was out of range. */
  #index: IndexError | null = null;
  /** Operations whose shaders report, by number; 0 is none. */
  readonly #reporters: string[] = [""];
  readonly #pending = new Set<Promise<void>>();
  readonly #watched = new Set<Outcome>();
  readonly #device: GPUDevice;

  /** Listens to the errors of a device. */
  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { error } = event as GPUUncapturedErrorEvent;
      this.#stray ??= this.describe(error, this.operation);
      // What is on its way may have met it.
      for (const outcome of this.#watched) outcome.settle(this.#stray);
    });
    device.lost.then((info) => {
      this.lost ??= new DeviceError(
        `Cannot use webgpu as its device was lost (${
          oneLine(info.message) || info.reason
        }): open a new one with await setBackend("webgpu")`,
      );
    });
  }

  /**
   * True while so many error scopes are pending that dispatches are no longer
   * checked one by one: nothing has been awaited so far.
   */
  get crowded(): boolean {
    return this.#pending.size > MAX_PENDING;
  }

  /** The number under which shaders of this operation report. */
  reporter(): number {
    const known = this.#reporters.indexOf(this.operation);
    return known > 0 ? known : this.#reporters.push(this.operation) - 1;
  }

  /** The error of an operation for which the device reported an error. */
  describe(error: GPUError, operation: string): Error {
    return error.constructor.name === "GPUOutOfMemoryError"
      ? new OutOfMemoryError(
        `Cannot ${operation} as the device is out of memory: ${
          oneLine(error.message)
        }`,
      )
      : new DeviceError(
        `Cannot ${operation} on webgpu: ${oneLine(error.message)}`,
      );
  }

  /**
   * Runs `make` and settles an outcome by the error that the device finds in
   * it, if any. An error of a kind that is not asked for settles all outcomes
   * that are watched at the time.
   */
  watch<T>(
    make: () => T,
    outcome: Outcome,
    describe: (error: GPUError, operation: string) => Error = this.describe,
    filters: readonly GPUErrorFilter[] = EVERY_FILTER,
  ): T {
    const { operation } = this;
    for (const filter of filters) this.#device.pushErrorScope(filter);
    try {
      return make();
    } finally {
      // The device is lost where this is rejected, and says so itself.
      const found = filters.map(() =>
        this.#device.popErrorScope().catch(() => null)
      );
      const settled = Promise.all(found).then((errors) => {
        const error = errors.find((error) => error !== null);
        const described = error ? describe(error, operation) : null;
        this.#unmet ??= described;
        outcome.settle(described);
        this.#watched.delete(outcome);
      });
      this.#watched.add(outcome);
      this.#pending.add(settled);
      settled.finally(() => this.#pending.delete(settled));
    }
  }

  /** Throws the error of this outcome, or one that belongs to no outcome. */
  async check(
    outcome: Outcome | null,
    report: Int32Array | null,
  ): Promise<void> {
    this.#index ??= this.#indexError(report);
    if (this.#pending.size > 0) await Promise.all(this.#pending);
    this.checkLost();
    if (outcome?.error) {
      if (this.#unmet === outcome.error) this.#unmet = null;
      throw outcome.error;
    }
    const error = this.#stray ?? this.#index;
    if (this.#stray) this.#stray = null;
    else this.#index = null;
    if (error) throw error;
  }

  /** Throws the first error that no read has thrown. */
  checkUnmet(): void {
    const error = this.#unmet;
    this.#unmet = null;
    if (error) throw error;
  }

  /** Throws if the device is gone. */
  checkLost(): void {
    if (this.lost) throw this.lost;
  }

  #indexError(report: Int32Array | null): IndexError | null {
    const name = this.#reporters[report?.[0] ?? 0];
    if (!report || !name) return null;
    const [, index, bound] = report;
    const expected = bound! > 0
      ? `expected 0 to ${bound! - 1}`
      : "expected none, as there is nothing to choose from";
    return new IndexError(
      `Cannot ${name} as an index is out of range: got ${index}, ${expected}`,
    );
  }
}

/** A message of the device, which may have several lines. */
export function oneLine(message: string): string {
  return message.replace(/\s+/g, " ").trim();
}
