/**
 * Stable sorting along the last dim of the loop.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import {
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import { forEachRow } from "../positions.ts";

/** Runs up to this long are sorted by insertion, longer ones are merged. */
const MAX_INSERTION = 16;

/** One row as keys with their indices. */
interface Row {
  readonly keys: Float64Array;
  readonly places: Int32Array;
}

/** Runs `sort`: NaN last, or first when the order is descending. */
export function prepareSort(_: RoutineKernel): Launch {
  return (call) => {
    const [values, indices, x] = call.buffers as [
      TypedArray,
      Int32Array,
      TypedArray,
    ];
    const descending = parameterOf("sort", "descending", call) === 1;
    const n = call.shape.at(-1)!;
    const [valueStep, indexStep, xStep] = call.strides.map((s) =>
      s.at(-1)!
    ) as [number, number, number];
    const row = rowOf(n);
    const spare = rowOf(n);
    forEachRow(call, 1, ([valueStart, indexStart, xStart]) => {
      const numbers = load(row, x, xStart!, xStep, n, descending);
      const first = descending ? n - numbers : 0;
      const sorted = sortPart(row, spare, first, first + numbers);
      for (let i = 0; i < n; i++) {
        const inside = i >= first && i < first + numbers;
        const place = (inside ? sorted : row).places[i]!;
        values[valueStart! + i * valueStep] = x[xStart! + place * xStep]!;
        indices[indexStart! + i * indexStep] = place;
      }
    });
  };
}

function rowOf(n: number): Row {
  return { keys: new Float64Array(n), places: new Int32Array(n) };
}

/**
 * Loads a row so that ascending keys are in the order that is asked for: keys
 * are negated where it descends, and NaNs, in the order of their places, are
 * set apart at the end, or at the beginning where it descends. Gives the
 * number of keys that are numbers.
 */
function load(
  { keys, places }: Row,
  x: TypedArray,
  start: number,
  step: number,
  n: number,
  descending: boolean,
): number {
  let numbers = 0;
  for (let i = 0; i < n; i++) {
    const value = x[start + i * step]!;
    if (value === value) numbers++;
  }
  let number = descending ? n - numbers : 0;
  let nan = descending ? 0 : numbers;
  for (let i = 0; i < n; i++) {
    const value = x[start + i * step]!;
    if (value === value) {
      keys[number] = descending ? -value : value;
      places[number++] = i;
    } else {
      places[nan++] = i;
    }
  }
  return numbers;
}

/**
 * Sorts [first, end) of `row`; returns the row of the two that holds the
 * result.
 */
function sortPart(row: Row, spare: Row, first: number, end: number): Row {
  for (let start = first; start < end; start += MAX_INSERTION) {
    insertionSort(row, start, Math.min(start + MAX_INSERTION, end));
  }
  let [from, to] = [row, spare];
  for (let width = MAX_INSERTION; width < end - first; width *= 2) {
    for (let start = first; start < end; start += 2 * width) {
      const middle = Math.min(start + width, end);
      merge(from, to, start, middle, Math.min(middle + width, end));
    }
    [from, to] = [to, from];
  }
  return from;
}

function insertionSort(
  { keys, places }: Row,
  start: number,
  end: number,
): void {
  for (let i = start + 1; i < end; i++) {
    const key = keys[i]!;
    const place = places[i]!;
    let j = i;
    for (; j > start && keys[j - 1]! > key; j--) {
      keys[j] = keys[j - 1]!;
      places[j] = places[j - 1]!;
    }
    keys[j] = key;
    places[j] = place;
  }
}

/** Merges two adjacent sorted runs; of equal keys, the left one first. */
function merge(
  from: Row,
  to: Row,
  start: number,
  middle: number,
  end: number,
): void {
  const { keys, places } = from;
  let [left, right] = [start, middle];
  for (let i = start; i < end; i++) {
    const takesRight = left === middle ||
      (right < end && keys[right]! < keys[left]!);
    const k = takesRight ? right++ : left++;
    to.keys[i] = keys[k]!;
    to.places[i] = places[k]!;
  }
}
