/**
 * Picking by index.
 *
 * @module
 */
import { type DType, DTYPES, numberOf } from "../dtype.ts";
import { DTypeError, IndexError, ShapeError, showShape } from "../errors.ts";
import { accumulator, arg, call, castExpr, constant } from "../expr/expr.ts";
import { alongDim } from "../lower/geometry.ts";
import type { Launcher } from "../lower/launcher.ts";
import {
  behind,
  filled,
  only,
  positions,
  reduceAlong,
} from "../lower/parts.ts";
import { memoize, ReduceProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { saving, zeros } from "./gradient.ts";
import type { Family } from "./primitive.ts";

/**
 * Picks elements along a dim: `out[.., j] = x[.., index[.., j]]`.
 *
 * @example Along the second dim
 * ```ts
 * import type { GatherOp } from "@tenfold/core/backend";
 *
 * const op: GatherOp = { name: "gather", dim: 1 };
 * ```
 */
export interface GatherOp {
  /** Marks the primitive. */
  readonly name: "gather";
  /** The dim, not negative. */
  readonly dim: number;
}

/** Checks that `index` fits `x` along every dim but `dim`. */
export function checkIndex(
  name: string,
  dim: number,
  x: Shape,
  index: Meta,
): void {
  if (index.dtype !== "int32") {
    throw new DTypeError(
      `Cannot ${name} as the index must be int32: got ${index.dtype}`,
    );
  }
  if (
    index.shape.length !== x.length ||
    index.shape.some((extent, d) => d !== dim && extent > x[d]!)
  ) {
    throw new ShapeError(
      `Cannot ${name} along dim ${dim} as the index must have as many dims as the tensor and be no larger along the others: got index ${
        showShape(index.shape)
      } for ${showShape(x)}`,
    );
  }
}

/** The number of elements along a dim: an index must be below it. */
export const boundOf = (x: Meta, dim: number): number => x.shape[dim] ?? 1;

/** Inputs index and the bound: how many indices lie outside. */
const outside = memoize(() => {
  const [index, bound] = [arg(0, "int32"), arg(1, "int32")];
  const wrong = call(
    "or",
    call("lt", index, constant(0, "int32")),
    call("ge", index, bound),
  );
  return new ReduceProgram(
    ["int32", "int32"],
    castExpr(wrong, "int32"),
    "sum",
    accumulator("int32"),
    0,
  );
});

/** Refuses indices that are out of range, as routines do. */
export function refuseOutside(
  name: string,
  index: Value,
  bound: number,
  run: Launcher,
): void {
  const dims = index.shape.map((_, d) => d);
  const limit = filled([], bound, "int32", run);
  const refused = run.reduce(outside(), index.shape, dims, [index, limit]);
  limit.release();
  const error = (count: number) =>
    new IndexError(
      `Cannot ${name} as ${count} ${
        count === 1 ? "index is" : "indices are"
      } out of range: expected ${bound === 0 ? "none" : `0 to ${bound - 1}`}`,
    );
  run.refuse(name, refused, error);
  refused.release();
}

/** Inputs x, index and position: the x whose index is the position. */
export const picked: (dtype: DType) => ReduceProgram = memoize((dtype) => {
  const x = castExpr(arg(0, dtype), numberOf(dtype));
  // The largest of one element and nothing: also NaN and -0 stay themselves.
  const element = call(
    "select",
    call("eq", arg(1, "int32"), arg(2, "int32")),
    x,
    constant(DTYPES[x.dtype].lowest, x.dtype),
  );
  return new ReduceProgram(
    [dtype, "int32", "int32"],
    element,
    "max",
    castExpr(accumulator(x.dtype), dtype),
    0,
  );
});

/** Picking by index. */
export const GATHER: Family<GatherOp> = {
  gather: {
    moves: true,
    infer({ dim }, [x, index]) {
      checkIndex("gather", dim, x!.shape, index!);
      return [{ shape: index!.shape, dtype: x!.dtype }];
    },
    lower({ dim }, inputs, run) {
      const [x, index] = inputs as [Value, Value];
      const out = run.allocate(index.shape, x.dtype);
      if (out.view.size === 0) return out;
      const views = [out.view, x.view, index.view];
      const loop = alongDim(index.shape, dim, views);
      const bound = boundOf(x, dim);
      const values = [out, x, index];
      if (
        run.routine("gather", loop.shape, 1, values, loop.strides, { bound })
      ) {
        return out;
      }
      out.release();
      return null;
    },
    /** Every element is compared with the index. */
    decompose({ dim }, inputs, run) {
      const [x, index] = inputs as [Value, Value];
      const bound = boundOf(x, dim);
      refuseOutside("gather", index, bound, run);
      const rank = index.shape.length;
      const at = positions(bound, run);
      const loop = [...index.shape, bound];
      const out = reduceAlong(run, picked(x.dtype), loop, [rank], [
        [x, behind(x.view.strides, dim)],
        [index, [...index.view.strides, 0]],
        [at, only(rank + 1, rank)],
      ]);
      at.release();
      return out;
    },
    gradient: [
      saving(
        [1],
        (g, c) =>
          zeros(c, c.input(0).shape).scatterAdd(c.op.dim, c.operand(1), g),
      ),
    ],
  },
};
