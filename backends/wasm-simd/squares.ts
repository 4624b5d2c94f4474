/**
 * Sums of squares of float32 that are to be made in float64, as a norm is: they
 * are made in float32 first, which is three times as fast, and again in float64
 * where any has overflown or may have been lost.
 *
 * @module
 */

import { call, type Expr, type ReduceKernel } from "@tenfold/core/backend";
import { Combiner } from "./accumulator.ts";
import {
  type Code,
  f64x2,
  type FunctionBuilder,
  i32,
  i32x4,
  v128,
} from "./assembler.ts";
import type { EmitContext } from "./reduce_context.ts";
import type { Quad } from "./values.ts";

/**
 * Between these a sum is right: no square has overflown, and those that have
 * underflown do not count beside it.
 */
const MODERATE: readonly [number, number] = [2 ** -60, 2 ** 120];

/** Whether a kernel widens and sums squares. */
export function sumsSquares({ combine, element }: ReduceKernel): boolean {
  if (combine !== "sum" || element.kind !== "call") return false;
  const { fn, args: [factor, other] } = element;
  return fn === "mul" && factor === other && factor?.kind === "cast" &&
    factor.dtype === "float64" && factor.value.dtype === "float32";
}

/** The same with squares in float32; null where a kernel widens and sums none. */
export function squaresOf(context: EmitContext): EmitContext | null {
  const { kernel, writer } = context;
  if (!sumsSquares(kernel)) return null;
  const { args: [factor] } = kernel.element as Expr & { kind: "call" };
  const { value } = factor as Expr & { kind: "cast" };
  return {
    ...context,
    kernel: { ...kernel, element: call("mul", value, value) },
    combiner: new Combiner(writer.lanes, "sum", "float32"),
  };
}

/** Emits what sums into `totals`: in float32 where that does, else as it is. */
export function summed(
  context: EmitContext,
  totals: readonly Quad[],
  sum: (context: EmitContext) => void,
): void {
  const { f, whole } = context;
  const squares = squaresOf(context);
  if (squares === null) {
    sum(context);
    return;
  }
  sum(squares);
  f.if(i32.eqz(areModerate(f, totals)), () => {
    for (const total of totals) whole.reset(total);
    sum(context);
  });
}

/** Whether all lanes are in the range in which they are right. */
export function areModerate(
  f: FunctionBuilder,
  sums: readonly Quad[],
): Code<"i32"> {
  const least = f.hoist(f64x2.const(MODERATE[0]));
  const most = f.hoist(f64x2.const(MODERATE[1]));
  return sums.flatMap(({ parts }) => parts)
    .map((part) =>
      i32x4.all_true(
        v128.and(f64x2.gt(part, least), f64x2.lt(part, most)),
      )
    )
    .reduce((all, one) => i32.and(all, one));
}
