/**
 * Elements in another order or shape.
 *
 * @module
 */
import { tensor, type TensorOptions } from "../creation.ts";
import type { DType } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { cat } from "../functions.ts";
import { APPLY } from "../members.ts";
import { checkCount, showValue } from "../options.ts";
import {
  checkPlain,
  named,
  number,
  type PlainFields,
  text,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim, normalizeDims, type Shape } from "../shape.ts";
import { checkTensor, type Dims, type Tensor } from "../tensor.ts";
import { checkCall } from "./call.ts";

const INDEXING: PlainFields = { indexing: text };
const PLACE: PlainFields = { offset: number, dim1: number, dim2: number };
const TRIANGLE: PlainFields = { offset: number, device: named };

const listOf = (value: Dims): readonly number[] =>
  typeof value === "number" ? [value] : value;

/** Elements of one dim moved on by `shift` places. */
function rolled(x: Tensor, shift: number, dim: number): Tensor {
  const length = x.shape[dim] ?? 0;
  if (length === 0) return x.alias();
  const by = ((shift % length) + length) % length;
  if (by === 0) return x.alias();
  return cat([
    x.narrow(dim, length - by, by),
    x.narrow(dim, 0, length - by),
  ], dim);
}

/**
 * Rolls elements along dims; those shifted beyond the end reappear at the
 * beginning.
 *
 * @param shifts The shift of each dim, in elements.
 * @param dims The dims; left out: in C order of all elements.
 * @throws {ShapeError} If there are not as many shifts as dims.
 * @example One place on
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { roll, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await roll(tensor([1, 2, 3]), 1).toArray(), [3, 1, 2]);
 * ```
 */
export function roll<D extends DType>(
  x: Tensor<D>,
  shifts: Dims,
  dims?: Dims,
): Tensor<D> {
  checkCall("roll", arguments, 3, x);
  const by = listOf(shifts);
  const along = dims === undefined ? undefined : listOf(dims);
  if (
    !Array.isArray(by) || !by.every(Number.isInteger) ||
    by.length !== (along?.length ?? 1)
  ) {
    throw new ShapeError(
      `Cannot roll as there must be one integer shift for each dim: got ${
        showValue(shifts)
      } for ${dims === undefined ? "all elements" : showValue(dims)}`,
    );
  }
  return tidyNow(() => {
    if (along === undefined) {
      return rolled(x.flatten(), by[0]!, 0).reshape(x.shape);
    }
    const each = along.map((d) => normalizeDim(d, x.ndim, "roll"));
    return each.reduce<Tensor>((y, d, i) => rolled(y, by[i]!, d), x.alias());
  }) as Tensor<D>;
}

/**
 * Rotates by 90 degrees in the plane of two dims, `k` times, from the first dim
 * towards the second.
 *
 * @param k Number of rotations; negative ones go the other way. @default {1}
 * @param dims The two dims. @default {[0, 1]}
 * @throws {ShapeError} If there are not two different dims.
 * @example A quarter turn
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rot90, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assertEquals(await rot90(x).toArray(), [[2, 4], [1, 3]]);
 * ```
 */
export function rot90<D extends DType>(
  x: Tensor<D>,
  k = 1,
  dims: readonly number[] = [0, 1],
): Tensor<D> {
  checkCall("rot90", arguments, 3, x);
  const [a, b, ...more] = normalizeDimsInOrder(dims, x.ndim, "rot90");
  if (b === undefined || a === b || more.length > 0 || !Number.isInteger(k)) {
    throw new ShapeError(
      `Cannot rot90 ${k} times as it takes an integer and two different dims: got ${
        showValue(dims)
      }`,
    );
  }
  return tidyNow(() => {
    switch (((k % 4) + 4) % 4) {
      case 1:
        return x.flip(b).transpose(a!, b);
      case 2:
        return x.flip([a!, b]);
      case 3:
        return x.flip(a!).transpose(a!, b);
      default:
        return x.alias();
    }
  });
}

function normalizeDimsInOrder(
  dims: Dims,
  ndim: number,
  operation: string,
): number[] {
  normalizeDims(dims, ndim, operation);
  return listOf(dims).map((d) => normalizeDim(d, ndim, operation));
}

/**
 * Moves dims to other positions and keeps the order of the others; a view.
 *
 * @param source The dims to move.
 * @param destination The new position of each.
 * @throws {ShapeError} If the number of positions differs from that of dims.
 * @example Channels last
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { movedim, zeros } from "@tenfold/tenfold";
 *
 * assertEquals(movedim(zeros([8, 3, 28, 30]), 1, -1).shape, [8, 28, 30, 3]);
 * ```
 */
export function movedim<D extends DType>(
  x: Tensor<D>,
  source: Dims,
  destination: Dims,
): Tensor<D> {
  checkCall("movedim", arguments, 3, x);
  const from = normalizeDimsInOrder(source, x.ndim, "movedim");
  const to = normalizeDimsInOrder(destination, x.ndim, "movedim");
  if (from.length !== to.length) {
    throw new ShapeError(
      `Cannot movedim as there must be one place for each dim: got ${
        showShape(to)
      } for ${showShape(from)}`,
    );
  }
  const rest = x.shape.map((_, d) => d).filter((d) => !from.includes(d));
  const order = x.shape.map((_, d) => {
    const i = to.indexOf(d);
    return i >= 0 ? from[i]! : rest.shift()!;
  });
  return x.permute(order);
}

/**
 * Splits one dim into several; a view.
 *
 * @param dim The dim; negative ones count from the last.
 * @param sizes The new extents, of which one may be -1.
 * @throws {ShapeError} If they do not fit the dim.
 * @example Heads
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unflatten, zeros } from "@tenfold/tenfold";
 *
 * assertEquals(unflatten(zeros([5, 12]), 1, [4, -1]).shape, [5, 4, 3]);
 * ```
 */
export function unflatten<D extends DType>(
  x: Tensor<D>,
  dim: number,
  sizes: Shape,
): Tensor<D> {
  checkCall("unflatten", arguments, 3, x);
  const d = normalizeDim(dim, x.ndim, "unflatten");
  const extent = x.shape[d] ?? 1;
  const known = Array.isArray(sizes)
    ? sizes.reduce((n, size) => size === -1 ? n : n * size, 1)
    : NaN;
  const open = Array.isArray(sizes) && sizes.includes(-1);
  if (!(open ? extent % known === 0 : known === extent)) {
    throw new ShapeError(
      `Cannot unflatten dim ${d} of extent ${extent} as the sizes must multiply to it: got ${
        showValue(sizes)
      }`,
    );
  }
  const parts = sizes.map((size) => size === -1 ? extent / known : size);
  return x.reshape([...x.shape.slice(0, d), ...parts, ...x.shape.slice(d + 1)]);
}

/**
 * A tensor for each one of a tuple, of its dtype.
 *
 * @example Two tensors of the dtypes that were passed
 * ```ts
 * import { type Alike, Tensor, zeros } from "@tenfold/tenfold";
 *
 * type Pair = Alike<[Tensor<"float32">, Tensor<"int32">]>;
 * const pair: Pair = [zeros([2]), zeros([2], { dtype: "int32" })];
 * ```
 */
export type Alike<T extends readonly Tensor[]> = {
  -readonly [I in keyof T]: T[I] extends Tensor<infer D> ? Tensor<D> : never;
};

/**
 * Grids of coordinates: each vector varies along its own dim and is expanded
 * along the others; views.
 *
 * @param tensors Vectors, or 0-d tensors.
 * @param options `indexing`: `"ij"`, dims in the order of the vectors, or
 * `"xy"`, the first two swapped. @default {indexing: "ij"}
 * @throws {ShapeError} If one has more than one dim.
 * @example Rows and columns
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { meshgrid, tensor } from "@tenfold/tenfold";
 *
 * const [rows, columns] = meshgrid([tensor([0, 1]), tensor([5, 6])]);
 * assertEquals(await rows.toArray(), [[0, 0], [1, 1]]);
 * assertEquals(await columns.toArray(), [[5, 6], [5, 6]]);
 * ```
 */
export function meshgrid<const T extends readonly Tensor[]>(
  tensors: T,
  options: { indexing?: "ij" | "xy" } = {},
): Alike<T> {
  checkCount("meshgrid", arguments.length, 2);
  checkPlain(INDEXING, options, "meshgrid");
  if (!Array.isArray(tensors)) {
    throw new TypeError(
      `Cannot meshgrid as the tensors must be one array: got ${
        showValue(tensors)
      }`,
    );
  }
  const { indexing = "ij" } = options;
  if (indexing !== "ij" && indexing !== "xy") {
    throw new RangeError(
      `Cannot meshgrid as indexing must be "ij" or "xy": got ${
        showValue(indexing)
      }`,
    );
  }
  for (const x of tensors) {
    checkTensor(x, "each of them", "meshgrid");
    if (x.ndim > 1) {
      throw new ShapeError(
        `Cannot meshgrid other than vectors: got shape ${showShape(x.shape)}`,
      );
    }
  }
  const place = (i: number) => indexing === "xy" && i < 2 ? 1 - i : i;
  const count = tensors.length;
  const at = (i: number) => count > 1 ? place(i) : i;
  const shape: number[] = new Array(count);
  tensors.forEach((x, i) => shape[at(i)] = x.size);
  return tidyNow(() =>
    tensors.map((x, i) =>
      x.reshape(shape.map((_, d) => d === at(i) ? x.size : 1)).expand(shape)
    )
  ) as Alike<T>;
}

/**
 * Options of {@linkcode diagEmbed}.
 *
 * @example The diagonal above the main one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { diagEmbed, type DiagEmbedOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: DiagEmbedOptions = { offset: 1 };
 * assertEquals(
 *   await diagEmbed(tensor([5]), options).toArray(),
 *   [[0, 5], [0, 0]],
 * );
 * ```
 */
export interface DiagEmbedOptions {
  /** Offset from the main diagonal; positive is above it. @default {0} */
  readonly offset?: number;
  /** The dim of the rows. @default {-2} */
  readonly dim1?: number;
  /** The dim of the columns. @default {-1} */
  readonly dim2?: number;
}

/**
 * Matrices with the elements of the last dim on a diagonal and zeros elsewhere.
 *
 * @param options `offset`, and the dims of the matrices in the result.
 * @default {offset: 0, dim1: -2, dim2: -1}
 * @throws {ShapeError} If both dims are the same.
 * @example A batch of diagonal matrices
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { diagEmbed, ones } from "@tenfold/tenfold";
 *
 * const y = diagEmbed(ones([1, 2]));
 * assertEquals(await y.toArray(), [[[1, 0], [0, 1]]]);
 * ```
 */
export function diagEmbed<D extends DType>(
  x: Tensor<D>,
  options: DiagEmbedOptions = {},
): Tensor<D> {
  checkCall("diagEmbed", arguments, 2, x);
  checkPlain(PLACE, options, "diagEmbed");
  const { offset = 0, dim1 = -2, dim2 = -1 } = options;
  const ndim = x.ndim + 1;
  const [a, b] = [dim1, dim2].map((d) => normalizeDim(d, ndim, "diagEmbed"));
  if (x.ndim === 0 || a === b || !Number.isInteger(offset)) {
    throw new ShapeError(
      `Cannot diagEmbed shape ${
        showShape(x.shape)
      } at offset ${offset} into dims ${dim1} and ${dim2}: it takes at least 1 dim, an integer, and two different dims`,
    );
  }
  const extent = x.shape.at(-1)! + Math.abs(offset);
  const shape = [...x.shape.slice(0, -1), extent, extent];
  return tidyNow(() => {
    const last: Tensor<D> = x[APPLY]({
      name: "place",
      shape,
      value: 0,
      windows: [{
        name: "diagonal",
        shift: offset,
        dim1: ndim - 2,
        dim2: ndim - 1,
      }],
    });
    return movedim(last, [-2, -1], [a!, b!]);
  });
}

/**
 * The matrix with a vector on its diagonal, or the diagonal of a matrix.
 *
 * @param diagonal Offset of the diagonal; positive is above it. @default {0}
 * @throws {ShapeError} If `x` does not have 1 or 2 dims.
 * @example Both ways
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { diag, tensor } from "@tenfold/tenfold";
 *
 * const matrix = diag(tensor([1, 2]));
 * assertEquals(await matrix.toArray(), [[1, 0], [0, 2]]);
 * assertEquals(await diag(matrix).toArray(), [1, 2]);
 * ```
 */
export function diag<D extends DType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  checkCall("diag", arguments, 2, x);
  if (x.ndim === 1) return diagEmbed(x, { offset: diagonal });
  if (x.ndim === 2) return x.diagonal(diagonal);
  throw new ShapeError(
    `Cannot diag other than a vector or a matrix: got shape ${
      showShape(x.shape)
    }, use diagEmbed or x.diagonal()`,
  );
}

/**
 * Options of {@linkcode triuIndices} and {@linkcode trilIndices}.
 *
 * @example Without the main diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type TriangleOptions, triuIndices } from "@tenfold/tenfold";
 *
 * const options: TriangleOptions = { offset: 1 };
 * const indices = triuIndices(2, 2, options);
 * assertEquals(await indices.toArray(), [[0], [1]]);
 * ```
 */
export interface TriangleOptions extends Pick<TensorOptions, "device"> {
  /**
   * Offset of its edge from the main diagonal; positive is above it.
   *
   * @default {0}
   */
  readonly offset?: number;
}

function triangle(
  rows: number,
  columns: number,
  options: TriangleOptions,
  name: string,
  upper: boolean,
): Tensor<"int32"> {
  checkPlain(TRIANGLE, options, name);
  const { offset = 0, ...place } = options;
  for (const n of [rows, columns]) {
    if (Number.isSafeInteger(n) && n >= 0) continue;
    throw new RangeError(
      `Cannot ${name} of ${rows} by ${columns}: give non-negative integers`,
    );
  }
  // Where a row has its first column, and where it ends.
  const range = (row: number): [number, number] => {
    const edge = upper ? Math.ceil(row + offset) : Math.floor(row + offset) + 1;
    const inside = Math.min(columns, Math.max(0, edge));
    return upper ? [inside, columns] : [0, inside];
  };
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const [begin, end] = range(row);
    count += end - begin;
  }
  const data = new Int32Array(2 * count);
  for (let row = 0, at = 0; row < rows; row++) {
    const [begin, end] = range(row);
    data.fill(row, at, at + end - begin);
    for (let j = begin; j < end; j++) data[count + at++] = j;
  }
  return tensor(data, { ...place, shape: [2, count] });
}

/**
 * The indices of the upper triangle of a matrix: a row of row indices and a row
 * of column indices.
 *
 * @param options `offset`, and the `device`. @default {offset: 0}
 * @returns int32 of shape `[2, n]`.
 * @throws {RangeError} If an extent is not a non-negative integer.
 * @example Above the diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { triuIndices } from "@tenfold/tenfold";
 *
 * const places = triuIndices(3, 3, { offset: 1 });
 * assertEquals(await places.toArray(), [[0, 0, 1], [1, 2, 2]]);
 * ```
 */
export function triuIndices(
  rows: number,
  columns: number,
  options: TriangleOptions = {},
): Tensor<"int32"> {
  checkCount("triuIndices", arguments.length, 3);
  return triangle(rows, columns, options, "triuIndices", true);
}

/**
 * The indices of the lower triangle of a matrix: a row of row indices and a row
 * of column indices.
 *
 * @param options `offset`, and the `device`. @default {offset: 0}
 * @returns int32 of shape `[2, n]`.
 * @throws {RangeError} If an extent is not a non-negative integer.
 * @example Below the diagonal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trilIndices } from "@tenfold/tenfold";
 *
 * const places = trilIndices(2, 2, { offset: -1 });
 * assertEquals(await places.toArray(), [[1], [0]]);
 * ```
 */
export function trilIndices(
  rows: number,
  columns: number,
  options: TriangleOptions = {},
): Tensor<"int32"> {
  checkCount("trilIndices", arguments.length, 3);
  return triangle(rows, columns, options, "trilIndices", false);
}
