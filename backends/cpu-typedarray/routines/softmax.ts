/**
 * Softmax and its logarithm along the last dim of the loop.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import { exp32 } from "../float32.ts";
import { forEachRow } from "../positions.ts";
import { ROUND } from "../rounding.ts";

type Floats = Float32Array | Float64Array;

/**
 * Runs `softmax`, `exp(x - max) / sum(exp(x - max))`, or `logSoftmax`,
 * `x - max - log(sum(exp(x - max)))`.
 */
export function prepareSoftmax({ name, inputs }: RoutineKernel): Launch {
  const logarithm = name === "logSoftmax";
  const exp = ROUND[inputs[0]!] ? exp32 : Math.exp;
  return (call) => {
    const [rowStep, step] = call.strides[1]!.slice(-2);
    const sideBySide = step !== undefined &&
      Math.abs(rowStep!) < Math.abs(step);
    if (sideBySide) eachColumns(call, exp, logarithm);
    else eachRow(call, exp, logarithm);
  };
}

/** The number of rows that are computed together where they are interleaved. */
const GROUP = 16;

/** The current rows, in float64; it grows to the largest size so far. */
let work = new Float64Array(1024);

function reserve(size: number): void {
  if (work.length < size) work = new Float64Array(size);
}

/** Rows that are not interleaved are computed one by one. */
function eachRow(
  call: KernelCall,
  exp: (x: number) => number,
  logarithm: boolean,
): void {
  const [out, x] = call.buffers as [Floats, Floats];
  const n = call.shape.at(-1)!;
  const outStep = call.strides[0]!.at(-1)!;
  const xStep = call.strides[1]!.at(-1)!;
  reserve(n);
  forEachRow(call, 1, ([outStart, xStart]) => {
    const row = work;
    let top = -Infinity;
    let from = xStart! | 0;
    for (let i = 0; i < n; i++) {
      const value = x[from]!;
      row[i] = value;
      if (value > top) top = value;
      from = (from + xStep) | 0;
    }
    const sum = (logarithm ? subtract : raise)(0, n, top, exp);
    const scale = logarithm ? 1 : 1 / sum;
    const shift = logarithm ? Math.log(sum) : 0;
    let to = outStart! | 0;
    for (let i = 0; i < n; i++) {
      out[to] = row[i]! * scale - shift;
      to = (to + outStep) | 0;
    }
  });
}

/** Interleaved rows are loaded and stored in groups. */
function eachColumns(
  call: KernelCall,
  exp: (x: number) => number,
  logarithm: boolean,
): void {
  const [out, x] = call.buffers as [Floats, Floats];
  const [height, n] = call.shape.slice(-2) as [number, number];
  const [outRow, outStep] = call.strides[0]!.slice(-2) as [number, number];
  const [xRow, xStep] = call.strides[1]!.slice(-2) as [number, number];
  reserve(GROUP * n);
  forEachRow(call, 2, ([outStart, xStart]) => {
    for (let first = 0; first < height; first += GROUP) {
      const end = Math.min(GROUP, height - first) * n;
      for (let i = 0; i < n; i++) {
        let from = (xStart! + first * xRow + i * xStep) | 0;
        for (let at = i; at < end; at += n) {
          work[at] = x[from]!;
          from = (from + xRow) | 0;
        }
      }
      for (let start = 0; start < end; start += n) {
        finish(start, start + n, exp, logarithm);
      }
      for (let i = 0; i < n; i++) {
        let to = (outStart! + first * outRow + i * outStep) | 0;
        for (let at = i; at < end; at += n) {
          out[to] = work[at]!;
          to = (to + outRow) | 0;
        }
      }
    }
  });
}

/** Computes one row at its place in the work space. */
function finish(
  start: number,
  end: number,
  exp: (x: number) => number,
  logarithm: boolean,
): void {
  const row = work;
  let top = -Infinity;
  for (let i = start; i < end; i++) {
    if (row[i]! > top) top = row[i]!;
  }
  const sum = (logarithm ? subtract : raise)(start, end, top, exp);
  const scale = logarithm ? 1 : 1 / sum;
  const shift = logarithm ? Math.log(sum) : 0;
  for (let i = start; i < end; i++) row[i] = row[i]! * scale - shift;
}

/**
 * Puts `exp(x - top)` in the place of each x and gives their sum. A NaN was
 * not larger than the others and is in the sum now.
 */
function raise(
  start: number,
  end: number,
  top: number,
  exp: (x: number) => number,
): number {
  const row = work;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const power = exp(row[i]! - top);
    row[i] = power;
    sum += power;
  }
  return sum;
}

/** Puts `x - top` in the place of each x and gives the sum of the powers. */
function subtract(
  start: number,
  end: number,
  top: number,
  exp: (x: number) => number,
): number {
  const row = work;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const difference = row[i]! - top;
    row[i] = difference;
    sum += exp(difference);
  }
  return sum;
}
