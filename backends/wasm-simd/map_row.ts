/**
 * What the loops of a map kernel share: its expressions for four elements, and
 * the loop along one row.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import type { Expr, MapKernel, Slot } from "@tenfold/core/backend";
import type { ArgumentLayout } from "./arguments.ts";
import { type FunctionBuilder, i32, i32x4, type Local } from "./assembler.ts";
import type { ExpressionWriter } from "./expression.ts";
import {
  alongInner,
  cursor,
  positionsFrom,
  read,
  type Row,
  stepOf,
  unrollOf,
  write,
} from "./loops.ts";
import { loadSplat, type Quad } from "./values.ts";

/** What the emitters of a map kernel share. */
export interface MapEmitContext {
  /** The kernel. */
  readonly kernel: MapKernel;
  /** Outputs, then inputs. */
  readonly slots: readonly Slot[];
  /** The layout of its arguments. */
  readonly layout: ArgumentLayout;
  /** The function. */
  readonly f: FunctionBuilder;
  /** The address of the arguments. */
  readonly args: Local<"i32">;
  /** Emits the expressions. */
  readonly writer: ExpressionWriter;
  /** Whether the expressions use positions. */
  readonly indexed: boolean;
  /** An estimate of the instructions for four elements. */
  readonly instructions: number;
}

/** Emits the expressions for four elements. */
export function valuesAt(
  { kernel, f, args, layout, writer }: MapEmitContext,
  arg: (slot: number) => Quad,
  positions: readonly Local<"i32">[],
  ahead = 0,
  computed?: ReadonlyMap<Expr, Quad>,
): Quad[] {
  return writer.write(
    kernel.exprs,
    {
      arg: (index) => arg(kernel.outputs.length + index),
      scalar: (index: number, dtype: DType) =>
        layout.scalar(f, args, index, dtype),
      index: (dim) =>
        dim === kernel.rank - 1
          ? positionsFrom(f, i32.add(positions[dim]!, i32.const(4 * ahead)))
          : splatOf(f, positions[dim]!),
    },
    computed,
  );
}

/** Emits the loop along one row. */
export function mapRow(context: MapEmitContext, row: Row): void {
  const { kernel, slots, layout, f, args, writer, indexed, instructions } =
    context;
  const { outputs, rank } = kernel;
  // Operands with stride 0 along the row are read once, and what is made of
  // them alone is computed once.
  const still = new Map<number, Quad>();
  const cursors = slots.map((slot, k) => {
    const pointer = row.pointers[k]!;
    if (k >= outputs.length && stepOf(slot.access) === "none") {
      still.set(k - outputs.length, loadSplat(f, slot.dtype, pointer));
    }
    return cursor(f, slot, pointer, () => layout.stride(args, k, rank - 1));
  });
  const computed = writer.writeStill(
    kernel.exprs,
    still,
    (index, dtype) => layout.scalar(f, args, index, dtype),
  );
  alongInner(
    f,
    cursors,
    row.length,
    unrollOf(writer.lanes, instructions),
    indexed ? row.positions[rank - 1]! : null,
    (at, ahead, count) => {
      const values = valuesAt(
        context,
        (k) => still.get(k - outputs.length) ?? read(f, at[k]!, ahead),
        row.positions,
        ahead,
        computed,
      );
      const store = (count?: Local<"i32">) =>
        values.forEach((value, k) => write(f, at[k]!, value, ahead, count));
      if (count === undefined) store();
      else {
        f.if(
          i32.ge_s(count, i32.const(4)),
          () => store(),
          () => store(count),
        );
      }
    },
  );
}

function splatOf(f: FunctionBuilder, position: Local<"i32">): Quad {
  return { dtype: "int32", parts: [f.let(i32x4.splat(position))] };
}
