/**
 * The innermost loop of a matrix product: one small tile of the result from
 * two packed panels, held in variables.
 *
 * @module
 */

/** Rows of a tile: more would not fit in the registers of a processor. */
export const TILE_ROWS = 4;
/** Columns of a tile. */
export const TILE_COLUMNS = 2;

/** Writes the sums of `depth` products to `tile`, row by row. */
export function floatTile(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  depth: number,
  tile: Float64Array,
): void {
  let c00 = 0, c01 = 0, c10 = 0, c11 = 0;
  let c20 = 0, c21 = 0, c30 = 0, c31 = 0;
  let p = aStart | 0;
  let q = bStart | 0;
  const end = (bStart + 2 * depth) | 0;
  while (q < end) {
    const b0 = b[q]!;
    const b1 = b[q + 1]!;
    const a0 = a[p]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    const a1 = a[p + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    const a2 = a[p + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    const a3 = a[p + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    p = (p + 4) | 0;
    q = (q + 2) | 0;
  }
  tile[0] = c00;
  tile[1] = c01;
  tile[2] = c10;
  tile[3] = c11;
  tile[4] = c20;
  tile[5] = c21;
  tile[6] = c30;
  tile[7] = c31;
}

/** The same for integers, which wrap to 32 bits. */
export function integerTile(
  a: Int32Array,
  aStart: number,
  b: Int32Array,
  bStart: number,
  depth: number,
  tile: Int32Array,
): void {
  tile.fill(0);
  for (let k = 0; k < depth; k++) {
    const p = aStart + k * TILE_ROWS;
    const q = bStart + k * TILE_COLUMNS;
    for (let i = 0; i < TILE_ROWS; i++) {
      const x = a[p + i]!;
      for (let j = 0; j < TILE_COLUMNS; j++) {
        tile[i * TILE_COLUMNS + j]! += Math.imul(x, b[q + j]!);
      }
    }
  }
}
