/**
 * Elementwise primitives as programs. Programs are found by small numbers, so
 * that the hot path of small tensors builds no keys.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import {
  ELEMENTWISE,
  elementwiseExpr,
  type ElementwiseName,
} from "../elementwise.ts";
import { arg, castExpr, type Expr, scalar } from "../expr.ts";
import { inferElementwise } from "../infer.ts";
import { DTYPE_COUNT, DTYPE_PART, type Key, withPart } from "../key.ts";
import type { ElementwiseOp } from "../op.ts";
import type { Value } from "../value.ts";
import type { Launcher } from "./launcher.ts";
import { MapProgram, memoize } from "./program.ts";

const programs = new Map<ElementwiseName, Map<Key, MapProgram>>();

/** What an operand can be: a tensor of some dtype, or a number. */
const OPERANDS = DTYPE_COUNT + 1;
const NUMBER = DTYPE_COUNT;

/** Lowers an elementwise op to one map kernel. */
export function lowerElementwise(
  op: ElementwiseOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const { shape, compute, result } = inferElementwise(op, inputs);
  const { operands } = op;
  const { arity } = ELEMENTWISE[op.name];
  let key: Key = DTYPE_PART[compute];
  const scalars: number[] = [];
  let next = 0;
  for (let i = 0; i < arity; i++) {
    const value = operands?.[i];
    if (value === undefined || value === null) {
      key = withPart(key, DTYPE_PART[inputs[next++]!.dtype], OPERANDS);
    } else {
      key = withPart(key, NUMBER, OPERANDS);
      scalars.push(value);
    }
  }
  let byKey = programs.get(op.name);
  if (byKey === undefined) programs.set(op.name, byKey = new Map());
  let program = byKey.get(key);
  if (program === undefined) {
    const exprs: Expr[] = [];
    let args = 0;
    let numbers = 0;
    for (let i = 0; i < arity; i++) {
      const value = operands?.[i];
      const isCondition = i === 0 && ELEMENTWISE[op.name].rule === "select";
      exprs.push(
        value === undefined || value === null
          ? arg(args, inputs[args++]!.dtype)
          : scalar(numbers++, isCondition ? "bool" : compute),
      );
    }
    program = new MapProgram(
      inputs.map((input) => input.dtype),
      [elementwiseExpr(op.name, exprs, { compute, result })],
      numbers,
    );
    byKey.set(key, program);
  }
  return run.map(program, shape, inputs, scalars);
}

/** The program that copies and casts one input. */
export const castProgram: (from: DType, to: DType) => MapProgram = memoize(
  (from, to) =>
    new MapProgram(
      [from as DType],
      [castExpr(arg(0, from as DType), to as DType)],
      0,
    ),
);
