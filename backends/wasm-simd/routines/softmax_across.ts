/**
 * `softmax` and `logSoftmax` with lanes across neighbouring rows.
 *
 * @module
 */

import {
  type Code,
  f32x4,
  i32,
  i32x4,
  type Label,
  type Local,
  v128,
} from "../assembler.ts";
import { Combiner } from "../accumulator.ts";
import { expBelow, expBounded } from "../math/exponential.ts";
import { abs, anyOf, type Lanes, type Vector } from "../math/lanes.ts";
import { convert, type Quad } from "../values.ts";
import {
  type Dim,
  inGroups,
  type MatrixEmitContext,
  storeLanes,
} from "./matrices.ts";

const FLOAT = "float32";
/** Powers that are summed before their sum is added to the whole. */
const BLOCK_ROWS = 64;

/** Numbers up to this size need no maximum: powers and sums are normal. */
export const NEAR = 43.5;

/** Whether a size is beyond that, or NaN. */
export function beyond({ f }: Lanes, peak: Vector): Code<"i32"> {
  return anyOf(i32x4.gt_s(peak, f.hoist(f32x4.const(NEAR))));
}

/** Makes what rows are normalised with out of the sums of their powers. */
export type NormOf = (lanes: Lanes, sum: Quad, logarithm: boolean) => Vector;

/** A matrix of rows side by side. */
export interface Side extends Pick<MatrixEmitContext, "f" | "pointers"> {
  /** The number of rows. */
  readonly count: Local<"i32">;
  /** Along a row. */
  readonly columns: Dim;
}

/** Lanes across neighbouring rows. */
export function acrossRows(
  lanes: Lanes,
  { f, pointers, count, columns }: Side,
  normOf: NormOf,
  logarithm: boolean,
): void {
  const left = f.let(count);
  const here = pointers.map((pointer) => f.let(pointer));
  const some = (vectors: number) => {
    const count = vectors === 1 ? left : null;
    const context = { f, pointers: here, columns, normOf, logarithm };
    rowsTogether(lanes, context, vectors, count);
    for (const pointer of here) f.increase(pointer, 16 * vectors);
  };
  inGroups(f, left, some);
}

/** What the emitters of some rows share. */
interface RowsContext extends Pick<Side, "f" | "columns"> {
  /** The address of the first of the rows in each buffer. */
  readonly pointers: readonly Local<"i32">[];
  readonly normOf: NormOf;
  readonly logarithm: boolean;
}

/** Normalises some vectors of rows, of the last one perhaps a part. */
function rowsTogether(
  lanes: Lanes,
  { f, pointers, columns, normOf, logarithm }: RowsContext,
  vectors: number,
  count: Local<"i32"> | null,
): void {
  const each = <T>(make: (v: number) => T) =>
    Array.from({ length: vectors }, (_, v) => make(v));
  const down = (body: (out: Local<"i32">, x: Local<"i32">) => void) => {
    const [out, x] = pointers.map((pointer) => f.let(pointer));
    const position = f.let(i32.const(0));
    f.for(position, columns.extent, 1, () => {
      body(out!, x!);
      f.increase(out!, columns.steps[0]!);
      f.increase(x!, columns.steps[1]!);
    });
  };
  const store = (out: Local<"i32">, v: number, value: Vector) => {
    if (count === null) f.do(v128.store(out, value, 16 * v));
    else storeLanes(f, out, value, count);
  };
  const sum = new Combiner(lanes, "sum", FLOAT);
  const whole = new Combiner(lanes, "sum", "float64");
  /** Sums what `power` makes and stores; gives what rows are multiplied with. */
  const norms = (
    power: (out: Local<"i32">, x: Local<"i32">, v: number) => Vector,
    after?: () => void,
  ): Vector[] => {
    const parts = each(() => sum.accumulator());
    const totals = each(() => whole.accumulator());
    const summed = f.let(i32.const(0));
    const flush = () => {
      totals.forEach((total, v) => {
        whole.accumulate(total, convert(f, parts[v]!, "float64"));
        sum.reset(parts[v]!);
      });
      after?.();
      f.set(summed, i32.const(0));
    };
    down((out, x) => {
      parts.forEach((part, v) => {
        sum.accumulate(part, { dtype: FLOAT, parts: [power(out, x, v)] });
      });
      f.increase(summed, 1);
      f.if(i32.ge_s(summed, i32.const(BLOCK_ROWS)), flush);
    });
    flush();
    return totals.map((total) => normOf(lanes, total, logarithm));
  };
  const finish = (
    norms: readonly Vector[],
    value: (out: Local<"i32">, x: Local<"i32">, v: number) => Code<"v128">,
  ) =>
    down((out, x) => {
      norms.forEach((norm, v) => {
        const given = value(out, x, v);
        const result = logarithm
          ? f32x4.sub(given, norm)
          : f32x4.mul(given, norm);
        store(out, v, f.let(result));
      });
    });
  const kept = (out: Local<"i32">, _: Local<"i32">, v: number) =>
    v128.load(out, 16 * v);
  /** Moderate numbers, of which no maximum is needed. */
  const quick = (otherwise: Label) => {
    const peak = f.let(f.i32x4(0));
    const found = norms((out, x, v) => {
      const value = f.let(v128.load(x, 16 * v));
      f.set(peak, i32x4.max_s(peak, abs(lanes, value)));
      const result = expBounded(lanes, value);
      store(out, v, result);
      return result;
    }, () => f.branchIf(otherwise, beyond(lanes, peak)));
    finish(found, kept);
  };
  const any = () => {
    const max = new Combiner(lanes, "top", FLOAT);
    const tops = each(() => max.accumulator());
    down((_, x) => {
      tops.forEach((top, v) => {
        const value = f.let(v128.load(x, 16 * v));
        max.accumulate(top, { dtype: FLOAT, parts: [value] });
      });
    });
    const below = (_: Local<"i32">, x: Local<"i32">, v: number) =>
      f.let(f32x4.sub(v128.load(x, 16 * v), tops[v]!.parts[0]!));
    const found = norms((out, x, v) => {
      const power = expBelow(lanes, below(out, x, v));
      if (!logarithm) store(out, v, power);
      return power;
    });
    finish(found, logarithm ? below : kept);
  };
  f.block((done) => {
    if (count === null && !logarithm) {
      f.block((otherwise) => {
        quick(otherwise);
        f.branch(done);
      });
    }
    any();
  });
}
