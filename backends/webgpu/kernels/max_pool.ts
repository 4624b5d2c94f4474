/**
 * Max pooling: one invocation looks at one window, or at some of its rows where
 * it has very many elements.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import {
  eachInvocation,
  fillOperandLayout,
  gridFor,
  MAX_ITERATIONS,
  splitPositions,
  takeExtents,
  takeOperandLayout,
} from "./loop.ts";
import { sortKey } from "./sort_key.ts";
import { blocksOf } from "./rows.ts";

/** Loop dims: row, y and x, then i and j in the window. */
const RANK = 5;
const KEPT = 3;
/** Extent, stride, dilation and padding along both dims of a plane. */
const SCALARS = 8;

/** Prepares `maxPool2d`. */
export function prepareMaxPool(gpu: Gpu, kernel: RoutineKernel<DType>): Launch {
  const dtype = kernel.inputs[0] as GpuDType;
  const type = gpuOf(dtype).memory;
  const size = gpu.profile.workgroup;
  const params = new Params();
  const count = params.take();
  const extents = takeExtents(params, RANK);
  const [values, indices] = [params.take(), params.take()];
  const source = takeOperandLayout(params, RANK);
  const numbers = Array.from({ length: SCALARS }, () => params.take());
  // The rows of the window that one dispatch looks at.
  const [begin, end] = [params.take(), params.take()];
  const [height, width] = numbers.slice(0, 2).map(int);
  const [strideY, strideX, dilationY, dilationX] = numbers.slice(2, 6).map(int);
  const [paddingY, paddingX] = numbers.slice(6).map(int);
  const at = source.strides.map(int);
  const kept = { words: extents.words.slice(0, KEPT) };
  const program = gpu.newProgram({
    label: "maxPool2d",
    operands: [
      { type, writes: true },
      { type: "i32", writes: true },
      { type },
    ],
    words: params.words,
    code: ([out, places, x]) =>
      [
        ...eachInvocation(size),
        `if (t < ${uint(count)}) {`,
        ...splitPositions(kept, "t", "p"),
        `let base = ${int(source.offset)} + p0 * ${at[0]} + p1 * ${
          at[1]
        } + p2 * ${at[2]};`,
        "var best = 0u;",
        "var found = -1;",
        `var value = ${dtype === "float32" ? "-tf_inf()" : `${type}()`};`,
        `if (${int(begin)} > 0) {`,
        `value = ${out}[${int(values)} + i32(t)];`,
        `found = ${places}[${int(indices)} + i32(t)];`,
        `best = ${sortKey(dtype, "value")};`,
        "}",
        `for (var i = ${int(begin)}; i < ${int(end)}; i++) {`,
        `let h = p1 * ${strideY} + i * ${dilationY} - ${paddingY};`,
        `if ((h < 0) | (h >= ${height})) {`,
        "continue;",
        "}",
        `for (var j = 0; j < ${int(extents.words[4]!)}; j++) {`,
        `let w = p2 * ${strideX} + j * ${dilationX} - ${paddingX};`,
        `if ((w < 0) | (w >= ${width})) {`,
        "continue;",
        "}",
        `let element = ${x}[base + i * ${at[3]} + j * ${at[4]}];`,
        `let key = ${sortKey(dtype, "element")};`,
        "if ((found < 0) | (key > best)) {",
        "best = key;",
        "value = element;",
        `found = h * ${width} + w;`,
        "}",
        "}",
        "}",
        `${out}[${int(values)} + i32(t)] = value;`,
        `${places}[${int(indices)} + i32(t)] = found;`,
        "}",
        "}",
      ].join("\n"),
  });
  const { ints } = gpu.recorder;
  return (call) => {
    const total = call.shape.slice(0, KEPT).reduce((x, y) => x * y, 1);
    const [rows, columns] = call.shape.slice(KEPT) as [number, number];
    const step = Math.max(1, Math.floor(MAX_ITERATIONS / (columns + 1)));
    for (let row = 0; row < rows; row += step) {
      const first = program.reserve();
      ints[first + count] = total;
      extents.words.forEach((word, d) => ints[first + word] = call.shape[d]!);
      ints[first + values] = call.offsets[0]!;
      ints[first + indices] = call.offsets[1]!;
      fillOperandLayout(
        ints,
        first,
        source,
        call.offsets[2]!,
        call.strides[2]!,
      );
      numbers.forEach((word, i) => ints[first + word] = call.scalars[i]!);
      ints[first + begin] = row;
      ints[first + end] = Math.min(row + step, rows);
      program.dispatch(
        blocksOf(call),
        first,
        ...gridFor(gpu.profile, total, size),
      );
    }
  };
}
