/**
 * Errors that a GPU finds out later. They are kept until somebody reads, and
 * thrown there with the name of the operation that caused them.
 *
 * @module
 */
import { DeviceError, IndexError, OutOfMemoryError } from "@tenfold/core";

/**
 * Words of the report that a shader writes: the number of the operation, the
 * index, its bound, and how many were wrong.
 */
export const REPORT_WORDS = 4;

/** Keeps errors until the first one is thrown. */
export class Faults {
  /** The operation that runs at the moment. */
  operation = "run an operation";
  /** Set once the device is gone. */
  lost: DeviceError | null = null;
  /** The first error of a watched call, whose operation is known. */
  #first: Error | null = null;
  /** The first error besides, often what followed from one of these. */
  #stray: Error | null = null;
  /** Operations whose shaders report, by number; 0 is none. */
  readonly #reporters: string[] = [""];
  #pending = new Set<Promise<void>>();
  readonly #device: GPUDevice;

  /** Listens to the errors of a device. */
  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { error } = event as GPUUncapturedErrorEvent;
      this.#stray ??= isOutOfMemory(error)
        ? new OutOfMemoryError(
          `Cannot ${this.operation} as the device is out of memory: ${
            oneLine(error.message)
          }`,
        )
        : new DeviceError(
          `Cannot ${this.operation} on webgpu: ${oneLine(error.message)}`,
        );
    });
    device.lost.then((info) => {
      this.lost ??= new DeviceError(
        `Cannot use webgpu as its device was lost (${
          oneLine(info.message) || info.reason
        }): open a new one with await setBackend("webgpu")`,
      );
    });
  }

  /** The number under which shaders of this operation report. */
  reporter(): number {
    const known = this.#reporters.indexOf(this.operation);
    return known > 0 ? known : this.#reporters.push(this.operation) - 1;
  }

  /** Runs `make` and keeps the error that the device finds in it. */
  watch<T>(
    filter: GPUErrorFilter,
    make: () => T,
    describe: (message: string) => Error,
  ): T {
    this.#device.pushErrorScope(filter);
    try {
      return make();
    } finally {
      const settled = this.#device.popErrorScope().then(
        (error) => {
          if (!error) return;
          const described = describe(oneLine(error.message));
          this.#first ??= described;
        },
        () => {}, // The device is lost, and says so itself.
      );
      this.#pending.add(settled);
      settled.finally(() => this.#pending.delete(settled));
    }
  }

  /** Throws what has been found up to now. */
  async check(report: Int32Array | null): Promise<void> {
    if (this.#pending.size > 0) await Promise.all(this.#pending);
    if (this.lost) throw this.lost;
    const first = this.#first ?? this.#stray ?? this.#indexError(report);
    this.#first = null;
    this.#stray = null;
    if (first) throw first;
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

function isOutOfMemory(error: GPUError): boolean {
  return error.constructor.name === "GPUOutOfMemoryError";
}

/** A message of the device, which may have several lines. */
export function oneLine(message: string): string {
  return message.replace(/\s+/g, " ").trim();
}
