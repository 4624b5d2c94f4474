/**
 * Devices: the one place through which every operation passes.
 *
 * An eager device lowers an op to kernels and runs them. A tracing device
 * would implement the same interface, answer with values that are not computed
 * yet, and record the op; neither tensors nor backends would notice.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { type DType, DTYPES, type TypedArray } from "./dtype.ts";
import { DeviceError } from "./errors.ts";
import { expectDevice } from "./garbage.ts";
import type { CountedError } from "./lower/allocations.ts";
import { Launcher } from "./lower/launcher.ts";
import { lower } from "./ops/table.ts";
import type { Op } from "./op.ts";
import { currentRecording } from "./program/recording.ts";
import type { Shape } from "./shape.ts";
import { gaveWay, giveWay } from "./storage.ts";
import type { Value } from "./value.ts";

/**
 * Where tensors live and operations run.
 *
 * @example Where a tensor lives
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Device, tensor, zeros } from "@tenfold/tenfold";
 *
 * const device: Device = tensor([1, 2]).device;
 * const y = zeros([2], { device });
 * assertEquals(y.device, device);
 * ```
 */
export interface Device {
  /** The name of its backend, such as `"cpu-typedarray"`. */
  readonly name: string;
  /** The backend that holds the memory. */
  readonly backend: Backend;
  /**
   * Runs (or records) one operation. Every operation of the library passes
   * through here. The caller owns the results.
   */
  apply(op: Op, inputs: readonly Value[]): readonly Value[];
  /** A dense value that holds a copy of `data`. */
  upload(data: TypedArray, shape: Shape, dtype: DType): Value;
  /** A copy of a value's elements in C order. */
  read(value: Value): Promise<TypedArray>;
  /** The same without waiting; throws where the device cannot. */
  readSync(value: Value): TypedArray;
  /**
   * Throws `error` where a count of refused values, a 0-d tensor, is not 0: at
   * once where the device can be read without waiting, else from the next read.
   * Counts of one operation that wait are added up.
   */
  refuse(operation: string, refused: Value, error: CountedError): void;
  /** The name of its backend. */
  toString(): string;
}

export type { CountedError };

/** What to call an operation in messages and listings. */
function labelOf(op: Op): string {
  switch (op.name) {
    case "update":
      return op.program.label;
    case "map":
    case "mapSum":
      return op.formula.label;
    default:
      return op.name;
  }
}

const launchers = new WeakMap<Device, Launcher>();

/**
 * What launches the kernels of a device.
 *
 * @example The launcher of the current device
 * ```ts
 * import { tensor } from "@tenfold/tenfold";
 * import { launcherOf } from "@tenfold/core/program";
 *
 * const launcher = launcherOf(tensor([1]).device);
 * ```
 */
export function launcherOf(device: Device): Launcher {
  const launcher = launchers.get(device);
  if (launcher) return launcher;
  throw new DeviceError(
    `Cannot compile for ${device.name} as it runs no kernels itself`,
  );
}

/**
 * A device that runs each operation at once.
 *
 * @example A device of a backend that is not registered
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { EagerDevice } from "@tenfold/core/backend";
 * import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
 *
 * const device = new EagerDevice(cpuTypedArray());
 * const x = tensor([1, 2], { device });
 * assertEquals(x.device, device);
 * ```
 */
export class EagerDevice implements Device {
  /** The name of its backend. */
  readonly name: string;
  /** The backend that does the work. */
  readonly backend: Backend;
  readonly #launcher: Launcher;
  /** Counts of refused values that the next read looks at, by operation. */
  #unread = new Map<string, { refused: Value; error: CountedError }>();

  /** Runs operations on `backend`. */
  constructor(backend: Backend) {
    this.name = backend.name;
    this.backend = backend;
    this.#launcher = new Launcher(
      backend,
      (operation, refused, error) => this.refuse(operation, refused, error),
    );
    launchers.set(this, this.#launcher);
    expectDevice(backend.maxBufferBytes);
  }

  /** Lowers the op to kernels and runs them. */
  apply(op: Op, inputs: readonly Value[]): readonly Value[] {
    const recording = currentRecording();
    if (this.backend.enter || recording) {
      const label = labelOf(op);
      this.backend.enter?.(label);
      recording?.enter(label, this);
    }
    return lower(op, inputs, this.#launcher);
  }

  /** A dense value that holds a copy of `data`. */
  upload(data: TypedArray, shape: Shape, dtype: DType): Value {
    try {
      const value = this.#launcher.allocate(shape, dtype);
      if (data.length > 0) this.backend.write(value.storage.buffer, 0, data);
      currentRecording()?.uploaded(value.storage);
      this.#launcher.complete();
      return value;
    } catch (error) {
      this.#launcher.abandon();
      throw error;
    }
  }

  /** A copy of a value's elements in C order. */
  async read(value: Value): Promise<TypedArray> {
    currentRecording()?.refuseRead();
    // An empty view may begin behind the end of its buffer.
    if (value.view.size === 0) return DTYPES[value.dtype].allocate(0);
    const dense = this.#dense(value);
    try {
      const { storage: { buffer }, view: { offset, size } } = dense;
      const data = this.backend.read(buffer, offset, size);
      if (this.#unread.size === 0) return await data;
      const [read, refused] = await Promise.allSettled([data, this.#settle()]);
      for (
        const { status, reason } of [read, refused] as PromiseRejectedResult[]
      ) {
        if (status === "rejected") throw reason;
      }
      return (read as PromiseFulfilledResult<TypedArray>).value;
    } finally {
      dense.release();
      // Where reads answer at once, nothing else lets finalizers run.
      if (this.backend.readSync) {
        const turn = giveWay();
        if (turn !== null) await turn;
      } else gaveWay();
    }
  }

  /** Throws the first error whose count is not 0. */
  async #settle(): Promise<void> {
    const unread = [...this.#unread.values()];
    this.#unread.clear();
    try {
      const counts = await Promise.all(
        unread.map(({ refused: { storage: { buffer }, view: { offset } } }) =>
          this.backend.read(buffer, offset, 1)
        ),
      );
      unread.forEach(({ error }, i) => {
        const count = counts[i]![0]!;
        if (count !== 0) throw error(count);
      });
    } finally {
      for (const { refused } of unread) refused.release();
    }
  }

  /** Looks at the count now, or keeps it for the next read. */
  refuse(operation: string, refused: Value, error: CountedError): void {
    const recording = currentRecording();
    recording?.check({ operation, refused, error });
    if (this.backend.readSync) {
      const count = recording
        ? recording.pause(() => this.readSync(refused)[0]!)
        : this.readSync(refused)[0]!;
      if (count !== 0) throw error(count);
      return;
    }
    if (recording) return;
    const waiting = this.#unread.get(operation)?.refused;
    const sum = waiting
      ? this.apply({ name: "add" }, [waiting, refused])[0]!
      : refused.alias();
    waiting?.release();
    this.#unread.set(operation, { refused: sum, error });
  }

  /**
   * The same without waiting.
   *
   * @throws {DeviceError} If the backend can only read asynchronously.
   */
  readSync(value: Value): TypedArray {
    currentRecording()?.refuseRead();
    const { backend } = this;
    if (!backend.readSync) {
      throw new DeviceError(
        `Cannot read a tensor synchronously on ${this.name}: use the asynchronous form, such as await tensor.data()`,
      );
    }
    if (value.view.size === 0) return DTYPES[value.dtype].allocate(0);
    const dense = this.#dense(value);
    try {
      return backend.readSync(
        dense.storage.buffer,
        dense.view.offset,
        dense.view.size,
      );
    } finally {
      dense.release();
    }
  }

  #dense(value: Value): Value {
    if (value.view.dense) return value.alias();
    return lower({ name: "copy" }, [value], this.#launcher)[0]!;
  }

  /** The name of its backend. */
  toString(): string {
    return this.name;
  }
}
