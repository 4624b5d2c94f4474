/**
 * Products of a matrix and a vector. The matrix is read once, so that memory
 * sets the pace, and packing would not pay.
 *
 * @module
 */

import {
  type Code,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../assembler.ts";
import type { Vector } from "../math/lanes.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { productArguments } from "./product.ts";
import { repeat, storeSome } from "./vector_loop.ts";

/** Rows of the left matrix that are passed over before the next columns. */
const CHUNK = 128;
/** Elements of a dot product that are summed before their sum is added. */
const BLOCK = 4096;

function maskBelow(f: FunctionBuilder, count: Code<"i32">): Vector {
  const lanes = f.hoist(i32x4.const(0, 1, 2, 3));
  return f.let(i32x4.lt_s(lanes, i32x4.splat(count)));
}

/**
 * Defines and exports `gemv`: `out[i] = first[i] + sum over k of a[i, k] · b[k]`,
 * with contiguous rows of a and a contiguous b.
 */
export function defineGemv(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): void {
  module.func("gemv", ["i32"], "none", (f, args) => {
    const word = productArguments(f, args);
    const x = f.let(word("a"));
    const out = f.let(word("out"));
    const first = f.let(word("first"));
    const left = f.let(word("rows"));
    const some = (rows: number) => {
      const pointers = Array.from(
        { length: rows },
        (_, i) => f.let(i32.add(x, i32.mul(word("aRow"), i32.const(i)))),
      );
      const sums = dotProducts(
        f,
        arithmetic,
        pointers,
        word("b"),
        word("columns"),
      );
      for (let i = 0; i < rows; i++) {
        // A vector holds one number, so that one kind of sum serves all.
        const start = v128.load32_zero(first);
        const total = arithmetic.add(start, laneSum(f, arithmetic, sums[i]!));
        f.do(v128.store32_lane(out, f.let(total), 0));
        f.increase(out, 4);
        f.increase(first, word("firstRow"));
      }
      f.increase(x, i32.mul(word("aRow"), i32.const(rows)));
    };
    repeat(f, left, 4, () => some(4));
    repeat(f, left, 1, () => some(1));
  });
}

/** The products of some rows with one vector, still in four lanes each. */
function dotProducts(
  f: FunctionBuilder,
  { add, madd }: Arithmetic,
  rows: readonly Local<"i32">[],
  vector: Local<"i32">,
  length: Local<"i32">,
): Vector[] {
  const v = f.let(vector);
  const left = f.let(length);
  const pairs = rows.map(() =>
    [
      f.let(i32x4.const(0)),
      f.let(i32x4.const(0)),
    ] as const
  );
  const next = (vectors: number) => {
    for (const row of rows) f.increase(row, 16 * vectors);
    f.increase(v, 16 * vectors);
  };
  const totals = rows.map(() => f.let(i32x4.const(0)));
  const eights = (left: Local<"i32">) =>
    repeat(f, left, 8, () => {
      const parts = [f.let(v128.load(v)), f.let(v128.load(v, 16))];
      rows.forEach((row, i) => {
        parts.forEach((part, k) => {
          const sum = pairs[i]![k]!;
          f.set(sum, madd(v128.load(row, 16 * k), part, sum));
        });
      });
      next(2);
    });
  repeat(f, left, BLOCK, () => {
    const block = f.let(i32.const(BLOCK));
    eights(block);
    pairs.forEach(([a, b], i) => {
      f.set(totals[i]!, add(totals[i]!, add(a, b)));
      f.set(a, i32x4.const(0));
      f.set(b, i32x4.const(0));
    });
  });
  eights(left);
  repeat(f, left, 4, () => {
    const part = f.let(v128.load(v));
    rows.forEach((row, i) => {
      const sum = pairs[i]![0];
      f.set(sum, madd(v128.load(row), part, sum));
    });
    next(1);
  });
  f.if(left, () => {
    const mask = maskBelow(f, left);
    const part = f.let(v128.and(v128.load(v), mask));
    rows.forEach((row, i) => {
      const sum = pairs[i]![1];
      f.set(sum, madd(v128.and(v128.load(row), mask), part, sum));
    });
  });
  return pairs.map(([a, b], i) => f.let(add(totals[i]!, add(a, b))));
}

/** The sum of the lanes, in every lane. */
function laneSum(
  f: FunctionBuilder,
  { add }: Arithmetic,
  v: Vector,
): Vector {
  const half = f.let(add(v, i32x4.shuffle(v, v, [2, 3, 0, 1])));
  return f.let(add(half, i32x4.shuffle(half, half, [1, 0, 3, 2])));
}

/**
 * Defines and exports `gemvTransposed`: `out[j] = first[j] + sum over i of
 * b[i] · a[i, j]`, with contiguous rows of a.
 */
export function defineGemvTransposed(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): void {
  module.func("gemvTransposed", ["i32"], "none", (f, args) => {
    const word = productArguments(f, args);
    const row = f.local("i32");
    f.for(row, word("rows"), CHUNK, () => {
      const height = f.let(i32.sub(word("rows"), row));
      const limit = i32.const(CHUNK);
      f.set(height, select(i32.lt_s(height, limit), height, limit));
      const isFirst = f.let(i32.eqz(row));
      const first = f.let(select(isFirst, word("first"), word("out")));
      const step = f.let(select(isFirst, word("firstColumn"), i32.const(4)));
      const x = f.let(
        i32.add(word("a"), i32.mul(row, word("aRow"))),
      );
      const v = f.let(
        i32.add(word("b"), i32.mul(row, word("bStep"))),
      );
      const out = f.let(word("out"));
      const left = f.let(word("columns"));
      const some = (vectors: number, store: (sums: Vector[]) => void) => {
        store(addRows(f, arithmetic, {
          first,
          step,
          x,
          xRow: word("aRow"),
          v,
          vStep: word("bStep"),
          height,
          vectors,
        }));
        f.increase(x, 16 * vectors);
        f.increase(out, 16 * vectors);
        f.increase(first, i32.mul(step, i32.const(4 * vectors)));
      };
      const storeAll = (sums: Vector[]) =>
        sums.forEach((sum, j) => f.do(v128.store(out, sum, 16 * j)));
      repeat(f, left, 32, () => some(8, storeAll));
      repeat(f, left, 4, () => some(1, storeAll));
      f.if(left, () => some(1, ([sum]) => storeSome(f, sum!, out, left)));
    });
  });
}

/** The rows' sums by themselves, and then what they begin with. */
function addRows(
  f: FunctionBuilder,
  { add, madd }: Arithmetic,
  context: {
    first: Local<"i32">;
    step: Local<"i32">;
    x: Local<"i32">;
    xRow: Local<"i32">;
    v: Local<"i32">;
    vStep: Local<"i32">;
    height: Local<"i32">;
    vectors: number;
  },
): Vector[] {
  const { first, step, vectors } = context;
  const sums = Array.from({ length: vectors }, () => f.let(i32x4.const(0)));
  const x = f.let(context.x);
  const v = f.let(context.v);
  const left = f.let(context.height);
  f.loop((again) => {
    const factor = f.let(v128.load32_splat(v));
    sums.forEach((sum, j) => {
      f.set(sum, madd(v128.load(x, 16 * j), factor, sum));
    });
    f.increase(x, context.xRow);
    f.increase(v, context.vStep);
    f.increase(left, -1);
    f.branchIf(again, left);
  });
  const start = (code: (j: number) => Code<"v128">) =>
    sums.forEach((sum, j) => f.set(sum, add(code(j), sum)));
  f.if(
    step,
    () => start((j) => v128.load(first, 16 * j)),
    () => start(() => v128.load32_splat(first)),
  );
  return sums;
}
