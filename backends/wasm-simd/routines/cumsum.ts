/**
 * `cumsum`: the running sum along a row.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { type Code, f32, f64, i32, type Local } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../elements.ts";
import { compileRows, times } from "./rows.ts";

/** Compiles the routine; sums of float32 are held in float64. */
export function compileCumsum(
  engine: Engine,
  { rank, inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const { load, store, add, type } = ELEMENTS[dtype];
  return compileRows(engine, [dtype, dtype], rank, (row) => {
    const { f, pointers: [out, x], steps, length } = row;
    const sum: Local = f.local(type === "f32" ? "f64" : type);
    f.set(sum, type === "i32" ? i32.const(0) : f64.const(0));
    times(f, length, () => {
      const value = load(x!);
      if (type === "f32") {
        const wide = sum as Local<"f64">;
        f.set(wide, f64.add(wide, f64.promote_f32(value as Code<"f32">)));
        f.do(f32.store(out!, f32.demote_f64(wide)));
      } else {
        f.set(sum, add(sum, value) as Code<typeof type>);
        f.do(store(out!, sum));
      }
      f.increase(x!, steps[1]!);
      f.increase(out!, steps[0]!);
    });
  });
}
