/**
 * Products in which a matrix is only read once, so that memory sets the pace:
 * with a vector on either side, and of two vectors.
 *
 * @module
 */

import {
  type Code,
  f32,
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

/** The words that the functions here take as arguments. */
export const GEMV_ARGUMENTS = [
  "x",
  "xRow",
  "v",
  "vStep",
  "out",
  "outRow",
  "first",
  "firstRow",
  "firstStep",
  "rows",
  "columns",
] as const;

type Name = (typeof GEMV_ARGUMENTS)[number];

/** Rows of the left matrix that are passed over before the next columns. */
const CHUNK = 128;
/** Elements of a dot product that are summed before their sum is added. */
const BLOCK = 4096;

function words(f: FunctionBuilder, args: Local<"i32">) {
  return (name: Name): Local<"i32"> =>
    f.hoist(i32.load(args, 4 * GEMV_ARGUMENTS.indexOf(name)));
}

/** Defines and exports `dots`, `sums`, `outer`, `gather` and `fill`. */
export function defineGemv(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): void {
  defineDots(module, arithmetic);
  defineSums(module, arithmetic);
  defineOuter(module, arithmetic);
  defineGather(module);
  defineFill(module);
}

/** Repeats `body` as long as `left` is at least `by`. */
function repeat(
  f: FunctionBuilder,
  left: Local<"i32">,
  by: number,
  body: () => void,
): void {
  const enough = i32.ge_s(left, i32.const(by));
  f.if(enough, () => {
    f.loop((again) => {
      body();
      f.increase(left, -by);
      f.branchIf(again, enough);
    });
  });
}

function maskBelow(f: FunctionBuilder, count: Code<"i32">): Vector {
  const lanes = f.hoist(i32x4.const(0, 1, 2, 3));
  return f.let(i32x4.lt_s(lanes, i32x4.splat(count)));
}

/** `out[i] = first[i] + sum over k of x[i, k] * v[k]`, rows of x dense. */
function defineDots(module: ModuleBuilder, arithmetic: Arithmetic): void {
  module.func("dots", ["i32"], "none", (f, args) => {
    const word = words(f, args);
    const x = f.let(word("x"));
    const out = f.let(word("out"));
    const first = f.let(word("first"));
    const left = f.let(word("rows"));
    const some = (rows: number) => {
      const pointers = Array.from(
        { length: rows },
        (_, i) => f.let(i32.add(x, i32.mul(word("xRow"), i32.const(i)))),
      );
      const sums = dotProducts(
        f,
        arithmetic,
        pointers,
        word("v"),
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
      f.increase(x, i32.mul(word("xRow"), i32.const(rows)));
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

/** `out[j] = first[j] + sum over i of v[i] * x[i, j]`, rows of x dense. */
function defineSums(module: ModuleBuilder, arithmetic: Arithmetic): void {
  module.func("sums", ["i32"], "none", (f, args) => {
    const word = words(f, args);
    const row = f.local("i32");
    f.for(row, word("rows"), CHUNK, () => {
      const height = f.let(i32.sub(word("rows"), row));
      const limit = i32.const(CHUNK);
      f.set(height, select(i32.lt_s(height, limit), height, limit));
      const isFirst = f.let(i32.eqz(row));
      const first = f.let(select(isFirst, word("first"), word("out")));
      const step = f.let(select(isFirst, word("firstStep"), i32.const(4)));
      const x = f.let(
        i32.add(word("x"), i32.mul(row, word("xRow"))),
      );
      const v = f.let(
        i32.add(word("v"), i32.mul(row, word("vStep"))),
      );
      const out = f.let(word("out"));
      const left = f.let(word("columns"));
      const some = (vectors: number, store: (sums: Vector[]) => void) => {
        store(addRows(f, arithmetic, {
          first,
          step,
          x,
          xRow: word("xRow"),
          v,
          vStep: word("vStep"),
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

/** Writes the first `count` lanes, one to three. */
function storeSome(
  f: FunctionBuilder,
  v: Vector,
  to: Local<"i32">,
  count: Local<"i32">,
): void {
  f.block((done) => {
    for (let lane = 0; lane < 3; lane++) {
      f.do(v128.store32_lane(to, v, lane, 4 * lane));
      f.branchIf(done, i32.eq(count, i32.const(lane + 1)));
    }
  });
}

/** `out[i, j] = first[i, j] + x[i] * v[j]`, v dense, xRow the step of x. */
function defineOuter(module: ModuleBuilder, arithmetic: Arithmetic): void {
  const { madd } = arithmetic;
  module.func("outer", ["i32"], "none", (f, args) => {
    const word = words(f, args);
    const x = f.let(word("x"));
    const row = f.local("i32");
    const outRow = f.let(word("out"));
    const firstRow = f.let(word("first"));
    f.for(row, word("rows"), 1, () => {
      const factor = f.let(v128.load32_splat(x));
      const left = f.let(word("columns"));
      const v = f.let(word("v"));
      const out = f.let(outRow);
      const first = f.let(firstRow);
      const product = (j: number) => {
        const start = f.local("v128");
        f.if(
          word("firstStep"),
          () => f.set(start, v128.load(first, 16 * j)),
          () => f.set(start, v128.load32_splat(first)),
        );
        return f.let(madd(v128.load(v, 16 * j), factor, start));
      };
      const next = (vectors: number) => {
        f.increase(v, 16 * vectors);
        f.increase(out, 16 * vectors);
        f.increase(
          first,
          i32.mul(word("firstStep"), i32.const(4 * vectors)),
        );
      };
      repeat(f, left, 16, () => {
        for (let j = 0; j < 4; j++) f.do(v128.store(out, product(j), 16 * j));
        next(4);
      });
      repeat(f, left, 4, () => {
        f.do(v128.store(out, product(0)));
        next(1);
      });
      f.if(left, () => storeSome(f, product(0), out, left));
      f.increase(x, word("xRow"));
      f.increase(outRow, word("outRow"));
      f.increase(firstRow, word("firstRow"));
    });
  });
}

/** Copies the numbers of v side by side to `out`: as many as there are rows. */
function defineGather(module: ModuleBuilder): void {
  module.func("gather", ["i32"], "none", (f, args) => {
    const word = words(f, args);
    const v = f.let(word("v"));
    const out = f.let(word("out"));
    const row = f.local("i32");
    f.for(row, word("rows"), 1, () => {
      f.do(f32.store(out, f32.load(v)));
      f.increase(v, word("vStep"));
      f.increase(out, 4);
    });
  });
}

/** `out[i, j] = first[i, j]`, rows of out dense, first of any strides. */
function defineFill(module: ModuleBuilder): void {
  module.func("fill", ["i32"], "none", (f, args) => {
    const word = words(f, args);
    const row = f.local("i32");
    const outRow = f.let(word("out"));
    const firstRow = f.let(word("first"));
    f.for(row, word("rows"), 1, () => {
      const out = f.let(outRow);
      const first = f.let(firstRow);
      const column = f.let(i32.const(0));
      f.for(column, word("columns"), 1, () => {
        f.do(f32.store(out, f32.load(first)));
        f.increase(out, 4);
        f.increase(first, word("firstStep"));
      });
      f.increase(outRow, word("outRow"));
      f.increase(firstRow, word("firstRow"));
    });
  });
}
