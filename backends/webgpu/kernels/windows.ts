/**
 * Kernels over buffers that are larger than one binding: they are run on
 * windows of these, a part of the loop at a time.
 *
 * @module
 */
import { DeviceError, type DType } from "@tenfold/core";
import {
  accumulator,
  arg,
  call as callOf,
  castExpr,
  computeDType,
  type Kernel,
  type KernelCall,
  type Launch,
  type ReduceKernel,
  type RoutineKernel,
  SUMMED_DIMS,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { wordsOf } from "../wgsl/dtype.ts";
import {
  anyhow,
  divisible,
  goesByStrides,
  halves,
  isOrdered,
  outputsOf,
  type Part,
  shifted,
  usesPositions,
} from "./division.ts";
import { squaredIn } from "./norm.ts";
import { denseStrides } from "./rows.ts";

/** Bytes of an element of what kernels compute in. */
const BYTES = 4;
/** Windows begin at multiples of this: no adapter asks for more. */
const ALIGNMENT = 256;
/** The most parts of one loop: more are no way to compute. */
const MAX_PARTS = 4096;

/** Whether a call has a buffer that one binding does not hold. */
export function hasLarge({ profile }: Gpu, { buffers }: KernelCall): boolean {
  return buffers.some((buffer) =>
    (buffer as Memory).block.bytes > profile.maxBindingBytes
  );
}

/** Runs the calls of one kernel on windows of their buffers. */
export class Windows {
  readonly #gpu: Gpu;
  readonly #kernel: Kernel;
  readonly #prepare: (kernel: Kernel) => Launch | null;
  readonly #forms = new Map<string, Launch>();

  /** Prepares nothing yet. */
  constructor(
    gpu: Gpu,
    kernel: Kernel,
    prepare: (kernel: Kernel) => Launch | null,
  ) {
    this.#gpu = gpu;
    this.#kernel = kernel;
    this.#prepare = prepare;
  }

  /**
   * Runs a call.
   *
   * @throws {DeviceError} If it cannot be divided so that each part of a buffer
   * fits into one binding.
   */
  run(call: KernelCall): void {
    const kernel = this.#kernel;
    const parts: Part[] = [];
    const whole = { call, first: call.shape.map(() => 0), scattered: false };
    if (goesByStrides(kernel) && this.#divide(whole, parts)) {
      for (const part of parts) this.#launch(part);
      return;
    }
    if (kernel.kind === "reduce" && this.#reduceInParts(kernel, call)) return;
    if (kernel.kind === "routine" && this.#sumInParts(kernel, call)) return;
    const { errors, profile } = this.#gpu;
    throw new DeviceError(
      `Cannot ${errors.operation} on webgpu as it needs more of a buffer at once than one binding holds: the adapter binds at most ${profile.maxBindingBytes} bytes`,
    );
  }

  /** Divides a part until its buffers fit; false where that is impossible. */
  #divide(part: Part, parts: Part[]): boolean {
    const { call } = part;
    const over = this.#tooLong(call);
    if (over < 0) {
      parts.push(part);
      return parts.length <= MAX_PARTS;
    }
    const dim = this.#dimOf(call, over);
    if (dim < 0) return false;
    return halves(part, dim).every((half) => this.#divide(half, parts));
  }

  /** An operand whose elements one binding does not hold; -1 for none. */
  #tooLong(call: KernelCall): number {
    const most = this.#gpu.profile.maxBindingBytes;
    return call.buffers.findIndex((buffer, i) => {
      if ((buffer as Memory).block.bytes <= most) return false;
      const { begin, end } = this.#windowOf(call, i);
      return end - begin > most;
    });
  }

  /** The dim that is divided so that an operand becomes shorter; -1 for none. */
  #dimOf({ shape, strides }: KernelCall, operand: number): number {
    const kernel = this.#kernel;
    const reach = (d: number) =>
      (shape[d]! - 1) * Math.abs(strides[operand]![d]!);
    const dims = divisible(kernel, shape.length)
      .filter((d) => shape[d]! > 1);
    let best = -1;
    for (const d of dims) {
      if (reach(d) > 0 && (best < 0 || reach(d) > reach(best))) best = d;
    }
    // Outputs that count their elements are divided along the outermost dim.
    if (best >= 0 && isOrdered(kernel)) best = dims[0]!;
    // What is reduced is divided otherwise, where most of an operand lies there.
    if (kernel.kind === "reduce" && best >= 0) {
      const most = Math.max(...dims.map(reach));
      const along = [...shape.keys()].slice(kernel.rank);
      if (along.some((d) => reach(d) > most)) return -1;
    }
    return best;
  }

  /** The bytes that operands with the buffer of operand `i` use. */
  #windowOf(call: KernelCall, i: number): { begin: number; end: number } {
    const { block, size } = call.buffers[i] as Memory;
    let [begin, end] = [Infinity, 0];
    const written = call.buffers.slice(0, outputsOf(this.#kernel))
      .includes(call.buffers[i]);
    call.buffers.forEach((buffer, k) => {
      // A buffer that is written is bound once.
      if (k !== i && !(written && (buffer as Memory).block === block)) return;
      let [low, high] = [call.offsets[k]!, call.offsets[k]!];
      call.strides[k]!.forEach((stride, d) => {
        const reach = stride * (call.shape[d]! - 1);
        if (reach < 0) low += reach;
        else high += reach;
      });
      begin = Math.min(begin, Math.max(low, 0));
      end = Math.max(end, Math.min(high + 1, size));
    });
    const bytes = this.#bytesOf(call, i);
    begin = Math.floor(begin * bytes / ALIGNMENT) * ALIGNMENT;
    end = Math.ceil(end * bytes / ALIGNMENT) * ALIGNMENT;
    return {
      begin,
      end: Math.min(Math.max(end, begin + ALIGNMENT), block.bytes),
    };
  }

  #bytesOf({ buffers }: KernelCall, i: number): number {
    const { dtype } = buffers[i] as Memory;
    return wordsOf(dtype, this.#gpu.profile.nativeHalf).BYTES_PER_ELEMENT;
  }

  #launch({ call, first, scattered }: Part): void {
    const gpu = this.#gpu;
    const kernel = this.#kernel;
    const offsets = [...call.offsets];
    const buffers = call.buffers.map((buffer, i): Memory => {
      const memory = buffer as Memory;
      if (memory.block.bytes <= gpu.profile.maxBindingBytes) return memory;
      const { begin, end } = this.#windowOf(call, i);
      const bytes = this.#bytesOf(call, i);
      offsets[i]! -= begin / bytes;
      const block = gpu.pool.window(memory.block, begin, end - begin);
      return { ...memory, block, size: (end - begin) / bytes };
    });
    const moved = usesPositions(kernel) && first.some((at) => at > 0);
    this.#form(scattered, moved)({
      ...call,
      buffers,
      offsets,
      scalars: moved ? [...call.scalars, ...first] : call.scalars,
    });
  }

  /** The kernel for parts that lie anyhow, and for those that begin later. */
  #form(scattered: boolean, moved: boolean): Launch {
    const key = `${scattered} ${moved}`;
    let launch = this.#forms.get(key);
    if (!launch) {
      let kernel = this.#kernel;
      if (moved) kernel = shifted(kernel);
      if (scattered) kernel = anyhow(kernel);
      launch = this.#prepare(kernel)!;
      this.#forms.set(key, launch);
    }
    return launch;
  }

  /** Reduces parts of what is reduced, and then their results. */
  #reduceInParts(kernel: ReduceKernel, call: KernelCall): boolean {
    const { rank } = kernel;
    const { dtype } = kernel.element;
    const isNorm = squaredIn(kernel) !== null;
    const last = arg(kernel.inputs.length, dtype);
    return this.#inParts(call, {
      dtype,
      dims: range(rank, call.shape.length),
      kept: range(0, rank),
      part: {
        ...kernel,
        output: dtype,
        epilogue: isNorm ? kernel.epilogue : accumulator(dtype),
      },
      together: {
        ...kernel,
        reducedRank: 1,
        inputs: [
          ...kernel.inputs.map((slot) => ({
            ...slot,
            access: "uniform" as const,
          })),
          { dtype, access: "strided", kept: "strided" },
        ],
        element: isNorm ? callOf("mul", last, last) : last,
      },
      others: range(1, call.buffers.length),
    });
  }

  /** Sums parts of what products sum up, and then these sums and the bias. */
  #sumInParts(kernel: RoutineKernel<DType>, call: KernelCall): boolean {
    const sums = SUMMED_DIMS[kernel.name];
    if (sums === undefined) return false;
    const last = call.shape.length - sums;
    const lies = call.strides[0]!;
    // The sums go by the number of an element: dims as the output has them.
    const kept = range(0, last).sort((a, b) => lies[b]! - lies[a]! || a - b);
    const extents = kept.map((d) => call.shape[d]!);
    const dense = denseStrides(extents);
    if (kept.some((d, i) => extents[i]! > 1 && lies[d] !== dense[i])) {
      return false;
    }
    const output = kernel.outputs[0]!;
    const dtype = computeDType(output);
    const loose = { access: "uniform", kept: "strided" } as const;
    const biases = kernel.inputs.slice(2);
    const total = accumulator(dtype);
    return this.#inParts(call, {
      dtype,
      dims: range(last, call.shape.length),
      kept,
      part: {
        ...kernel as RoutineKernel,
        outputs: [dtype],
        inputs: kernel.inputs.slice(0, 2) as RoutineKernel["inputs"],
      },
      together: {
        kind: "reduce",
        rank: last,
        reducedRank: 1,
        output,
        inputs: [
          ...biases.map((dtype) => ({ dtype, ...loose })),
          { dtype, access: "strided", kept: "strided" },
        ],
        element: arg(biases.length, dtype),
        combine: "sum",
        epilogue: castExpr(
          biases.length > 0
            ? callOf("add", total, castExpr(arg(0, biases[0]!), dtype))
            : total,
          output,
        ),
        scalars: 0,
      },
      others: range(3, call.buffers.length),
    });
  }

  /** Computes parts along one of `dims`, and then what they give together. */
  #inParts(
    call: KernelCall,
    { dims, dtype, kept, others, part, together }: {
      readonly dtype: DType;
      /** The dims that are reduced, and the others as the output has them. */
      readonly dims: readonly number[];
      readonly kept: readonly number[];
      /** The kernel of a part, whose output is dense over the kept dims. */
      readonly part: Kernel;
      /** The kernel of all parts, whose last input they are. */
      readonly together: ReduceKernel;
      /** The operands that are its other inputs. */
      readonly others: readonly number[];
    },
  ): boolean {
    const gpu = this.#gpu;
    const { buffers, offsets, shape, strides } = call;
    const over = this.#tooLong(call);
    const reach = (d: number) => (shape[d]! - 1) * Math.abs(strides[over]![d]!);
    let dim = dims[0]!;
    for (const d of dims) if (reach(d) > reach(dim)) dim = d;
    if (reach(dim) === 0) return false;
    const most = gpu.profile.maxBindingBytes;
    const { begin, end } = this.#windowOf(call, over);
    // Windows begin up to an alignment ahead of what they hold.
    const room = Math.max(most - 2 * ALIGNMENT, ALIGNMENT);
    const wanted = Math.min(Math.ceil((end - begin) / room), shape[dim]!);
    const length = Math.ceil(shape[dim]! / wanted);
    const count = Math.ceil(shape[dim]! / length);
    const extents = kept.map((d) => shape[d]!);
    const outputs = extents.reduce((x, y) => x * y, 1);
    const size = outputs * count;
    if (count < 2 || count > MAX_PARTS || size * BYTES > most) return false;
    const results: Memory = {
      block: gpu.pool.take(size * BYTES),
      dtype: dtype as Memory["dtype"],
      size,
    };
    const partial = new Windows(gpu, part, this.#prepare);
    const inputs = part.kind === "routine"
      ? part.inputs.length + 1
      : buffers.length;
    for (let i = 0; i < count; i++) {
      const at = i * length;
      partial.run({
        ...call,
        shape: shape.with(dim, Math.min(length, shape[dim]! - at)),
        buffers: [results, ...buffers.slice(1, inputs)],
        offsets: [
          i * outputs,
          ...range(1, inputs).map((k) => offsets[k]! + at * strides[k]![dim]!),
        ],
        strides: strides.slice(0, inputs),
      });
    }
    const alongKept = (k: number) => [...kept.map((d) => strides[k]![d]!), 0];
    new Windows(gpu, together, this.#prepare).run({
      ...call,
      shape: [...extents, count],
      buffers: [buffers[0]!, ...others.map((k) => buffers[k]!), results],
      offsets: [offsets[0]!, ...others.map((k) => offsets[k]!), 0],
      strides: [
        [...denseStrides(extents), 0],
        ...others.map(alongKept),
        [...denseStrides(extents), outputs],
      ],
    });
    gpu.pool.give(results.block);
    return true;
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);
