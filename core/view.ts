/**
 * How a tensor lies in its storage: shape, strides and offset, counted in
 * elements. Immutable; a movement of elements only ever makes a new view.
 *
 * @module
 */
import { type Shape, sizeOf } from "./shape.ts";

/** The strides of a dense tensor in C order. */
export function denseStrides(shape: Shape): number[] {
  const strides: number[] = new Array(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

function isDense(shape: Shape, strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i]!;
    if (extent !== 1 && strides[i] !== expected) return false;
    expected *= extent;
  }
  return true;
}

/**
 * Shape, strides and offset of a tensor inside its storage.
 *
 * @example A transpose
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { View } from "@tenfold/core/backend";
 *
 * const view = View.dense([2, 3]).permute([1, 0]);
 * assertEquals([view.shape, view.strides], [[3, 2], [1, 3]]);
 * ```
 */
export class View {
  /** The extents, outermost first. */
  readonly shape: Shape;
  /** Elements to step over for one step along each dim. */
  readonly strides: readonly number[];
  /** The element of the storage at which the view begins. */
  readonly offset: number;
  /** The number of elements. */
  readonly size: number;
  /** True when the elements lie one after the other in C order. */
  readonly dense: boolean;

  /** Makes a view; nothing is checked against a storage. */
  constructor(
    shape: Shape,
    strides: readonly number[],
    offset: number,
    dense: boolean = isDense(shape, strides),
    size: number = sizeOf(shape),
  ) {
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.dense = dense;
    this.size = size;
  }

  /** A dense view in C order that begins at element 0. */
  static dense(shape: Shape): View {
    return new View(shape, denseStrides(shape), 0, true);
  }

  /** The same layout that begins at another element. */
  at(offset: number): View {
    return new View(this.shape, this.strides, offset, this.dense, this.size);
  }

  /** The same elements with dims in another order. */
  permute(dims: readonly number[]): View {
    return new View(
      dims.map((d) => this.shape[d]!),
      dims.map((d) => this.strides[d]!),
      this.offset,
      undefined,
      this.size,
    );
  }

  /** Repeats extents of 1 (and new leading dims) with stride 0. */
  expand(shape: Shape): View {
    const lead = shape.length - this.shape.length;
    const strides = shape.map((extent, i) => {
      if (i < lead) return 0;
      return this.shape[i - lead] === extent ? this.strides[i - lead]! : 0;
    });
    return new View(shape, strides, this.offset);
  }

  /** Every `step`-th element of `dim` from `start`, `length` of them. */
  slice(dim: number, start: number, length: number, step: number): View {
    const shape = this.shape.slice();
    const strides = this.strides.slice();
    shape[dim] = length;
    strides[dim] = this.strides[dim]! * step;
    const offset = length === 0
      ? this.offset
      : this.offset + this.strides[dim]! * start;
    return new View(shape, strides, offset);
  }

  /** Windows of `size` along `dim`, `step` apart, as a new last dim. */
  unfold(dim: number, size: number, step: number): View {
    const shape = this.shape.slice();
    const strides = this.strides.slice();
    shape[dim] = Math.floor((this.shape[dim]! - size) / step) + 1;
    strides[dim] = this.strides[dim]! * step;
    shape.push(size);
    strides.push(this.strides[dim]!);
    return new View(shape, strides, this.offset);
  }

  /** The diagonal of two dims as a new last dim. */
  diagonal(shift: number, dim1: number, dim2: number): View {
    const rows = this.shape[dim1]!;
    const columns = this.shape[dim2]!;
    const [s1, s2] = [this.strides[dim1]!, this.strides[dim2]!];
    const length = Math.max(
      0,
      shift >= 0
        ? Math.min(rows, columns - shift)
        : Math.min(rows + shift, columns),
    );
    const keep = this.shape.map((_, i) => i)
      .filter((i) => i !== dim1 && i !== dim2);
    const start = length === 0 ? 0 : shift >= 0 ? shift * s2 : -shift * s1;
    return new View(
      [...keep.map((i) => this.shape[i]!), length],
      [...keep.map((i) => this.strides[i]!), s1 + s2],
      this.offset + start,
    );
  }

  /** The same elements under another shape, or null where that needs a copy. */
  reshape(shape: Shape): View | null {
    if (this.dense) {
      return new View(shape, denseStrides(shape), this.offset, true, this.size);
    }
    const strides = restride(this.shape, this.strides, shape);
    return strides && new View(shape, strides, this.offset);
  }
}

/** The places of the first and the last element in memory. */
function reachOf({ shape, strides, offset }: View): [number, number] {
  let [low, high] = [offset, offset];
  for (let d = 0; d < shape.length; d++) {
    const way = (shape[d]! - 1) * strides[d]!;
    if (way < 0) low += way;
    else high += way;
  }
  return [low, high];
}

/** True where all of one view lies before all of the other. */
export function liesApart(a: View, b: View): boolean {
  const [from, to] = reachOf(a);
  const [start, end] = reachOf(b);
  return to < start || end < from;
}

/** True when two places of the view are one element of the storage. */
export function overlapsItself(view: View): boolean {
  const { shape, strides, size } = view;
  if (view.dense || size < 2) return false;
  const dims = shape.map((extent, d) => ({
    extent,
    stride: Math.abs(strides[d]!),
  })).filter(({ extent }) => extent > 1).sort((a, b) => a.stride - b.stride);
  // Steps longer than all shorter dims together reach never lead back.
  let reach = 0;
  let apart = true;
  for (const { extent, stride } of dims) {
    if (stride === 0) return true;
    apart &&= stride > reach;
    reach += (extent - 1) * stride;
  }
  if (apart) return false;
  if (size > reach + 1) return true;
  const seen = new Uint8Array(reach + 1);
  const visit = (d: number, place: number): boolean => {
    if (d === dims.length) return seen[place]!++ > 0;
    const { extent, stride } = dims[d]!;
    for (let i = 0; i < extent; i++) {
      if (visit(d + 1, place + i * stride)) return true;
    }
    return false;
  };
  return visit(0, 0);
}

/**
 * Strides that show the elements of (`from`, `strides`) under the shape `to`,
 * or null. Runs of dims that together hold the same number of elements are
 * matched; within a run the old dims must lie densely behind each other.
 */
function restride(
  from: Shape,
  strides: readonly number[],
  to: Shape,
): number[] | null {
  const keep = from.map((_, i) => i).filter((i) => from[i] !== 1);
  const out: number[] = new Array(to.length).fill(1);
  let j = 0;
  for (let i = 0; i < keep.length;) {
    let last = i;
    let source = from[keep[i]!]!;
    while (j < to.length && to[j] === 1) j++;
    let end = j;
    let target = to[end++] ?? 1;
    while (source !== target) {
      if (source < target) {
        last++;
        const [outer, inner] = [keep[last - 1]!, keep[last]!];
        if (strides[outer] !== strides[inner]! * from[inner]!) return null;
        source *= from[inner]!;
      } else {
        target *= to[end++]!;
      }
    }
    let stride = strides[keep[last]!]!;
    for (let k = end - 1; k >= j; k--) {
      out[k] = stride;
      stride *= to[k]!;
    }
    i = last + 1;
    j = end;
  }
  return out;
}
