/**
 * A backend that checks another one: it counts the buffers that are alive, and
 * refuses calls that core must not make.
 *
 * @module
 */
import type { Backend, DType, TypedArray } from "@tenfold/core";
import type { Buffer, Kernel, KernelCall, Launch } from "@tenfold/core/backend";
import { type Allocation, operandsOf, violationOf } from "./call.ts";

/** A backend that passes everything on and keeps count. */
export class WatchedBackend implements Backend {
  readonly #inner: Backend;
  readonly #live = new Map<Buffer, Allocation>();
  /** Reads at once, where the backend can. */
  readonly readSync?: NonNullable<Backend["readSync"]>;
  /** Hears of each operation, where the backend wants to. */
  readonly enter?: NonNullable<Backend["enter"]>;
  /** Waits for all work, where the backend needs it. */
  readonly synchronize?: NonNullable<Backend["synchronize"]>;
  /** Loads routines, where the backend has some that load late. */
  readonly load?: NonNullable<Backend["load"]>;
  /** Frees everything, if the backend has a `dispose`. */
  readonly dispose?: NonNullable<Backend["dispose"]>;

  /** Watches `inner`. */
  constructor(inner: Backend) {
    this.#inner = inner;
    if (inner.readSync) {
      this.readSync = (buffer, offset, length) => {
        this.#checkRange("read", buffer, offset, length);
        return inner.readSync!(buffer, offset, length);
      };
    }
    if (inner.enter) this.enter = (operation) => inner.enter!(operation);
    if (inner.load) this.load = (routine) => inner.load!(routine);
    if (inner.synchronize) this.synchronize = () => inner.synchronize!();
    if (inner.dispose) this.dispose = () => inner.dispose!();
  }

  /** The name of the watched backend. */
  get name(): string {
    return this.#inner.name;
  }

  /** The dtypes of the watched backend. */
  get dtypes(): readonly DType[] {
    return this.#inner.dtypes;
  }

  /** The bound of the watched backend. */
  get maxBufferBytes(): number {
    return this.#inner.maxBufferBytes;
  }

  /** Whether it keeps numbers below the normal range. */
  get subnormals(): boolean {
    return this.#inner.subnormals ?? true;
  }

  /** The number of live buffers. */
  get live(): number {
    return this.#live.size;
  }

  /** Allocates, and counts. */
  alloc(dtype: DType, size: number): Buffer {
    if (!Number.isInteger(size) || size < 1) {
      throw new Error(`A buffer of ${size} elements was asked for`);
    }
    if (!this.dtypes.includes(dtype)) {
      throw new Error(`A buffer of ${dtype} was asked for`);
    }
    const buffer = this.#inner.alloc(dtype, size);
    if (this.#live.has(buffer)) {
      throw new Error("A buffer that is in use was handed out again");
    }
    this.#live.set(buffer, { dtype, size });
    return buffer;
  }

  /** Frees, once. */
  free(buffer: Buffer): void {
    if (!this.#live.delete(buffer)) {
      throw new Error("A buffer was freed that is not alive");
    }
    this.#inner.free(buffer);
  }

  /** Writes inside a live buffer. */
  write(buffer: Buffer, offset: number, data: TypedArray): void {
    this.#checkRange("write", buffer, offset, data.length);
    this.#inner.write(buffer, offset, data);
  }

  /** Reads inside a live buffer. */
  read(buffer: Buffer, offset: number, length: number): Promise<TypedArray> {
    this.#checkRange("read", buffer, offset, length);
    return this.#inner.read(buffer, offset, length);
  }

  /** Prepares a kernel whose calls are checked. */
  prepare(kernel: Kernel): Launch | null {
    const launch = this.#inner.prepare(kernel);
    if (launch === null) {
      if (kernel.kind !== "routine") {
        throw new Error(`A ${kernel.kind} kernel was answered with null`);
      }
      return null;
    }
    const operands = operandsOf(kernel);
    return (call) => {
      this.#checkCall(kernel, operands, call);
      launch(call);
    };
  }

  #checkRange(
    what: string,
    buffer: Buffer,
    offset: number,
    length: number,
  ): void {
    const known = this.#live.get(buffer);
    if (!known) throw new Error(`A ${what} of a buffer that is not alive`);
    if (offset < 0 || offset + length > known.size) {
      throw new Error(
        `A ${what} of elements ${offset} to ${
          offset + length
        } of a buffer of ${known.size}`,
      );
    }
  }

  #checkCall(
    kernel: Kernel,
    operands: ReturnType<typeof operandsOf>,
    call: KernelCall,
  ): void {
    const violation = violationOf(kernel, operands, call, this.#live);
    if (!violation) return;
    const { buffers: _, ...rest } = call;
    throw new Error(
      `A kernel was launched with ${violation}: ${JSON.stringify(kernel)} ${
        JSON.stringify(rest)
      }`,
    );
  }
}
