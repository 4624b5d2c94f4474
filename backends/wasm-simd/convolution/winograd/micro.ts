/**
 * The innermost kernels of convolutions in tiles: a few rows times eight columns
 * that stay in registers. The left matrix is read as it lies, an element at a time
 * in all lanes of a vector, so that nothing is packed.
 *
 * @module
 */
import {
  type Func,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";

/** Most rows: their sums, a row of columns and a factor fit the registers. */
export const MOST_ROWS = 6;
const COLUMNS = 8;
const VECTORS = COLUMNS / 4;
const UNROLL = 4;

/**
 * Multiplies rows with eight columns.
 *
 * Parameters: the left matrix, the bytes from one of its rows to the next (of
 * {@linkcode defineRows}) or from one of its steps to the next (of
 * {@linkcode defineSteps}), the right one and the bytes between its steps, where
 * to and the bytes between its rows, the number of steps.
 */
export type Micro = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

type Sums = Local<"v128">[][];

function makeSums(f: FunctionBuilder, rows: number): Sums {
  return Array.from(
    { length: rows },
    () => Array.from({ length: VECTORS }, () => f.let(i32x4.const(0))),
  );
}

/** Emits one step: of eight columns, with an element of each row. */
function addStep(
  f: FunctionBuilder,
  { madd }: Arithmetic,
  sums: Sums,
  b: Local<"i32">,
  element: (row: number) => Local<"v128">,
): void {
  const columns = Array.from(
    { length: VECTORS },
    (_, j) => f.let(v128.load(b, 16 * j)),
  );
  sums.forEach((row, i) => {
    const factor = element(i);
    row.forEach((sum, j) => f.set(sum, madd(factor, columns[j]!, sum)));
  });
}

/** Counts down in rounds of four steps, then one by one. */
function overSteps(
  f: FunctionBuilder,
  steps: Local<"i32">,
  body: (count: number) => void,
): void {
  for (const count of [UNROLL, 1]) {
    const enough = i32.ge_s(steps, i32.const(count));
    f.if(enough, () =>
      f.loop((again) => {
        body(count);
        f.increase(steps, -count);
        f.branchIf(again, enough);
      }));
  }
}

/** Products of rows whose steps follow one another: `out = a · b`. */
export function defineRows(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  rows: number,
): Micro {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, a, between, b, bStep, out, outRow, steps) => {
      const sums = makeSums(f, rows);
      const pointers = [a];
      while (pointers.length < rows) {
        pointers.push(f.let(i32.add(pointers.at(-1)!, between)));
      }
      overSteps(f, steps, (count) => {
        for (let k = 0; k < count; k++) {
          addStep(
            f,
            arithmetic,
            sums,
            b,
            (i) => f.let(v128.load32_splat(pointers[i]!, 4 * k)),
          );
          f.increase(b, bStep);
        }
        for (const pointer of pointers) f.increase(pointer, 4 * count);
      });
      sums.forEach((row, i) => {
        if (i > 0) f.increase(out, outRow);
        row.forEach((sum, j) => f.do(v128.store(out, sum, 16 * j)));
      });
    },
  );
}

/** Products of rows that lie side by side: `out += a · b`. */
export function defineSteps(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  rows: number,
): Micro {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, a, aStep, b, bStep, out, outRow, steps) => {
      const sums = makeSums(f, rows);
      overSteps(f, steps, (count) => {
        for (let k = 0; k < count; k++) {
          addStep(
            f,
            arithmetic,
            sums,
            b,
            (i) => f.let(v128.load32_splat(a, 4 * i)),
          );
          f.increase(a, aStep);
          f.increase(b, bStep);
        }
      });
      sums.forEach((row, i) => {
        if (i > 0) f.increase(out, outRow);
        row.forEach((sum, j) =>
          f.do(
            v128.store(
              out,
              arithmetic.add(v128.load(out, 16 * j), sum),
              16 * j,
            ),
          )
        );
      });
    },
  );
}
