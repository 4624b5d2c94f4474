/**
 * Convolution in two dims, and with it both of its gradients.
 *
 * @module
 */
import { isFloating, type TypedArray } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import { forEachPosition } from "../positions.ts";
import { multiplyBlocks } from "./gemm.ts";
import { packTable } from "./pack.ts";
import { productOfTables } from "./gemv.ts";

/** Dims of the loop `[b, g, m, y, x, c, i, j]`. */
const GROUP = 1;
const OUTPUT = 2;
const WINDOWS = [0, 3, 4];
const TERMS = [5, 6, 7];

/** With so few output channels, as in a depthwise one, packing does not pay. */
const MAX_GEMV_ROWS = 2;

/**
 * Runs `conv2d` as one matrix product for each group: the filter's
 * `[m, (c, i, j)]` with the windows' `[(c, i, j), (b, y, x)]`, which are packed
 * straight from the input.
 */
export function prepareConv2d({ outputs }: RoutineKernel): Launch {
  const integral = !isFloating(outputs[0]!);
  return (call) => {
    const [groups, m] = call.shape.slice(1, 3) as [number, number];
    const tables = tablesOf(call);
    for (let g = 0; g < groups; g++) {
      const operands = operandsOf(call, g);
      if (m <= MAX_GEMV_ROWS && !integral) sumTerms(operands, tables, m);
      else multiply(operands, tables, m, integral);
    }
  };
}

/** The offsets of the elements of windows, terms and outputs. */
interface Tables {
  readonly outputs: Int32Array;
  readonly windows: Int32Array;
  readonly windowTerms: Int32Array;
  readonly filters: Int32Array;
  readonly filterTerms: Int32Array;
}

function tablesOf({ shape, strides }: KernelCall): Tables {
  const table = (buffer: number, dims: readonly number[]) =>
    places(dims.map((d) => shape[d]!), dims.map((d) => strides[buffer]![d]!));
  return {
    outputs: table(0, WINDOWS),
    windows: table(1, WINDOWS),
    windowTerms: table(1, TERMS),
    filters: table(2, [OUTPUT]),
    filterTerms: table(2, TERMS),
  };
}

/** The offset of each position of a shape, in C order. */
function places(
  shape: readonly number[],
  strides: readonly number[],
): Int32Array {
  const out = new Int32Array(shape.reduce((a, b) => a * b, 1));
  let i = 0;
  forEachPosition(shape, [0], [strides], ([at]) => {
    out[i++] = at!;
  });
  return out;
}

/** The part of a buffer that belongs to one group. */
interface Operand {
  readonly data: TypedArray;
  readonly start: number;
  /** Elements from one output channel to the next. */
  readonly rowStep: number;
}

/** The result, the input, the filter and the bias. */
type Operands = readonly [Operand, Operand, Operand, Operand | undefined];

function operandsOf(
  { buffers, offsets, strides }: KernelCall,
  group: number,
): Operands {
  const [out, x, filter, bias] = buffers.map((buffer, k): Operand => ({
    data: buffer as TypedArray,
    start: offsets[k]! + group * strides[k]![GROUP]!,
    rowStep: strides[k]![OUTPUT]!,
  }));
  return [out!, x!, filter!, bias];
}

function multiply(
  [out, x, filter, bias]: Operands,
  { outputs, windows, windowTerms, filters, filterTerms }: Tables,
  m: number,
  integral: boolean,
): void {
  multiplyBlocks({
    m,
    n: windows.length,
    k: windowTerms.length,
    packA: packTable(filter.data, filter.start, filters, filterTerms),
    packB: packTable(x.data, x.start, windows, windowTerms),
    out: { ...out, columns: outputs },
    bias: bias ? { ...bias, columns: 0 } : null,
  }, integral);
}

/** The same without packing, one output channel after the other. */
function sumTerms(
  [out, x, filter, bias]: Operands,
  { outputs, windows, windowTerms, filterTerms }: Tables,
  m: number,
): void {
  const row = ({ data, start, rowStep }: Operand, i: number) => ({
    data,
    start: start + i * rowStep,
  });
  for (let i = 0; i < m; i++) {
    productOfTables(
      { ...row(out, i), places: outputs },
      { ...x, places: windows },
      windowTerms,
      { ...row(filter, i), places: filterTerms },
      bias ? bias.data[row(bias, i).start]! : 0,
    );
  }
}
