/**
 * `softmax` and `logSoftmax` along a row of float32. The powers are summed in
 * short blocks, whose sums are added up in float64.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import {
  type Code,
  f32,
  f32x4,
  i32,
  i32x4,
  type Label,
  type Local,
  select,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ExpressionWriter } from "../expression.ts";
import { Combiner, limitLanes } from "../accumulator.ts";
import {
  alongInner,
  type Cursor,
  read,
  type VectorBody,
  write,
} from "../loops.ts";
import { expBelow, expBounded, log } from "../math/exponential.ts";
import { abs, type Lanes, type Vector } from "../math/lanes.ts";
import { convert, type Quad, splat } from "../values.ts";
import {
  compileMatrices,
  type MatrixEmitContext,
  ROW_VECTORS,
} from "./matrices.ts";
import { acrossRows, beyond, NEAR } from "./softmax_across.ts";

const FLOAT = "float32";
/** Sums along a row that are made side by side. */
const SUMS = 4;
/** Elements that one of them takes in before it is added to the whole. */
const BLOCK = 128;

/** Compiles the routine; null for dtypes that it does not have. */
export function compileSoftmax(
  engine: Engine,
  { name, rank, inputs }: RoutineKernel,
): Launch | null {
  if (inputs[0] !== FLOAT) return null;
  const logarithm = name === "logSoftmax";
  return compileMatrices(engine, [FLOAT, FLOAT], rank, (context) => {
    const { f, pointers, rows, columns } = context;
    const writer = new ExpressionWriter(f, engine.fused, () => {
      throw new Error("Softmax imports nothing");
    });
    const { lanes } = writer;
    const unit = (steps: readonly Code<"i32">[]) =>
      i32.and(
        i32.eq(steps[0]!, i32.const(4)),
        i32.eq(steps[1]!, i32.const(4)),
      );
    // A function of its own: engines compile it where it is called.
    const across = f.module.func(
      null,
      ["i32", "i32", "i32", "i32", "i32", "i32"],
      "none",
      (f, out, x, count, extent, ...steps) =>
        acrossRows(
          { ...lanes, f },
          { f, pointers: [out, x], count, columns: { extent, steps } },
          normOf,
          logarithm,
        ),
    );
    f.if(
      unit(columns.steps),
      () => alongRows(lanes, context, "unit", logarithm),
      () =>
        f.if(
          unit(rows.steps),
          () =>
            f.do(across.call(
              pointers[0]!,
              pointers[1]!,
              rows.extent,
              columns.extent,
              columns.steps[0]!,
              columns.steps[1]!,
            )),
          () => alongRows(lanes, context, "strided", logarithm),
        ),
    );
  }, {
    // Rows side by side go the same way however they are divided.
    grain: ({ strides }) => strides[1]![rank - 1] === 1 ? 4 : 4 * ROW_VECTORS,
    plain: true,
  });
}

/** Lanes along the row. */
function alongRows(
  lanes: Lanes,
  { f, pointers, rows, columns }: MatrixEmitContext,
  step: "unit" | "strided",
  logarithm: boolean,
): void {
  // NaN comes back with the powers.
  const max = new Combiner(lanes, "top", FLOAT);
  const sum = new Combiner(lanes, "sum", FLOAT);
  const whole = new Combiner(lanes, "sum", "float64");
  const distances = columns.steps.map((one) => {
    if (step === "unit") return [];
    const two = f.let(i32.add(one, one));
    return [one, two, f.let(i32.add(two, one))];
  });
  const cursors = (): Cursor[] =>
    pointers.map((pointer, k) => ({
      slot: { dtype: FLOAT, access: step === "unit" ? "dense" : "strided" },
      step,
      pointer: f.let(pointer),
      distances: distances[k]!,
    }));
  const unroll = step === "unit" ? SUMS : 1;
  const over = (
    cursors: readonly Cursor[],
    length: Local<"i32">,
    body: VectorBody,
  ) => {
    const round = { vectors: unroll, inTurns: lanes.fused };
    alongInner(f, cursors, length, round, null, body);
  };
  const overRow = (body: VectorBody) => over(cursors(), columns.extent, body);
  const store = (
    cursor: Cursor,
    value: Vector,
    ahead: number,
    count?: Local<"i32">,
  ) => {
    const quad = { dtype: FLOAT, parts: [value] } as const;
    if (count === undefined) write(f, cursor, quad, ahead);
    else {
      f.if(
        i32.ge_s(count, i32.const(4)),
        () => write(f, cursor, quad, ahead),
        () => write(f, cursor, quad, ahead, count),
      );
    }
  };
  /** Goes over a row in blocks, whose sums are added up in float64. */
  const sumRow = (
    body: (
      cursors: readonly Cursor[],
      ahead: number,
      count?: Local<"i32">,
    ) => Vector,
    after?: () => void,
  ): Quad => {
    const parts = Array.from({ length: SUMS }, () => sum.accumulator());
    const total = whole.accumulator();
    const here = cursors();
    const left = f.let(columns.extent);
    const limit = i32.const(unroll * BLOCK);
    f.loop((again) => {
      parts.forEach((part) => sum.reset(part));
      const block = f.let(select(i32.lt_s(left, limit), left, limit));
      over(here, block, (at, ahead, count) => {
        const quad = { dtype: FLOAT, parts: [body(at, ahead, count)] } as const;
        sum.accumulate(
          parts[ahead]!,
          count ? limitLanes(f, quad, sum.identity, count) : quad,
        );
      });
      after?.();
      for (const other of parts.slice(1)) sum.accumulate(parts[0]!, other);
      whole.accumulate(total, convert(f, parts[0]!, "float64"));
      f.increase(left, -unroll * BLOCK);
      f.branchIf(again, i32.gt_s(left, i32.const(0)));
    });
    whole.reduceLanes(total);
    return total;
  };
  const finish = (norm: Vector) =>
    overRow(([out], ahead, count) => {
      const first = read(f, out!, ahead).parts[0]!;
      const value = logarithm ? f32x4.sub(first, norm) : f32x4.mul(first, norm);
      store(out!, f.let(value), ahead, count);
    });
  const limited = (x: Quad, count?: Local<"i32">): Vector =>
    (count ? limitLanes(f, x, splat(f, FLOAT, 0), count) : x).parts[0]!;
  /** Softmax of moderate numbers: no maximum is needed. */
  const quickRow = (otherwise: Label): void => {
    const peak = f.let(f.i32x4(0));
    const total = sumRow(([out, x], ahead, count) => {
      const value = limited(read(f, x!, ahead), count);
      f.set(peak, i32x4.max_s(peak, abs(lanes, value)));
      const power = expBounded(lanes, value);
      store(out!, power, ahead, count);
      return power;
    }, () => f.branchIf(otherwise, beyond(lanes, peak)));
    finish(normOf(lanes, total, logarithm));
  };
  /** Any numbers. */
  const anyRow = (): void => {
    const tops = [0, 1, 2, 3].map(() => max.accumulator());
    const peak = f.let(f.i32x4(0));
    overRow(([, x], ahead, count) => {
      const value = read(f, x!, ahead);
      const inside = count ? limitLanes(f, value, max.identity, count) : value;
      max.accumulate(tops[ahead]!, inside);
      if (!logarithm) return;
      const size = abs(lanes, limited(value, count));
      f.set(peak, i32x4.max_s(peak, size));
    });
    for (const other of tops.slice(1)) max.accumulate(tops[0]!, other);
    max.reduceLanes(tops[0]!);
    const top = tops[0]!.parts[0]!;
    const powers = (power: (lanes: Lanes, x: Vector) => Vector) => {
      const total = sumRow(([out, x], ahead, count) => {
        const value = read(f, x!, ahead).parts[0]!;
        const below = f.let(f32x4.sub(value, top));
        const result = power(lanes, below);
        // Memory is written while the powers are computed.
        store(out!, logarithm ? below : result, ahead, count);
        return result;
      });
      finish(normOf(lanes, total, logarithm));
    };
    if (!logarithm) powers(expBelow);
    else {f.if(beyond(lanes, peak), () =>
        powers(expBelow), () =>
        powers(expBounded));}
  };
  const row = f.let(i32.const(0));
  f.for(row, rows.extent, 1, () => {
    f.block((done) => {
      if (!logarithm && step === "unit") {
        f.block((otherwise) => {
          // What a mask hides is at the end of a row more often than not.
          const bytes = i32.mul(columns.extent, i32.const(4));
          const end = f.let(i32.add(pointers[1]!, bytes));
          const last = f32.load(i32.sub(end, i32.const(4)));
          f.branchIf(otherwise, f32.lt(last, f32.const(-NEAR)));
          quickRow(otherwise);
          f.branch(done);
        });
      }
      anyRow();
    });
    pointers.forEach((pointer, k) => f.increase(pointer, rows.steps[k]!));
  });
}

/** What is subtracted from logarithms, or multiplied with powers. */
function normOf(lanes: Lanes, sum: Quad, logarithm: boolean): Vector {
  const { f } = lanes;
  const total = convert(f, sum, FLOAT).parts[0]!;
  return logarithm ? log(lanes, total) : f.let(f32x4.div(f.f32x4(1), total));
}
