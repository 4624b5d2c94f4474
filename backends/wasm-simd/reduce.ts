/**
 * Reduce kernels: an expression reduced over some of the dims.
 *
 * Lanes run along the innermost reduced dim where the inputs are contiguous
 * along it, and along the innermost kept dim otherwise, so that memory is read in
 * order whichever dims are reduced. Sums of float32 are made in short blocks,
 * whose results are added up in float64: the error does not grow with the length.
 *
 * @module
 */

import {
  type ComputeDType,
  type Expr,
  type KernelCall,
  type Launch,
  type ReduceKernel,
  topological,
} from "@tenfold/core/backend";
import { Combiner } from "./accumulator.ts";
import { ARGUMENTS } from "./addresses.ts";
import { ArgumentLayout } from "./arguments.ts";
import { costOf } from "./cost.ts";
import { type Draft, type Engine, importsOf, type Program } from "./engine.ts";
import { ExpressionWriter } from "./expression.ts";
import { type Compiled, staged, stageFor } from "./launch.ts";
import { stepOf } from "./loops.ts";
import {
  finishAcross,
  reduceAcross,
  ROWS,
  totalsPerThread,
} from "./reduce_across.ts";
import { BLOCK, finishAlong, reduceAlong } from "./reduce_along.ts";
import type { EmitContext, Extent } from "./reduce_context.ts";
import { MOST_BYTES, type Shares, wordsOf } from "./reduce_part.ts";
import { sumsSquares } from "./squares.ts";
import { FORMS } from "./values.ts";

/** Whether the lanes should run along the kept dims. */
function runsAcross({ inputs }: ReduceKernel): boolean {
  const along = inputs.map(({ access }) => stepOf(access));
  const across = inputs.map(({ kept }) => stepOf(kept));
  return along.includes("strided") && !across.includes("strided") &&
    across.includes("unit");
}

/** Columns that a thread reduces: their lines of cache are its own. */
const GRAIN = 32;
/** Reductions to fewer parts than this are divided by what they reduce. */
const PARTS = 16;
/** Fewer elements are not divided by what they reduce. */
const FEWEST = 2 ** 16;

/**
 * Compiles a reduce kernel.
 *
 * @param engine The engine that runs it.
 * @param kernel The kernel.
 * @returns The function that launches it.
 */
export function compileReduce(
  engine: Engine,
  kernel: ReduceKernel,
): Launch {
  const { inputs, output, element, epilogue, rank } = kernel;
  const layout = new ArgumentLayout(
    [output, ...inputs.map(({ dtype }) => dtype)],
    rank + kernel.reducedRank,
    [element, epilogue],
  );
  const across = runsAcross(kernel);
  const cost = costOf([element]);
  // Lanes across columns should be whole.
  const grain = across && rank === 1 ? GRAIN : 1;
  const rows = { dim: 0, outputs: 1 };
  const used = usedBy(element);
  const late = inputs.flatMap((_, i) => used.has(i) ? [] : [i + 1]);
  const programs = new Map<Extent, Program>();
  const programFor = (extent: Extent): Program => {
    let known = programs.get(extent);
    if (known === undefined) {
      known = programOf(engine, kernel, layout, extent);
      programs.set(extent, known);
    }
    return known;
  };
  const compiled: Compiled = {
    program: programFor("whole"),
    layout,
    work(call) {
      const nanoseconds = elementsOf(call) * cost;
      return { entry: "run", size: call.shape[0]!, grain, nanoseconds, rows };
    },
    parts: (call) =>
      rank === 1 && !sumsSquares(kernel) && (across || call.shape[0] === 1)
        ? {
          program: () => programFor("strip"),
          dim: 1,
          size: call.shape[1]!,
          late,
          bytes: MOST_BYTES * Math.ceil(call.shape[0]! / 4),
        }
        : null,
  };
  const { memory } = engine;
  const launch = (call: KernelCall) => {
    layout.write(memory, call, false, ARGUMENTS);
    const { entry, size, grain, nanoseconds } = compiled.work(call);
    const shares = rank === 1 ? sharesOf(engine, call, across) : null;
    if (shares === null) {
      engine.run(compiled.program, entry, size, grain, nanoseconds);
      return;
    }
    memory.i32.set(wordsOf(shares), (ARGUMENTS + layout.bytes) >>> 2);
    const program = programFor("shares");
    const jobs = across ? shares.count : shares.count * size;
    engine.run(program, entry, jobs, 1, nanoseconds);
    program.exports.finish!(ARGUMENTS, 0, size, 0);
  };
  return staged(launch, stageFor(engine, compiled));
}

function elementsOf({ shape }: KernelCall): number {
  let elements = 1;
  for (const extent of shape) elements *= extent;
  return elements;
}

/**
 * How a reduction to few results is divided: by what it reduces. The shape alone
 * decides, so that sums are the same on any number of threads.
 */
function sharesOf(
  engine: Engine,
  call: KernelCall,
  across: boolean,
): Shares | null {
  const [results, extent] = call.shape as [number, number];
  const parts = across ? Math.ceil(results / GRAIN) : results;
  if (parts >= PARTS || elementsOf(call) < FEWEST) return null;
  const wanted = across ? PARTS : Math.ceil(PARTS / results);
  // Blocks are whole where the only reduced dim is divided.
  const block = call.shape.length > 2 ? 1 : across ? ROWS : BLOCK;
  const length = Math.ceil(extent / wanted / block) * block;
  const count = Math.ceil(extent / length);
  if (count < 2) return null;
  const totals = across ? Math.ceil(results / 4) : results;
  const address = engine.shared(count * totals * MOST_BYTES);
  return { count, length, address };
}

/** The module of a kernel, of which `run` reduces everything or a part. */
function programOf(
  engine: Engine,
  kernel: ReduceKernel,
  layout: ArgumentLayout,
  extent: Extent,
): Program {
  const { element, epilogue, combine } = kernel;
  const draft: Draft = engine.draft(importsOf([element, epilogue]));
  const across = runsAcross(kernel);
  const define = (name: string, emit: (context: EmitContext) => void) =>
    draft.module.func(name, ["i32", "i32", "i32", "i32"], "none", (
      f,
      args,
      begin,
      end,
      thread,
    ) => {
      const writer = new ExpressionWriter(f, engine.fused, draft.imported);
      const dtype = element.dtype as ComputeDType;
      const combiner = new Combiner(writer.lanes, combine, dtype);
      const whole = combine === "sum" && FORMS[dtype].lanes === "f32"
        ? new Combiner(writer.lanes, combine, "float64")
        : combiner;
      const totals = across && extent === "whole"
        ? engine.work(totalsPerThread(whole))
        : 0;
      const range = [begin, end] as const;
      const shared = { kernel, layout, f, args, range, thread, writer };
      emit({ ...shared, combiner, whole, extent, totals });
    });
  define("run", across ? reduceAcross : reduceAlong);
  if (extent === "shares") {
    define("finish", across ? finishAcross : finishAlong);
  }
  return engine.finish(draft);
}

/** The inputs that an expression reads. */
function usedBy(expr: Expr): Set<number> {
  return new Set(
    topological([expr]).flatMap((node) =>
      node.kind === "arg" ? [node.index] : []
    ),
  );
}
