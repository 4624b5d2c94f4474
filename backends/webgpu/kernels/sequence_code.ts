/**
 * The code of each kernel of a sequence: what computes one of its results, with
 * extents, strides and offsets in place.
 *
 * @module
 */
import type {
  Kernel,
  KernelCall,
  MapKernel,
  ReduceKernel,
  RoutineKernel,
} from "@tenfold/core/backend";
import type { Profile } from "../device/profile.ts";
import type { Memory } from "../device/buffer.ts";
import { type GpuDType, gpuOf, loaded, stored } from "../wgsl/dtype.ts";
import { renderExpressions, usedInputs } from "../wgsl/expression.ts";
import { int, uint } from "../wgsl/params.ts";
import { accumulate, type AccumulatorDType, identity } from "./accumulator.ts";
import { reportIndex } from "./report.ts";
import type { ScalarWords } from "./scalars.ts";
import { range } from "./loop.ts";

/** The most rows or columns of a product that one invocation computes. */
const LARGEST_TILE = 5;

/** Invocations that a processor runs as one vector. */
const LANES = 8;

/** The number of outputs, and the steps for each. */
export function extentOf(
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

export function mapBody(
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

export function reduceBody(
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

/** Results of a product that one invocation computes, along rows and columns. */
export type Tile = readonly [rows: number, columns: number];

/**
 * The tile that reads least for each result while there are enough of them for
 * the invocations. On a processor reading is what costs, and eight or so
 * invocations are lanes of one vector.
 */
export function tileOf(profile: Profile, { shape }: KernelCall): Tile {
  const [m, n] = shape.slice(-3) as [number, number];
  const outputs = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const fewest = profile.software ? 3 * LANES : profile.workgroup;
  let best: Tile = [1, 1];
  const reads = ([rows, columns]: Tile) => 1 / rows + 1 / columns;
  for (let rows = 1; rows <= LARGEST_TILE; rows++) {
    for (let columns = 1; columns <= LARGEST_TILE; columns++) {
      const tile: Tile = [rows, columns];
      const fits = m % rows === 0 && n % columns === 0 &&
        outputs / (rows * columns) >= fewest;
      if (fits && reads(tile) < reads(best)) best = tile;
    }
  }
  return best;
}

/** `out[b, m, n] = sum over k of a * b (+ bias)`, a tile at a time. */
export function matmulBody(
  call: KernelCall,
  names: readonly string[],
  [rows, columns]: Tile,
): string[] {
  const { buffers, shape, strides } = call;
  const k = shape.length - 1;
  const [m, n] = [k - 2, k - 1];
  const along = (buffer: number, dim: number, by: number) => {
    const step = by * strides[buffer]![dim]!;
    return step === 0 ? "" : ` + ${step}`;
  };
  const dtypeOf = (buffer: number) => (buffers[buffer] as Memory).dtype;
  const read = (buffer: number, dim: number, by: number) => {
    const place = at(call, buffer, k, k + 1, `at${buffer}`);
    const element = `${names[buffer]}[${place}${along(buffer, dim, by)}]`;
    return loaded(dtypeOf(buffer), element);
  };
  const tiled = [...shape];
  tiled[m] = shape[m]! / rows;
  tiled[n] = shape[n]! / columns;
  const result = (buffer: number, i: number, j: number) =>
    `${names[buffer]}[at${buffer}${along(buffer, m, i)}${along(buffer, n, j)}]`;
  const used = buffers.length > 3 ? [0, 1, 2, 3] : [0, 1, 2];
  return [
    ...positions(tiled, 0, m, `(t / ${tiled[m]! * tiled[n]!})`),
    `let p${m} = (t / ${tiled[n]}) % ${tiled[m]} * ${rows};`,
    `let p${n} = t % ${tiled[n]} * ${columns};`,
    ...used.map((buffer) => `let at${buffer} = ${at(call, buffer, 0, k)};`),
    ...range(rows).flatMap((i) =>
      range(columns).map((j) => `var total${i}_${j} = 0.0f;`)
    ),
    `for (var p${k} = 0; p${k} < ${shape[k]}; p${k}++) {`,
    ...range(rows).map((i) => `let x${i} = ${read(1, m, i)};`),
    ...range(columns).map((j) => `let y${j} = ${read(2, n, j)};`),
    ...range(rows).flatMap((i) =>
      range(columns).map((j) => `total${i}_${j} += x${i} * y${j};`)
    ),
    "}",
    ...range(rows).flatMap((i) =>
      range(columns).map((j) => {
        const bias = buffers.length > 3
          ? ` + ${loaded(dtypeOf(3), result(3, i, j))}`
          : "";
        return `${result(0, i, j)} = ${
          stored(dtypeOf(0), `total${i}_${j}${bias}`)
        };`;
      })
    ),
  ];
}

/** `out[row, j] = x[row, index[row, j]]`. */
export function gatherBody(
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
export function softmaxBody(
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
