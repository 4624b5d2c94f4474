/**
 * Map kernels: outputs computed element by element.
 *
 * @module
 */

import { usesIndex } from "@tenfold/core";
import type { Launch, MapKernel, Slot } from "@tenfold/core";
import { ArgumentLayout } from "./arguments.ts";
import { type FunctionBuilder, i32, i32x4, type Local } from "./assembler.ts";
import { ARGUMENTS, type Engine, importsOf } from "./engine.ts";
import { ExpressionWriter } from "./expression.ts";
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
import { priceOf, weightOf } from "./weight.ts";

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
 * @returns What runs it.
 */
export function compileMap(engine: Engine, kernel: MapKernel): Launch {
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
  const program = engine.finish(draft);
  const { memory } = engine;
  const { run } = program.exports;
  const price = priceOf(exprs);
  const grain = rank === 1 ? 64 : 1;
  if (engine.pool === null) {
    return (call) => {
      layout.write(memory, call, flat);
      run!(ARGUMENTS, 0, call.shape[0]!, 0);
    };
  }
  return (call) => {
    layout.write(memory, call, flat);
    const { shape } = call;
    let elements = shape[0]!;
    for (let d = 1; d < rank; d++) elements *= shape[d]!;
    engine.run(program, "run", shape[0]!, grain, elements * price);
  };
}

function splatOf(f: FunctionBuilder, position: Local<"i32">): Quad {
  return { dtype: "int32", parts: [f.let(i32x4.splat(position))] };
}
