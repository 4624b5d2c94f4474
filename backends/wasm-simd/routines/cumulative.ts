/**
 * Running sums along a row.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { type Code, f32, f64, i32, type Local } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../elements.ts";
import { compileRows, times } from "./rows.ts";

/** Compiles one of them; float32 is accumulated in float64. */
function compileCumulative(
  engine: Engine,
  { rank, inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const { load, store, add, type } = ELEMENTS[dtype];
  return compileRows(engine, [dtype, dtype], rank, (row) => {
    const { f, pointers: [out, x], steps, length } = row;
    const total: Local = f.local(type === "f32" ? "f64" : type);
    f.set(total, type === "i32" ? i32.const(0) : f64.const(0));
    times(f, length, () => {
      const value = load(x!);
      if (type === "f32") {
        const wide = total as Local<"f64">;
        f.set(wide, f64.add(wide, f64.promote_f32(value as Code<"f32">)));
        f.do(f32.store(out!, f32.demote_f64(wide)));
      } else {
        f.set(total, add(total, value) as Code<typeof type>);
        f.do(store(out!, total));
      }
      f.increase(x!, steps[1]!);
      f.increase(out!, steps[0]!);
    });
  });
}

/** The running reductions. */
export const CUMULATIVE = { cumsum: compileCumulative };
