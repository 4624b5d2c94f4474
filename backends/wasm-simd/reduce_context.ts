/**
 * What the emitters of a reduction share.
 *
 * @module
 */

import type { Expr, ReduceKernel, Slot } from "@tenfold/core/backend";
import type { Combiner } from "./accumulator.ts";
import type { ArgumentLayout } from "./arguments.ts";
import { f32x4, f64x2, type FunctionBuilder, type Local } from "./assembler.ts";
import type { ExpressionWriter } from "./expression.ts";
import { type Cursor, type LoopDim, read } from "./loops.ts";
import { FORMS, type Quad } from "./values.ts";

/**
 * What a call of the function reduces:
 *
 * - `whole`: all of the results of a range of the first kept dim
 * - `strip`: a range of the first reduced dim, going on with the totals that the
 *   strip before has left behind the arguments
 * - `shares`: shares of the first reduced dim, whose totals are combined later
 */
export type Extent = "whole" | "strip" | "shares";

/** What the emitters of a reduction share. */
export interface EmitContext {
  readonly kernel: ReduceKernel;
  readonly layout: ArgumentLayout;
  readonly f: FunctionBuilder;
  readonly args: Local<"i32">;
  readonly range: readonly [Local<"i32">, Local<"i32">];
  /** The number of the thread. */
  readonly thread: Local<"i32">;
  readonly writer: ExpressionWriter;
  readonly combiner: Combiner;
  /** Combines the results of blocks. */
  readonly whole: Combiner;
  readonly extent: Extent;
  /** The address of totals of the first thread, for reductions across rows. */
  readonly totals: number;
}

/** What stays the same along a loop: inputs, and what is made of them alone. */
export interface Still {
  readonly inputs: ReadonlyMap<number, Quad>;
  readonly parts: ReadonlyMap<Expr, Quad>;
}

/** Emits what stays the same along a loop, before it. */
export function stillOf(
  { kernel, layout, f, args, writer }: EmitContext,
  inputs: ReadonlyMap<number, Quad>,
): Still {
  const parts = writer.writeStill(
    [kernel.element],
    inputs,
    (index, dtype) => layout.scalar(f, args, index, dtype),
  );
  return { inputs, parts };
}

/** Emits expressions at the cursors of the inputs. */
function at(
  { layout, f, args, writer }: EmitContext,
  exprs: readonly Expr[],
  cursors: readonly Cursor[],
  still: Still,
  ahead: number,
): Quad[] {
  return writer.write(
    exprs,
    {
      arg: (index) =>
        still.inputs.get(index) ?? read(f, cursors[index]!, ahead),
      scalar: (index, dtype) => layout.scalar(f, args, index, dtype),
      index: noIndex,
    },
    still.parts,
  );
}

/** Emits the element expression at the cursors. */
export function elementAt(
  context: EmitContext,
  cursors: readonly Cursor[],
  still: Still,
  ahead: number,
): Quad {
  return at(context, [context.kernel.element], cursors, still, ahead)[0]!;
}

/**
 * Emits what takes the element at the cursors into an accumulator. Products are
 * added without being rounded where the engine can, and differences are taken by
 * the units that multiply, as those that add are busy with the sums.
 */
export function takeIn(
  context: EmitContext,
  accumulator: Quad,
  cursors: readonly Cursor[],
  still: Still,
  ahead: number,
): void {
  const { f, kernel: { element, combine }, combiner, writer } = context;
  const { lanes } = FORMS[element.dtype];
  const fuses = combine === "sum" && element.kind === "call" &&
    (element.fn === "mul" || element.fn === "sub") && writer.lanes.fused &&
    !still.parts.has(element) && (lanes === "f32" || lanes === "f64");
  if (!fuses) {
    combiner.accumulate(
      accumulator,
      elementAt(context, cursors, still, ahead),
    );
    return;
  }
  const [a, b] = at(context, element.args, cursors, still, ahead);
  const vectors = lanes === "f32" ? f32x4 : f64x2;
  const one = f.hoist(vectors.const(1));
  accumulator.parts.forEach((part, i) => {
    const [x, y] = [a!.parts[i]!, b!.parts[i]!];
    f.set(
      part,
      element.fn === "mul"
        ? vectors.relaxed_madd(x, y, part)
        : vectors.add(part, vectors.relaxed_nmadd(y, one, x)),
    );
  });
}

/** Refuses positions. */
export function noIndex(): never {
  throw new Error("Cannot use a position in a reduction: its dims are merged");
}

/** The operands along the kept dims, the output first. */
export function keptSlots({ output, inputs }: ReduceKernel): Slot[] {
  return [
    { dtype: output, access: "dense" },
    ...inputs.map(({ dtype, kept }) => ({ dtype, access: kept })),
  ];
}

/** Loop dims with one stride for each input, none for the output. */
export function ofInputs(dims: readonly LoopDim[]): LoopDim[] {
  return dims.map((dim) => ({ ...dim, strides: dim.strides.slice(1) }));
}
