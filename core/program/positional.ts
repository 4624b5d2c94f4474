/**
 * What depends on positions and run-time scalars alone, such as the mask of a
 * dropout, which backward asks for again: where it is costly to compute and small
 * to keep, the first launch stores it and the others read it.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { arg, type Expr, operandsOf, topological } from "../expr/expr.ts";
import { MapProgram } from "../lower/program.ts";
import { sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
import { View } from "../view.ts";
import { costOf } from "./cost.ts";
import { replacing, showNumber } from "./expression.ts";
import type { MapLaunch, Place } from "./launch.ts";
import type { LaunchOrder } from "./order.ts";

/** Instructions below which an element is rather computed again than read. */
const COSTLY = 12;

/** Where something positional was first computed. */
interface First {
  readonly at: number;
  readonly expr: Expr;
  /** Where it is stored, once somebody has asked. */
  place: Place | null;
}

/**
 * Has launches read what an earlier one has computed from positions.
 *
 * @param launches The launches, which are replaced.
 * @param operands How many outputs and inputs a kernel may have.
 * @param fresh Memory of the plan, or null where there is none of a dtype.
 */
export function sharePositional(
  launches: LaunchOrder,
  operands: number,
  fresh: (dtype: DType, size: number) => Storage | null,
): void {
  const known = new Map<string, First>();
  const ids = new Map<object, number>();
  for (let at = 0; at < launches.length; at++) {
    const launch = launches.at(at);
    if (launch?.kind !== "map" || launch.program.collapses) continue;
    for (const expr of positional(launch.program.exprs)) {
      const key = keyOf(launch, expr, ids);
      const first = known.get(key);
      const here = launches.at(at) as MapLaunch;
      if (first === undefined) known.set(key, { at, expr, place: null });
      else if (first.at < at && hasRoom(here, operands)) {
        if (first.place === null) {
          const source = launches.at(first.at) as MapLaunch;
          if (!hasRoom(source, operands)) continue;
          const { shape } = source.outputs[0]!.view;
          const storage = fresh(first.expr.dtype, sizeOf(shape));
          if (storage === null) continue;
          first.place = { storage, view: View.dense(shape) };
          launches.set(first.at, storing(source, first.expr, first.place));
        }
        launches.set(at, reading(here, expr, first.place));
      }
    }
  }
}

/**
 * The largest parts that positions and scalars alone decide, if they are costly.
 * They are whole numbers or truth values, which memory does not round.
 */
function positional(roots: readonly Expr[]): Expr[] {
  const moving = new Set<Expr>();
  const indexed = new Set<Expr>();
  for (const node of topological(roots)) {
    const operands = operandsOf(node);
    if (
      node.kind === "arg" || node.kind === "accumulator" ||
      operands.some((operand) => moving.has(operand))
    ) moving.add(node);
    if (
      node.kind === "index" || operands.some((operand) => indexed.has(operand))
    ) indexed.add(node);
  }
  const found = new Set<Expr>();
  const seen = new Set<Expr>();
  const visit = (node: Expr): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (
      !moving.has(node) && indexed.has(node) &&
      (node.dtype === "bool" || node.dtype === "int32") &&
      costOf([node]) >= COSTLY
    ) found.add(node);
    else operandsOf(node).forEach(visit);
  };
  roots.forEach(visit);
  return [...found];
}

/** What is equal for equal values over loops of one shape. */
function keyOf(
  { outputs, scalars, late }: MapLaunch,
  root: Expr,
  ids: Map<object, number>,
): string {
  const idOf = (from: object) => {
    if (!ids.has(from)) ids.set(from, ids.size);
    return ids.get(from)!;
  };
  const text = JSON.stringify(root, (_, part) => {
    if (typeof part === "number") return showNumber(part);
    if (part?.kind !== "scalar") return part;
    const { index, dtype } = part;
    const known = late.find(({ at }) => at === index);
    return known
      ? ["late", idOf(known.from), known.part, dtype]
      : [scalars[index], dtype];
  });
  return `${outputs[0]!.view.shape} ${text}`;
}

function hasRoom({ outputs, inputs }: MapLaunch, operands: number): boolean {
  return outputs.length + inputs.length < operands;
}

/** A launch that stores a part of what it computes as well. */
function storing(launch: MapLaunch, expr: Expr, to: Place): MapLaunch {
  const { inputs, exprs, scalars } = launch.program;
  return {
    ...launch,
    outputs: [...launch.outputs, to],
    program: new MapProgram(inputs, [...exprs, expr], scalars),
  };
}

/** A launch that reads what it would compute. */
function reading(launch: MapLaunch, expr: Expr, from: Place): MapLaunch {
  const { inputs, exprs, scalars } = launch.program;
  const element = arg(inputs.length, expr.dtype);
  return {
    ...launch,
    inputs: [...launch.inputs, from],
    program: new MapProgram(
      [...inputs, expr.dtype],
      exprs.map(replacing(expr, element)),
      scalars,
    ),
  };
}
