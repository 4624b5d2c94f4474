/**
 * What routines over the last two dims of `[...rows, n]` have in common.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import type { KernelCall, Launch } from "@tenfold/core/backend";
import { ArgumentLayout } from "../arguments.ts";
import { type FunctionBuilder, i32, type Local } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { dimsOf, nest } from "../loops.ts";

/** One of the last two dims. */
interface Dim {
  /** The extent. */
  readonly extent: Local<"i32">;
  /** Bytes from one to the next, for each buffer. */
  readonly steps: readonly Local<"i32">[];
}

/** What the emitter of the code for the last two dims uses. */
export interface MatrixEmitContext {
  /** The function. */
  readonly f: FunctionBuilder;
  /** The address of the matrix of each buffer. */
  readonly pointers: readonly Local<"i32">[];
  /** The last dim but one. */
  readonly rows: Dim;
  /** The last dim; scalar 0 is the bound of indices along it. */
  readonly columns: Dim & { readonly bound: Local<"i32"> };
}

/** Compiles a routine from the code for the last two dims. */
export function compileMatrices(
  engine: Engine,
  dtypes: readonly DType[],
  rank: number,
  body: (context: MatrixEmitContext) => void,
): Launch {
  const bound = { kind: "scalar", index: 0, dtype: "int32" } as const;
  const layout = new ArgumentLayout(dtypes, rank, [bound]);
  const draft = engine.draft();
  draft.module.func("run", ["i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const dim = (d: number): Dim => ({
      extent: d < 0 ? f.hoist(i32.const(1)) : f.hoist(layout.extent(args, d)),
      steps: dtypes.map((_, k) =>
        f.hoist(d < 0 ? i32.const(0) : layout.stride(args, k, d))
      ),
    });
    const start = dtypes.map((_, k) => f.let(layout.pointer(args, k)));
    const outer = dimsOf(f, layout, args, 0, Math.max(rank - 2, 0));
    const all = dim(rank - 2);
    const rows = { ...all, extent: f.let(i32.sub(end, begin)) };
    start.forEach((pointer, k) =>
      f.increase(pointer, i32.mul(begin, all.steps[k]!))
    );
    nest(f, outer, start, (pointers) => {
      body({
        f,
        pointers,
        rows,
        columns: { ...dim(rank - 1), bound: f.hoist(layout.integer(args, 0)) },
      });
    });
  });
  const program = engine.finish(draft);
  const { memory } = engine;
  return (call: KernelCall) => {
    layout.write(memory, call, false);
    let elements = 1;
    for (const extent of call.shape) elements *= extent;
    const size = rank > 1 ? call.shape[rank - 2]! : 1;
    engine.run(program, "run", size, 4, elements);
  };
}
