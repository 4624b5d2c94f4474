/**
 * The memory of the operation that runs now.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { DType } from "../dtype.ts";
import { DeviceError } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { Storage } from "../storage.ts";
import { Value } from "../value.ts";
import { View } from "../view.ts";

/**
 * Makes the error from their number.
 *
 * @example An error with the number of refused values
 * ```ts
 * import type { CountedError } from "@tenfold/core/backend";
 *
 * const error: CountedError = (refused) =>
 *   new RangeError(`Cannot gather as ${refused} indices are out of range`);
 * ```
 */
export type CountedError = (refused: number) => Error;

/** Throws `error`, now or later, where a count of refused values is not 0. */
export type Refuse = (
  operation: string,
  refused: Value,
  error: CountedError,
) => void;

/**
 * What the operation that runs now has allocated on a backend, and what it held
 * of its inputs before: so that one that fails leaves nothing behind.
 */
export class Allocations {
  /** The backend that does the work. */
  readonly backend: Backend;
  readonly #refuse: Refuse;

  /** What the operation that runs now has allocated. */
  readonly #made: (Storage | null)[] = [];
  #count = 0;
  /** How many references its inputs had when it began. */
  readonly #references: number[] = [];
  #inputs = 0;

  /** Keeps count for one backend. */
  constructor(backend: Backend, refuse: Refuse) {
    this.backend = backend;
    this.#refuse = refuse;
  }

  /** Begins an operation that may make views of its inputs. */
  begin(inputs: readonly Value[]): void {
    const count = inputs.length;
    for (let i = 0; i < count; i++) {
      this.#references[i] = inputs[i]!.storage.references;
    }
    this.#inputs = count;
  }

  /** Ends an operation that has gone well: its results belong to the caller. */
  complete(): void {
    // Nothing is cut off: to set the length of an array takes long.
    for (let i = 0; i < this.#count; i++) this.#made[i] = null;
    this.#count = this.#inputs = 0;
  }

  /**
   * Ends an operation that has failed: gives back all that it allocated, and
   * what it still held of its inputs.
   */
  abandon(inputs: readonly Value[] = []): void {
    for (let i = 0; i < this.#count; i++) {
      const storage = this.#made[i]!;
      while (storage.live && storage.references > 0) storage.release();
    }
    for (let i = 0; i < this.#inputs; i++) {
      const { storage } = inputs[i]!;
      const count = this.#references[i]!;
      while (storage.live && storage.references > count) storage.release();
    }
    this.complete();
  }

  /**
   * Refuses what depends on values. The device may run other operations for it,
   * so what this one has made is kept in mind meanwhile.
   */
  refuse(operation: string, refused: Value, error: CountedError): void {
    const made = this.#made.slice(0, this.#count);
    const inputs = this.#inputs;
    this.#count = this.#inputs = 0;
    const references = this.#references.slice(0, inputs);
    try {
      this.#refuse(operation, refused, error);
    } finally {
      made.forEach((storage, i) => this.#made[i] = storage);
      references.forEach((count, i) => this.#references[i] = count);
      this.#count = made.length;
      this.#inputs = inputs;
    }
  }

  /** A dense value of its own, contents undefined. */
  allocate(shape: Shape, dtype: DType): Value {
    if (!this.backend.dtypes.includes(dtype)) {
      throw new DeviceError(
        `Cannot make a tensor of ${dtype} on ${this.backend.name}: it has ${
          this.backend.dtypes.join(", ")
        }`,
      );
    }
    const view = View.dense(shape);
    const storage = new Storage(this.backend, dtype, view.size);
    this.#made[this.#count++] = storage;
    return new Value(storage, view);
  }
}
