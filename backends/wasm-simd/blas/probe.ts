/**
 * Whether a BLAS computes right. An old one may have kernels that do not suit
 * a new processor, and the reference implementation leaves out products with
 * zero, so that NaN and infinities get lost.
 *
 * @module
 */
import type { Block } from "../allocator.ts";
import type { Engine } from "../engine.ts";
import type { Blas } from "./library.ts";

/** `CblasRowMajor`, `CblasNoTrans` and `CblasTrans`. */
export const ROW_MAJOR = 101;
/** Rows are contiguous. */
export const PLAIN = 111;
/** Columns are contiguous. */
export const TRANSPOSED = 112;

/** Sizes that are not multiples of vectors or tiles, and one of blocks. */
const SIZES = [[1, 3, 2], [5, 17, 9], [67, 35, 150]] as const;
const LONGEST = 256 * 256;

/**
 * Returns what is wrong with the results of a BLAS.
 *
 * @param blas The library.
 * @param engine Whose memory is used.
 * @param base The address of the memory.
 * @returns What is wrong, or `null` if all is right.
 */
export function whyWrong(
  blas: Blas,
  engine: Engine,
  base: number,
): string | null {
  const block = engine.allocate("float64", 3 * LONGEST);
  try {
    for (const dtype of ["float32", "float64"] as const) {
      for (const [m, n, k] of SIZES) {
        for (const ways of [0, 1, 2, 3]) {
          if (!isRight(blas, engine, base, block, dtype, [m, n, k], ways)) {
            return `it computes ${dtype} products wrong`;
          }
        }
      }
    }
    return null;
  } finally {
    engine.allocator.free(block);
  }
}

type Size = readonly [m: number, n: number, k: number];

function isRight(
  blas: Blas,
  { memory }: Engine,
  base: number,
  block: Block,
  dtype: "float32" | "float64",
  [m, n, k]: Size,
  ways: number,
): boolean {
  const [view, bytes, gemm, epsilon] = dtype === "float32"
    ? [memory.f32, 4, blas.sgemm, 2 ** -23] as const
    : [memory.f64, 8, blas.dgemm, 2 ** -52] as const;
  const [aAcross, bAcross] = [(ways & 1) === 1, (ways & 2) === 2];
  // Lines are longer than what is read of them.
  const aLine = (aAcross ? m : k) + 3;
  const bLine = (bAcross ? k : n) + 2;
  const cLine = n + 1;
  const first = block.pointer / bytes;
  const [a, b, c] = [first, first + LONGEST, first + 2 * LONGEST] as const;
  let seed = m + n + k + ways;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const lengths = [
    (aAcross ? k : m) * aLine,
    (bAcross ? n : k) * bLine,
  ];
  for (let i = 0; i < lengths[0]!; i++) view[a + i] = next();
  for (let i = 0; i < lengths[1]!; i++) view[b + i] = next();
  // A row of zeros meets an infinity.
  const strange = ways === 0;
  if (strange) {
    for (let i = 0; i < k; i++) view[a + i] = 0;
    view[b] = Infinity;
  }
  // What is not added to is not read, and what is between lines is left alone.
  const adds = ways >= 2;
  view.fill(adds ? 2 : NaN, c, c + m * cLine);
  const at = (element: number) => base + bytes * element;
  gemm(
    ...[ROW_MAJOR, aAcross ? TRANSPOSED : PLAIN],
    ...[bAcross ? TRANSPOSED : PLAIN, m, n, k, 1],
    ...[at(a), aLine, at(b), bLine, adds ? 1 : 0, at(c), cLine],
  );
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = adds ? 2 : 0;
      let size = sum;
      for (let s = 0; s < k; s++) {
        const term = view[a + (aAcross ? s * aLine + i : i * aLine + s)]! *
          view[b + (bAcross ? j * bLine + s : s * bLine + j)]!;
        sum += term;
        size += Math.abs(term);
      }
      const found = view[c + i * cLine + j]!;
      const limit = (8 + 2 * Math.sqrt(k)) * epsilon * size;
      const right = Number.isFinite(sum)
        ? Math.abs(found - sum) <= limit
        : Object.is(found, sum);
      if (!right) return false;
    }
    if (!Object.is(view[c + i * cLine + n], adds ? 2 : NaN)) return false;
  }
  return true;
}
