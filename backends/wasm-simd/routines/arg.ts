/**
 * `argmax` and `argmin`: where the largest or smallest element of a row is.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { type Code, i32 } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../elements.ts";
import { compileRows } from "./rows.ts";

/** Compiles the routine: the first of several equal ones, NaN before all. */
export function compileArg(
  engine: Engine,
  { name, rank, inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const { load, above, isNan } = ELEMENTS[dtype];
  const beats = (a: Code, b: Code) =>
    name === "argmax" ? above(a, b) : above(b, a);
  return compileRows(engine, ["int32", dtype], rank, (row) => {
    const { f, pointers: [out, x], steps, length } = row;
    const best = f.let(load(x!));
    const where = f.let(i32.const(0));
    const position = f.let(i32.const(1));
    f.increase(x!, steps[1]!);
    f.block((done) => {
      f.branchIf(done, isNan(best));
      f.for(position, length, 1, () => {
        const value = f.let(load(x!));
        f.if(beats(value, best), () => {
          f.set(best, value);
          f.set(where, position);
        });
        f.if(isNan(value), () => {
          f.set(where, position);
          f.branch(done);
        });
        f.increase(x!, steps[1]!);
      });
    });
    f.do(i32.store(out!, where));
  });
}
