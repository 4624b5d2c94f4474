/**
 * Max pooling.
 *
 * @module
 */
import { type DType, DTYPES } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { arg, call, constant, indexAlong, scalar } from "../expr/expr.ts";
import { collapse } from "../lower/geometry.ts";
import type { Launcher } from "../lower/launcher.ts";
import {
  copyInto,
  copyOf,
  filled,
  positions,
  reduceAlong,
  shaped,
} from "../lower/parts.ts";
import { memoize } from "../lower/program.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import type { Formula } from "./formula.ts";
import { type RuleContext, saving, zeros } from "./gradient.ts";
import { across } from "./in_single.ts";
import type { Family } from "./primitive.ts";
import { firstAttaining, reduceTo } from "./reduce.ts";
import { planeOf, windowCount, type WindowParams } from "./window.ts";

/**
 * The largest element of each window of the last two dims, and its position
 * (int32) in the plane of the input, counted in C order. Padding never wins.
 *
 * @example Windows of 2 by 2
 * ```ts
 * import type { MaxPool2dOp } from "@tenfold/core/backend";
 *
 * const op: MaxPool2dOp = {
 *   name: "maxPool2d",
 *   size: [2, 2],
 *   stride: [2, 2],
 *   padding: [0, 0],
 *   dilation: [1, 1],
 *   ceil: false,
 * };
 * ```
 */
export interface MaxPool2dOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "maxPool2d";
  /** Height and width of a window. */
  readonly size: readonly [number, number];
  /** Whether windows may begin inside and end outside of the padded input. */
  readonly ceil: boolean;
}

/** Refuses windows whose places all lie in the padding: they have no largest. */
function refuseEmptyWindows(
  op: MaxPool2dOp,
  axis: 0 | 1,
  extent: number,
  count: number,
): void {
  const stride = op.stride[axis];
  const dilation = op.dilation[axis];
  const padding = op.padding[axis];
  for (let i = 0; i < count; i++) {
    const start = i * stride - padding;
    const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
    if (skipped < op.size[axis] && start + skipped * dilation < extent) {
      continue;
    }
    throw new ShapeError(
      `Cannot pool as all places of window ${i} along the ${
        axis === 0 ? "height" : "width"
      } lie in the padding: got an extent of ${extent}, padding ${padding}, dilation ${dilation} and ${
        op.size[axis]
      } places, ${stride} from one window to the next; give less padding or dilation`,
    );
  }
}

/** The planes of a pooled result. */
function pooledShape(op: MaxPool2dOp, shape: Shape): Shape {
  const { size, padding, ceil } = op;
  if (shape.length < 3) {
    throw new ShapeError(
      `Cannot pool fewer than 3 dims ([channels, height, width]): got shape ${
        showShape(shape)
      }`,
    );
  }
  const [height, width] = planeOf(shape);
  const rows = windowCount(op, 0, height, size[0], ceil);
  const columns = windowCount(op, 1, width, size[1], ceil);
  if (rows < 1 || columns < 1) {
    throw new ShapeError(
      `Cannot pool an input of ${height}x${width}, padded by ${
        showShape(padding)
      }, in windows of ${size[0]}x${size[1]} as they do not fit`,
    );
  }
  if (padding[0] * 2 > size[0] || padding[1] * 2 > size[1]) {
    throw new ShapeError(
      `Cannot pool with a padding of ${
        showShape(padding)
      } as it may be at most half of the window of ${size[0]}x${size[1]}`,
    );
  }
  refuseEmptyWindows(op, 0, height, rows);
  refuseEmptyWindows(op, 1, width, columns);
  return [...shape.slice(0, -2), rows, columns];
}

/** `x` in planes of one value that have room for every window. */
function within(
  x: Value,
  value: number,
  { padding }: MaxPool2dOp,
  room: Shape,
  run: Launcher,
): Value {
  const rank = x.shape.length;
  const [height, width] = planeOf(x.shape);
  const shape = [...x.shape.slice(0, -2), ...room];
  const out = filled(shape, value, x.dtype, run);
  const place = out.view.slice(rank - 2, padding[0], height, 1)
    .slice(rank - 1, padding[1], width, 1);
  copyInto(out, place, x, run);
  return out;
}

/**
 * Inputs g and the positions of what was largest, both repeated over the places
 * of their windows, `[planes, rows, i, columns, j]`: g where it was largest.
 */
const spread = memoize((dtype: DType): Formula => {
  const step = (dim: number) =>
    call("mul", indexAlong(dim), scalar(dim - 1, "int32"));
  const place = call(
    "add",
    call("add", step(1), step(2)),
    call("add", step(3), step(4)),
  );
  const expr = call(
    "select",
    call("eq", arg(1, "int32"), place),
    arg(0, dtype),
    constant(0, dtype),
  );
  return {
    label: "the gradient of maxPool2d",
    inputs: [dtype, "int32"],
    scalars: 4,
    expr,
  };
});

/** The gradient where no windows meet: each place looks at its own. */
function spreadOver(
  { size: [i, j] }: MaxPool2dOp,
  shape: Shape,
  g: Tensor,
  at: Tensor,
  c: RuleContext<MaxPool2dOp>,
): Tensor {
  const [height, width] = planeOf(shape);
  const [rows, columns] = planeOf(g.shape);
  const planes = g.shape.slice(0, -2);
  const window = [sizeOf(planes), rows, i, columns, j];
  const repeated = (x: Tensor) =>
    x.reshape([window[0]!, rows, 1, columns, 1]).expand(window);
  const met = c.apply(
    {
      name: "map",
      formula: spread(g.dtype),
      scalars: [i * width, width, j, 1],
    },
    [repeated(g), repeated(at)],
  ).reshape([...planes, rows * i, columns * j]);
  const [right, below] = [width - columns * j, height - rows * i];
  return right + below > 0 ? met.pad([0, right, 0, below]) : met;
}

/** Every pooling. */
export const pooling = (): Family<MaxPool2dOp> => ({
  maxPool2d: {
    routine: "maxPool2d",
    divisions: (_, inputs) => {
      const { length } = inputs[0]!.shape;
      return across(inputs, length - 2, length - 1);
    },
    infer(op, [x]) {
      const shape = pooledShape(op, x!.shape);
      return [{ shape, dtype: x!.dtype }, { shape, dtype: "int32" }];
    },
    lower({ size, stride, padding, dilation }, [x], run, [first]) {
      const { shape } = first!;
      const values = run.allocate(shape, x!.dtype);
      const indices = run.allocate(shape, "int32");
      const results = [values, indices];
      if (values.view.size === 0) return results;
      const [height, width] = planeOf(x!.shape);
      const planes = shape.slice(0, -2);
      const rows = collapse(planes, [x!.view.strides.slice(0, -2)]);
      // Planes that do not lie evenly are copied: a rare case.
      const even = rows.shape.length === 1;
      const source = even ? x!.alias() : copyOf(x!, run);
      const row = even ? rows.strides[0]![0]! : height * width;
      const [h, w] = planeOf(source.view.strides);
      const [oh, ow] = planeOf(shape);
      const start = source.alias(
        source.view.at(source.view.offset - padding[0] * h - padding[1] * w),
      );
      source.release();
      const strides = [oh * ow, ow, 1, 0, 0];
      const steps = [
        row,
        stride[0] * h,
        stride[1] * w,
        dilation[0] * h,
        dilation[1] * w,
      ];
      const done = run.routine(
        "maxPool2d",
        [sizeOf(planes), oh, ow, ...size],
        2,
        [...results, start],
        [strides, strides, steps],
        {
          height,
          width,
          strideHeight: stride[0],
          strideWidth: stride[1],
          dilationHeight: dilation[0],
          dilationWidth: dilation[1],
          paddingHeight: padding[0],
          paddingWidth: padding[1],
        },
      );
      start.release();
      if (done) return results;
      for (const result of results) result.release();
      return null;
    },
    /** The largest elements of windows of a padded copy, and their positions. */
    decompose(op, [x], run, [first]) {
      const { shape } = first!;
      const { size, stride, padding, dilation } = op;
      const rank = shape.length;
      const plane = planeOf(x!.shape);
      const room = [0, 1].map((axis) =>
        Math.max(
          (shape[rank - 2 + axis]! - 1) * stride[axis]! +
            (size[axis]! - 1) * dilation[axis]! + 1,
          plane[axis]! + padding[axis]!,
        )
      );
      const cells = shaped(positions(sizeOf(plane), run), plane);
      const around = within(x!, DTYPES[x!.dtype].lowest, op, room, run);
      const at = within(cells, -1, op, room, run);
      const steps = [
        stride[0] * room[1]!,
        stride[1],
        dilation[0] * room[1]!,
        dilation[1],
      ];
      const loop = [...shape, ...size];
      const dims = [rank, rank + 1];
      const lead = around.view.strides.slice(0, -2);
      const windows = around.alias(
        new View(loop, [...lead, ...steps], around.view.offset),
      );
      const values = reduceTo("max", windows, dims, run);
      const indices = reduceAlong(run, firstAttaining(x!.dtype), loop, dims, [
        [windows, windows.view.strides],
        [values, [...values.view.strides, 0, 0]],
        [at, [...lead.map(() => 0), ...steps]],
      ]);
      for (const part of [cells, around, at, windows]) part.release();
      return [values, indices];
    },
    gradient: [
      saving(["output"], (g, c) => {
        const { shape } = c.input(0);
        const planes = shape.slice(0, -2);
        const { ceil, dilation, padding, size, stride } = c.op;
        const apart = !ceil &&
          [0, 1].every((d) =>
            size[d] === stride[d] && dilation[d] === 1 && padding[d] === 0
          );
        // Sums of float16 at indices would take float32 of all of them.
        if (apart && g.dtype === "float16" && c.output(1).size > 0) {
          return spreadOver(c.op, shape, g, c.output(1), c);
        }
        const flat = (x: Tensor) =>
          x.reshape([...planes, sizeOf(planeOf(x.shape))]);
        return zeros(c, [...planes, sizeOf(planeOf(shape))])
          .scatterAdd(-1, flat(c.output(1)), flat(g))
          .reshape(shape);
      }),
    ],
  },
});
