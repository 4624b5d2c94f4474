/**
 * The routine `maxPool2d`: the largest element of each window, and where.
 *
 * @module
 */

import { DTYPES, type Launch, type RoutineKernel } from "@tenfold/core/backend";
import { ArgumentLayout } from "../arguments.ts";
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
  select,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import {
  fourWindows,
  oneWindow,
  type PoolSite,
  type Reach,
  SCALARS,
} from "./pool_windows.ts";

/** The dims of the loop. */
const [ROW, Y, X, I, J] = [0, 1, 2, 3, 4] as const;
const RANK = 5;
/** Nanoseconds for one element of a window. */
const NANOSECONDS = 0.5;
const ZERO = i32.const(0);

/** The number of steps of `by` that cover a distance. */
function stepsOver(distance: Code<"i32">, by: Code<"i32">): Code<"i32"> {
  return i32.div_s(i32.add(distance, i32.sub(by, i32.const(1))), by);
}

/**
 * The steps i of a window for which start + i * dilation is in the plane. Most
 * windows are inside as a whole, which is found out without dividing.
 */
function reach(
  f: FunctionBuilder,
  start: Local<"i32">,
  dilation: Local<"i32">,
  size: Local<"i32">,
  extent: Local<"i32">,
): Reach {
  const first = f.let(ZERO);
  f.if(
    i32.lt_s(start, ZERO),
    () => f.set(first, stepsOver(i32.sub(ZERO, start), dilation)),
  );
  const end = f.let(size);
  const last = i32.add(
    start,
    i32.mul(i32.sub(size, i32.const(1)), dilation),
  );
  f.if(i32.ge_s(last, extent), () => {
    const distance = i32.sub(extent, start);
    f.set(
      end,
      select(i32.gt_s(distance, ZERO), stepsOver(distance, dilation), ZERO),
    );
  });
  return { first, end };
}

/** The part of a row of windows in which all are inside of the plane. */
function inside(
  f: FunctionBuilder,
  context: PoolSite,
  count: Local<"i32">,
): Reach {
  const { scalar, columns } = context;
  const first = f.let(stepsOver(scalar("paddingX"), scalar("strideX")));
  // How far the first window could move.
  const room = f.let(
    i32.sub(
      i32.add(scalar("width"), scalar("paddingX")),
      i32.add(
        i32.mul(i32.sub(columns, i32.const(1)), scalar("dilationX")),
        i32.const(1),
      ),
    ),
  );
  const end = f.let(ZERO);
  f.if(i32.ge_s(room, ZERO), () => {
    f.set(end, i32.add(i32.div_s(room, scalar("strideX")), i32.const(1)));
    f.set(end, select(i32.lt_s(end, count), end, count));
  });
  return { first, end };
}

/** Compiles the routine: the first of several equal ones, NaN before all. */
export function compileMaxPool2d(
  engine: Engine,
  { inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const layout = new ArgumentLayout(
    [dtype, "int32", dtype],
    RANK,
    SCALARS.map((_, index) => ({ kind: "scalar", index, dtype: "int32" })),
  );
  const draft = engine.draft();
  draft.module.func("run", ["i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const extent = (dim: number) => f.hoist(layout.extent(args, dim));
    const stride = (buffer: number, dim: number) =>
      f.hoist(layout.stride(args, buffer, dim));
    const pointer = (buffer: number) =>
      f.let(
        i32.add(
          layout.pointer(args, buffer),
          i32.mul(begin, stride(buffer, ROW)),
        ),
      );
    const [values, indices, plane] = [pointer(0), pointer(1), pointer(2)];
    const context: PoolSite = {
      f,
      dtype,
      scalar: (name) => f.hoist(layout.integer(args, SCALARS.indexOf(name))),
      rows: extent(I),
      columns: extent(J),
      across: stride(2, X),
      down: stride(2, I),
      along: stride(2, J),
    };
    const whole = inside(f, context, extent(X));
    // Vectors have four windows; the last one may begin in the one before.
    const lastFour = f.let(i32.sub(whole.end, i32.const(4)));
    const vectors = f.let(
      dtype === "float32" ? i32.ge_s(lastFour, whole.first) : ZERO,
    );
    const bytes = i32.const(DTYPES[dtype].bytes);
    const row = f.let(begin);
    f.for(row, end, 1, () => {
      const y = f.let(ZERO);
      const line = f.let(plane);
      const top = f.let(i32.sub(ZERO, context.scalar("paddingY")));
      f.for(y, extent(Y), 1, () => {
        const down = reach(
          f,
          top,
          context.scalar("dilationY"),
          context.rows,
          context.scalar("height"),
        );
        const some = f.let(
          i32.and(vectors, i32.lt_s(down.first, down.end)),
        );
        const x = f.let(ZERO);
        f.loop((again) => {
          const isInside = f.let(
            i32.and(i32.ge_s(x, whole.first), i32.lt_s(x, whole.end)),
          );
          const isVector = f.let(i32.and(some, isInside));
          f.if(
            i32.and(isVector, i32.gt_s(x, lastFour)),
            () => f.set(x, lastFour),
          );
          const left = f.let(
            i32.sub(
              i32.mul(x, context.scalar("strideX")),
              context.scalar("paddingX"),
            ),
          );
          const window = {
            corner: f.let(i32.add(line, i32.mul(x, context.across))),
            top,
            left,
            down,
            value: f.let(i32.add(values, i32.mul(x, bytes))),
            index: f.let(i32.add(indices, i32.shl(x, i32.const(2)))),
          };
          f.if(isVector, () => {
            if (dtype === "float32") fourWindows(context, window);
            f.increase(x, 4);
          }, () => {
            const across = reach(
              f,
              left,
              context.scalar("dilationX"),
              context.columns,
              context.scalar("width"),
            );
            oneWindow(context, window, across);
            f.increase(x, 1);
          });
          f.branchIf(again, i32.lt_s(x, extent(X)));
        });
        f.increase(line, stride(2, Y));
        f.increase(top, context.scalar("strideY"));
        f.increase(values, i32.mul(extent(X), bytes));
        f.increase(indices, i32.shl(extent(X), i32.const(2)));
      });
      f.increase(plane, stride(2, ROW));
    });
  });
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    work({ shape }) {
      let elements = 1;
      for (const n of shape) elements *= n;
      const nanoseconds = NANOSECONDS * elements;
      return { entry: "run", size: shape[ROW]!, grain: 1, nanoseconds };
    },
  });
}
