/**
 * Sorting along a dim.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { accumulator, arg, call, castExpr, type Expr } from "../expr/expr.ts";
import { alongDim } from "../lower/geometry.ts";
import {
  behind,
  only,
  positions,
  reduceAlong,
  shaped,
  viewed,
} from "../lower/parts.ts";
import { memoize, ReduceProgram } from "../lower/program.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { picked } from "./gather.ts";
import { saving, zeros } from "./gradient.ts";
import { across } from "./in_single.ts";
import type { Family } from "./primitive.ts";

/**
 * Stable sort along a dim; gives values and int32 indices.
 *
 * @example The largest first
 * ```ts
 * import type { SortOp } from "@tenfold/core/backend";
 *
 * const op: SortOp = { name: "sort", dim: 0, descending: true };
 * ```
 */
export interface SortOp {
  /** Marks the primitive. */
  readonly name: "sort";
  /** The dim, not negative. */
  readonly dim: number;
  /** Whether the largest come first. */
  readonly descending: boolean;
}

/** The order of dims that puts `dim` last. */
function lastly(shape: Shape, dim: number): number[] {
  const order = shape.map((_, d) => d).filter((d) => d !== dim);
  return shape.length > 0 ? [...order, dim] : order;
}

/** Values that lie with the dim innermost, under the dims of the input. */
function back(values: readonly Value[], order: readonly number[]): Value[] {
  const inverse = order.map((_, d) => order.indexOf(d));
  return values.map((value) => viewed(value, value.view.permute(inverse)));
}

/**
 * Inputs other, its position, mine and its position: how many of the others
 * come before mine. Equal ones keep their order; NaN comes behind, or with
 * `descending` before, all numbers.
 */
const ranked = memoize((dtype: DType, descending: number) => {
  const [other, mine] = [arg(0, dtype), arg(2, dtype)];
  const both = (a: Expr, b: Expr) => call("and", a, b);
  const either = (a: Expr, b: Expr) => call("or", a, b);
  const nan = (x: Expr) => call("isNan", x);
  const not = (x: Expr) => call("not", x);
  const before = descending
    ? either(call("gt", other, mine), both(nan(other), not(nan(mine))))
    : either(call("lt", other, mine), both(nan(mine), not(nan(other))));
  const same = either(call("eq", other, mine), both(nan(other), nan(mine)));
  const earlier = call("lt", arg(1, "int32"), arg(3, "int32"));
  return new ReduceProgram(
    [dtype, "int32", dtype, "int32"],
    castExpr(either(before, both(same, earlier)), "int32"),
    "sum",
    accumulator("int32"),
    0,
  );
});

/** Every primitive that orders elements. */
export const SORT: Family<SortOp> = {
  sort: {
    divisions: ({ dim }, inputs) => across(inputs, dim),
    infer: (_, [x]) => [
      { shape: x!.shape, dtype: x!.dtype },
      { shape: x!.shape, dtype: "int32" },
    ],
    lower({ dim, descending }, [x], run) {
      const order = lastly(x!.shape, dim);
      const moved = x!.view.permute(order);
      const values = run.allocate(moved.shape, x!.dtype);
      const indices = run.allocate(moved.shape, "int32");
      const results = [values, indices];
      if (values.view.size > 0) {
        const views = [values.view, indices.view, moved];
        const loop = alongDim(moved.shape, order.length - 1, views);
        const { shape, strides } = loop;
        const all = [...results, x!];
        const flags = { descending: descending ? 1 : 0 };
        if (!run.routine("sort", shape, 2, all, strides, flags)) {
          for (const result of results) result.release();
          return null;
        }
      }
      return back(results, order);
    },
    /** By rank: each element is compared with all others of its line. */
    decompose({ dim, descending }, [x], run) {
      const order = lastly(x!.shape, dim);
      const { shape, strides } = x!.view.permute(order);
      const rank = shape.length;
      // A 0-d tensor is one row of one element.
      const loop = rank === 0 ? [1, 1] : [...shape, shape[rank - 1]!];
      const own = rank === 0 ? [0] : strides;
      const last = loop.length - 1;
      const along = behind(own, last - 1);
      const at = positions(loop[last]!, run);
      const [mine, other] = [only(last + 1, last - 1), only(last + 1, last)];
      const program = ranked(x!.dtype, descending ? 1 : 0);
      const ranks = reduceAlong(run, program, loop, [last], [
        [x!, along],
        [at, other],
        [x!, [...own, 0]],
        [at, mine],
      ]);
      const places = behind(ranks.view.strides, last - 1);
      const picks = (value: Value, along: readonly number[]) =>
        shaped(
          reduceAlong(run, picked(value.dtype), loop, [last], [
            [value, along],
            [ranks, places],
            [at, mine],
          ]),
          shape,
        );
      const results = [picks(x!, along), picks(at, other)];
      ranks.release();
      at.release();
      return back(results, order);
    },
    gradient: [
      saving(
        ["output"],
        (g, c) => zeros(c, g.shape).scatterAdd(c.op.dim, c.output(1), g),
      ),
    ],
  },
};
