/**
 * Formulas as programs: a map, or a sum of what a map would give.
 *
 * @module
 */
import { accumulator, call, scalar } from "../expr.ts";
import type { Formula, MapOp, MapSumOp, Meta } from "../op.ts";
import { broadcastShapes, type Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import type { Launcher } from "./launcher.ts";
import { MapProgram, ReduceProgram } from "./program.ts";

/** What has been made of one formula so far. */
interface Programs {
  map?: MapProgram;
  sum?: ReduceProgram;
  mean?: ReduceProgram;
}

const programs = new WeakMap<Formula, Programs>();

function programsOf(formula: Formula): Programs {
  let known = programs.get(formula);
  if (known === undefined) programs.set(formula, known = {});
  return known;
}

/** Lowers a formula to one map kernel. */
export function lowerMap(
  { formula, scalars }: MapOp,
  inputs: readonly Value[],
  { shape }: Meta,
  run: Launcher,
): Value {
  const known = programsOf(formula);
  const program = known.map ??= new MapProgram(
    formula.inputs,
    [formula.expr],
    formula.scalars,
  );
  return run.map(program, shape, inputs, scalars);
}

/** The fold of a formula; the divisor, if any, is the last scalar. */
function foldOf(
  { inputs, expr, scalars }: Formula,
  divides: boolean,
): ReduceProgram {
  const sum = accumulator(expr.dtype);
  return new ReduceProgram(
    inputs,
    expr,
    "sum",
    divides ? call("div", sum, scalar(scalars, expr.dtype)) : sum,
    divides ? scalars + 1 : scalars,
  );
}

/** Lowers the sum of a formula to one reduce kernel. */
export function lowerMapSum(
  { formula, scalars, dims, divisor }: MapSumOp,
  inputs: readonly Value[],
  { shape }: Meta,
  run: Launcher,
): Value {
  const known = programsOf(formula);
  const divides = divisor !== 1;
  const program = divides
    ? known.mean ??= foldOf(formula, true)
    : known.sum ??= foldOf(formula, false);
  let loop: Shape = inputs[0]!.shape;
  for (let i = 1; i < inputs.length; i++) {
    loop = broadcastShapes(loop, inputs[i]!.shape, formula.label);
  }
  const folded = run.reduce(
    program,
    loop,
    dims,
    inputs,
    divides ? [...scalars, divisor] : scalars,
  );
  if (folded.shape.length === shape.length) return folded;
  const out = folded.alias(View.dense(shape));
  folded.release();
  return out;
}
