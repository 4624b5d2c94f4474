/**
 * The backend: core's view of a GPU.
 *
 * @module
 */
import {
  type Backend,
  DeviceError,
  type DType,
  type TypedArray,
} from "@tenfold/core";
import {
  arg,
  type Buffer,
  type CallGroup,
  DTYPES,
  type Kernel,
  type Launch,
  type RepeatedCall,
  type RoutineName,
  SUMMED_DIMS,
} from "@tenfold/core/backend";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
import type { Memory } from "./device/buffer.ts";
import type { Counters } from "./device/counters.ts";
import { Gpu } from "./device/gpu.ts";
import type { Profile } from "./device/profile.ts";
import { prepareApart } from "./kernels/apart.ts";
import { prepareArgReduce } from "./kernels/arg_reduce.ts";
import { prepareConv } from "./kernels/conv.ts";
import { prepareCumsum } from "./kernels/cumsum.ts";
import { prepareGather } from "./kernels/gather.ts";
import { prepareMap } from "./kernels/map.ts";
import { prepareMatmul, warmMatmul } from "./kernels/matmul.ts";
import { prepareMaxPool } from "./kernels/max_pool.ts";
import { prepareNorm, squaredIn } from "./kernels/norm.ts";
import { prepareReduce } from "./kernels/reduce.ts";
import { prepareScatter } from "./kernels/scatter.ts";
import { eachInvocation, gridFor } from "./kernels/loop.ts";
import { joinParts } from "./kernels/sequence_plan.ts";
import { prepareSoftmax } from "./kernels/softmax.ts";
import { prepareSort } from "./kernels/sort.ts";
import { hasLarge, Windows } from "./kernels/windows.ts";
import { int, Params, uint } from "./wgsl/params.ts";
import { isTuning, measureTiles, type Tuning } from "./tuning.ts";
import { keepTuning, readTuning } from "./tuning_store.ts";
import {
  type GpuDType,
  HELD_DTYPES,
  type WordArray,
  wordsOf,
} from "./wgsl/dtype.ts";

/** What prepares the products of quantised layers, once it is loaded. */
let int8: typeof import("./kernels/dots_int8.ts") | undefined;

const INT8_TOOLS = { eachInvocation, gridFor, int, Params, uint };

/** How `open.ts` asks for tile sizes that are kept. */
export const useKept = Symbol("useKept");

const TUNE = z.strictObject({
  milliseconds: z._default(
    z.number("must be a number").check(z.gt(0, "must be above 0")),
    3000,
  ),
  keep: z._default(z.boolean("must be true or false"), true),
});

/**
 * A GPU as a backend for tensors. Created by `webgpu()`.
 *
 * @example How many kernels were dispatched
 * ```ts
 * import { WebgpuBackend } from "@tenfold/backends/webgpu";
 *
 * function dispatched(backend: WebgpuBackend): number {
 *   return backend.counters.dispatches;
 * }
 * ```
 */
export class WebgpuBackend implements Backend {
  /** Always `"webgpu"`. */
  readonly name = "webgpu";
  /**
   * float32, int32 and bool, and float16 where the runtime has `Float16Array`;
   * WebGPU has no float64.
   */
  readonly dtypes: readonly DType[] = HELD_DTYPES;
  /** Products, convolutions, max pooling, and routines along rows. */
  readonly halves: ReadonlySet<RoutineName> = new Set<RoutineName>([
    "matmul",
    "conv2d",
    "maxPool2d",
    "softmax",
    "logSoftmax",
    "cumsum",
    "argmax",
    "argmin",
    "sort",
  ]);
  /**
   * Matrix products and convolutions on graphics cards. On a processor they take
   * as long with a map behind them, and their shaders longer to compile.
   */
  readonly epilogues: ReadonlySet<RoutineName>;
  /** False: WGSL allows subnormal numbers to be flushed to 0. */
  readonly subnormals = false;
  /**
   * Maximum size of a buffer in bytes. Operations on tensors larger than one
   * binding are computed in parts.
   */
  readonly maxBufferBytes: number;
  /** The name of the adapter, if it is known. */
  readonly notice: string;
  readonly #gpu: Gpu;
  /** The kernel of each launch. */
  readonly #kernels = new WeakMap<Launch, Kernel>();
  /** Copies float16 to where no word begins. */
  #copy: Launch | null = null;

  /** Wraps a device, and takes ownership of it. */
  constructor(device: GPUDevice, profile: Profile, adapter: string) {
    this.#gpu = new Gpu(device, profile);
    this.maxBufferBytes = profile.maxBufferBytes;
    this.notice = adapter;
    this.epilogues = new Set(profile.software ? [] : ["matmul", "conv2d"]);
    // A software adapter would compile on the processor that has other work.
    if (!profile.software) warmMatmul(this.#gpu).catch(() => {});
  }

  /** True once the device is lost; `setBackend("webgpu")` opens a new one. */
  get lost(): boolean {
    return this.#gpu.errors.lost !== null;
  }

  /** Counters of the device's memory and work. */
  get counters(): Readonly<Counters> {
    return { ...this.#gpu.counters };
  }

  /**
   * Bytes of the device's buffers, in use or kept for reuse; 0 once it is lost.
   */
  get reservedBytes(): number {
    const { counters, reader } = this.#gpu;
    return this.lost ? 0 : counters.bytes + counters.idleBytes +
      reader.keptBytes;
  }

  /** Sets the name of the current operation, for deferred errors. */
  enter(operation: string): void {
    this.#gpu.errors.operation = operation;
  }

  /**
   * Allocates a buffer of `size` elements.
   *
   * @throws {OutOfMemoryError} If the buffer is larger than the adapter allows.
   * @throws {DeviceError} If the device was lost.
   */
  alloc(dtype: DType, size: number): Buffer {
    this.#gpu.errors.checkLost();
    const block = this.#gpu.pool.take(size * this.#bytesOf(dtype));
    return { block, dtype: dtype as GpuDType, size };
  }

  /** Frees a buffer; work recorded on it still completes. */
  free(buffer: Buffer): void {
    this.#gpu.pool.give((buffer as Memory).block);
  }

  /** Copies `data` into the buffer, starting at element `offset`. */
  write(buffer: Buffer, offset: number, data: TypedArray): void {
    if (data.length === 0) return;
    const { block, dtype, size } = buffer as Memory;
    this.#gpu.errors.checkLost();
    const whole = data.length === size;
    const words = arrayOf(wordsOf(dtype, this.#native), data, whole);
    const byte = offset * words.BYTES_PER_ELEMENT;
    if ((byte | words.byteLength) % 4 === 0) {
      this.#gpu.write(block, byte, words, whole);
    } else {
      this.#writeBetween(buffer as Memory, offset, words);
    }
  }

  /**
   * Reads `length` elements, starting at element `offset`, into a new array. If
   * the work that wrote them has failed, or work that they depend on, each read
   * throws that error; an index out of range and errors that belong to no
   * buffer are thrown once, by the next read.
   *
   * @throws {DeviceError} If the device was lost, or found an error.
   * @throws {IndexError} If an index was out of range.
   * @throws {OutOfMemoryError} If the device ran out of memory.
   */
  async read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<TypedArray> {
    const { block, dtype } = buffer as Memory;
    if (length === 0) return DTYPES[dtype].allocate(0);
    const size = this.#bytesOf(dtype);
    // Copies begin and end at whole words.
    const begin = Math.floor(offset * size / 4) * 4;
    const end = Math.ceil((offset + length) * size / 4) * 4;
    const bytes = await this.#gpu.read(block, begin, end - begin);
    const own = bytes.byteLength === length * size
      ? bytes
      : bytes.slice(offset * size - begin, (offset + length) * size - begin);
    const words = new (wordsOf(dtype, this.#native))(own);
    const out = DTYPES[dtype].allocate(length);
    if (words.constructor === out.constructor) return words as TypedArray;
    out.set(words);
    return out;
  }

  /** Prepares a kernel; its pipelines are compiled when they are needed. */
  prepare(kernel: Kernel): Launch | null {
    const launch = this.#prepare(kernel);
    if (launch === null) return null;
    const { errors, pool } = this.#gpu;
    let windows: Windows | null = null;
    let apart: Launch | null = null;
    const checked: Launch = (call) => {
      errors.checkLost();
      const positions = positionsOf(kernel, call.shape);
      if (positions > MAX_POSITIONS) {
        throw new DeviceError(
          `Cannot ${errors.operation} as its loop has ${positions} positions: webgpu counts at most ${MAX_POSITIONS}`,
        );
      }
      if (pool.hasLarge && hasLarge(this.#gpu, call)) {
        if (kernel.kind === "routine" && kernel.epilogue) {
          apart ??= prepareApart(
            this.#gpu,
            kernel,
            (kernel) => this.prepare(kernel),
          );
          apart(call);
          return;
        }
        windows ??= new Windows(
          this.#gpu,
          kernel,
          (kernel) => this.#prepare(kernel),
        );
        windows.run(call);
        return;
      }
      launch(call);
    };
    this.#kernels.set(checked, kernel);
    return checked;
  }

  /** Loads the products of quantised layers. */
  async load(routine: RoutineName | "join"): Promise<void> {
    if (routine.endsWith("Int8")) {
      int8 = await import("./kernels/dots_int8.ts");
    }
  }

  /** Joins small kernels that follow one another into one. */
  join(calls: readonly RepeatedCall[]): CallGroup[] {
    const gpu = this.#gpu;
    const parts = calls.map((call) => ({
      ...call,
      kernel: this.#kernels.get(call.launch)!,
    }));
    return joinParts(gpu, parts);
  }

  /**
   * Waits until all work launched so far is done. Throws an error in it that no
   * read has thrown yet, once.
   *
   * @throws {DeviceError} If the device was lost, or found an error.
   * @throws {OutOfMemoryError} If the device ran out of memory.
   */
  async synchronize(): Promise<void> {
    const { errors, pool } = this.#gpu;
    const block = pool.take(4);
    try {
      await this.#gpu.read(block, 0, 4);
    } finally {
      pool.give(block);
    }
    errors.checkUnmet();
  }

  /** The measured or given tile sizes in use, or null. */
  get tuning(): Tuning | null {
    return this.#gpu.tuning;
  }

  /**
   * Measures which tile sizes make matrix products fastest on this adapter,
   * uses them from then on, and stores them for `webgpu({ tune: true })` where
   * the runtime allows it: in the cache folder on Deno (with permission to
   * read, write and see the environment), Bun and Node, in `localStorage` in
   * browsers. Nothing is measured without this call or that option. The last
   * bits of sums may differ with other tiles.
   *
   * @param options.milliseconds Approximate time to measure, excluding
   * compilation. Default: 3000.
   * @param options.keep Whether to store them for other runs. Default: true.
   * @returns The tile sizes.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If `milliseconds` is not above 0.
   * @throws {DeviceError} If the device was lost, or found an error.
   *
   * @example Measure for a tenth of a second
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { webgpu } from "@tenfold/backends/webgpu";
   *
   * const backend = await webgpu().catch(() => null);
   * if (backend) {
   *   const { tiles } = await backend.tune({
   *     milliseconds: 100,
   *     keep: false,
   *   });
   *   assertEquals(tiles.length, 3);
   *   backend.dispose();
   * }
   * ```
   */
  async tune(
    options: { milliseconds?: number; keep?: boolean } = {},
  ): Promise<Tuning> {
    const { keep, milliseconds } = parseArguments(
      TUNE,
      {},
      options,
      arguments,
      "tune webgpu",
    );
    const gpu = this.#gpu;
    gpu.errors.checkLost();
    gpu.errors.operation = "tune webgpu";
    gpu.tuning = await measureTiles(
      gpu,
      (kernel) => this.#prepare(kernel),
      () => this.synchronize(),
      milliseconds,
    );
    if (keep) keepTuning(this.notice, gpu.tuning);
    return gpu.tuning;
  }

  /** Uses the tile sizes stored for this adapter; false if there are none. */
  [useKept](): boolean {
    const found = readTuning(this.notice);
    if (!isTuning(found, this.#gpu.profile.software)) return false;
    this.#gpu.tuning = found;
    return true;
  }

  /** Frees all buffers and destroys the device. */
  dispose(): void {
    this.#gpu.dispose();
  }

  get #native(): boolean {
    return this.#gpu.profile.nativeHalf;
  }

  /** Bytes of an element. */
  #bytesOf(dtype: DType): number {
    return wordsOf(dtype, this.#native).BYTES_PER_ELEMENT;
  }

  /** Writes float16 that do not begin and end at whole words, by a kernel. */
  #writeBetween(to: Memory, offset: number, words: WordArray): void {
    const size = words.length;
    const from = this.alloc("float16", size) as Memory;
    const padded = new Uint16Array(size + size % 2);
    padded.set(new Uint16Array(words.buffer, words.byteOffset, size));
    this.#gpu.write(from.block, 0, new Uint32Array(padded.buffer), true);
    this.#copy ??= prepareMap(this.#gpu, {
      kind: "map",
      rank: 1,
      outputs: [{ dtype: "float16", access: "strided" }],
      inputs: [{ dtype: "float16", access: "strided" }],
      exprs: [arg(0, "float16")],
      scalars: 0,
    });
    this.#copy({
      buffers: [to, from],
      offsets: [offset, 0],
      shape: [size],
      strides: [[1], [1]],
      scalars: [],
    });
    this.free(from);
  }

  #prepare(kernel: Kernel): Launch | null {
    const gpu = this.#gpu;
    if (kernel.kind === "map") return prepareMap(gpu, kernel);
    if (kernel.kind === "reduce") {
      const squared = squaredIn(kernel);
      return squared
        ? prepareNorm(gpu, kernel, squared)
        : prepareReduce(gpu, kernel);
    }
    switch (kernel.name) {
      case "matmul":
        return prepareMatmul(gpu, kernel);
      case "gather":
        return prepareGather(gpu, kernel);
      case "scatterAdd":
      case "scatterProd":
      case "scatterMax":
      case "scatterMin":
        return prepareScatter(gpu, kernel, kernel.name);
      case "argmax":
      case "argmin":
        return prepareArgReduce(gpu, kernel);
      case "sort":
        return prepareSort(gpu, kernel);
      case "cumsum":
        return prepareCumsum(gpu, kernel);
      case "softmax":
      case "logSoftmax":
        return prepareSoftmax(gpu, kernel);
      case "conv2d":
        return prepareConv(gpu, kernel);
      case "maxPool2d":
        return prepareMaxPool(gpu, kernel);
      case "dotsInt8":
        return int8?.prepareDotsInt8(gpu, INT8_TOOLS) ?? null;
      default:
        return null;
    }
  }
}

/** Positions are 32-bit integers on the device. */
const MAX_POSITIONS = 2 ** 31 - 1;

/**
 * The positions that a kernel counts in one number. Products and reductions
 * count the reduced dims apart, and split them as they need.
 */
function positionsOf(kernel: Kernel, shape: readonly number[]): number {
  const summed = kernel.kind !== "routine"
    ? 0
    : kernel.name === "dotsInt8"
    ? 1
    : SUMMED_DIMS[kernel.name] ?? 0;
  const last = kernel.kind === "reduce" ? kernel.rank : shape.length - summed;
  let positions = 1;
  for (let d = 0; d < last; d++) positions *= shape[d]!;
  return positions;
}

/**
 * The data as the words that it takes in memory. All that a buffer holds may be
 * a zero longer, so that it ends with a whole word.
 */
function arrayOf(
  words: ReturnType<typeof wordsOf>,
  data: TypedArray,
  whole: boolean,
): WordArray {
  if (whole && data.length * words.BYTES_PER_ELEMENT % 4 !== 0) {
    const padded = new words(data.length + 1);
    padded.set(data);
    return padded;
  }
  const ready = data instanceof words && isPlain(data.buffer);
  return ready ? data as WordArray : words.from(data);
}

/** False for memory of which a device takes a copy alone: shared, resizable. */
function isPlain(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && !buffer.resizable;
}
