/**
 * What stands in for a routine that a backend lacks: maps and reductions. They
 * take more steps than the routines, as each element is compared with all, and
 * give the same.
 *
 * @module
 */
import { type DType, DTYPES, numberOf } from "../dtype.ts";
import { IndexError } from "../errors.ts";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  type Expr,
} from "../expr.ts";
import type { MaxPool2dOp } from "../op.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { lowerArange, lowerFull } from "./create.ts";
import { castProgram } from "./elementwise.ts";
import type { Launcher } from "./launcher.ts";
import { memoize, ReduceProgram } from "./program.ts";
import { lowerReduce } from "./reduce.ts";

// What a decomposition that fails has made is released by the launcher.

const INT32_MAX = 2 ** 31 - 1;
const number = (value: number, like: Expr): Expr => constant(value, like.dtype);

/** Runs a reduction over operands that each lie along the loop by a view. */
function fold(
  run: Launcher,
  program: ReduceProgram,
  loop: Shape,
  dims: readonly number[],
  operands: readonly (readonly [Value, readonly number[]])[],
): Value {
  const inputs = operands.map(([value, strides]) =>
    value.alias(new View(loop, strides, value.view.offset))
  );
  const out = run.reduce(program, loop, dims, inputs);
  for (const input of inputs) input.release();
  return out;
}

/** The numbers from 0 to `length - 1`. */
const positions = (length: number, run: Launcher): Value =>
  lowerArange(
    { name: "arange", start: 0, step: 1, length, dtype: "int32" },
    run,
  );

/** Strides of 0 but for one dim. */
const only = (rank: number, dim: number, stride = 1): number[] =>
  Array.from({ length: rank }, (_, d) => d === dim ? stride : 0);

/** The same strides with 0 in place of one, which comes behind the others. */
const behind = (strides: readonly number[], dim: number): number[] => [
  ...strides.map((s, d) => d === dim ? 0 : s),
  strides[dim] ?? 0,
];

/** Inputs x, index and position: the x whose index is the position. */
const picked: (dtype: DType) => ReduceProgram = memoize((part) => {
  const dtype = part as DType;
  const x = castExpr(arg(0, dtype), numberOf(dtype));
  // The largest of one element and nothing: also NaN and -0 stay themselves.
  const element = call(
    "select",
    call("eq", arg(1, "int32"), arg(2, "int32")),
    x,
    number(DTYPES[x.dtype].lowest, x),
  );
  return new ReduceProgram(
    [dtype, "int32", "int32"],
    element,
    "max",
    castExpr(accumulator(x.dtype), dtype),
    0,
  );
});

/** Inputs index and the bound: how many indices lie outside. */
const outside: () => ReduceProgram = memoize(() => {
  const [index, bound] = [arg(0, "int32"), arg(1, "int32")];
  const wrong = call(
    "or",
    call("lt", index, number(0, index)),
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
function checkIndices(
  name: string,
  index: Value,
  bound: number,
  run: Launcher,
): void {
  const dims = index.shape.map((_, d) => d);
  const limit = lowerFull(
    { name: "full", shape: [], value: bound, dtype: "int32" },
    run,
  );
  const faults = run.reduce(outside(), index.shape, dims, [index, limit]);
  limit.release();
  try {
    run.refuse(
      name,
      faults,
      (count) =>
        new IndexError(
          `Cannot ${name} as ${count} ${
            count === 1 ? "index is" : "indices are"
          } out of range: expected ${
            bound === 0 ? "none" : `0 to ${bound - 1}`
          }`,
        ),
    );
  } finally {
    faults.release();
  }
}

/** `out[.., j] = x[.., index[.., j]]`, by comparing with each index. */
export function gatherByComparing(
  dim: number,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [x, index] = inputs as [Value, Value];
  const bound = x.shape[dim] ?? 1;
  checkIndices("gather", index, bound, run);
  const rank = index.shape.length;
  const at = positions(bound, run);
  const out = fold(run, picked(x.dtype), [...index.shape, bound], [rank], [
    [x, behind(x.view.strides, dim)],
    [index, [...index.view.strides, 0]],
    [at, only(rank + 1, rank)],
  ]);
  at.release();
  return out;
}

/** Inputs index, position, src and x: x and each src of that index. */
const added: (dtype: DType) => ReduceProgram = memoize((part) => {
  const dtype = part as DType;
  const src = arg(2, dtype);
  return new ReduceProgram(
    ["int32", "int32", dtype, dtype],
    call(
      "select",
      call("eq", arg(0, "int32"), arg(1, "int32")),
      src,
      number(0, src),
    ),
    "sum",
    call("add", accumulator(dtype), arg(3, dtype)),
    0,
  );
});

/** Adds `src` into `out` at the places that `index` names, by comparing. */
export function scatterAddByComparing(
  dim: number,
  out: Value,
  index: Value,
  src: Value,
  run: Launcher,
): void {
  const bound = out.shape[dim] ?? 1;
  checkIndices("scatterAdd", index, bound, run);
  const rank = index.shape.length;
  const target = index.shape.map((n, d) => d === dim ? bound : n);
  const window = out.alias(
    new View(target, out.view.strides, out.view.offset),
  );
  const at = positions(bound, run);
  const loop = [...target, index.shape[dim] ?? 1];
  const sums = fold(run, added(out.dtype), loop, [rank], [
    [index, behind(index.view.strides, dim)],
    [at, only(rank + 1, dim)],
    [src, behind(src.view.strides, dim)],
    [window, [...window.view.strides, 0]],
  ]);
  run.mapInto(castProgram(out.dtype, out.dtype), [window], [sums]);
  for (const part of [at, sums, window]) part.release();
}

/**
 * Inputs other, its position, mine and its position: how many of the others
 * come before mine. Equal ones keep their order; NaN comes behind, or with
 * `descending` before, all numbers.
 */
const ranked: (dtype: DType, descending: number) => ReduceProgram = memoize(
  (part, descending) => {
    const dtype = part as DType;
    const [other, mine] = [arg(0, dtype), arg(2, dtype)];
    const nan = (x: Expr) => call("isNan", x);
    const not = (x: Expr) => call("not", x);
    const before = descending
      ? call(
        "or",
        call("gt", other, mine),
        call("and", nan(other), not(nan(mine))),
      )
      : call(
        "or",
        call("lt", other, mine),
        call("and", nan(mine), not(nan(other))),
      );
    const same = call(
      "or",
      call("eq", other, mine),
      call("and", nan(other), nan(mine)),
    );
    const earlier = call("lt", arg(1, "int32"), arg(3, "int32"));
    const counts = call("or", before, call("and", same, earlier));
    return new ReduceProgram(
      [dtype, "int32", dtype, "int32"],
      castExpr(counts, "int32"),
      "sum",
      accumulator("int32"),
      0,
    );
  },
);

/** Values and indices in order along the last dim of a view of `x`. */
export function sortByRank(
  x: Value,
  { shape, strides }: View,
  descending: boolean,
  run: Launcher,
): [Value, Value] {
  const rank = shape.length;
  // A 0-d tensor is one row of one element.
  const loop = rank === 0 ? [1, 1] : [...shape, shape[rank - 1]!];
  const own = rank === 0 ? [0] : strides;
  const last = loop.length - 1;
  const across = [...own, 0];
  const along = behind(own, last - 1);
  const at = positions(loop[last]!, run);
  const [mine, other] = [only(last + 1, last - 1), only(last + 1, last)];
  const program = ranked(x.dtype, descending ? 1 : 0);
  const ranks = fold(run, program, loop, [last], [
    [x, along],
    [at, other],
    [x, across],
    [at, mine],
  ]);
  const places = behind(ranks.view.strides, last - 1);
  const values = fold(run, picked(x.dtype), loop, [last], [
    [x, along],
    [ranks, places],
    [at, mine],
  ]);
  const indices = fold(run, picked("int32"), loop, [last], [
    [at, other],
    [ranks, places],
    [at, mine],
  ]);
  ranks.release();
  at.release();
  return [values, indices].map((value) => {
    const out = value.alias(View.dense(shape));
    value.release();
    return out;
  }) as [Value, Value];
}

/** Inputs x, the largest and position, below 0 where there is only padding. */
const firstInside: (dtype: DType) => ReduceProgram = memoize((part) => {
  const [x, top] = [arg(0, part as DType), arg(1, part as DType)];
  const at = arg(2, "int32");
  const attains = call(
    "and",
    call("ge", at, number(0, at)),
    call("or", call("eq", x, top), call("isNan", x)),
  );
  return new ReduceProgram(
    [x.dtype, x.dtype, "int32"],
    call("select", attains, at, number(INT32_MAX, at)),
    "min",
    accumulator("int32"),
    0,
  );
});

/** The largest elements of windows of a padded copy, and their positions. */
export function poolByWindows(
  { size, stride, padding, dilation }: MaxPool2dOp,
  x: Value,
  shape: Shape,
  run: Launcher,
): [Value, Value] {
  const rank = shape.length;
  const planes = shape.slice(0, -2);
  const plane = x.shape.slice(-2);
  const padded = [0, 1].map((axis) =>
    Math.max(
      (shape[rank - 2 + axis]! - 1) * stride[axis]! +
        (size[axis]! - 1) * dilation[axis]! + 1,
      plane[axis]! + padding[axis]!,
    )
  );
  const within = (value: number, inner: Value): Value => {
    const lead = inner.shape.slice(0, -2);
    const out = lowerFull({
      name: "full",
      shape: [...lead, ...padded],
      value,
      dtype: inner.dtype,
    }, run);
    const place = out.view.slice(lead.length, padding[0], plane[0]!, 1)
      .slice(lead.length + 1, padding[1], plane[1]!, 1);
    const window = out.alias(place);
    run.mapInto(castProgram(inner.dtype, inner.dtype), [window], [inner]);
    window.release();
    return out;
  };
  const cells = positions(plane[0]! * plane[1]!, run);
  const numbered = cells.alias(View.dense(plane));
  const around = within(DTYPES[x.dtype].lowest, x);
  const at = within(-1, numbered);
  const steps = [
    stride[0] * padded[1]!,
    stride[1],
    dilation[0] * padded[1]!,
    dilation[1],
  ];
  const loop = [...shape, ...size];
  const dims = [rank, rank + 1];
  const lead = around.view.strides.slice(0, -2);
  const windows = around.alias(
    new View(loop, [...lead, ...steps], around.view.offset),
  );
  const values = lowerReduce(
    { name: "max", dims, keepDim: false },
    [windows],
    run,
  );
  const indices = fold(run, firstInside(x.dtype), loop, dims, [
    [windows, windows.view.strides],
    [values, [...values.view.strides, 0, 0]],
    [at, [...planes.map(() => 0), ...steps]],
  ]);
  for (const part of [cells, numbered, around, at, windows]) part.release();
  return [values, indices];
}
