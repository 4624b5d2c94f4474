/**
 * Sums of products of integers, a tile of rows and columns at a time.
 *
 * @module
 */

import type {
  Code,
  Func,
  FunctionBuilder,
  Local,
  ModuleBuilder,
} from "../assembler.ts";
import type { Assembler } from "./tools.ts";

/**
 * Parameters: rows of integers from 0 to 127, the bytes from one to the next,
 * how many there are; the first column, of integers from -127 to 127; the first
 * output, and the bytes from one row of them to the next; the sums, scales and
 * biases of the columns; the steps of the rows, and the integers that are 0.
 */
export type Dots = Func<typeof PARAMETERS, "none">;

const PARAMETERS = [
  ...["i32", "i32", "i32", "i32", "i32", "i32"] as const,
  ...["i32", "i32", "i32", "i32", "i32"] as const,
] as const;

type Vector = Local<"v128">;

/** What is known of the columns of a tile. */
interface Columns {
  readonly sums: Vector;
  readonly scales: Vector;
  readonly bias: Vector | null;
}

/** `c` and four products of columns and rows in each lane. */
type Dot = (column: Vector, row: Vector, c: Vector) => Code<"v128">;

type RelaxedDot = "at once" | "by pairs" | null;

/**
 * How the engine adds relaxed dot products up: null if it has none. Where the
 * processor has no instruction for all of it, pairs of products are saturated
 * first, which numbers beyond those that are allowed show.
 */
function relaxedDot(
  { compile, i32x4, ModuleBuilder }: Assembler,
): RelaxedDot {
  const module = new ModuleBuilder();
  module.func("probe", ["i32", "i32"], "i32", (f, x, y) => {
    const sum = i32x4.relaxed_dot_i8x16_i7x16_add_s(
      i32x4.splat(x),
      i32x4.splat(y),
      i32x4.const(0),
    );
    f.result(i32x4.extract_lane(sum, 0));
  });
  if (!WebAssembly.validate(module.encode())) return null;
  const { probe } = new WebAssembly.Instance(compile(module)).exports;
  const sum = (probe as (x: number, y: number) => number)(-0x7f7f7f80, -1);
  return sum === -(2 ** 16) ? "by pairs" : "at once";
}

/**
 * The way of the engine. Two neighbouring products have at most 127 * 127 * 2,
 * so that no processor saturates. By pairs, V8 takes five instructions for what
 * are three, as it makes the ones anew that pairs are multiplied by;
 * JavaScriptCore, which shows by products that are not fused, keeps them.
 */
function dotOf(
  { i16x8, i32x4 }: Assembler,
  f: FunctionBuilder,
  way: RelaxedDot,
  fused: boolean,
): Dot {
  if (way === "by pairs" && fused) {
    const ones = f.i32x4(0x10001);
    return (column, row, c) => {
      const pairs = i16x8.relaxed_dot_i8x16_i7x16_s(column, row);
      return i32x4.add(i32x4.dot_i16x8_s(pairs, ones), c);
    };
  }
  if (way !== null) return i32x4.relaxed_dot_i8x16_i7x16_add_s;
  return (column, row, c) => {
    const low = i32x4.dot_i16x8_s(
      i16x8.extend_low_i8x16_s(column),
      i16x8.extend_low_i8x16_s(row),
    );
    const high = i32x4.dot_i16x8_s(
      i16x8.extend_high_i8x16_s(column),
      i16x8.extend_high_i8x16_s(row),
    );
    return i32x4.add(i32x4.add(low, c), high);
  };
}

/** Defines it for some columns at a time, and for one. */
export function defineDots(
  assembler: Assembler,
  module: ModuleBuilder,
  rows: number,
  columns: number,
  biased: boolean,
  fused: boolean,
): readonly [some: Dots, one: Dots] {
  const way = relaxedDot(assembler);
  const define = (columns: number) =>
    defineFor(
      assembler,
      module,
      (f) => dotOf(assembler, f, way, fused),
      rows,
      columns,
      biased,
    );
  return [define(columns), define(1)];
}

function defineFor(
  assembler: Assembler,
  module: ModuleBuilder,
  dotFor: (f: FunctionBuilder) => Dot,
  rows: number,
  columns: number,
  biased: boolean,
): Dots {
  const { i32, v128 } = assembler;
  return module.func(
    null,
    PARAMETERS,
    "none",
    (
      f,
      levels,
      padded,
      height,
      w,
      out,
      outStep,
      sums,
      scales,
      bias,
      steps,
      zeros,
    ) => {
      const dot = dotFor(f);
      const load = (from: Local<"i32">) =>
        f.let(columns === 1 ? v128.load32_splat(from) : v128.load(from));
      const known = {
        sums: load(sums),
        scales: load(scales),
        bias: biased ? load(bias) : null,
      };
      for (const count of [rows, 1]) {
        const enough = i32.ge_s(height, i32.const(count));
        f.if(enough, () => {
          f.loop((again) => {
            const tile = sumUp(
              assembler,
              f,
              dot,
              levels,
              w,
              padded,
              count,
              columns,
            );
            for (const accumulators of tile) {
              finish(assembler, f, accumulators, known, out, steps, zeros);
              f.increase(out, outStep);
              f.increase(steps, 4);
              f.increase(zeros, 4);
              f.increase(levels, padded);
            }
            f.increase(height, -count);
            f.branchIf(again, enough);
          });
        });
      }
    },
  );
}

/** The accumulators of a tile, by row and column. */
function sumUp(
  { i32, i32x4, v128 }: Assembler,
  f: FunctionBuilder,
  dot: Dot,
  levels: Local<"i32">,
  w: Local<"i32">,
  padded: Local<"i32">,
  rows: number,
  columns: number,
): Vector[][] {
  const pointers = (first: Local<"i32">, count: number) => {
    const list = [f.let(first)];
    while (list.length < count) {
      list.push(f.let(i32.add(list[list.length - 1]!, padded)));
    }
    return list;
  };
  const across = pointers(levels, rows);
  const down = pointers(w, columns);
  const sums = across.map(() => down.map(() => f.let(i32x4.const(0))));
  const step = (at: number) => {
    const row = across.map((from) => f.let(v128.load(from, at)));
    down.forEach((from, j) => {
      const column = f.let(v128.load(from, at));
      row.forEach((x, i) => f.set(sums[i]![j]!, dot(column, x, sums[i]![j]!)));
    });
  };
  const left = f.let(padded);
  const some = (count: number) => {
    const enough = i32.ge_s(left, i32.const(16 * count));
    f.if(enough, () => {
      f.loop((again) => {
        for (let at = 0; at < count; at++) step(16 * at);
        for (const from of [...across, ...down]) f.increase(from, 16 * count);
        f.increase(left, -16 * count);
        f.branchIf(again, enough);
      });
    });
  };
  some(2);
  some(1);
  return sums;
}

/** Writes the outputs of one row. */
function finish(
  assembler: Assembler,
  f: FunctionBuilder,
  accumulators: readonly Vector[],
  { sums, scales, bias }: Columns,
  out: Local<"i32">,
  steps: Local<"i32">,
  zeros: Local<"i32">,
): void {
  const { f32, f32x4, i32, i32x4, v128 } = assembler;
  const whole = accumulators.length === 1
    ? i32x4.splat(
      [0, 1, 2, 3].map((lane) => i32x4.extract_lane(accumulators[0]!, lane))
        .reduce((a, b) => i32.add(a, b)),
    )
    : transposedSum(assembler, f, accumulators);
  const centred = i32x4.sub(
    whole,
    i32x4.mul(v128.load32_splat(zeros), sums),
  );
  const value = f32x4.mul(
    f32x4.convert_i32x4_s(centred),
    f32x4.mul(v128.load32_splat(steps), scales),
  );
  const all = f.let(bias ? f32x4.add(value, bias) : value);
  f.do(
    accumulators.length === 1
      ? f32.store(out, f32x4.extract_lane(all, 0))
      : v128.store(out, all),
  );
}

/** The sums of the lanes of four vectors. */
function transposedSum(
  { i32x4 }: Assembler,
  f: FunctionBuilder,
  [a, b, c, d]: readonly Vector[],
): Code<"v128"> {
  const pair = (x: Vector, y: Vector, low: number[], high: number[]) =>
    f.let(i32x4.add(i32x4.shuffle(x, y, low), i32x4.shuffle(x, y, high)));
  const first = pair(a!, b!, [0, 4, 1, 5], [2, 6, 3, 7]);
  const second = pair(c!, d!, [0, 4, 1, 5], [2, 6, 3, 7]);
  return pair(first, second, [0, 1, 4, 5], [2, 3, 6, 7]);
}
