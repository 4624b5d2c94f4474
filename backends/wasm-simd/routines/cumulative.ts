/**
 * Running sums and products along a row.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { type Code, f32, f64, i32 } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../elements.ts";
import { compileRows, times } from "./rows.ts";

/** Compiles one of them; float32 is accumulated in float64. */
function compileCumulative(
  engine: Engine,
  { name, rank, inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const { load, store, type } = ELEMENTS[dtype];
  const [fn, start] = name === "cumprod"
    ? ["mul", 1] as const
    : ["add", 0] as const;
  return compileRows(engine, [dtype, dtype], rank, (row) => {
    const { f, pointers: [out, x], steps, length } = row;
    const whole = f.local("i32");
    const total = f.local("f64");
    if (type === "i32") f.set(whole, i32.const(start));
    else f.set(total, f64.const(start));
    times(f, length, () => {
      const value = load(x!);
      if (type === "i32") {
        f.set(whole, i32[fn](whole, value as Code<"i32">));
        f.do(store(out!, whole));
      } else if (type === "f32") {
        const wide = f64.promote_f32(value as Code<"f32">);
        f.set(total, f64[fn](total, wide));
        f.do(store(out!, f32.demote_f64(total)));
      } else {
        f.set(total, f64[fn](total, value as Code<"f64">));
        f.do(store(out!, total));
      }
      f.increase(x!, steps[1]!);
      f.increase(out!, steps[0]!);
    });
  });
}

/** The running reductions. */
export const CUMULATIVE = {
  cumsum: compileCumulative,
  cumprod: compileCumulative,
};
