/**
 * `argmax` and `argmin`: where the largest or smallest element of a row is.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import {
  type Code,
  f32x4,
  i32,
  i32x4,
  type Local,
  select,
  v128,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../elements.ts";
import { anyOf, choose } from "../math/lanes.ts";
import {
  compileMatrices,
  inGroups,
  type MatrixEmitContext,
  storeLanes,
} from "./matrices.ts";

type Vectors = (a: Code<"v128">, b: Code<"v128">) => Code<"v128">;

/** Four elements at once. */
interface Extremes {
  /** The better of two; where one is NaN, either. */
  readonly better: Vectors;
  /** Whether `a` is at least as good as `b`; not where one is NaN. */
  readonly holds: Vectors;
  readonly equal: Vectors;
}

/** Dtypes that are compared in vectors, for the largest and the smallest. */
const EXTREMES: Partial<Record<DType, readonly [Extremes, Extremes]>> = {
  float32: [
    { better: f32x4.pmax, holds: f32x4.ge, equal: f32x4.eq },
    { better: f32x4.pmin, holds: f32x4.le, equal: f32x4.eq },
  ],
  int32: [
    { better: i32x4.max_s, holds: i32x4.ge_s, equal: i32x4.eq },
    { better: i32x4.min_s, holds: i32x4.le_s, equal: i32x4.eq },
  ],
};

/** Compiles the routine: the first of several equal ones, NaN before all. */
export function compileArg(
  engine: Engine,
  { name, rank, inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const extremes = EXTREMES[dtype]?.[name === "argmax" ? 0 : 1];
  return compileMatrices(engine, ["int32", dtype], rank, (context) => {
    const { f, pointers, rows, columns } = context;
    const each = (one: RowEmitter) => {
      const [out, x] = pointers.map((pointer) => f.let(pointer));
      const row = f.let(i32.const(0));
      f.for(row, rows.extent, 1, () => {
        f.do(i32.store(out!, one(context, f.let(x!))));
        f.increase(out!, rows.steps[0]!);
        f.increase(x!, rows.steps[1]!);
      });
    };
    const singly = () =>
      each((context, x) => inElements(context, x, dtype, name === "argmax"));
    if (extremes === undefined) return singly();
    const unit = (step: Local<"i32">) => i32.eq(step, i32.const(4));
    const long = i32.ge_s(columns.extent, i32.const(4));
    f.if(
      i32.and(unit(columns.steps[1]!), long),
      () => each((context, x) => inVectors(context, x, extremes)),
      () =>
        f.if(
          i32.and(unit(rows.steps[0]!), unit(rows.steps[1]!)),
          () => acrossRows(context, extremes),
          singly,
        ),
    );
  });
}

/** Gives the position in the row at `x`, which it may advance. */
type RowEmitter = (
  context: MatrixEmitContext,
  x: Local<"i32">,
) => Local<"i32">;

/** One element after the other. */
function inElements(
  { f, columns: { steps, extent } }: MatrixEmitContext,
  x: Local<"i32">,
  dtype: DType,
  largest: boolean,
): Local<"i32"> {
  const { load, above, isNan } = ELEMENTS[dtype as keyof typeof ELEMENTS];
  const beats = (a: Code, b: Code) => largest ? above(a, b) : above(b, a);
  const best = f.let(load(x));
  const where = f.let(i32.const(0));
  const position = f.let(i32.const(1));
  f.increase(x, steps[1]!);
  f.block((done) => {
    f.branchIf(done, isNan(best));
    f.for(position, extent, 1, () => {
      const value = f.let(load(x));
      f.if(beats(value, best), () => {
        f.set(best, value);
        f.set(where, position);
      });
      f.if(isNan(value), () => {
        f.set(where, position);
        f.branch(done);
      });
      f.increase(x, steps[1]!);
    });
  });
  return where;
}

/** Vectors of a row are looked over together. */
const TOGETHER = 4;

/**
 * Adjacent elements, at least four: the best of all, then where it is first.
 * What is left over is looked at with elements before it.
 */
function inVectors(
  { f, columns: { extent } }: MatrixEmitContext,
  x: Local<"i32">,
  { better, equal }: Extremes,
): Local<"i32"> {
  const bytes = i32.shl(extent, i32.const(2));
  const last = f.let(i32.sub(i32.add(x, bytes), i32.const(16)));
  const first = f.let(v128.load(x));
  const tops = Array.from({ length: TOGETHER }, () => f.let(first));
  // All bits where no NaN was met.
  const sound = tops.map(() => f.let(i32x4.const(-1)));
  const take = (at: Local<"i32">, v: number) => {
    const value = f.let(v128.load(at, 16 * v));
    f.set(tops[v]!, better(tops[v]!, value));
    f.set(sound[v]!, v128.and(sound[v]!, equal(value, value)));
  };
  const here = f.let(x);
  const many = i32.le_s(i32.add(here, i32.const(16 * TOGETHER)), last);
  f.if(many, () => {
    f.loop((again) => {
      tops.forEach((_, v) => take(here, v));
      f.increase(here, 16 * TOGETHER);
      f.branchIf(again, many);
    });
  });
  f.loop((again) => {
    take(here, 0);
    f.increase(here, 16);
    f.branchIf(again, i32.lt_s(here, last));
  });
  take(last, 0);
  const [top, whole] = [tops[0]!, sound[0]!];
  for (let v = 1; v < TOGETHER; v++) {
    f.set(top, better(top, tops[v]!));
    f.set(whole, v128.and(whole, sound[v]!));
  }
  for (const order of [[2, 3, 0, 1], [1, 0, 3, 2]]) {
    f.set(top, better(top, f.let(i32x4.shuffle(top, top, order))));
  }
  // Where there is a NaN, only NaN is looked for: nothing equals this one.
  f.if(anyOf(v128.not(whole)), () => f.set(top, i32x4.const(-1)));
  /** Where nothing is found. */
  const missed = (at: Local<"i32">, v: number) => {
    const value = f.let(v128.load(at, 16 * v));
    return v128.andnot(equal(value, value), equal(value, top));
  };
  f.set(here, x);
  f.block((found) => {
    f.if(many, () => {
      f.loop((again) => {
        const all = tops.map((_, v) => missed(here, v))
          .reduce((a, b) => v128.and(a, b));
        f.branchIf(found, i32.ne(i32x4.bitmask(all), i32.const(15)));
        f.increase(here, 16 * TOGETHER);
        f.branchIf(again, many);
      });
    });
  });
  const hits = f.let(i32.const(0));
  const at = f.let(here);
  f.loop((again) => {
    f.set(at, select(i32.lt_s(here, last), here, last));
    f.set(hits, i32.sub(i32.const(15), i32x4.bitmask(missed(at, 0))));
    f.increase(here, 16);
    f.branchIf(again, i32.eqz(hits));
  });
  const ahead = i32.shr_u(i32.sub(at, x), i32.const(2));
  return f.let(i32.add(ahead, i32.ctz(hits)));
}

/** Lanes across neighbouring rows. */
function acrossRows(
  { f, pointers, rows, columns }: MatrixEmitContext,
  { holds, equal }: Extremes,
): void {
  const [out, x] = pointers.map((pointer) => f.let(pointer));
  const left = f.let(rows.extent);
  const some = (vectors: number) => {
    const here = f.let(x!);
    const best = Array.from(
      { length: vectors },
      (_, v) => f.let(v128.load(here, 16 * v)),
    );
    const where = best.map(() => f.let(i32x4.const(0)));
    const position = f.let(i32.const(1));
    f.for(position, columns.extent, 1, () => {
      f.increase(here, columns.steps[1]!);
      const now = f.let(i32x4.splat(position));
      best.forEach((one, v) => {
        const value = f.let(v128.load(here, 16 * v));
        // Better, or the first NaN.
        const beats = f.let(
          v128.andnot(equal(one, one), holds(one, value)),
        );
        f.set(one, choose(beats, value, one));
        f.set(where[v]!, choose(beats, now, where[v]!));
      });
    });
    where.forEach((positions, v) => {
      if (vectors === 1) storeLanes(f, out!, positions, left);
      else f.do(v128.store(out!, positions, 16 * v));
    });
    f.increase(out!, 16 * vectors);
    f.increase(x!, 16 * vectors);
  };
  inGroups(f, left, some);
}
