/**
 * Shape arithmetic: sizes, dims, broadcasting. Pure functions over arrays of
 * numbers; nothing here knows of tensors.
 *
 * @module
 */
import { IndexError, ShapeError, showShape } from "./errors.ts";
import { showValue } from "./options.ts";

/**
 * The extents of a tensor, outermost first.
 *
 * @example The extents of an image
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Shape, zeros } from "@tenfold/tenfold";
 *
 * const shape: Shape = [3, 224, 224];
 * assertEquals(zeros(shape).size, 150_528);
 * ```
 */
export type Shape = readonly number[];

/**
 * The number of elements of a shape.
 *
 * @example A matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sizeOf } from "@tenfold/core/backend";
 *
 * assertEquals(sizeOf([2, 3]), 6);
 * ```
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

/** True when both shapes have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Checks a shape that a caller gave and returns a copy of it.
 *
 * @throws {ShapeError} If it is not an array of non-negative integers.
 * @throws {RangeError} If it has more than 2^53 - 1 elements.
 */
export function checkShape(shape: unknown, operation: string): Shape {
  if (!Array.isArray(shape)) {
    throw new ShapeError(
      `Cannot ${operation} as the shape must be an array of integers: got ${
        showValue(shape)
      }`,
    );
  }
  let size = 1;
  let empty = false;
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(
        `Cannot ${operation} as each extent must be a non-negative integer: got shape ${
          showShape(shape)
        }`,
      );
    }
    if (extent === 0) empty = true;
    else size *= extent;
  }
  if (!empty && size > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `Cannot ${operation} as the shape has more than 2^53 - 1 elements: got ${
        showShape(shape)
      }`,
    );
  }
  return shape.slice();
}

/** Turns a dim that may count from the end into one from 0 to `ndim - 1`. */
export function normalizeDim(
  dim: number,
  ndim: number,
  operation: string,
): number {
  if (typeof dim !== "number") {
    throw new TypeError(
      `Cannot ${operation} as each dim must be an integer: got ${
        showValue(dim)
      }${dimInstead(operation, dim)}`,
    );
  }
  // A 0-d tensor takes 0 and -1, as in PyTorch.
  const bound = ndim === 0 ? 1 : ndim;
  if (!Number.isInteger(dim) || dim < -bound || dim >= bound) {
    throw new IndexError(
      `Cannot ${operation} as the dim is out of range: got ${dim} for ${ndim} dims, expected ${-bound} to ${
        bound - 1
      }`,
    );
  }
  return dim < 0 ? dim + bound : dim;
}

/** What to write for a dim that was given by name, as in `sum({ dim: 1 })`. */
function dimInstead(operation: string, given: unknown): string {
  const { dim, axis = dim } = Object(given) as {
    dim?: unknown;
    axis?: unknown;
  };
  return axis === undefined
    ? ""
    : `, the dim goes by position: write ${operation}(${showValue(axis)})`;
}

/** Normalises a list of dims; `undefined` means all of them. */
export function normalizeDims(
  dims: number | readonly number[] | undefined,
  ndim: number,
  operation: string,
): number[] {
  if (dims === undefined) return Array.from({ length: ndim }, (_, i) => i);
  if (typeof dims !== "number" && !Array.isArray(dims)) {
    throw new TypeError(
      `Cannot ${operation} as the dims must be an integer or an array of integers: got ${
        showValue(dims)
      }${dimInstead(operation, dims)}`,
    );
  }
  const list: readonly number[] = typeof dims === "number" ? [dims] : dims;
  const normal = list.map((dim) => normalizeDim(dim, ndim, operation));
  if (new Set(normal).size !== normal.length) {
    throw new IndexError(
      `Cannot ${operation} as a dim appears twice: got ${showShape(list)}`,
    );
  }
  return ndim === 0 ? [] : normal.sort((a, b) => a - b);
}

/**
 * The common shape of two operands under NumPy broadcasting.
 *
 * @throws {ShapeError} If two extents differ and neither is 1.
 *
 * @example A column and a row
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { broadcastShapes } from "@tenfold/core/backend";
 *
 * assertEquals(broadcastShapes([2, 1], [3], "add"), [2, 3]);
 * ```
 */
export function broadcastShapes(
  a: Shape,
  b: Shape,
  operation: string,
): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out: number[] = new Array(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i]! : 1;
    const y = i <= b.length ? b[b.length - i]! : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `Cannot ${operation} as the shapes do not broadcast: got ${
          showShape(a)
        } and ${showShape(b)}, which differ at dim ${
          rank - i
        } (each pair of extents must be equal, or one of them 1)`,
      );
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/**
 * Fills in the one `-1` of a shape given to `reshape`.
 *
 * @throws {ShapeError} If the sizes cannot match.
 */
export function inferShape(shape: Shape, size: number, from: Shape): Shape {
  if (!Array.isArray(shape)) return checkShape(shape, "reshape");
  const wild = shape.indexOf(-1);
  const out = shape.slice();
  if (wild >= 0) {
    const rest = shape.reduce((n, d, i) => i === wild ? n : n * d, 1);
    if (
      shape.lastIndexOf(-1) !== wild || rest === 0 || size % rest !== 0
    ) {
      throw new ShapeError(
        `Cannot reshape ${showShape(from)} (${size} elements) to ${
          showShape(shape)
        }: at most one extent may be -1, and the others must divide the size`,
      );
    }
    out[wild] = size / rest;
  }
  checkShape(out, "reshape");
  if (sizeOf(out) !== size) {
    throw new ShapeError(
      `Cannot reshape ${showShape(from)} (${size} elements) to ${
        showShape(shape)
      } (${sizeOf(out)} elements) as the sizes differ`,
    );
  }
  return out;
}
