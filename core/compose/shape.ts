/**
 * Shape operations and products that are made of several primitives.
 *
 * @module
 */
import { APPLY } from "../members.ts";
import { ShapeError, showShape } from "../errors.ts";
import type { MovementOp } from "../op.ts";
import { showValue } from "../options.ts";
import { numberOf, promote } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";

/** Refuses what is not a list of integers. */
function requireIntegers(list: unknown, what: string, operation: string): void {
  if (Array.isArray(list) && list.every(Number.isInteger)) return;
  throw new TypeError(
    `Cannot ${operation} as ${what} must be an array of integers: got ${
      showValue(list)
    }`,
  );
}

/** Pads (or crops, where negative) the last dims; see `Tensor.pad`. */
export function padTensor(
  x: Tensor,
  amounts: readonly number[],
  value: number,
): Tensor {
  requireIntegers(amounts, "the amounts", "pad");
  if (amounts.length % 2 !== 0 || amounts.length > 2 * x.ndim) {
    throw new ShapeError(
      `Cannot pad shape ${showShape(x.shape)} by ${
        showShape(amounts)
      }: give two amounts for each padded dim, the last dim first`,
    );
  }
  const shape = x.shape.slice();
  const windows: MovementOp[] = [];
  let cropped = x;
  for (let i = 0; i < amounts.length; i += 2) {
    const dim = x.ndim - 1 - i / 2;
    const [before, after] = [amounts[i]!, amounts[i + 1]!];
    const extent = shape[dim]!;
    const start = Math.max(0, -before);
    const length = extent - start - Math.max(0, -after);
    if (!Number.isInteger(before) || !Number.isInteger(after) || length < 0) {
      throw new ShapeError(
        `Cannot pad dim ${dim} of extent ${extent} by ${before} and ${after}: both must be integers that leave at least 0 elements`,
      );
    }
    if (length !== extent) cropped = cropped.narrow(dim, start, length);
    shape[dim] = length + Math.max(0, before) + Math.max(0, after);
    windows.push({
      name: "slice",
      dim,
      start: Math.max(0, before),
      length,
      step: 1,
    });
  }
  return cropped[APPLY]({ name: "place", shape, value, windows });
}

/** The tensor `counts[d]` times along each dim; see `Tensor.repeat`. */
export function repeatTensor(x: Tensor, counts: readonly number[]): Tensor {
  requireIntegers(counts, "the counts", "repeat");
  const lead = counts.length - x.ndim;
  if (lead < 0 || counts.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(
      `Cannot repeat shape ${showShape(x.shape)} ${
        showShape(counts)
      } times: give a non-negative integer for each dim (and for new leading ones)`,
    );
  }
  const shape = [...new Array(lead).fill(1), ...x.shape];
  // [a, b] times [m, n]: [1, a, 1, b] expanded to [m, a, n, b].
  return x
    .reshape(shape.flatMap((extent) => [1, extent]))
    .expand(shape.flatMap((extent, d) => [counts[d]!, extent]))
    .reshape(shape.map((extent, d) => extent * counts[d]!));
}

/** The sizes of the parts that `Tensor.split` makes. */
export function splitSizes(
  size: number | readonly number[],
  extent: number,
): readonly number[] {
  if (typeof size !== "number") {
    requireIntegers(size, "the sizes", "split");
    if (size.reduce((sum, n) => sum + n, 0) === extent) return size;
    throw new ShapeError(
      `Cannot split an extent of ${extent} into parts of ${
        showShape(size)
      } as they do not add up to it`,
    );
  }
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(
      `Cannot split into parts of ${size} elements: give a positive integer`,
    );
  }
  const parts = Math.max(1, Math.ceil(extent / size));
  return Array.from(
    { length: parts },
    (_, i) => Math.min(size, extent - i * size),
  );
}

/** The matrix product of any ranks; see `Tensor.matmul`. */
export function matmulTensors(a: Tensor, b: Tensor, bias?: Tensor): Tensor {
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      `Cannot multiply matrices with a 0-d tensor: got ${
        showShape(a.shape)
      } and ${showShape(b.shape)}, use mul`,
    );
  }
  const dtype = numberOf(promote(a.dtype, b.dtype));
  // As in NumPy, a vector is a row on the left and a column on the right.
  const x = as(a.ndim === 1 ? a.unsqueeze(0) : a, dtype);
  const y = as(b.ndim === 1 ? b.unsqueeze(1) : b, dtype);
  const product = bias
    ? x[APPLY]({ name: "matmul" }, y, as(bias, dtype))
    : x[APPLY]({ name: "matmul" }, y);
  if (a.ndim > 1 && b.ndim > 1) return product;
  const shape = product.shape.slice();
  if (b.ndim === 1) shape.splice(-1, 1);
  if (a.ndim === 1) shape.splice(b.ndim === 1 ? -1 : -2, 1);
  return product.reshape(shape);
}

function as(x: Tensor, dtype: Tensor["dtype"]): Tensor {
  return x.dtype === dtype ? x : x.cast(dtype);
}
