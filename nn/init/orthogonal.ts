import {
  getRandomState,
  setRandomState,
  ShapeError,
  type Tensor,
} from "@tenfold/core";
import { DTYPES, threefry } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  parseArguments,
  showShape,
  tidyNow,
  UPLOAD_LIKE,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { finite } from "../_options.ts";

/**
 * Options of {@linkcode orthogonal_}.
 *
 * @example A gain for tanh
 * ```ts
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.init.OrthogonalOptions = {
 *   gain: nn.init.calculateGain("tanh"),
 * };
 * nn.init.orthogonal_(zeros([4, 4]), options);
 * ```
 */
export interface OrthogonalOptions {
  /** Norm of the rows or columns. @default {1} */
  readonly gain?: number;
}

const schema = () => z.strictObject({ gain: z._default(finite, 1) });

/** `count` normal numbers, one draw of the library's generator. */
function normals(count: number): Float64Array {
  const { seed, draws } = getRandomState();
  setRandomState({ seed, draws: draws + 1 });
  const unit = (i: number) =>
    ((threefry(seed, draws | 0, i, 0) >>> 0) + 0.5) / 2 ** 32;
  const out = new Float64Array(count);
  // Box and Muller: two even numbers make a direction and a length.
  for (let i = 0; i < count; i++) {
    const length = Math.sqrt(-2 * Math.log(unit(2 * i)));
    out[i] = length * Math.cos(2 * Math.PI * unit(2 * i + 1));
  }
  return out;
}

/**
 * Makes the columns of a matrix orthogonal and of length 1, in place, by
 * Householder reflections. `a` holds the columns one after the other, `rows`
 * numbers each, no more columns than rows. The factor that is left over has a
 * positive diagonal, so that every orthogonal matrix is equally likely
 * (Mezzadri, 2007).
 */
function orthogonalize(a: Float64Array, rows: number, columns: number): void {
  const signs: number[] = [];
  const reflect = (v: number, start: number, column: number, norm: number) => {
    let dot = 0;
    for (let i = start; i < rows; i++) {
      dot += a[v * rows + i]! * a[column * rows + i]!;
    }
    const factor = 2 * dot / norm;
    for (let i = start; i < rows; i++) {
      a[column * rows + i]! -= factor * a[v * rows + i]!;
    }
  };
  const norms: number[] = [];
  for (let k = 0; k < columns; k++) {
    let square = 0;
    for (let i = k; i < rows; i++) square += a[k * rows + i]! ** 2;
    const length = Math.sqrt(square);
    const head = a[k * rows + k]!;
    // The reflection turns the column to minus its head's sign.
    signs.push(head < 0 ? 1 : -1);
    a[k * rows + k] = head + (head < 0 ? -length : length);
    norms.push(2 * (square + Math.abs(head) * length));
    if (norms[k] === 0) continue;
    for (let column = k + 1; column < columns; column++) {
      reflect(k, k, column, norms[k]!);
    }
  }
  // The product of the reflections, last first, applied to unit columns.
  for (let k = columns - 1; k >= 0; k--) {
    const v = a.slice(k * rows, (k + 1) * rows);
    for (let column = columns - 1; column >= k; column--) {
      const at = column * rows;
      if (column === k) {
        a.fill(0, at, at + rows);
        a[at + k] = 1;
      }
      if (norms[k] === 0) continue;
      let dot = 0;
      for (let i = k; i < rows; i++) dot += v[i]! * a[at + i]!;
      const factor = 2 * dot / norms[k]!;
      for (let i = k; i < rows; i++) a[at + i]! -= factor * v[i]!;
    }
  }
  for (let k = 0; k < columns; k++) {
    for (let i = 0; i < rows; i++) a[k * rows + i]! *= signs[k]!;
  }
}

/**
 * Fills a weight so that its rows (or its columns, if there are fewer) are
 * orthogonal to each other and of length `gain` (Saxe and others, 2013). Dims
 * after the first are treated as one. Computed in float64 outside the device,
 * with the same result on every backend.
 *
 * @param tensor Of 2 or more dims.
 * @param options `gain`.
 * @returns The same tensor.
 * @throws {ShapeError} If it has fewer than 2 dims.
 * @example Rows of length 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { zeros } from "@tenfold/tenfold";
 * import { init } from "@tenfold/nn";
 *
 * const weight = init.orthogonal_(zeros([3, 5]));
 * const products = weight.matmul(weight.t());
 * assertAlmostEquals(await products.select(0, 0).select(0, 0).item(), 1, 1e-5);
 * assertAlmostEquals(await products.select(0, 0).select(0, 1).item(), 0, 1e-5);
 * ```
 */
export function orthogonal_<T extends Tensor>(
  tensor: T,
  options: OrthogonalOptions = {},
): T {
  const { gain } = parseArguments(
    schema,
    { tensor },
    options,
    arguments,
    "apply orthogonal_",
  );
  checkTensor(tensor, "what is filled", "apply orthogonal_");
  const { shape, size, dtype } = tensor;
  if (shape.length < 2) {
    throw new ShapeError(
      `Cannot apply orthogonal_ to a tensor of fewer than 2 dims: got shape ${
        showShape(shape)
      }`,
    );
  }
  if (size === 0) return tensor;
  const rows = shape[0]!;
  const columns = size / rows;
  const long = Math.max(rows, columns);
  const short = Math.min(rows, columns);
  const basis = normals(size);
  orthogonalize(basis, long, short);
  const data = DTYPES[dtype].allocate(size);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const at = rows <= columns ? r * long + c : c * long + r;
      data[r * columns + c] = gain * basis[at]!;
    }
  }
  tidyNow(() => {
    noGradNow(() => tensor.copy_(tensor[UPLOAD_LIKE](data, shape, dtype)));
  });
  return tensor;
}
