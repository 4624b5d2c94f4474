/**
 * Sequences: small kernels that run again and again in one order, as one shader.
 * One workgroup runs all of them, one after the other, so that what costs the
 * most with small kernels, to dispatch each, is paid once.
 *
 * @module
 */
import type { Kernel, RepeatedCall } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import { gpuOf } from "../wgsl/dtype.ts";
import { Params } from "../wgsl/params.ts";
import { mainOf } from "./loop.ts";
import { REPORT_TYPE } from "./report.ts";
import { ScalarWords } from "./scalars.ts";
import {
  extentOf,
  gatherBody,
  mapBody,
  matmulBody,
  reduceBody,
  softmaxBody,
  type Tile,
  tileOf,
} from "./sequence_code.ts";

/** A kernel with the arguments of its next run, which may change. */
export interface Part extends RepeatedCall {
  readonly kernel: Kernel;
}

/**
 * What runs `parts` in order. The shader holds their extents, strides and
 * offsets; buffers and scalars may change, but not which of them are the same.
 */
export function prepareSequence(
  gpu: Gpu,
  parts: readonly Part[],
): () => void {
  const sequence = new Sequence(gpu, parts);
  const offsets = parts.map(({ call }) => [...call.offsets]);
  const same = () =>
    parts.every(({ call }, p) =>
      call.offsets.every((offset, i) => offset === offsets[p]![i])
    );
  return () => {
    gpu.errors.checkLost();
    if (same()) sequence.run();
    else runAll(gpu, parts);
  };
}

/** Runs parts one by one. */
export function runAll(gpu: Gpu, parts: readonly Part[]): void {
  for (const { label, launch, call } of parts) {
    gpu.errors.operation = label;
    launch(call);
  }
}

/** A buffer of a sequence. */
interface Binding {
  /** A part and which of its buffers it is. */
  readonly part: number;
  readonly at: number;
  readonly type: string;
  readonly writes: boolean;
}

class Sequence {
  readonly #gpu: Gpu;
  readonly #parts: readonly Part[];
  readonly #bindings: Binding[] = [];
  /** For each part the binding of each of its buffers. */
  readonly #names: number[][] = [];
  readonly #params = new Params();
  readonly #scalars: (ScalarWords | null)[];
  /** The words of a gather's bound and the operation that reports. */
  readonly #reports = new Map<number, { bound: number; reporter: number }>();
  readonly #program;

  constructor(gpu: Gpu, parts: readonly Part[]) {
    this.#gpu = gpu;
    this.#parts = parts;
    const known = new Map<Block, number>();
    for (const [p, { kernel, call }] of parts.entries()) {
      const outputs = outputsOf(kernel);
      this.#names.push(call.buffers.map((buffer, at) => {
        const { block, dtype } = buffer as Memory;
        let binding = known.get(block);
        const writes = at < outputs;
        if (binding === undefined) {
          known.set(block, binding = this.#bindings.length);
          const type = gpuOf(dtype).memory;
          this.#bindings.push({ part: p, at, type, writes });
        } else if (writes && !this.#bindings[binding]!.writes) {
          this.#bindings[binding] = {
            ...this.#bindings[binding]!,
            writes: true,
          };
        }
        return binding;
      }));
    }
    this.#scalars = parts.map(({ kernel }) => {
      if (kernel.kind === "map") {
        return new ScalarWords(this.#params, kernel.exprs);
      }
      return kernel.kind === "reduce"
        ? new ScalarWords(this.#params, [kernel.element, kernel.epilogue])
        : null;
    });
    parts.forEach(({ kernel }, p) => {
      if (kernel.kind !== "routine" || kernel.name !== "gather") return;
      this.#reports.set(p, {
        bound: this.#params.take(),
        reporter: this.#params.take(),
      });
    });
    const operands = this.#bindings.map(({ type, writes }) => ({
      type,
      writes,
    }));
    if (this.#reports.size > 0) {
      operands.push({ type: REPORT_TYPE, writes: true });
    }
    this.#program = gpu.newProgram({
      label: "sequence",
      operands,
      words: this.#params.words,
      code: (names) => this.#code(names),
    });
  }

  run(): void {
    const gpu = this.#gpu;
    gpu.errors.operation = "run compiled kernels";
    const { ints } = gpu.recorder;
    const first = this.#program.reserve();
    const blocks: Block[] = new Array(this.#bindings.length);
    for (let b = 0; b < blocks.length; b++) {
      const { part, at } = this.#bindings[b]!;
      const { buffers } = this.#parts[part]!.call;
      blocks[b] = (buffers[at] as Memory).block;
    }
    for (let p = 0; p < this.#parts.length; p++) {
      this.#scalars[p]?.fill(gpu.recorder, first, this.#parts[p]!.call.scalars);
    }
    for (const [p, { bound, reporter }] of this.#reports) {
      ints[first + bound] = this.#parts[p]!.call.scalars[0]!;
      gpu.errors.operation = this.#parts[p]!.label;
      ints[first + reporter] = gpu.errors.reporter();
    }
    if (this.#reports.size > 0) blocks.push(gpu.reportBlock());
    this.#program.dispatch(blocks, first, 1);
  }

  #code(names: readonly string[]): string {
    const size = this.#gpu.profile.workgroup;
    return [
      mainOf(size, "@builtin(local_invocation_index) lane: u32"),
      ...this.#parts.flatMap((part, p) => [
        ...(p > 0 ? ["storageBarrier();"] : []),
        ...this.#loop(part, p, this.#names[p]!.map((b) => names[b]!), names),
      ]),
      "}",
    ].join("\n");
  }

  /** The loop of one part over its results. */
  #loop(
    { kernel, call }: Part,
    p: number,
    names: readonly string[],
    all: readonly string[],
  ): string[] {
    const { profile } = this.#gpu;
    const size = profile.workgroup;
    const tile: Tile = isProduct(kernel) ? tileOf(profile, call) : [1, 1];
    const [outer] = extentOf(kernel, call.shape);
    const body = kernel.kind === "map"
      ? mapBody(kernel, call, names, this.#scalars[p]!)
      : kernel.kind === "reduce"
      ? reduceBody(kernel, call, names, this.#scalars[p]!)
      : kernel.name === "matmul"
      ? matmulBody(call, names, tile)
      : kernel.name === "gather"
      ? gatherBody(
        call,
        names,
        all[all.length - 1]!,
        this.#reports.get(p)!,
        kernel,
      )
      : softmaxBody(kernel, call, names);
    return [
      `for (var t = i32(lane); t < ${
        outer / (tile[0] * tile[1])
      }; t += ${size}) {`,
      ...body,
      "}",
    ];
  }
}

function isProduct(kernel: Kernel): boolean {
  return kernel.kind === "routine" && kernel.name === "matmul";
}

/** The number of buffers that a kernel writes. */
export function outputsOf(kernel: Kernel): number {
  return kernel.kind === "reduce" ? 1 : kernel.outputs.length;
}
