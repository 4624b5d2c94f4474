/**
 * The routine `linearInt8`: rows become integers of 7 bits in a workspace, and
 * products of four columns and a few rows stay in registers.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import type { FunctionBuilder, Local } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { defineDots, type Dots } from "./dots.ts";
import { defineQuantise } from "./quantise.ts";
import type { Tools } from "./tools.ts";

/** Bytes in which a thread has room for rows of integers, with their steps. */
const WORKSPACE = 2 ** 18;
/** As many as stay in the first level of cache beside four columns. */
const NEAR = 20 * 1024;
/**
 * Rows that are worked on together: with three, accumulators leave the
 * registers, which took twice the time (V8 on Zen 5).
 */
const ROWS = 2;
/** Columns that are worked on together. */
const COLUMNS = 4;
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.02;

const [OUT, X, W, SUMS, SCALES, BIAS] = [0, 1, 2, 3, 4, 5] as const;
const [M, N, K] = [0, 1, 2] as const;
const FLOAT = "float32";

/** The run-time scalars: where the workspace is, and what threads divide. */
const [PLACE, BY_ROWS] = [0, 1].map((index) =>
  ({ kind: "scalar", index, dtype: "int32" }) as const
) as [
  { kind: "scalar"; index: 0; dtype: "int32" },
  { kind: "scalar"; index: 1; dtype: "int32" },
];

/** Compiles the routine, out of what loads before it. */
export function compileLinearInt8(
  engine: Engine,
  { inputs }: RoutineKernel,
  tools: Tools,
): Launch {
  const { assembler: { i32, select }, ArgumentLayout, launchOf } = tools;
  const biased = inputs.length === 5;
  const dtypes: DType[] = [FLOAT, ...inputs];
  const layout = new ArgumentLayout(dtypes, 3, [PLACE, BY_ROWS]);
  const draft = engine.draft();
  const quantise = defineQuantise(tools.assembler, draft.module);
  const dots = defineDots(
    tools.assembler,
    draft.module,
    ROWS,
    COLUMNS,
    biased,
    engine.fused,
  );
  draft.module.func("run", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const k = f.let(layout.extent(args, K));
    const n = f.let(layout.extent(args, N));
    const padded = f.let(i32.and(i32.add(k, i32.const(15)), i32.const(-16)));
    const byRows = f.let(layout.integer(args, BY_ROWS.index));
    const row = f.let(select(byRows, begin, i32.const(0)));
    const rowEnd = f.let(select(byRows, end, layout.extent(args, M)));
    const column = f.let(select(byRows, i32.const(0), begin));
    const columnEnd = f.let(select(byRows, n, end));
    const levels = f.let(
      i32.add(
        layout.integer(args, PLACE.index),
        i32.mul(thread, i32.const(WORKSPACE)),
      ),
    );
    const rowsIn = (bytes: number) =>
      f.let(i32.div_u(i32.const(bytes), i32.add(padded, i32.const(8))));
    const [near, room] = [rowsIn(NEAR), rowsIn(WORKSPACE)];
    const most = f.let(
      select(
        i32.ge_s(near, i32.const(ROWS)),
        near,
        select(i32.ge_s(room, i32.const(ROWS)), i32.const(ROWS), room),
      ),
    );
    const steps = f.let(i32.add(levels, i32.mul(most, padded)));
    const zeros = f.let(i32.add(steps, i32.shl(most, i32.const(2))));
    f.for(row, rowEnd, most, () => {
      const left = f.let(i32.sub(rowEnd, row));
      const height = f.let(select(i32.lt_s(left, most), left, most));
      f.do(
        quantise.call(
          i32.add(
            layout.pointer(args, X),
            i32.shl(i32.mul(row, k), i32.const(2)),
          ),
          k,
          height,
          levels,
          padded,
          steps,
          zeros,
        ),
      );
      const out = f.let(
        i32.add(
          layout.pointer(args, OUT),
          i32.shl(i32.mul(row, n), i32.const(2)),
        ),
      );
      overColumns(tools, f, dots, column, columnEnd, (at, few) => {
        const ofColumn = (buffer: number) =>
          i32.add(layout.pointer(args, buffer), i32.shl(at, i32.const(2)));
        f.do(
          few.call(
            levels,
            padded,
            height,
            i32.add(layout.pointer(args, W), i32.mul(at, padded)),
            i32.add(out, i32.shl(at, i32.const(2))),
            i32.shl(n, i32.const(2)),
            ofColumn(SUMS),
            ofColumn(SCALES),
            biased ? ofColumn(BIAS) : i32.const(0),
            steps,
            zeros,
          ),
        );
      });
    });
  });
  const program = engine.finish(draft);
  const threads = engine.threads;
  const workspace = engine.allocate("bool", threads * WORKSPACE);
  return launchOf(engine, {
    program,
    layout,
    scalars: ({ shape }) => [workspace.pointer, dividesRows(shape) ? 1 : 0],
    work({ shape }) {
      const [m, n, k] = shape as [number, number, number];
      const byRows = dividesRows(shape);
      return {
        entry: "run",
        size: byRows ? m : n,
        grain: byRows ? ROWS : 4 * COLUMNS,
        nanoseconds: m * n * k * NANOSECONDS,
      };
    },
  });
}

/** Whether threads have rows of their own; else columns, and all the rows. */
const dividesRows = ([m]: readonly number[]): boolean => m! >= 8 * ROWS;

/** Calls `body` for four columns at a time, and for each of the rest. */
function overColumns(
  { assembler: { i32 } }: Tools,
  f: FunctionBuilder,
  dots: readonly [four: Dots, one: Dots],
  begin: Local<"i32">,
  end: Local<"i32">,
  body: (column: Local<"i32">, dots: Dots) => void,
): void {
  const column = f.let(begin);
  const fours = f.let(i32.sub(end, i32.const(COLUMNS - 1)));
  f.for(column, fours, COLUMNS, () => body(column, dots[0]));
  f.for(column, end, 1, () => body(column, dots[1]));
}
