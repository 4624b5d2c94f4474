/**
 * The arguments of matrix products, `out[m, n] = first[m, n] + sum over k of
 * a[m, k] · b[k, n]`: those of a loop over `[m, n, k]` with four operands, as
 * every kernel takes them, and four integers.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import { ArgumentLayout } from "../arguments.ts";
import type { Code, FunctionBuilder, Local } from "../assembler.ts";

const [OUT, A, B, FIRST] = [0, 1, 2, 3] as const;
const [M, N, K] = [0, 1, 2] as const;
const [WORKSPACE, PACKS, BY_ROWS, WORKSPACE_SIZE] = [0, 1, 2, 3] as const;

const LAYOUT = new ArgumentLayout(
  new Array<DType>(4).fill("float32"),
  3,
  [WORKSPACE, PACKS, BY_ROWS, WORKSPACE_SIZE].map((index) => ({
    kind: "scalar",
    index,
    dtype: "int32",
  })),
);

/** The byte of each argument; strides are in bytes. */
const BYTES = {
  a: LAYOUT.pointerByte(A),
  aRow: LAYOUT.strideByte(A, M),
  aStep: LAYOUT.strideByte(A, K),
  b: LAYOUT.pointerByte(B),
  bStep: LAYOUT.strideByte(B, K),
  bColumn: LAYOUT.strideByte(B, N),
  out: LAYOUT.pointerByte(OUT),
  outRow: LAYOUT.strideByte(OUT, M),
  first: LAYOUT.pointerByte(FIRST),
  firstRow: LAYOUT.strideByte(FIRST, M),
  firstColumn: LAYOUT.strideByte(FIRST, N),
  rows: LAYOUT.extentByte(M),
  columns: LAYOUT.extentByte(N),
  depth: LAYOUT.extentByte(K),
  workspace: LAYOUT.scalarByte(WORKSPACE, "int32"),
  /** Whether b is packed; else its rows are contiguous, and read in place. */
  packs: LAYOUT.scalarByte(PACKS, "int32"),
  /** Whether threads divide the rows of the output; else its columns. */
  byRows: LAYOUT.scalarByte(BY_ROWS, "int32"),
  /** Bytes of the workspace of one thread. */
  workspaceSize: LAYOUT.scalarByte(WORKSPACE_SIZE, "int32"),
} as const;

/** The name of an argument. */
export type ProductArgument = keyof typeof BYTES;

/** The bytes that the arguments take. */
export const PRODUCT_BYTES: number = LAYOUT.bytes;

/** The index of each argument among the 32-bit words of the arguments. */
export const PRODUCT_WORDS = Object.fromEntries(
  Object.entries(BYTES).map(([name, byte]) => [name, byte / 4]),
) as { readonly [N in ProductArgument]: number };

/** Reads an argument by its name, once. */
export type ReadArgument = (name: ProductArgument) => Local<"i32">;

/** Returns the function that reads the arguments. */
export function productArguments(
  f: FunctionBuilder,
  args: Code<"i32">,
): ReadArgument {
  return (name) => f.hoist(LAYOUT.word(args, BYTES[name]));
}
