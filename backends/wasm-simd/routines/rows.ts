/**
 * What routines over `[...rows, n]` have in common: the loop over the rows.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import type { Launch } from "@tenfold/core/backend";
import { ArgumentLayout } from "../arguments.ts";
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import { dimsOf, nest } from "../loops.ts";

/** What the emitter of the code for one row uses. */
export interface RowEmitContext {
  /** The function. */
  readonly f: FunctionBuilder;
  /** The address of the row of each buffer; the code may advance them. */
  readonly pointers: readonly Local<"i32">[];
  /** Bytes from one element of each buffer to the next; constant. */
  readonly steps: readonly Local<"i32">[];
  /** Elements of the row; constant. */
  readonly length: Local<"i32">;
  /** Run-time scalars as integers; constant. */
  readonly scalar: (index: number) => Local<"i32">;
}

/**
 * Compiles a routine from the code for one row.
 *
 * @param engine The engine that runs it.
 * @param dtypes The dtype of each buffer.
 * @param rank The number of loop dims.
 * @param body Emits the code for one row.
 * @param scalars The number of run-time scalars.
 * @param divisible Whether threads may work on different rows.
 */
export function compileRows(
  engine: Engine,
  dtypes: readonly DType[],
  rank: number,
  body: (context: RowEmitContext) => void,
  scalars = 0,
  divisible = true,
): Launch {
  const integers = Array.from({ length: scalars }, (_, index) => ({
    kind: "scalar" as const,
    index,
    dtype: "int32" as const,
  }));
  const layout = new ArgumentLayout(dtypes, rank, integers);
  const draft = engine.draft();
  draft.module.func("run", ["i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const rows = dimsOf(f, layout, args, 0, rank - 1);
    const start = dtypes.map((_, k) => {
      const pointer = f.let(layout.pointer(args, k));
      if (rank > 1) {
        f.increase(pointer, i32.mul(begin, layout.stride(args, k, 0)));
      }
      return pointer;
    });
    const dims = rows.map((dim, d) =>
      d === 0 ? { ...dim, extent: end, begin } : dim
    );
    const steps = dtypes.map((_, k) =>
      f.hoist(layout.stride(args, k, rank - 1))
    );
    const length = f.hoist(layout.extent(args, rank - 1));
    const scalar = (index: number) => f.hoist(layout.integer(args, index));
    nest(f, dims, start, (pointers) => {
      body({ f, pointers, steps, length, scalar });
    });
  });
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    work({ shape }) {
      let elements = 1;
      for (const extent of shape) elements *= extent;
      const size = rank > 1 ? shape[0]! : 1;
      const nanoseconds = divisible ? elements : 0;
      return { entry: "run", size, grain: 1, nanoseconds };
    },
  });
}

/** Runs `body` `count` times; the count is evaluated once. */
export function times(
  f: FunctionBuilder,
  count: Code<"i32">,
  body: (position: Local<"i32">) => void,
): void {
  const position = f.let(i32.const(0));
  f.for(position, f.let(count), 1, () => body(position));
}
