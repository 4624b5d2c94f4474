/**
 * What a backend is: memory, and prepared kernels.
 *
 * @module
 */
import type { DType, TypedArray } from "./dtype.ts";
import type {
  Buffer,
  CallGroup,
  Kernel,
  Launch,
  RepeatedCall,
  RoutineName,
} from "./kernel.ts";

/**
 * The memory of a device and the compiler of its kernels.
 *
 * @example A backend of one's own choice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Backend, zeros } from "@tenfold/tenfold";
 * import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
 *
 * const backend: Backend = cpuTypedArray({ poolBytes: 2 ** 20 });
 * const x = zeros([2], { device: backend });
 * assertEquals(x.device.name, "cpu-typedarray");
 * ```
 */
export interface Backend {
  /** The name under which it is registered, such as `"cpu-typedarray"`. */
  readonly name: string;
  /** The dtypes that tensors of this backend can have. */
  readonly dtypes: readonly DType[];
  /**
   * Routines that take float16 as it is stored, and compute it in float32;
   * others are given float32 in its place.
   *
   * @default {none}
   */
  readonly halves?: ReadonlySet<RoutineName>;
  /**
   * Products that take an epilogue, in kernels of compiled functions: their
   * outputs all lie densely over the dims that are not summed.
   *
   * @default {none}
   */
  readonly epilogues?: ReadonlySet<RoutineName> | undefined;
  /**
   * False where numbers below the smallest normal one may count as 0, as WGSL
   * allows it.
   *
   * @default {true}
   */
  readonly subnormals?: boolean;
  /**
   * True where buffers are objects that the garbage collector frees by itself
   * when nothing refers to them.
   *
   * @default {false}
   */
  readonly collected?: boolean;
  /** What it lacks in this runtime, such as threads. */
  readonly notice?: string | undefined;
  /** Whether its device is lost, so that a new one must be opened. */
  readonly lost?: boolean;
  /**
   * Waited for by `setBackend`: settles when what is loaded on opening, such as
   * a library of the machine, is in use. The backend works before, without it.
   */
  readonly ready?: Promise<void> | undefined;
  /** The largest buffer that it can hold, in bytes. */
  readonly maxBufferBytes: number;
  /**
   * Bytes reserved on its device, in use or cached, where known;
   * `memory({ reserved: true })` returns them.
   */
  readonly reservedBytes?: number | undefined;

  /**
   * Told the name of each operation before it runs, where errors come later
   * and should name it all the same.
   */
  enter?(operation: string): void;
  /**
   * Allocates memory for `size` elements (at least 1); the contents are
   * undefined.
   *
   * @throws {OutOfMemoryError} If there is not enough memory; nothing has
   * changed then.
   */
  alloc(dtype: DType, size: number): Buffer;
  /** Frees a buffer; kernels already launched on it still complete. */
  free(buffer: Buffer): void;
  /** Copies `data` into the buffer from element `offset` on. */
  write(buffer: Buffer, offset: number, data: TypedArray): void;
  /** A copy of `length` elements from element `offset` on. */
  read(buffer: Buffer, offset: number, length: number): Promise<TypedArray>;
  /** Reads synchronously, where the device can. */
  readSync?(buffer: Buffer, offset: number, length: number): TypedArray;
  /**
   * `length` elements from element `offset` on where they lie, where that is
   * memory of the host; what is written to them is written to the buffer. It
   * holds until memory is allocated.
   */
  hostView?(buffer: Buffer, offset: number, length: number): TypedArray;
  /**
   * Prepares a kernel once for all shapes; `null` for a routine it does not
   * have, which core then decomposes.
   */
  prepare(kernel: Kernel): Launch | null;
  /**
   * Loads a routine that few programs use, or what `join` needs: before it has,
   * `prepare` answers `null` for the routine, and `join` joins nothing. It
   * settles at once for all others. `setBackend` waits for those of modules that
   * the program has imported; where a backend is opened without waiting, they
   * are loaded when they are first asked for.
   */
  load?(routine: RoutineName | "join"): Promise<void>;
  /**
   * Joins calls that will be made again and again in this order, where it makes
   * several of them faster at once; the others are made one by one.
   */
  join?(calls: readonly RepeatedCall[]): readonly CallGroup[];
  /** Waits until all work launched so far is done. */
  synchronize?(): Promise<void>;
  /** Releases everything. */
  dispose?(): void;
}
