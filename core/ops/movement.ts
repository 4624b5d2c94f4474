/**
 * The movements: each makes a new view of its input, and checks that it stays
 * inside, as a view that leaves its storage would read what belongs to others.
 *
 * @module
 */
import { IndexError, ShapeError, showShape } from "../errors.ts";
import { copyOf, viewed } from "../lower/parts.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { View } from "../view.ts";
import { free, type Gradient, pass, type Rule } from "./gradient.ts";
import type { Family, Named, Primitive } from "./primitive.ts";

/**
 * The operations that only move: each makes a new view of its input.
 *
 * @example A transpose
 * ```ts
 * import type { MovementOp } from "@tenfold/core/backend";
 *
 * const op: MovementOp = { name: "permute", dims: [1, 0] };
 * ```
 */
export type MovementOp =
  | { readonly name: "reshape"; readonly shape: Shape }
  | { readonly name: "permute"; readonly dims: readonly number[] }
  | { readonly name: "expand"; readonly shape: Shape }
  | {
    readonly name: "slice";
    readonly dim: number;
    readonly start: number;
    readonly length: number;
    readonly step: number;
  }
  | {
    readonly name: "unfold";
    readonly dim: number;
    readonly size: number;
    readonly step: number;
  }
  | {
    readonly name: "diagonal";
    readonly shift: number;
    readonly dim1: number;
    readonly dim2: number;
  };

type Name = MovementOp["name"];
type OpOf<N extends Name> = Named<MovementOp, N>;

/** One movement. */
interface Movement<O> {
  /** The shape that it gives, or an error that says what does not fit. */
  readonly shape: (op: O, shape: Shape) => Shape;
  /** The view, whatever the strides; null where it takes a copy. */
  readonly view: (op: O, view: View) => View | null;
  /** Its gradient. */
  readonly gradient: Gradient<O>;
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

/** The transpose of a window: zeros around the gradient. */
const windowed: Rule<OpOf<"slice" | "unfold" | "diagonal">> = {
  saves: [],
  grad: (g, c) =>
    c.apply(
      { name: "place", shape: c.input(0).shape, value: 0, windows: [c.op] },
      [g],
    ),
  windows: (op) => [op],
};

/** The transpose of overlapping windows: each place sums its windows. */
const overlapping: Rule<OpOf<"unfold">> = free((g, c) => {
  const { dim, size, step } = c.op;
  const taps = Array.from({ length: size }, (_, k) => k);
  const length = g.shape[dim]!;
  return c.apply({
    name: "placeSum",
    shape: c.input(0).shape,
    places: taps.map((start) => [{ name: "slice", dim, start, length, step }]),
  }, taps.map((k) => g.select(-1, k)));
});

const MOVEMENTS: { readonly [N in Name]: Movement<OpOf<N>> } = {
  reshape: {
    shape({ shape: to }, from) {
      if (sizeOf(from) === sizeOf(to) && isShape(to)) return to;
      throw new ShapeError(
        `Cannot reshape ${showShape(from)} (${sizeOf(from)} elements) to ${
          showShape(to)
        } as the sizes differ`,
      );
    },
    view: ({ shape }, view) => view.reshape(shape),
    gradient: [free((g, c) => g.reshape(c.input(0).shape))],
  },
  permute: {
    shape({ dims }, shape) {
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
    },
    view: ({ dims }, view) => view.permute(dims),
    gradient: [
      free((g, { op: { dims } }) =>
        g.permute(dims.map((_, d) => dims.indexOf(d)))
      ),
    ],
  },
  expand: {
    shape({ shape: to }, from) {
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
    },
    view: ({ shape }, view) => view.expand(shape),
    gradient: [pass],
  },
  slice: {
    shape({ dim, start, length, step }, shape) {
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
    },
    view: ({ dim, start, length, step }, view) =>
      view.slice(dim, start, length, step),
    gradient: [windowed],
  },
  unfold: {
    shape({ dim, size, step }, shape) {
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
    },
    view: ({ dim, size, step }, view) => view.unfold(dim, size, step),
    gradient: ({ size, step }) => step >= size ? windowed : overlapping,
  },
  diagonal: {
    shape({ shift, dim1, dim2 }, shape) {
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
    },
    view: ({ shift, dim1, dim2 }, view) => view.diagonal(shift, dim1, dim2),
    gradient: [windowed],
  },
};

const movementOf = (op: MovementOp) =>
  MOVEMENTS[op.name] as Movement<MovementOp>;

/**
 * The shape after a movement.
 *
 * @throws {ShapeError} If shapes or the order of dims do not fit.
 * @throws {IndexError} If a dim or an element is out of range.
 * @throws {RangeError} If windows do not fit.
 */
export function movedShape(op: MovementOp, shape: Shape): Shape {
  return movementOf(op).shape(op, shape);
}

/** The view after a movement, whatever the strides; null if it takes a copy. */
export function movedView(op: MovementOp, view: View): View | null {
  return movementOf(op).view(op, view);
}

function primitive<N extends Name>(name: N): Primitive<OpOf<N>> {
  const { shape, view, gradient }: Movement<OpOf<N>> = MOVEMENTS[name];
  return {
    infer: (op, [x]) => [{ shape: shape(op, x!.shape), dtype: x!.dtype }],
    lower(op, [x], run) {
      const moved = view(op, x!.view);
      if (moved) return x!.alias(moved);
      const copy = copyOf(x!, run);
      return viewed(copy, view(op, copy.view)!);
    },
    gradient,
  };
}

/** Every movement. */
export const MOVEMENT: Family<MovementOp> = {
  reshape: primitive("reshape"),
  permute: primitive("permute"),
  expand: primitive("expand"),
  slice: primitive("slice"),
  unfold: primitive("unfold"),
  diagonal: primitive("diagonal"),
};
