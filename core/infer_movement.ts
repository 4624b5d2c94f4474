/**
 * What movements give, and every check of their parameters: a view that leaves
 * its storage would read what belongs to others.
 *
 * @module
 */
import { IndexError, ShapeError, showShape } from "./errors.ts";
import type { MovementOp, OpOf } from "./op.ts";
import { type Shape, sizeOf } from "./shape.ts";
import type { View } from "./view.ts";

/** The view after a movement; `strides` may be those of any layout. */
export function movedView(op: MovementOp, view: View): View | null {
  switch (op.name) {
    case "reshape":
      return view.reshape(op.shape);
    case "permute":
      return view.permute(op.dims);
    case "expand":
      return view.expand(op.shape);
    case "slice":
      return view.slice(op.dim, op.start, op.length, op.step);
    case "unfold":
      return view.unfold(op.dim, op.size, op.step);
    case "diagonal":
      return view.diagonal(op.shift, op.dim1, op.dim2);
  }
}

/**
 * The shape after a movement.
 *
 * @throws {ShapeError} If shapes or the order of dims do not fit.
 * @throws {IndexError} If a dim or an element is out of range.
 * @throws {RangeError} If windows do not fit.
 */
export function movedShape(op: MovementOp, shape: Shape): Shape {
  switch (op.name) {
    case "reshape":
      return reshaped(shape, op.shape);
    case "permute":
      return permuted(shape, op.dims);
    case "expand":
      return expanded(shape, op.shape);
    case "slice":
      return sliced(shape, op);
    case "unfold":
      return unfolded(shape, op);
    case "diagonal":
      return diagonalOf(shape, op);
  }
}

function isShape(shape: Shape): boolean {
  for (let d = 0; d < shape.length; d++) {
    if (!Number.isInteger(shape[d]) || shape[d]! < 0) return false;
  }
  return true;
}

function extentOf(name: string, shape: Shape, dim: number): number {
  const extent = shape[dim];
  if (extent !== undefined) return extent;
  throw new IndexError(
    `Cannot ${name} as the dim is out of range: got ${dim} for ${shape.length} dims`,
  );
}

function reshaped(from: Shape, to: Shape): Shape {
  if (sizeOf(from) === sizeOf(to) && isShape(to)) return to;
  throw new ShapeError(
    `Cannot reshape ${showShape(from)} (${sizeOf(from)} elements) to ${
      showShape(to)
    } as the sizes differ`,
  );
}

function permuted(shape: Shape, dims: readonly number[]): Shape {
  const out: number[] = new Array(dims.length);
  let fits = dims.length === shape.length;
  for (let i = 0; i < dims.length && fits; i++) {
    const d = dims[i]!;
    fits = shape[d] !== undefined && dims.indexOf(d) === i;
    out[i] = shape[d]!;
  }
  if (fits) return out;
  throw new ShapeError(
    `Cannot permute as each of the ${shape.length} dims must be named once: got ${
      showShape(dims)
    }`,
  );
}

function expanded(from: Shape, to: Shape): Shape {
  const lead = to.length - from.length;
  let fits = lead >= 0 && isShape(to);
  for (let d = 0; d < from.length && fits; d++) {
    fits = from[d] === 1 || from[d] === to[d + lead];
  }
  if (fits) return to;
  throw new ShapeError(
    `Cannot expand shape ${showShape(from)} to ${
      showShape(to)
    } as only extents of 1 (and new leading dims) can grow`,
  );
}

function sliced(shape: Shape, op: OpOf<"slice">): Shape {
  const { dim, start, length, step } = op;
  const extent = extentOf("slice", shape, dim);
  const last = start + (length - 1) * step;
  const inside = length === 0 ||
    start >= 0 && start < extent && last >= 0 && last < extent;
  if (
    inside && length >= 0 && step !== 0 && Number.isInteger(start) &&
    Number.isInteger(length) && Number.isInteger(step)
  ) {
    const out = shape.slice();
    out[dim] = length;
    return out;
  }
  throw new IndexError(
    `Cannot slice dim ${dim} of extent ${extent} to ${length} elements from ${start} on, ${step} apart`,
  );
}

function unfolded(shape: Shape, { dim, size, step }: OpOf<"unfold">): Shape {
  const extent = extentOf("unfold", shape, dim);
  if (
    Number.isInteger(size) && size >= 1 && size <= extent &&
    Number.isInteger(step) && step >= 1
  ) {
    const out = shape.slice();
    out[dim] = Math.floor((extent - size) / step) + 1;
    out.push(size);
    return out;
  }
  throw new RangeError(
    `Cannot unfold dim ${dim} of extent ${extent} into windows of ${size} elements, ${step} apart: both must be positive integers, and a window must fit`,
  );
}

function diagonalOf(shape: Shape, op: OpOf<"diagonal">): Shape {
  const { shift, dim1, dim2 } = op;
  const rows = extentOf("take the diagonal", shape, dim1);
  const columns = extentOf("take the diagonal", shape, dim2);
  if (dim1 === dim2) {
    throw new ShapeError(
      `Cannot take the diagonal of one dim: got dims ${dim1} and ${dim2} of shape ${
        showShape(shape)
      }`,
    );
  }
  if (!Number.isInteger(shift)) {
    throw new IndexError(
      `Cannot take the diagonal as its offset must be an integer: got ${shift}`,
    );
  }
  const out = shape.filter((_, d) => d !== dim1 && d !== dim2);
  out.push(Math.max(
    0,
    Math.min(rows, columns, rows + shift, columns - shift),
  ));
  return out;
}
