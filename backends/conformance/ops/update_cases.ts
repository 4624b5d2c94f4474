/**
 * Cases of changes in place: every scalar function of the expression language
 * in every dtype that it takes, several targets, run-time scalars, positions.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  indexAlong,
  scalar,
  SCALAR_FUNCTIONS,
  type ScalarFunction,
  type UpdateOp,
} from "@tenfold/core/backend";
import { scalarTolerance } from "../scalar_tolerance.ts";
import type { Tolerance } from "../compare.ts";
import type { Layout } from "../layout.ts";
import type { Random } from "../random.ts";
import { common, type Draw, EDGES, wholes, within } from "../values.ts";
import { EVERY, operand } from "./cases.ts";
import type { Case } from "./spec.ts";

/** The dtypes that a scalar function takes. */
function dtypesOf(fn: ScalarFunction): readonly DType[] {
  switch (SCALAR_FUNCTIONS[fn].takes) {
    case "numbers":
      return ["int32", "float16", "float32", "float64"];
    case "floats":
      return ["float16", "float32", "float64"];
    case "integers":
      return ["int32"];
    case "bools":
      return ["bool"];
    case "any":
      return EVERY;
  }
}

function update(
  label: string,
  inputs: readonly DType[],
  exprs: readonly Expr[],
  scalars: readonly number[] = [],
): UpdateOp {
  return {
    name: "update",
    targets: exprs.length,
    program: { label, inputs, exprs },
    scalars,
  };
}

const FUNCTIONS = Object.keys(SCALAR_FUNCTIONS) as ScalarFunction[];

/** `target = fn(operands)` over the edges of a dtype, all pairs of them. */
function* functionCases(
  dtype: DType,
  random: Random,
): Iterable<Case<UpdateOp>> {
  for (const fn of FUNCTIONS) {
    if (!dtypesOf(fn).includes(dtype)) continue;
    const { arity } = SCALAR_FUNCTIONS[fn];
    const operands = Array.from(
      { length: arity },
      (_, i): DType => fn === "select" && i === 0 ? "bool" : dtype,
    );
    const lists = operands.map((own, i) =>
      fn === "shiftRight" && i === 1 ? [0, 1, 8, 9, 17, 31] : EDGES[own]
    );
    const rows: number[][] = Array.from(
      { length: arity === 1 ? lists[0]!.length : 500 },
      (_, at) =>
        arity === 1
          ? [lists[0]![at]!]
          : lists.map((list) =>
            random.chance(0.7)
              ? random.pick(list)
              : list.length > 8
              ? random.whole(-9, 9)
              : list[0]!
          ),
    );
    const value = call(fn, ...operands.map((own, i) => arg(i + 1, own)));
    const column = (i: number) => rows.map((row) => row[i]!);
    yield {
      op: update(fn, [value.dtype, ...operands], [value]),
      inputs: [
        operand([rows.length], value.dtype, "dense", rows.map(() => 0)),
        ...operands.map((own, i) =>
          operand([rows.length], own, "dense", column(i))
        ),
      ],
      tolerance: scalarTolerance(fn, dtype, rows),
    };
  }
}

const TARGETS: readonly Shape[] = [[], [7], [33], [3, 7], [2, 3, 5], [0], [
  3,
  0,
]];
/** Layouts that a target may have: no element twice. */
const APART: readonly Layout[] = [
  "dense",
  "offset",
  "transposed",
  "stepped",
  "negative",
];

/** `p -= rate * g` and `m = rate * m + g`: two targets, one input, scalars. */
function* stepCases(dtype: DType): Iterable<Case<UpdateOp>> {
  const [p, m, g, rate] = [
    arg(0, dtype),
    arg(1, dtype),
    arg(2, dtype),
    scalar(0, dtype),
  ];
  const moment = call("add", call("mul", scalar(1, dtype), m), g);
  const op = update(
    "step",
    [dtype, dtype, dtype],
    [call("sub", p, call("mul", rate, moment)), moment],
    isFloating(dtype) ? [0.125, 0.9] : [3, -2],
  );
  const tolerance: Tolerance = { epsilons: 4, scale: 20 };
  for (const shape of TARGETS) {
    for (const [l, layout] of APART.entries()) {
      const other = APART[(l + 2) % APART.length]!;
      yield {
        op,
        inputs: [
          operand(shape, dtype, layout),
          operand(shape, dtype, other),
          operand(shape, dtype, "broadcast"),
        ],
        tolerance,
      };
    }
  }
  // What is not a target may broadcast to the targets.
  yield {
    op,
    inputs: [
      operand([3, 5], dtype, "stepped"),
      operand([3, 5], dtype),
      operand([5], dtype, "negative"),
    ],
    tolerance,
  };
}

/** Positions along dims, casts between all dtypes, and constants. */
function* positionCases(dtype: DType): Iterable<Case<UpdateOp>> {
  const row = castExpr(indexAlong(0), dtype);
  for (const from of EVERY) {
    const value = castExpr(arg(1, from), dtype);
    const exprs = dtype === "bool"
      ? [call("xor", value, castExpr(indexAlong(1), "bool"))]
      : [call(
        "add",
        call("mul", row, constant(10, dtype)),
        call("add", castExpr(indexAlong(1), dtype), value),
      )];
    for (const layout of APART) {
      yield {
        op: update("place", [dtype, from], exprs),
        inputs: [
          operand([4, 6], dtype, layout),
          operand([4, 6], from, "transposed", wholes(-5, 5)),
        ],
      };
    }
  }
  const values: readonly (readonly [number, Draw])[] = [
    [NaN, common],
    [Infinity, common],
    [-0, common],
    [1 / 3, within(-1, 1)],
  ];
  if (!isFloating(dtype)) return;
  for (const [value, draw] of values) {
    yield {
      op: update("scale", [dtype], [
        call("mul", arg(0, dtype), constant(value, dtype)),
      ]),
      inputs: [operand([9], dtype, "dense", draw)],
    };
    yield {
      op: update("scale", [dtype], [
        call("mul", arg(0, dtype), scalar(0, dtype)),
      ], [value]),
      inputs: [operand([9], dtype, "dense", draw)],
    };
  }
}

/** The cases of `update`. */
export function* updateCases(
  dtype: DType,
  random: Random,
): Iterable<Case<UpdateOp>> {
  yield* functionCases(dtype, random);
  if (dtype !== "bool") yield* stepCases(dtype);
  yield* positionCases(dtype);
}
