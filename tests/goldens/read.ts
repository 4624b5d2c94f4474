/**
 * Reads the figures that `tests/goldens/generators/generate.py` writes. It needs nothing
 * but `fetch`, which reads files on Deno and Bun and addresses in browsers.
 *
 * @module
 */
import type { DType, TypedArray } from "@tenfold/core";

/** A tensor as the figure files hold it: `{ float32: [2, 3], b64: "…" }`. */
export type TensorFigure =
  & { readonly [D in DType]?: readonly number[] }
  & { readonly b64: string };

/** A tensor's elements in C order, with its shape and dtype. */
export interface Figure {
  /** The extents. */
  readonly shape: readonly number[];
  /** The element type. */
  readonly dtype: DType;
  /** The elements; bool as 0 and 1. */
  readonly data: TypedArray;
}

/** One figure file. */
export interface FigureFile<C> {
  /** Its name, without the ending. */
  readonly group: string;
  /** What the cases are about. */
  readonly about: string;
  /** The PyTorch that computed them, if it was PyTorch. */
  readonly torch?: string;
  /** The scikit-learn that computed them, if it was scikit-learn. */
  readonly "scikit-learn"?: string;
  /** The NumPy that computed them. */
  readonly numpy: string;
  /** The cases. */
  readonly cases: readonly C[];
}

const FOLDER = new URL("./figures/", import.meta.url);

/** Reads one figure file. */
export async function readFigures<C>(group: string): Promise<FigureFile<C>> {
  const response = await fetch(new URL(`${group}.json`, FOLDER));
  return await response.json() as FigureFile<C>;
}

/** Reads a file of the figures' folder as bytes. */
export async function readBytes(name: string): Promise<Uint8Array> {
  const response = await fetch(new URL(name, FOLDER));
  return new Uint8Array(await response.arrayBuffer());
}

/** True for a tensor among a case's arguments. */
export function isTensorFigure(value: unknown): value is TensorFigure {
  return typeof value === "object" && value !== null && "b64" in value;
}

/** Decodes a tensor. */
export function decode(figure: TensorFigure): Figure {
  const bytes = Uint8Array.from(atob(figure.b64), (c) => c.charCodeAt(0));
  const { buffer } = bytes;
  if (figure.float32) {
    return {
      shape: figure.float32,
      dtype: "float32",
      data: new Float32Array(buffer),
    };
  }
  if (figure.float64) {
    return {
      shape: figure.float64,
      dtype: "float64",
      data: new Float64Array(buffer),
    };
  }
  if (figure.int32) {
    return {
      shape: figure.int32,
      dtype: "int32",
      data: new Int32Array(buffer),
    };
  }
  return { shape: figure.bool ?? [], dtype: "bool", data: bytes };
}

/**
 * The cotangent of output (or gradient) `k`: a fixed sequence that is exact in
 * float32, the same as in `tests/goldens/generators/record.py`.
 */
export function cotangent(size: number, k: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => ((37 * i + 11 + 17 * k) % 29 - 14) / 8,
  );
}
