/**
 * Numbers beside tensors: the run-time scalars and constants of kernels become
 * elements of a dtype as `cast` converts them.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  scalar,
  type Slot,
  View,
} from "@tenfold/core/backend";
import { fit } from "./ops/plain.ts";
import { checkOutput, hold, launch } from "./held.ts";
import { layOut } from "./layout.ts";
import type { Session } from "./session.ts";

/** Whole, broken, out of range, and none at all. */
const ODD: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1.7, -1.7, 1e-30, 255, 16777217],
  ...[2147483647, 2147483647.5, -2147483648, -2147483648.9, 4294967296],
  ...[3e9, -3e9, 1e20, -1e20, 2 ** 53, Infinity, -Infinity, NaN],
];

/** Every odd number as a scalar and as a constant, in maps and epilogues. */
export async function checkScalars(
  session: Session,
  dtype: DType,
): Promise<void> {
  for (const value of ODD) {
    const wanted = fit(dtype, value);
    const rows: [string, Expr, number][] = [
      ["scalar", scalar(0, dtype), wanted],
      ["constant", constant(value, dtype), wanted],
    ];
    const one = arg(0, dtype);
    if (dtype === "int32") {
      const sum = wanted + 1 | 0;
      rows.push(["1 + scalar", call("add", one, scalar(0, dtype)), sum]);
    } else if (dtype === "bool") {
      const both = call("and", one, scalar(0, dtype));
      rows.push(["true and scalar", both, wanted]);
    }
    for (const [name, expr, expected] of rows) {
      await checkOne(session, dtype, expr, value, expected, name);
    }
    await checkEpilogue(session, dtype, value, wanted);
  }
}

async function checkOne(
  session: Session,
  dtype: DType,
  expr: Expr,
  value: number,
  expected: number,
  name: string,
): Promise<void> {
  const slot: Slot = { dtype, access: "dense" };
  const one = () => hold(session, dtype, layOut([3], "dense"), () => 1);
  const [target, ones] = [one(), one()];
  try {
    launch(
      session,
      {
        kind: "map",
        rank: 1,
        outputs: [slot],
        inputs: [slot],
        exprs: [expr],
        scalars: 1,
      },
      [3],
      [target, ones],
      [value],
    );
    const what = () => `${name} ${value} as ${dtype}`;
    await checkOutput(session, target, new Array(3).fill(expected), what);
  } finally {
    session.backend.free(target.buffer);
    session.backend.free(ones.buffer);
  }
}

/** The scalar of a reduction's epilogue, which has the output's dtype. */
async function checkEpilogue(
  session: Session,
  dtype: DType,
  value: number,
  expected: number,
): Promise<void> {
  const sum = castExpr(accumulator("int32"), "bool");
  const target = hold(session, dtype, layOut([1], "dense"), () => 0);
  const truths = hold(session, "bool", layOut([1, 5], "dense"), () => 1);
  try {
    launch(
      session,
      {
        kind: "reduce",
        rank: 1,
        reducedRank: 1,
        output: dtype,
        inputs: [{ dtype: "bool", access: "dense", kept: "uniform" }],
        element: castExpr(arg(0, "bool"), "int32"),
        combine: "sum",
        epilogue: call("select", sum, scalar(0, dtype), constant(0, dtype)),
        scalars: 1,
      },
      [1, 5],
      [
        { ...target, view: new View([1, 5], [1, 0], 0) },
        truths,
      ],
      [value],
    );
    const what = () => `an epilogue's scalar ${value} as ${dtype}`;
    await checkOutput(session, target, [expected], what);
  } finally {
    session.backend.free(target.buffer);
    session.backend.free(truths.buffer);
  }
}
