/**
 * Products of tensors: over several dims, of all pairs, and of vectors in
 * space.
 *
 * @module
 */
import type { DType, NumberOf, Promote } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { showValue } from "../options.ts";
import { tidyNow } from "../scope.ts";
import { broadcastShapes, normalizeDim, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { roll } from "./arrange.ts";
import { checkCall } from "./call.ts";

/**
 * Sums of products over several dims of two tensors.
 *
 * @param dims Number of dims: the last ones of `a` and the first ones of `b`,
 * in their order; or two lists, the dims of `a` and those of `b`.
 * @returns The other dims of `a`, then those of `b`.
 * @throws {ShapeError} If their extents differ.
 * @example The product of matrices
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, tensordot } from "@tenfold/tenfold";
 *
 * const y = tensordot(ones([2, 3]), ones([3, 2]), 1);
 * assertEquals(await y.toArray(), [[3, 3], [3, 3]]);
 * ```
 */
export function tensordot<D extends DType, E extends DType>(
  a: Tensor<D>,
  b: Tensor<E>,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor<NumberOf<Promote<D, E>>> {
  checkCall("tensordot", arguments, 3, a, b);
  const [ofA, ofB] = typeof dims === "number"
    ? ends(dims, a, b)
    : sides(dims, a, b);
  const extents = ofA.map((d) => a.shape[d]!);
  if (
    ofA.length !== ofB.length || ofB.some((d, i) => b.shape[d] !== extents[i])
  ) {
    throw new ShapeError(
      `Cannot tensordot dims ${showShape(ofA)} of ${
        showShape(a.shape)
      } with dims ${showShape(ofB)} of ${
        showShape(b.shape)
      } as their extents must match`,
    );
  }
  const rest = (x: Tensor, taken: readonly number[]) =>
    x.shape.map((_, d) => d).filter((d) => !taken.includes(d));
  const [restA, restB] = [rest(a, ofA), rest(b, ofB)];
  const shape = [
    ...restA.map((d) => a.shape[d]!),
    ...restB.map((d) => b.shape[d]!),
  ];
  const depth = sizeOf(extents);
  const rows = sizeOf(shape.slice(0, restA.length));
  const columns = sizeOf(shape.slice(restA.length));
  return tidyNow(() =>
    a.permute([...restA, ...ofA]).reshape([rows, depth])
      .matmul(b.permute([...ofB, ...restB]).reshape([depth, columns]))
      .reshape(shape)
  ) as Tensor<NumberOf<Promote<D, E>>>;
}

/** The last dims of a, and the first ones of b. */
function ends(count: number, a: Tensor, b: Tensor): [number[], number[]] {
  if (
    !Number.isInteger(count) || count < 0 || count > a.ndim || count > b.ndim
  ) {
    throw new ShapeError(
      `Cannot tensordot ${count} dims of ${showShape(a.shape)} and ${
        showShape(b.shape)
      }`,
    );
  }
  const numbers = Array.from({ length: count }, (_, i) => i);
  return [numbers.map((i) => a.ndim - count + i), numbers];
}

/** Two lists of dims. */
function sides(dims: unknown, a: Tensor, b: Tensor): [number[], number[]] {
  if (
    !Array.isArray(dims) || dims.length !== 2 || !dims.every(Array.isArray)
  ) {
    throw new TypeError(
      `Cannot tensordot as dims must be a number or two lists: got ${
        showValue(dims)
      }`,
    );
  }
  const of = (x: Tensor, list: readonly number[]) => {
    const all = list.map((d) => normalizeDim(d, x.ndim, "tensordot"));
    if (new Set(all).size === all.length) return all;
    throw new ShapeError(
      `Cannot tensordot as each dim counts once: got ${showValue(list)}`,
    );
  };
  const [first, second] = dims as [number[], number[]];
  return [of(a, first), of(b, second)];
}

/**
 * The Kronecker product: blocks of every element of `a` times `b`.
 *
 * @param b Extents of 1 are put in front of the shape with fewer dims.
 * @returns The extents are the products of both.
 * @example Blocks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kron, tensor } from "@tenfold/tenfold";
 *
 * const y = kron(tensor([1, 10]), tensor([1, 2]));
 * assertEquals(await y.toArray(), [1, 2, 10, 20]);
 * ```
 */
export function kron<D extends DType, E extends DType>(
  a: Tensor<D>,
  b: Tensor<E>,
): Tensor<Promote<D, E>> {
  checkCall("kron", arguments, 2, a, b);
  const ndim = Math.max(a.ndim, b.ndim);
  const padded = (x: Tensor) => [
    ...new Array<number>(ndim - x.ndim).fill(1),
    ...x.shape,
  ];
  const [outer, inner] = [padded(a), padded(b)];
  return tidyNow(() =>
    a.reshape(outer.flatMap((extent) => [extent, 1]))
      .mul(b.reshape(inner.flatMap((extent) => [1, extent])))
      .reshape(outer.map((extent, d) => extent * inner[d]!))
  ) as Tensor<Promote<D, E>>;
}

/**
 * The cross product of 3-dimensional vectors; shapes are broadcast.
 *
 * @param dim The dim of their three coordinates, as of `torch.linalg.cross`.
 * @default {-1}
 * @throws {ShapeError} If its extent is not 3.
 * @example Two axes give the third
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cross, tensor } from "@tenfold/tenfold";
 *
 * const z = cross(tensor([1, 0, 0]), tensor([0, 1, 0]));
 * assertEquals(await z.toArray(), [0, 0, 1]);
 * ```
 */
export function cross<D extends DType, E extends DType>(
  a: Tensor<D>,
  b: Tensor<E>,
  dim = -1,
): Tensor<Promote<D, E>> {
  checkCall("cross", arguments, 3, a, b);
  const shape = broadcastShapes(a.shape, b.shape, "cross");
  const d = normalizeDim(dim, shape.length, "cross");
  const fromEnd = d - shape.length;
  for (const x of [a, b] as readonly Tensor[]) {
    if (x.shape.at(fromEnd) === 3) continue;
    throw new ShapeError(
      `Cannot cross as dim ${dim} must have 3 coordinates: got shapes ${
        showShape(a.shape)
      } and ${showShape(b.shape)}`,
    );
  }
  return tidyNow(() => {
    // The coordinates 1, 2, 0.
    const rolled = (x: Tensor): Tensor => roll(x, -1, fromEnd);
    const [x, y] = [a, b] as readonly Tensor[];
    const found = x!.mul(rolled(y!)).sub(rolled(x!).mul(y!));
    return rolled(found);
  }) as Tensor<Promote<D, E>>;
}
