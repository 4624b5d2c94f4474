/**
 * `gather`, `scatterAdd` and its like: elements chosen by index along the last
 * dim.
 *
 * Where one index serves a whole row of neighbours, as in an embedding, the
 * last two dims change places and contiguous rows are copied or added.
 *
 * @module
 */

import { type DType, IndexError } from "@tenfold/core";
import {
  type KernelCall,
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
  memoryCopy,
  v128,
} from "../assembler.ts";
import { STATUS } from "../addresses.ts";
import { type Engine, shiftOf } from "../engine.ts";
import { staged, stageOf } from "../launch.ts";
import { compileMatrices, type MatrixEmitContext } from "./matrices.ts";
import { ELEMENTS, moverOf } from "../elements.ts";
import { times } from "./rows.ts";

/** The code for one element, or for adjacent elements. */
interface Move {
  readonly one: (to: Local<"i32">, from: Local<"i32">) => void;
  readonly many: (
    to: Local<"i32">,
    from: Local<"i32">,
    count: Local<"i32">,
  ) => void;
  /** Adjacent elements that take in one. */
  readonly spread?: (
    to: Local<"i32">,
    from: Local<"i32">,
    count: Local<"i32">,
  ) => void;
}

/** Where the operands are, and which of them the index moves. */
interface Plan {
  readonly to: number;
  readonly from: number;
  readonly index: number;
  /** The operand that the index points into: `to` or `from`. */
  readonly chosen: number;
}

/** Compiles `gather`: `out[row, j] = x[row, index[row, j]]`. */
export function compileGather(
  engine: Engine,
  { rank, inputs }: RoutineKernel,
): Launch {
  const dtype: DType = inputs[0]!;
  const { load, store } = moverOf(dtype);
  const shift = i32.const(shiftOf(dtype));
  const plan = { to: 0, from: 1, index: 2, chosen: 1 };
  const launch = compileMatrices(
    engine,
    [dtype, dtype, "int32"],
    rank,
    (context) => {
      const { f } = context;
      choose(context, plan, 1 << shiftOf(dtype), {
        one: (to, from) => f.do(store(to, load(from))),
        many: (to, from, count) => {
          const left = f.let(i32.shl(count, shift));
          f.if(i32.gt_s(left, i32.const(LONG)), () => {
            f.do(memoryCopy(to, from, left));
          }, () => {
            inVectors(f, [to, from], left, (at) => v128.load(from, at));
            times(f, i32.shr_u(left, shift), () => {
              f.do(store(to, load(from)));
              f.increase(to, 1 << shiftOf(dtype));
              f.increase(from, 1 << shiftOf(dtype));
            });
          });
        },
      });
    },
    {
      grain: LINE >> shiftOf(dtype),
      // Each index writes a place of its own, so that they can be divided.
      byColumns: ({ shape, strides }) => {
        const n = shape[rank - 1]!;
        if (rank === 1) return true;
        const shared = strides[plan.index]![rank - 2] === 0;
        return n > (shared ? LINE : shape[rank - 2]!);
      },
      still: plan.chosen,
      price: ({ strides }) => priceOf(strides[plan.index]!),
    },
  );
  return checked(engine, launch, "gather");
}

type Scatter = "scatterAdd" | "scatterProd" | "scatterMax" | "scatterMin";

/**
 * Compiles `scatterAdd`: `out[row, index[row, j]] += src[row, j]`, or another
 * way to combine the two.
 */
export function compileScatter(
  engine: Engine,
  { rank, outputs }: RoutineKernel,
  name: Scatter,
): Launch {
  const dtype = outputs[0]!;
  const { load, store, above, isNan, ...elements } = ELEMENTS[dtype];
  const { add, addVectors } = name === "scatterProd"
    ? { add: elements.mul, addVectors: elements.mulVectors }
    : elements;
  const extreme = name === "scatterMax" || name === "scatterMin";
  const bytes = 1 << shiftOf(dtype);
  const shift = i32.const(shiftOf(dtype));
  const plan = { to: 0, from: 2, index: 1, chosen: 0 };
  const launch = compileMatrices(
    engine,
    [dtype, "int32", dtype],
    rank,
    (context) => {
      const { f } = context;
      const one = (to: Local<"i32">, from: Local<"i32">) => {
        if (!extreme) return f.do(store(to, add(load(to), load(from))));
        const [there, added] = [f.let(load(to)), f.let(load(from))];
        const wins = name === "scatterMax"
          ? above(added, there)
          : above(there, added);
        f.if(i32.or(wins, isNan(added)), () => f.do(store(to, added)));
      };
      const along = (
        moving: readonly Local<"i32">[],
        from: Local<"i32">,
        count: Local<"i32">,
        added: (at: number) => Code<"v128">,
      ) => {
        const to = moving[0]!;
        const left = f.let(i32.shl(count, shift));
        if (!extreme) {
          const sum = (at: number) => addVectors(v128.load(to, at), added(at));
          inVectors(f, moving, left, sum);
        }
        times(f, i32.shr_u(left, shift), () => {
          one(to, from);
          for (const pointer of moving) f.increase(pointer, bytes);
        });
      };
      choose(context, plan, bytes, {
        one,
        many: (to, from, count) =>
          along([to, from], from, count, (at) => v128.load(from, at)),
        spread: (to, from, count) => {
          const all = f.let(SPLATS[bytes]!(from));
          along([to], from, count, () => all);
        },
      });
    },
    // Threads must not add to the same place, nor to the same line of cache:
    // each has lines of its own, and every sum has the order that it has on one
    // thread. Rows that share an index are divided once for each thread where
    // all take in one number, and not where they are read: half of what a thread
    // reads then lies in the cache of the other, which costs more than it saves.
    {
      grain({ shape, strides }) {
        const line = LINE / bytes;
        const height = rank > 1 ? shape[rank - 2]! : 1;
        if (rank === 1 || strides[plan.index]![rank - 2] !== 0) return line;
        if (strides[plan.from]![rank - 2] !== 0) return height;
        const threads = engine.threads;
        return Math.ceil(height / threads / line) * line;
      },
    },
  );
  return checked(engine, launch, name);
}

/** Nanoseconds that an element takes: less where rows have one index. */
function priceOf(strides: readonly number[]): number {
  return strides.length > 1 && strides[strides.length - 2] === 0 ? 0.25 : 1;
}

/** Bytes of a line of cache. */
const LINE = 64;
/** From so many bytes on, memory is copied by an instruction of its own. */
const LONG = 128;

/** One element in all places of a vector, by its bytes. */
const SPLATS: Readonly<
  Record<number, (address: Local<"i32">) => Code<"v128">>
> = {
  1: (address) => v128.load8_splat(address),
  4: (address) => v128.load32_splat(address),
  8: (address) => v128.load64_splat(address),
};

/**
 * Writes 64 and 16 bytes at a time to the first of some pointers; leaves the
 * rest, and the pointers at it.
 */
function inVectors(
  f: FunctionBuilder,
  pointers: readonly Local<"i32">[],
  left: Local<"i32">,
  value: (at: number) => Code<"v128">,
): void {
  for (const bytes of [LINE, 16]) {
    const enough = i32.ge_s(left, i32.const(bytes));
    f.if(enough, () => {
      f.loop((again) => {
        for (let at = 0; at < bytes; at += 16) {
          f.do(v128.store(pointers[0]!, value(at), at));
        }
        for (const pointer of pointers) f.increase(pointer, bytes);
        f.increase(left, -bytes);
        f.branchIf(again, enough);
      });
    });
  }
}

/** Loops over the last two dims in the better order. */
function choose(
  { f, pointers, rows, columns }: MatrixEmitContext,
  { to, from, index, chosen }: Plan,
  bytes: number,
  move: Move,
): void {
  const { steps: along, extent: n } = columns;
  const { steps: down, extent: height } = rows;
  /** Reads an index, checks it, and gives the bytes that it stands for. */
  const value = f.local("i32");
  const offset = (address: Code<"i32">): Code<"i32"> => {
    f.set(value, i32.load(address));
    f.if(i32.ge_u(value, columns.bound), () => {
      f.do(i32.store(i32.const(STATUS), i32.const(1)));
      f.do(i32.store(i32.const(STATUS), value, 4));
      f.return();
    });
    return i32.mul(value, along[chosen]!);
  };
  const shared = i32.eqz(down[index]!);
  const at = pointers.map((pointer) => f.let(pointer));
  const moved = [to, from, index].filter((k) => k !== chosen);
  /** Loops over one dim within the other, element by element. */
  const each = (
    [outer, jump]: readonly [Local<"i32">, readonly Local<"i32">[]],
    [inner, step]: readonly [Local<"i32">, readonly Local<"i32">[]],
  ) =>
    times(f, outer, () => {
      const here = at.map((pointer) => f.let(pointer));
      times(f, inner, () => {
        const skip = offset(here[index]!);
        const picked = f.let(i32.add(here[chosen]!, skip));
        const pair = [to, from].map((k) => k === chosen ? picked : here[k]!);
        move.one(pair[0]!, pair[1]!);
        advance(here, step);
      });
      advance(at, jump);
    });
  const advance = (
    pointers: readonly Local<"i32">[],
    steps: readonly Local<"i32">[],
  ) =>
    pointers.forEach((pointer, k) => {
      if (steps !== along || k !== chosen) f.increase(pointer, steps[k]!);
    });
  f.if(shared, () => {
    const unit = (k: number) => i32.eq(down[k]!, i32.const(bytes));
    const neighbours = f.let(i32.and(unit(to), unit(from)));
    const spread = f.let(i32.and(unit(to), i32.eqz(down[from]!)));
    times(f, n, () => {
      const skip = f.let(offset(at[index]!));
      const here = [to, from].map((k) =>
        f.let(k === chosen ? i32.add(at[k]!, skip) : at[k]!)
      ) as [Local<"i32">, Local<"i32">];
      const apart = () =>
        times(f, height, () => {
          move.one(...here);
          f.increase(here[0], down[to]!);
          f.increase(here[1], down[from]!);
        });
      f.if(neighbours, () => move.many(...here, height), () => {
        if (move.spread === undefined) apart();
        else f.if(spread, () => move.spread!(...here, height), apart);
      });
      for (const k of moved) f.increase(at[k]!, along[k]!);
    });
  }, () => {
    // Indices are read one after the other, whichever dim they lie along.
    f.if(
      i32.eq(down[index]!, i32.const(4)),
      () => each([n, along], [height, down]),
      () => each([height, down], [n, along]),
    );
  });
}

/** Turns the status that a kernel leaves into an error. */
function checked(
  engine: Engine,
  launch: Launch,
  operation: "gather" | Scatter,
): Launch {
  const { memory } = engine;
  const refuse = (call: KernelCall): never => {
    const bound = parameterOf(operation, "bound", call);
    const expected = bound > 0
      ? `expected 0 to ${bound - 1}`
      : "expected none, as there is nothing to choose from";
    throw new IndexError(
      `Cannot ${operation} as an index is out of range: got ${
        memory.i32[STATUS / 4 + 1]
      }, ${expected}`,
    );
  };
  const stage = stageOf(launch)!;
  return staged((call) => {
    memory.i32[STATUS / 4] = 0;
    launch(call);
    if (memory.i32[STATUS / 4] !== 0) refuse(call);
  }, (call, stages) => {
    stage(call, stages);
    if (!stages.again) stages.check(() => refuse(call));
  });
}
