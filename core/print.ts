/**
 * Tensors as nested arrays and as text, the way NumPy prints arrays.
 *
 * @module
 */
import { type DType, isFloating, type TypedArray } from "./dtype.ts";
import { showShape } from "./errors.ts";
import { type Shape, sizeOf } from "./shape.ts";

/**
 * Nested arrays of elements; one element is that of a 0-d tensor.
 *
 * @example A matrix, or more dims
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Nested, tensor } from "@tenfold/tenfold";
 *
 * const rows: Nested<number> = await tensor([[1, 2], [3, 4]]).toArray();
 * assertEquals(rows, [[1, 2], [3, 4]]);
 * ```
 */
export type Nested<E> = E | Nested<E>[];

/**
 * Nested arrays of numbers, or of booleans for bool tensors.
 *
 * @example Numbers or truth values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type NestedNumbers, tensor } from "@tenfold/tenfold";
 *
 * const rows: NestedNumbers = await tensor([true, false]).toArray();
 * assertEquals(rows, [true, false]);
 * ```
 */
export type NestedNumbers = Nested<number | boolean>;

/** More elements than this are summarised. */
const SUMMARY_SIZE = 1000;
/** Elements shown at each end of a summarised dim. */
const EDGE_ITEMS = 3;
const DIGITS = 4;
const LINE_WIDTH = 80;

/** The elements as nested arrays; the element itself for a 0-d tensor. */
export function nest(
  data: TypedArray,
  shape: Shape,
  dtype: DType,
): NestedNumbers {
  const at = (i: number) => dtype === "bool" ? data[i] !== 0 : data[i]!;
  const level = (dim: number, offset: number, size: number): NestedNumbers => {
    if (dim === shape.length) return at(offset);
    const extent = shape[dim]!;
    const inner = extent === 0 ? 0 : size / extent;
    return Array.from(
      { length: extent },
      (_, i) => level(dim + 1, offset + i * inner, inner),
    );
  };
  return level(0, 0, sizeOf(shape));
}

/** Picks how numbers are written, so that a column lines up. */
function numberFormat(
  values: readonly number[],
  dtype: DType,
): (value: number) => string {
  if (dtype === "bool") return (value) => value ? "true" : "false";
  if (!isFloating(dtype)) return String;
  const finite = values.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...finite);
  const smallest = Math.min(...finite.filter((v) => v > 0));
  const scientific = largest >= 1e8 ||
    (smallest < 1e-4 && smallest !== Infinity) || largest / smallest > 1e6;
  const special = (value: number) =>
    Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (scientific) {
    return (value) =>
      Number.isFinite(value) ? value.toExponential(DIGITS) : special(value);
  }
  // No more digits than the values need, as in NumPy.
  let digits = 0;
  for (const value of finite) {
    const fraction = value.toFixed(DIGITS).replace(/0+$/, "").split(".")[1];
    digits = Math.max(digits, fraction?.length ?? 0);
  }
  return (value) => {
    if (!Number.isFinite(value)) return special(value);
    const text = value.toFixed(digits);
    return digits === 0 ? `${text}.` : text;
  };
}

/** The positions of a dim that are shown, -1 standing for the gap. */
function shown(extent: number, summarise: boolean): number[] {
  if (!summarise || extent <= 2 * EDGE_ITEMS) {
    return Array.from({ length: extent }, (_, i) => i);
  }
  const ends = Array.from({ length: EDGE_ITEMS }, (_, i) => i);
  return [...ends, -1, ...ends.map((i) => extent - EDGE_ITEMS + i)];
}

/** The text of a tensor: its values in brackets, then shape and dtype. */
export function formatTensor(
  data: TypedArray,
  shape: Shape,
  dtype: DType,
): string {
  const facts = `shape ${showShape(shape)}, ${dtype}`;
  const summarise = data.length > SUMMARY_SIZE;
  const values: number[] = [];
  const collect = (dim: number, offset: number, size: number): void => {
    if (dim === shape.length) return void values.push(data[offset]!);
    const inner = size / shape[dim]!;
    for (const i of shown(shape[dim]!, summarise)) {
      if (i >= 0) collect(dim + 1, offset + i * inner, inner);
    }
  };
  if (data.length > 0) collect(0, 0, data.length);
  const format = numberFormat(values, dtype);
  const width = values.reduce((w, v) => Math.max(w, format(v).length), 0);
  const prefix = "Tensor(";

  const row = (items: string[], indent: number): string => {
    let text = "";
    let line = "";
    for (const [i, item] of items.entries()) {
      const piece = i < items.length - 1 ? `${item}, ` : item;
      if (line && indent + line.length + piece.trimEnd().length > LINE_WIDTH) {
        text += line.trimEnd() + "\n" + " ".repeat(indent);
        line = "";
      }
      line += piece;
    }
    return text + line;
  };
  const level = (dim: number, offset: number, size: number): string => {
    if (dim === shape.length) return format(data[offset]!);
    const extent = shape[dim]!;
    if (extent === 0) return "[]";
    const inner = size / extent;
    const indent = prefix.length + dim + 1;
    const parts = shown(extent, summarise).map((i) =>
      i < 0 ? "..." : level(dim + 1, offset + i * inner, inner)
    );
    if (dim === shape.length - 1) {
      const padded = parts.map((p) => p === "..." ? p : p.padStart(width));
      return `[${row(padded, indent)}]`;
    }
    const gap = "\n".repeat(shape.length - dim - 1) + " ".repeat(indent);
    return `[${parts.join("," + gap)}]`;
  };
  return `${prefix}${level(0, 0, data.length)}, ${facts})`;
}
