/**
 * Sequences: small kernels that run again and again in one order, as one shader.
 * One workgroup runs all of them, one after the other, so that what costs the
 * most with small kernels, to dispatch each, is paid once.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Kernel, KernelCall, RepeatedCall } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Profile } from "../device/profile.ts";
import { gpuOf } from "../wgsl/dtype.ts";
import { Params } from "../wgsl/params.ts";
import { mainOf } from "./loop.ts";
import { REPORT_TYPE } from "./report.ts";
import { ScalarWords } from "./scalars.ts";
import { weightOf } from "./sequence_weight.ts";
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

/** Kernels of fewer than this many are not worth a shader of their own. */
const FEWEST = 2;

/** Parts of more statements run by themselves. */
const PART_STATEMENTS = 100;

/** How many statements shaders may have. */
interface Budget {
  /** Each of them. */
  readonly shader: number;
  /** All of a plan. */
  readonly plan: number;
}

/**
 * Drivers take their time over each shader, while a call waits: the software
 * adapter 2 s of a processor for one of 400 statements, half of it for two of
 * 200. So the kernels of a small step are one shader, those of a longer one
 * several, and what is left runs one by one.
 */
const BUDGETS: readonly Budget[] = [
  { shader: 400, plan: 500 },
  { shader: 200, plan: 800 },
];

/** Parts that follow one another as one sequence. */
export interface Stretch {
  /** The first of them. */
  readonly begin: number;
  /** How many there are. */
  readonly count: number;
}

/** Which parts are sequences. */
export function findSequences(
  profile: Profile,
  parts: readonly Part[],
): Stretch[] {
  const [small, large] = BUDGETS as [Budget, Budget];
  return stretchesOf(profile, parts, small, true) ??
    stretchesOf(profile, parts, large, false)!;
}

/** The same within a budget; null where `whole` and that does not do. */
function stretchesOf(
  profile: Profile,
  parts: readonly Part[],
  budget: Budget,
  whole: boolean,
): Stretch[] | null {
  const found: Stretch[] = [];
  let left = budget.plan;
  for (let begin = 0; begin < parts.length;) {
    const blocks = new Set<Block>();
    let words = 64;
    let statements = 0;
    let end = begin;
    for (; end < parts.length; end++) {
      const { kernel, call } = parts[end]!;
      if (!isSmall(profile, kernel, call)) break;
      const more = weightOf(profile, kernel, call);
      if (more > PART_STATEMENTS) break;
      if (statements + more > Math.min(budget.shader, left)) {
        if (whole) return null;
        break;
      }
      for (const buffer of call.buffers) blocks.add((buffer as Memory).block);
      words += call.scalars.length + 1;
      // One binding is for reports.
      if (blocks.size + 1 > profile.maxBindings || words > 2048) break;
      statements += more;
    }
    const count = end - begin;
    if (count >= FEWEST) {
      found.push({ begin, count });
      left -= statements;
    }
    begin += count >= FEWEST ? count : 1;
  }
  return found;
}

/** Whether one workgroup does it as fast as many. */
function isSmall(
  profile: Profile,
  kernel: Kernel,
  { buffers, shape }: KernelCall,
): boolean {
  const [outer, inner] = extentOf(kernel, shape);
  const isLarge = (buffer: unknown) =>
    (buffer as Memory).block.bytes > profile.maxBindingBytes;
  if (buffers.some(isLarge)) return false;
  if (kernel.kind === "routine") {
    if (!ROUTINES.has(kernel.name)) return false;
    const isSoftmax = kernel.name.endsWith("oftmax");
    const isFloat = (dtype: DType) =>
      dtype === "float32" || dtype === "float16" && !isSoftmax;
    if (kernel.name !== "gather" && !isFloat(kernel.inputs[0]!)) return false;
  }
  if (inner > LONGEST) return false;
  if (kernel.kind === "map" && outer >= LARGEST_MAP) return false;
  if (profile.software) return outer * inner <= 2 ** 16;
  return Math.ceil(outer / profile.workgroup) * inner <= 64;
}

/** Sums of more terms are better summed in parts. */
const LONGEST = 1024;

/** Maps of more elements are worth a dispatch, which reads four at a time. */
const LARGEST_MAP = 2 ** 14;

const ROUTINES: ReadonlySet<string> = new Set([
  "matmul",
  "gather",
  "softmax",
  "logSoftmax",
]);

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
    if (same()) return sequence.run();
    for (const { label, launch, call } of parts) {
      gpu.errors.operation = label;
      launch(call);
    }
  };
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

function outputsOf(kernel: Kernel): number {
  return kernel.kind === "reduce" ? 1 : kernel.outputs.length;
}
