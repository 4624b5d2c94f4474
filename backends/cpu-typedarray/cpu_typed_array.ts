/**
 * The backend: its memory, and how it prepares kernels.
 *
 * @module
 */
import {
  type Backend,
  type DType,
  OutOfMemoryError,
  type TypedArray,
} from "@tenfold/core";
import {
  type Buffer,
  DTYPES,
  HOST_DTYPES,
  type Kernel,
  type Launch,
} from "@tenfold/core/backend";
import { checkCount } from "@tenfold/core/internal";
import { closeMap, closeReduce } from "./closures.ts";
import { canGenerateCode } from "./codegen.ts";
import { fillErrorTables } from "./erf32.ts";
import { fillPowerTable } from "./float32.ts";
import { parseOptions } from "./options.ts";
import { Pool } from "./pool.ts";
import { compileMap } from "./render_map.ts";
import { compileReduce } from "./render_reduce.ts";
import { prepareRoutine } from "./routines/table.ts";

/**
 * Options of {@linkcode cpuTypedArray}.
 *
 * @example No memory is kept
 * ```ts
 * import { setBackend } from "@tenfold/tenfold";
 * import {
 *   cpuTypedArray,
 *   type CpuTypedArrayOptions,
 * } from "@tenfold/backends/cpu-typedarray";
 *
 * const options: CpuTypedArrayOptions = { poolBytes: 0 };
 * await setBackend(cpuTypedArray(options));
 * await setBackend("wasm-simd");
 * ```
 */
export interface CpuTypedArrayOptions {
  /**
   * Whether to compile kernels to JavaScript. `false` runs them as closures,
   * which give the same results many times slower.
   *
   * @default {true where the runtime allows it}
   */
  codegen?: boolean;
  /**
   * Maximum size of the freed memory that is kept for later tensors, in bytes.
   *
   * @default {134217728}
   */
  poolBytes?: number;
}

/** Addresses are 32-bit integers. */
const MAX_BUFFER_BYTES = 2 ** 31 - 1;

class CpuTypedArray implements Backend {
  readonly name = "cpu-typedarray";
  readonly dtypes: readonly DType[] = HOST_DTYPES;
  readonly maxBufferBytes: number = MAX_BUFFER_BYTES;
  readonly collected = true;
  readonly notice?: string;
  readonly #codegen: boolean;
  readonly #pool: Pool;

  constructor(options: CpuTypedArrayOptions) {
    const { codegen = canGenerateCode(), poolBytes } = parseOptions(options);
    this.#codegen = codegen;
    if (!codegen) {
      this.notice = "without generated code, which makes it many times slower";
    }
    this.#pool = new Pool(poolBytes);
    // Not at the import: most programs that import it never open it.
    fillPowerTable();
    fillErrorTables();
  }

  alloc(dtype: DType, size: number): Buffer {
    try {
      return this.#pool.take(dtype, size);
    } catch (error) {
      // What the pool keeps may be what is missing.
      this.#pool.clear();
      try {
        return DTYPES[dtype].allocate(size);
      } catch {
        throw new OutOfMemoryError(
          `Cannot allocate ${
            size * DTYPES[dtype].bytes
          } bytes (${size} elements of ${dtype}) on ${this.name}: the JavaScript engine has no memory of that size left`,
          { cause: error },
        );
      }
    }
  }

  free(buffer: Buffer): void {
    this.#pool.give(buffer as TypedArray);
  }

  write(buffer: Buffer, offset: number, data: TypedArray): void {
    const target = buffer as TypedArray;
    if (target instanceof Uint8Array) {
      // Kernels rely on bools that are 0 or 1.
      for (let i = 0; i < data.length; i++) {
        target[offset + i] = +(data[i] !== 0);
      }
    } else target.set(data, offset);
  }

  readSync(buffer: Buffer, offset: number, length: number): TypedArray {
    return (buffer as TypedArray).slice(offset, offset + length);
  }

  hostView(buffer: Buffer, offset: number, length: number): TypedArray {
    return (buffer as TypedArray).subarray(offset, offset + length);
  }

  read(buffer: Buffer, offset: number, length: number): Promise<TypedArray> {
    return Promise.resolve(this.readSync(buffer, offset, length));
  }

  prepare(kernel: Kernel): Launch | null {
    switch (kernel.kind) {
      case "map":
        return this.#codegen ? compileMap(kernel) : closeMap(kernel);
      case "reduce":
        return this.#codegen ? compileReduce(kernel) : closeReduce(kernel);
      case "routine":
        return prepareRoutine(kernel);
    }
  }

  dispose(): void {
    this.#pool.clear();
  }
}

/**
 * Creates a backend in plain JavaScript, which runs everywhere and has every
 * dtype.
 *
 * @param options Whether to generate code, and how much free memory to keep.
 * @returns The backend.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If `poolBytes` is negative or not a whole number.
 * @throws {EvalError} If `codegen` is `true` where the runtime forbids it; the
 * first kernel throws it.
 *
 * @example Run on it under a content security policy
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
 * import { setBackend, tensor } from "@tenfold/core";
 *
 * await setBackend(cpuTypedArray({ codegen: false }));
 * assertEquals(await tensor([1, 4, 9]).sqrt().toArray(), [1, 2, 3]);
 * ```
 */
export function cpuTypedArray(options: CpuTypedArrayOptions = {}): Backend {
  checkCount("open cpu-typedarray", arguments.length, 1);
  return new CpuTypedArray(options);
}
