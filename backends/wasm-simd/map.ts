/**
 * Map kernels: outputs computed element by element.
 *
 * @module
 */

import { type Launch, type MapKernel, usesIndex } from "@tenfold/core/backend";
import { ArgumentLayout } from "./arguments.ts";
import type { Local } from "./assembler.ts";
import { ARGUMENTS } from "./addresses.ts";
import { type Engine, importsOf } from "./engine.ts";
import { ExpressionWriter } from "./expression.ts";
import { overRows, stepOf } from "./loops.ts";
import { type MapEmitContext, mapRow } from "./map_row.ts";
import { mapTransposed, transposedSlots } from "./map_transposed.ts";
import { costOf, instructionsOf } from "./cost.ts";
import { type Compiled, launchOf, staged, stageFor } from "./launch.ts";

/**
 * Compiles a map kernel.
 *
 * @param engine The engine that runs it.
 * @param kernel The kernel.
 * @returns The function that launches it.
 */
export function compileMap(engine: Engine, kernel: MapKernel): Launch {
  const { outputs, inputs, exprs, rank } = kernel;
  const slots = [...outputs, ...inputs];
  const layout = new ArgumentLayout(
    slots.map(({ dtype }) => dtype),
    rank,
    exprs,
  );
  const instructions = instructionsOf(exprs);
  const draft = engine.draft(importsOf(exprs));
  const define = (
    name: string,
    body: (
      context: MapEmitContext,
      range: readonly [Local<"i32">, Local<"i32">],
    ) => void,
  ) =>
    draft.module.func(name, ["i32", "i32", "i32"], "none", (
      f,
      args,
      begin,
      end,
    ) => {
      const writer = new ExpressionWriter(f, engine.fused, draft.imported);
      const indexed = usesIndex(exprs);
      body({ kernel, slots, layout, f, args, writer, indexed, instructions }, [
        begin,
        end,
      ]);
    });
  define("run", (context, range) => {
    overRows(context.f, layout, context.args, range, slots, rank, (row) => {
      mapRow(context, row);
    });
  });
  const transposed = transposedSlots(kernel, instructions);
  if (transposed.length > 0) {
    define(
      "transposed",
      (context, range) => mapTransposed(context, range, transposed),
    );
  }
  const flat = rank === 1 &&
    slots.every(({ access }) => stepOf(access) !== "strided");
  const program = engine.finish(draft);
  const { memory } = engine;
  const cost = costOf(exprs);
  const grain = rank === 1 ? 64 : 1;
  const rows = { dim: 0, outputs: outputs.length };
  const compiled: Compiled = {
    program,
    layout,
    flat,
    work({ shape, strides }) {
      let elements = shape[0]!;
      for (let d = 1; d < rank; d++) elements *= shape[d]!;
      const transposes = transposed.length > 0 &&
        transposed.every((k) => strides[k]![rank - 2] === 1);
      return {
        entry: transposes ? "transposed" : "run",
        size: shape[0]!,
        grain,
        nanoseconds: elements * cost,
        rows,
      };
    },
  };
  if (!flat || engine.threads > 1) return launchOf(engine, compiled);
  const { run } = program.exports;
  return staged((call) => {
    layout.write(memory, call, true, ARGUMENTS);
    run!(ARGUMENTS, 0, call.shape[0]!, 0);
  }, stageFor(engine, compiled));
}
