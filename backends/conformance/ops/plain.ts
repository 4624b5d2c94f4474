/**
 * Plain arrays, which the reference computes with: numbers in C order, a shape
 * and a dtype, without views or memory management.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import { DTYPES, sizeOf } from "@tenfold/core/backend";

/**
 * A tensor as a list of numbers.
 *
 * @example A matrix of two rows
 * ```ts
 * import type { Plain } from "@tenfold/backends/conformance/reference";
 *
 * const x: Plain = { shape: [2, 1], dtype: "float32", data: [1, 2] };
 * ```
 */
export interface Plain {
  /** The extents. */
  readonly shape: Shape;
  /** The element type; it can represent each of the numbers. */
  readonly dtype: DType;
  /** The elements in C order; bools are 0 and 1. */
  readonly data: readonly number[];
}

/**
 * Casts a number to a dtype: floats are rounded, bool is `!= 0`, int32
 * truncates, saturates, and maps NaN to 0.
 *
 * @example Whole numbers of 32 bits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fit } from "@tenfold/backends/conformance/reference";
 *
 * assertEquals(fit("int32", 2.7), 2);
 * assertEquals(fit("int32", 1e12), 2 ** 31 - 1);
 * ```
 */
export function fit(dtype: DType, value: number): number {
  return (casts[dtype] ??= castTo(dtype))(value);
}

/** Casts are made once: nearly every number of the suite goes through one. */
const casts: { [D in DType]?: (value: number) => number } = {};

function castTo(dtype: DType): (value: number) => number {
  const { kind, lowest, highest, allocate } = DTYPES[dtype];
  switch (kind) {
    case "float": {
      const element = allocate(1);
      return (value) => {
        element[0] = value;
        return element[0]!;
      };
    }
    case "bool":
      return (value) => value === 0 ? 0 : 1;
    case "integer":
      return (value) =>
        Number.isNaN(value)
          ? 0
          : Math.min(Math.max(Math.trunc(value), lowest), highest) | 0;
  }
}

/**
 * Returns every position of a shape in C order, each as a new array.
 *
 * @example A row of two columns
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { positions } from "@tenfold/backends/conformance/reference";
 *
 * assertEquals(positions([1, 2]), [[0, 0], [0, 1]]);
 * ```
 */
export function positions(shape: Shape): number[][] {
  const out: number[][] = [];
  const position: number[] = new Array(shape.length).fill(0);
  for (let i = sizeOf(shape); i > 0; i--) {
    out.push(position.slice());
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++position[d]! < shape[d]!) break;
      position[d] = 0;
    }
  }
  return out;
}

/**
 * Returns the array whose element at each position is the result of `at`,
 * cast.
 *
 * @example The positions of a matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { generate } from "@tenfold/backends/conformance/reference";
 *
 * const x = generate([2, 2], "int32", ([i = 0, j = 0]) => 2 * i + j);
 * assertEquals(x.data, [0, 1, 2, 3]);
 * ```
 */
export function generate(
  shape: Shape,
  dtype: DType,
  at: (position: number[]) => number,
): Plain {
  const data = positions(shape).map((position) => fit(dtype, at(position)));
  return { shape, dtype, data };
}

/**
 * Returns the index of a position in the C order of a shape.
 *
 * @example The second row
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flatIndex } from "@tenfold/backends/conformance/reference";
 *
 * assertEquals(flatIndex([2, 3], [1, 0]), 3);
 * ```
 */
export function flatIndex(shape: Shape, position: readonly number[]): number {
  let flat = 0;
  for (let d = 0; d < shape.length; d++) flat = flat * shape[d]! + position[d]!;
  return flat;
}

/**
 * The element at a position.
 *
 * @example The last one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { element } from "@tenfold/backends/conformance/reference";
 *
 * const x = { shape: [2], dtype: "float32", data: [1, 2] } as const;
 * assertEquals(element(x, [1]), 2);
 * ```
 */
export function element(x: Plain, position: readonly number[]): number {
  return x.data[flatIndex(x.shape, position)]!;
}

/**
 * The element that broadcasting puts at a position of a larger shape: leading
 * dims are dropped, extents of 1 repeat.
 */
export function broadcastElement(
  x: Plain,
  position: readonly number[],
): number {
  const { shape, data } = x;
  const lead = position.length - shape.length;
  let flat = 0;
  for (let d = 0; d < shape.length; d++) {
    flat = flat * shape[d]! + (shape[d] === 1 ? 0 : position[d + lead]!);
  }
  return data[flat]!;
}

/** A position with one coordinate replaced. */
export function withDim(
  position: readonly number[],
  dim: number,
  value: number,
): number[] {
  const out = position.slice();
  out[dim] = value;
  return out;
}

/** A number as text; -0 as such. */
export function showNumber(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}
