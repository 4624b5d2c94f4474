/**
 * Sequences: small kernels that run again and again in one order, as one shader.
 * One workgroup runs all of them, one after the other, so that what costs the
 * most with small kernels, to dispatch each, is paid once.
 *
 * @module
 */
import type {
  Kernel,
  KernelCall,
  MapKernel,
  ReduceKernel,
  RepeatedCall,
  RoutineKernel,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Profile } from "../device/profile.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { renderExpressions, usedInputs } from "../wgsl/expression.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import { accumulate, type AccumulatorDType, identity } from "./accumulator.ts";
import { mainOf } from "./loop.ts";
import { REPORT_TYPE, reportIndex } from "./report.ts";
import { ScalarWords } from "./scalars.ts";

/** A kernel with the arguments of its next run, which may change. */
export interface Part extends RepeatedCall {
  readonly kernel: Kernel;
}

/** Kernels of fewer than this many are not worth a shader of their own. */
const FEWEST = 2;

/** Shaders of more would take long to compile. */
const MOST = 64;

/** The number of parts from `begin` on that can be one sequence. */
export function sequenceLength(
  profile: Profile,
  parts: readonly Part[],
  begin: number,
): number {
  const blocks = new Set<Block>();
  let words = 64;
  let end = begin;
  for (; end < parts.length && end - begin < MOST; end++) {
    const { kernel, call } = parts[end]!;
    if (!isSmall(profile, kernel, call)) break;
    for (const buffer of call.buffers) blocks.add((buffer as Memory).block);
    words += call.scalars.length + 1;
    // One binding is for reports.
    if (blocks.size + 1 > profile.maxBindings || words > 2048) break;
  }
  return end - begin >= FEWEST ? end - begin : 0;
}

/** Whether one workgroup does it as fast as many. */
function isSmall(
  profile: Profile,
  kernel: Kernel,
  { shape }: KernelCall,
): boolean {
  const [outer, inner] = extentOf(kernel, shape);
  if (kernel.kind === "routine") {
    if (!ROUTINES.has(kernel.name)) return false;
    if (kernel.name !== "gather" && kernel.inputs[0] !== "float32") {
      return false;
    }
  }
  if (inner > LONGEST) return false;
  if (profile.software) return outer * inner <= 2 ** 16;
  return Math.ceil(outer / profile.workgroup) * inner <= 64;
}

/** Sums of more terms are better summed in parts. */
const LONGEST = 1024;

const ROUTINES: ReadonlySet<string> = new Set([
  "matmul",
  "gather",
  "softmax",
  "logSoftmax",
]);

/** The number of outputs, and the steps for each. */
function extentOf(
  kernel: Kernel,
  shape: readonly number[],
): [outer: number, inner: number] {
  const kept = kernel.kind === "reduce"
    ? kernel.rank
    : kernel.kind === "routine" && kernel.name !== "gather"
    ? shape.length - 1
    : shape.length;
  const size = (from: number, to: number) =>
    shape.slice(from, to).reduce((a, b) => a * b, 1);
  return [size(0, kept), size(kept, shape.length)];
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
    const size = this.#gpu.profile.workgroup;
    const [outer] = extentOf(kernel, call.shape);
    const body = kernel.kind === "map"
      ? mapBody(kernel, call, names, this.#scalars[p]!)
      : kernel.kind === "reduce"
      ? reduceBody(kernel, call, names, this.#scalars[p]!)
      : kernel.name === "matmul"
      ? matmulBody(call, names)
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
      `for (var t = i32(lane); t < ${outer}; t += ${size}) {`,
      ...body,
      "}",
    ];
  }
}

function outputsOf(kernel: Kernel): number {
  return kernel.kind === "reduce" ? 1 : kernel.outputs.length;
}

/** Positions along the first `dims` dims, named `p0`, `p1`, …. */
function positions(
  shape: readonly number[],
  begin: number,
  end: number,
  linear: string,
): string[] {
  const lines: string[] = [];
  let below = 1;
  for (let d = end - 1; d >= begin; d--) {
    const extent = shape[d]!;
    const whole = below === 1 ? linear : `(${linear} / ${below})`;
    lines.push(`let p${d} = ${d === begin ? whole : `${whole} % ${extent}`};`);
    below *= extent;
  }
  return lines;
}

/** The index of an element of a buffer. */
function at(
  call: KernelCall,
  buffer: number,
  begin: number,
  end: number,
  start: string = String(call.offsets[buffer]!),
): string {
  let text = start;
  for (let d = begin; d < end; d++) {
    const stride = call.strides[buffer]![d]!;
    if (stride !== 0 && call.shape[d] !== 1) text += ` + p${d} * (${stride})`;
  }
  return text;
}

function mapBody(
  { exprs, inputs, outputs, rank }: MapKernel,
  call: KernelCall,
  names: readonly string[],
  scalars: ScalarWords,
): string[] {
  const { statements, values } = renderExpressions(exprs, {
    arg: (index) => `x${index}`,
    scalar: (index, dtype) => scalars.name(index, dtype),
    position: (dim) => `p${dim}`,
  });
  return [
    ...positions(call.shape, 0, rank, "t"),
    ...usedInputs(exprs).map((i) => {
      const buffer = outputs.length + i;
      const element = `${names[buffer]}[${at(call, buffer, 0, rank)}]`;
      const dtype = inputs[i]!.dtype as GpuDType;
      return `let x${i} = ${gpuOf(dtype).load(element)};`;
    }),
    ...statements,
    ...outputs.map(({ dtype }, i) =>
      `${names[i]}[${at(call, i, 0, rank)}] = ${
        gpuOf(dtype).store(values[i]!)
      };`
    ),
  ];
}

function reduceBody(
  kernel: ReduceKernel,
  call: KernelCall,
  names: readonly string[],
  scalars: ScalarWords,
): string[] {
  const { combine, element, epilogue, inputs, output, rank } = kernel;
  const { shape } = call;
  const [, inner] = extentOf(kernel, shape);
  const load = (i: number, start: string, end: number) => {
    const dtype = inputs[i]!.dtype as GpuDType;
    const place = `${names[i + 1]}[${at(call, i + 1, rank, end, start)}]`;
    return gpuOf(dtype).load(place);
  };
  const leaves = {
    arg: (index: number) => `x${index}`,
    scalar: (index: number, dtype: GpuDType) => scalars.name(index, dtype),
    position: (dim: number) => `p${dim}`,
  };
  const reduced = renderExpressions([element], leaves);
  const done = renderExpressions(
    [epilogue],
    { ...leaves, accumulator: "total" },
    "w",
  );
  const last = usedInputs([epilogue]);
  const dtype = element.dtype as AccumulatorDType;
  return [
    ...positions(shape, 0, rank, "t"),
    ...inputs.map((_, i) => `let at${i} = ${at(call, i + 1, 0, rank)};`),
    `var total = ${identity(combine, dtype)};`,
    `for (var r = 0; r < ${inner}; r++) {`,
    ...positions(shape, rank, shape.length, "r"),
    ...usedInputs([element]).map((i) =>
      `let x${i} = ${load(i, `at${i}`, shape.length)};`
    ),
    ...reduced.statements,
    `total = ${accumulate(combine, dtype, "total", reduced.values[0]!)};`,
    "}",
    ...last.map((i) => `let x${i} = ${load(i, `at${i}`, rank)};`),
    ...done.statements,
    `${names[0]}[${at(call, 0, 0, rank)}] = ${
      gpuOf(output).store(done.values[0]!)
    };`,
  ];
}

/** `out[b, m, n] = sum over k of a * b (+ bias)`. */
function matmulBody(call: KernelCall, names: readonly string[]): string[] {
  const { buffers, shape } = call;
  const rank = shape.length - 1;
  const bias = buffers.length > 3
    ? ` + ${names[3]}[${at(call, 3, 0, rank)}]`
    : "";
  const along = (buffer: number) =>
    `${names[buffer]}[${at(call, buffer, rank, rank + 1, `at${buffer}`)}]`;
  return [
    ...positions(shape, 0, rank, "t"),
    `let at1 = ${at(call, 1, 0, rank)};`,
    `let at2 = ${at(call, 2, 0, rank)};`,
    "var total = 0.0f;",
    `for (var p${rank} = 0; p${rank} < ${shape[rank]}; p${rank}++) {`,
    `total += ${along(1)} * ${along(2)};`,
    "}",
    `${names[0]}[${at(call, 0, 0, rank)}] = total${bias};`,
  ];
}

/** `out[row, j] = x[row, index[row, j]]`. */
function gatherBody(
  call: KernelCall,
  names: readonly string[],
  report: string,
  { bound, reporter }: { bound: number; reporter: number },
  kernel: RoutineKernel,
): string[] {
  const { shape, strides } = call;
  const rank = shape.length;
  const type = gpuOf(kernel.inputs[0]!).memory;
  const row = at(call, 1, 0, rank - 1);
  return [
    ...positions(shape, 0, rank, "t"),
    `let index = ${names[2]}[${at(call, 2, 0, rank)}];`,
    `var value = ${type}();`,
    `if ((index >= 0) & (index < ${int(bound)})) {`,
    `value = ${names[1]}[${row} + index * (${strides[1]![rank - 1]})];`,
    "} else {",
    ...reportIndex(report, uint(reporter), "index", int(bound)),
    "}",
    `${names[0]}[${at(call, 0, 0, rank)}] = value;`,
  ];
}

/** `softmax` or `logSoftmax` along the last dim. */
function softmaxBody(
  kernel: RoutineKernel,
  call: KernelCall,
  names: readonly string[],
): string[] {
  const { shape } = call;
  const rank = shape.length - 1;
  const pass = (body: string) => [
    `for (var p${rank} = 0; p${rank} < ${shape[rank]}; p${rank}++) {`,
    `let x = ${names[1]}[${at(call, 1, rank, rank + 1, "at1")}];`,
    body,
    "}",
  ];
  const soft = kernel.name === "softmax";
  const result = soft ? "tf_exp(x - top) / total" : "(x - top) - log_total";
  const out = `${names[0]}[${at(call, 0, rank, rank + 1, "at0")}]`;
  return [
    ...positions(shape, 0, rank, "t"),
    `let at0 = ${at(call, 0, 0, rank)};`,
    `let at1 = ${at(call, 1, 0, rank)};`,
    "var top = tf_neg(tf_inf());",
    ...pass("top = tf_max(top, x);"),
    "var total = 0.0f;",
    ...pass("total += tf_exp(x - top);"),
    ...soft ? [] : ["let log_total = tf_log(total);"],
    ...pass(`${out} = ${result};`),
  ];
}
