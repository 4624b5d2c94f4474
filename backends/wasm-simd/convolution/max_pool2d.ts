/**
 * The routine `maxPool2d`: the largest element of each window, and where.
 *
 * @module
 */

import {
  type DType,
  DTYPES,
  type KernelCall,
  type Launch,
  type RoutineKernel,
} from "@tenfold/core";
import { ArgumentLayout } from "../arguments.ts";
import {
  type Code,
  f32,
  f64,
  type FunctionBuilder,
  i32,
  type Local,
  select,
  type ValueType,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../routines/rows.ts";

/** The dims of the loop. */
const [ROW, Y, X, I, J] = [0, 1, 2, 3, 4] as const;
const RANK = 5;
/** Nanoseconds for one element of a window. */
const NANOSECONDS = 1.5;

/** What a window without elements gives. */
const LOWEST: { readonly [D in DType]: Code<ValueType> } = {
  bool: i32.const(0),
  int32: i32.const(-(2 ** 31)),
  float32: f32.const(-Infinity),
  float64: f64.const(-Infinity),
};

/** Run-time scalars by what they are. */
const SCALARS = [
  "height",
  "width",
  "strideY",
  "strideX",
  "dilationY",
  "dilationX",
  "paddingY",
  "paddingX",
] as const;

/** The part of a window that lies in the plane, along one dim. */
interface Reach {
  readonly first: Local<"i32">;
  readonly end: Local<"i32">;
  /** The position in the plane of the window's first step. */
  readonly start: Local<"i32">;
}

/** The steps i of a window for which start + i * dilation is in the plane. */
function reach(
  f: FunctionBuilder,
  start: Local<"i32">,
  dilation: Local<"i32">,
  size: Local<"i32">,
  extent: Local<"i32">,
): Reach {
  const zero = i32.const(0);
  const steps = (distance: Code<"i32">) =>
    i32.div_s(
      i32.add(distance, i32.sub(dilation, i32.const(1))),
      dilation,
    );
  const first = f.let(
    select(i32.lt_s(start, zero), steps(i32.sub(zero, start)), zero),
  );
  const end = f.let(steps(i32.sub(extent, start)));
  f.if(i32.ge_s(start, extent), () => f.set(end, zero));
  f.set(end, select(i32.lt_s(end, size), end, size));
  return { first, end, start };
}

/** Compiles the routine: the first of several equal ones, NaN before all. */
export function compileMaxPool2d(
  engine: Engine,
  { inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const { load, store, above, isNan, type } = ELEMENTS[dtype];
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
    const scalar = (name: (typeof SCALARS)[number]) =>
      f.hoist(layout.integer(args, SCALARS.indexOf(name)));
    const extent = (dim: number) => f.hoist(layout.extent(args, dim));
    const stride = (buffer: number, dim: number) =>
      f.hoist(layout.stride(args, buffer, dim));
    const along = (index: Code<"i32">, dim: number) =>
      i32.mul(index, stride(2, dim));
    const values = f.let(
      i32.add(layout.pointer(args, 0), i32.mul(begin, stride(0, ROW))),
    );
    const indices = f.let(
      i32.add(layout.pointer(args, 1), i32.mul(begin, stride(1, ROW))),
    );
    const plane = f.let(
      i32.add(layout.pointer(args, 2), along(begin, ROW)),
    );
    // Where no element counts; integers have no infinity.
    const lowest = f.hoist(LOWEST[dtype]);
    const row = f.let(begin);
    f.for(row, end, 1, () => {
      const y = f.let(i32.const(0));
      f.for(y, extent(Y), 1, () => {
        const top = f.let(
          i32.sub(i32.mul(y, scalar("strideY")), scalar("paddingY")),
        );
        const down = reach(
          f,
          top,
          scalar("dilationY"),
          extent(I),
          scalar("height"),
        );
        const x = f.let(i32.const(0));
        f.for(x, extent(X), 1, () => {
          const left = f.let(
            i32.sub(i32.mul(x, scalar("strideX")), scalar("paddingX")),
          );
          const across = reach(
            f,
            left,
            scalar("dilationX"),
            extent(J),
            scalar("width"),
          );
          const corner = f.let(
            i32.add(plane, i32.add(along(y, Y), along(x, X))),
          );
          const best = f.local(type);
          f.set(best, lowest);
          const where = f.let(i32.const(-1));
          const i = f.let(down.first);
          f.for(i, down.end, 1, () => {
            const j = f.let(across.first);
            const at = f.let(
              i32.add(corner, i32.add(along(i, I), along(j, J))),
            );
            // The position in the plane of (i, j).
            const line = f.let(
              i32.add(
                i32.mul(
                  i32.add(top, i32.mul(i, scalar("dilationY"))),
                  scalar("width"),
                ),
                left,
              ),
            );
            f.for(j, across.end, 1, () => {
              const value = f.let(load(at));
              const wins = i32.or(
                i32.or(above(value, best), i32.lt_s(where, i32.const(0))),
                i32.and(isNan(value), i32.eqz(isNan(best))),
              );
              f.if(wins, () => {
                f.set(best, value);
                f.set(
                  where,
                  i32.add(line, i32.mul(j, scalar("dilationX"))),
                );
              });
              f.increase(at, stride(2, J));
            });
          });
          f.do(store(values, best));
          f.do(i32.store(indices, where));
          f.increase(values, DTYPES[dtype].bytes);
          f.increase(indices, 4);
        });
      });
      f.increase(plane, stride(2, ROW));
    });
  });
  const program = engine.finish(draft);
  return (call: KernelCall) => {
    layout.write(engine.memory, call, false);
    let elements = 1;
    for (const n of call.shape) elements *= n;
    engine.run(program, "run", call.shape[ROW]!, 1, NANOSECONDS * elements);
  };
}
