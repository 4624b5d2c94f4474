/**
 * Map kernels: outputs computed element by element.
 *
 * @module
 */

import { type Expr, topological, usesIndex } from "@tenfold/core";
import type { MapKernel, Slot } from "@tenfold/core";
import { ArgumentLayout } from "./arguments.ts";
import { type FunctionBuilder, i32, i32x4, type Local } from "./assembler.ts";
import { type Engine, type Entry, importsOf } from "./engine.ts";
import { ExpressionWriter } from "./expression.ts";
import { isSimple } from "./functions/float.ts";
import {
  alongInner,
  overRows,
  positionsFrom,
  read,
  stepOf,
  walker,
  write,
} from "./loops.ts";
import { loadSplat, type Quad } from "./values.ts";

/** A compiled map. */
export interface CompiledMap {
  /** Runs a part of the outermost dim. */
  readonly entry: Entry;
  /** How it takes its arguments. */
  readonly layout: ArgumentLayout;
  /** Whether it needs neither extents nor strides. */
  readonly flat: boolean;
  /** Roughly how many instructions four elements take. */
  readonly weight: number;
}

/** Roughly how many instructions four elements take. */
export function weightOf(roots: readonly Expr[]): number {
  return topological(roots).reduce((sum, node) => {
    if (node.kind !== "call") return sum + 1;
    if (node.fn === "threefry") return sum + 110;
    if (node.args.at(-1)!.dtype === "float64") return sum + 4;
    return sum + (isSimple(node.fn) ? 1 : 25);
  }, 0);
}

/** How many vectors a round of the loop takes: more for cheap expressions. */
function unrollOf(slots: readonly Slot[], weight: number): number {
  if (slots.some(({ access }) => stepOf(access) === "strided")) return 1;
  return weight <= 12 ? 4 : weight <= 30 ? 2 : 1;
}

/**
 * Compiles a map kernel.
 *
 * @param engine Where it will run.
 * @param kernel What it computes.
 */
export function compileMap(engine: Engine, kernel: MapKernel): CompiledMap {
  const { outputs, inputs, exprs, rank } = kernel;
  const slots = [...outputs, ...inputs];
  const layout = new ArgumentLayout(
    slots.map(({ dtype }) => dtype),
    rank,
    exprs,
  );
  const weight = weightOf(exprs);
  const indexed = usesIndex(exprs);
  const draft = engine.draft(importsOf(exprs));
  draft.module.func("run", ["i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const writer = new ExpressionWriter(f, engine.fused, draft.imported);
    const scalar = (index: number, dtype: Quad["dtype"]) =>
      layout.scalar(f, args, index, dtype);
    overRows(f, layout, args, [begin, end], slots, rank, (row) => {
      // What does not move along the row is read once.
      const still = new Map<number, Quad>();
      const walkers = slots.map((slot, k) => {
        const pointer = row.pointers[k]!;
        if (k >= outputs.length && stepOf(slot.access) === "none") {
          still.set(k, loadSplat(f, slot.dtype, pointer));
        }
        return walker(
          f,
          slot,
          pointer,
          () => layout.stride(args, k, rank - 1),
        );
      });
      const inner = row.positions[rank - 1]!;
      const unroll = indexed ? 1 : unrollOf(slots, weight);
      alongInner(
        f,
        walkers,
        row.length,
        unroll,
        indexed ? inner : null,
        (at, ahead, count) => {
          const values = writer.write(exprs, {
            arg: (index) => {
              const k = outputs.length + index;
              return still.get(k) ?? read(f, at[k]!, ahead);
            },
            scalar,
            index: (dim) =>
              dim === rank - 1
                ? positionsFrom(f, inner)
                : splatOf(f, row.positions[dim]!),
          });
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
    });
  });
  const flat = rank === 1 &&
    slots.every(({ access }) => stepOf(access) !== "strided");
  return { entry: engine.finish(draft).run!, layout, flat, weight };
}

function splatOf(f: FunctionBuilder, position: Local<"i32">): Quad {
  return { dtype: "int32", parts: [f.let(i32x4.splat(position))] };
}
