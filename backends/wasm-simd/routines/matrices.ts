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
import { launchOf } from "../launch.ts";
import { dimsOf, nest } from "../loops.ts";
import type { Vector } from "../math/lanes.ts";
import { storeDense, storeScattered } from "../values.ts";

/** One of the last two dims. */
export interface Dim {
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

/** How threads divide the work. */
export interface Division {
  /** Parts of the last dim but one are multiples of this. */
  readonly grain: number | ((call: KernelCall) => number);
  /**
   * Whether a row touches no more memory than its extents and strides say, and
   * only the first buffer is written.
   */
  readonly plain?: boolean;
  /** When the last dim is divided in place of the last but one. */
  readonly byColumns?: (call: KernelCall) => boolean;
  /** The buffer that does not advance with the last dim. */
  readonly still?: number;
  /** Nanoseconds that an element takes; 1 where it is missing. */
  readonly price?: (call: KernelCall) => number;
}

/** Parts of the last dim are multiples of this. */
const COLUMN_GRAIN = 16;

/**
 * Compiles a routine from the code for the last two dims.
 *
 * @param engine Where it will run.
 * @param dtypes The dtype of each buffer.
 * @param rank The number of loop dims.
 * @param body Writes the code.
 * @param division How threads divide the work.
 */
export function compileMatrices(
  engine: Engine,
  dtypes: readonly DType[],
  rank: number,
  body: (context: MatrixEmitContext) => void,
  division: Division = { grain: 4, plain: true },
): Launch {
  const bound = { kind: "scalar", index: 0, dtype: "int32" } as const;
  const layout = new ArgumentLayout(dtypes, rank, [bound]);
  const draft = engine.draft();
  type Local32 = Local<"i32">;
  const write = (
    f: FunctionBuilder,
    [args, begin, end]: readonly [Local32, Local32, Local32],
    divided: number,
  ) => {
    const dim = (d: number): Dim => ({
      extent: d < 0 ? f.hoist(i32.const(1)) : f.hoist(layout.extent(args, d)),
      steps: dtypes.map((_, k) =>
        f.hoist(d < 0 ? i32.const(0) : layout.stride(args, k, d))
      ),
    });
    const start = dtypes.map((_, k) => f.let(layout.pointer(args, k)));
    const outer = dimsOf(f, layout, args, 0, Math.max(rank - 2, 0));
    const part = (d: number): Dim =>
      d === divided
        ? { ...dim(d), extent: f.let(i32.sub(end, begin)) }
        : dim(d);
    const rows = part(rank - 2);
    const columns = part(rank - 1);
    const moving = divided === rank - 1 ? columns : rows;
    start.forEach((pointer, k) => {
      if (moving === columns && k === division.still) return;
      f.increase(pointer, i32.mul(begin, moving.steps[k]!));
    });
    nest(f, outer, start, (pointers) => {
      body({
        f,
        pointers,
        rows,
        columns: { ...columns, bound: f.hoist(layout.integer(args, 0)) },
      });
    });
  };
  const { byColumns } = division;
  draft.module.func(
    "run",
    ["i32", "i32", "i32"],
    "none",
    (f, ...range) => write(f, range, rank - 2),
  );
  if (byColumns !== undefined) {
    draft.module.func(
      "columns",
      ["i32", "i32", "i32"],
      "none",
      (f, ...range) => write(f, range, rank - 1),
    );
  }
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    work(call) {
      let nanoseconds = division.price?.(call) ?? 1;
      for (const extent of call.shape) nanoseconds *= extent;
      if (byColumns?.(call)) {
        const size = call.shape[rank - 1]!;
        return { entry: "columns", size, grain: COLUMN_GRAIN, nanoseconds };
      }
      const size = rank > 1 ? call.shape[rank - 2]! : 1;
      const { grain, plain = false } = division;
      return {
        entry: "run",
        size,
        grain: typeof grain === "number" ? grain : grain(call),
        nanoseconds,
        ...(plain && rank > 1 ? { rows: { dim: rank - 2, outputs: 1 } } : {}),
      };
    },
  });
}

/**
 * Vectors of neighbouring rows that are worked on together: four lines of a cache
 * side by side. One line from each of a thousand pages takes twice as long.
 */
export const ROW_VECTORS = 16;

/** Runs `some` on vectors of neighbouring rows, a line for what is left of many. */
export function inGroups(
  f: FunctionBuilder,
  left: Local<"i32">,
  some: (vectors: number) => void,
): void {
  for (const vectors of [ROW_VECTORS, 4, 1]) {
    const least = vectors === 1 ? 1 : 4 * vectors;
    const enough = i32.ge_s(left, i32.const(least));
    f.if(enough, () => {
      f.loop((again) => {
        some(vectors);
        f.increase(left, -4 * vectors);
        f.branchIf(again, enough);
      });
    });
  }
}

/** Writes a vector of words, or as many as are left. */
export function storeLanes(
  f: FunctionBuilder,
  to: Local<"i32">,
  value: Vector,
  left: Local<"i32">,
): void {
  const quad = { dtype: "int32", parts: [value] } as const;
  const neighbours = [4, 8, 12].map((bytes) => i32.const(bytes));
  f.if(
    i32.ge_s(left, i32.const(4)),
    () => storeDense(f, quad, to),
    () => storeScattered(f, quad, to, neighbours, left),
  );
}
