/**
 * From which size on a BLAS is faster than our own kernels.
 *
 * @module
 */
import { ZEROS } from "../addresses.ts";
import type { Engine } from "../engine.ts";
import type { Multiplier, Product } from "../matmul/matmul.ts";
import type { BlasProducts } from "./products.ts";

/** Rows, columns and depth of what is tried. */
const SIZES = [16, 32, 64, 128] as const;
/** It must take at most this part of our own time. */
const WINS = 0.9;
/** Times that a product is tried; the fastest counts. */
const TRIES = 5;
/** Multiplications of a try, so that clocks tell them apart. */
const WORK = 500_000;

/**
 * Returns the multiplications from which on products are faster by a BLAS.
 *
 * @param engine Whose memory is used.
 * @param multiplier Our own kernels.
 * @param products The BLAS.
 * @returns The number; `Infinity` if the largest size is slower.
 */
export function compareSpeed(
  engine: Engine,
  multiplier: Multiplier,
  products: BlasProducts,
): number {
  const largest = Math.max(...SIZES);
  const matrices = engine.allocate("float32", 3 * largest ** 2);
  engine.memory.f32.fill(
    0.5,
    matrices.pointer / 4,
    matrices.pointer / 4 + 3 * largest ** 2,
  );
  let smallest = Infinity;
  try {
    for (const size of SIZES.toReversed()) {
      const own = time(size, matrices.pointer, (p) => multiplier.multiply(p));
      const other = time(size, matrices.pointer, (p) => products.multiply(p));
      if (other > WINS * own) break;
      smallest = size ** 3;
    }
  } finally {
    engine.allocator.free(matrices);
  }
  return smallest;
}

function time(
  size: number,
  at: number,
  run: (product: Product) => void,
): number {
  const repeats = Math.ceil(WORK / size ** 3);
  let best = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const begin = performance.now();
    for (let j = 0; j < repeats; j++) run(square(size, at));
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

function square(size: number, at: number): Product {
  const line = 4 * size;
  return {
    rows: size,
    columns: size,
    depth: size,
    a: at,
    aRow: line,
    aStep: 4,
    b: at + size * line,
    bStep: line,
    bColumn: 4,
    out: at + 2 * size * line,
    outRow: line,
    first: ZEROS,
    firstRow: 0,
    firstColumn: 0,
  };
}
