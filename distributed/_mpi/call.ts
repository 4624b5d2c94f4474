/**
 * Calls of MPI, and its requests.
 *
 * @module
 */
import type { HostArray, Pending } from "../_communicator.ts";
import { MpiError } from "../errors.ts";
import type { FunctionName, Library } from "./library.ts";

/** What stands for the address of an empty array, which has none. */
const NOTHING = new Uint8Array(8);

/** Calls MPI, and turns its codes into errors. */
export class Mpi {
  readonly library: Library;

  constructor(library: Library) {
    this.library = library;
  }

  /** The address of the first byte of an array. */
  addressOf(array: HostArray | BigInt64Array): number {
    if (array.byteLength === 0) return this.addressOf(NOTHING);
    const bytes = new Uint8Array(
      array.buffer as ArrayBuffer,
      array.byteOffset,
      array.byteLength,
    );
    return this.library.foreign.addressOf(bytes);
  }

  /**
   * Calls a function.
   *
   * @throws {MpiError} If it refuses; the message is the library's.
   */
  call(name: FunctionName, ...args: number[]): void {
    const code = Number(this.library.mpi[name](...args));
    if (code !== 0) throw this.#error(name, code);
  }

  /** Calls a function that writes an integer. */
  integer(name: FunctionName, ...args: number[]): number {
    const out = new Int32Array(1);
    this.call(name, ...args, this.addressOf(out));
    return out[0]!;
  }

  #error(name: FunctionName, code: number): MpiError {
    const text = new Uint8Array(1024);
    const length = new Int32Array(1);
    const at = this.addressOf(text);
    this.library.mpi.MPI_Error_string(code, at, this.addressOf(length));
    const why = this.library.foreign.textAt(at);
    return new MpiError(
      `Cannot go on as ${name} of ${this.library.version} failed: ${why}`,
    );
  }
}

/** A request of MPI in memory that stays where it is. */
export class Request implements Pending {
  readonly #mpi: Mpi;
  readonly #memory = new BigInt64Array(1);
  readonly #flag = new Int32Array(1);
  readonly #flagAt: number;
  readonly #what: string;
  /** What the library works on, which nobody may collect. */
  #kept: readonly HostArray[];
  #done = false;
  /** Where MPI writes the handle. */
  readonly address: number;

  constructor(mpi: Mpi, what: string, kept: readonly HostArray[]) {
    this.#mpi = mpi;
    this.#what = what;
    this.#kept = kept;
    this.address = mpi.addressOf(this.#memory);
    this.#flagAt = mpi.addressOf(this.#flag);
  }

  /** What it is, for messages. */
  get what(): string {
    return this.#what;
  }

  done(): boolean {
    if (this.#done) return true;
    const { statusIgnore } = this.#mpi.library.handles;
    this.#mpi.call("MPI_Test", this.address, this.#flagAt, statusIgnore);
    this.#done = this.#flag[0] !== 0;
    if (this.#done) this.#kept = [];
    return this.#done;
  }
}
