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
            inVectors(f, to, from, left, (_, added) => added);
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
      choose(context, plan, bytes, {
        one,
        many: (to, from, count) => {
          const left = f.let(i32.shl(count, shift));
          if (!extreme) inVectors(f, to, from, left, addVectors);
          times(f, i32.shr_u(left, shift), () => {
            one(to, from);
            f.increase(to, bytes);
            f.increase(from, bytes);
          });
        },
      });
    },
    // Threads must not add to the same place, nor to the same line of cache.
    // Where a row of some lines has one index, each thread has rows of its own,
    // and every sum the order that it has on one thread.
    {
      grain: LINE / bytes,
      byIndex: ({ shape, strides }) =>
        rank > 1 && strides[plan.index]![rank - 2] === 0 &&
        shape[rank - 2]! * bytes >= 2 * LINE,
      price: ({ strides }) => priceOf(strides[plan.index]!),
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

/**
 * Joins 64 and 16 bytes at a time with what is there; leaves the rest, and
 * pointers to it.
 */
function inVectors(
  f: FunctionBuilder,
  to: Local<"i32">,
  from: Local<"i32">,
  left: Local<"i32">,
  join: (there: Code<"v128">, added: Code<"v128">) => Code<"v128">,
): void {
  for (const bytes of [LINE, 16]) {
    const enough = i32.ge_s(left, i32.const(bytes));
    f.if(enough, () => {
      f.loop((again) => {
        for (let at = 0; at < bytes; at += 16) {
          const joined = join(v128.load(to, at), v128.load(from, at));
          f.do(v128.store(to, joined, at));
        }
        f.increase(to, bytes);
        f.increase(from, bytes);
        f.increase(left, -bytes);
        f.branchIf(again, enough);
      });
    });
  }
}

/** Loops over the last two dims in the better order. */
function choose(
  { f, pointers, rows, columns, window }: MatrixEmitContext,
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
  f.if(shared, () => {
    const neighbours = f.let(
      i32.and(
        i32.eq(down[to]!, i32.const(bytes)),
        i32.eq(down[from]!, i32.const(bytes)),
      ),
    );
    times(f, n, () => {
      const skip = f.let(offset(at[index]!));
      const here = [to, from].map((k) =>
        f.let(k === chosen ? i32.add(at[k]!, skip) : at[k]!)
      ) as [Local<"i32">, Local<"i32">];
      const all = () =>
        f.if(neighbours, () => move.many(...here, height), () => {
          times(f, height, () => {
            move.one(...here);
            f.increase(here[0], down[to]!);
            f.increase(here[1], down[from]!);
          });
        });
      if (window === undefined) all();
      else {
        const extent = i32.sub(window.end, window.begin);
        f.if(i32.lt_u(i32.sub(value, window.begin), extent), all);
      }
      for (const k of moved) f.increase(at[k]!, along[k]!);
    });
  }, () => {
    times(f, height, () => {
      const here = at.map((pointer) => f.let(pointer));
      times(f, n, () => {
        const skip = offset(here[index]!);
        const picked = f.let(i32.add(here[chosen]!, skip));
        const pair = [to, from].map((k) => k === chosen ? picked : here[k]!);
        move.one(pair[0]!, pair[1]!);
        for (const k of moved) f.increase(here[k]!, along[k]!);
      });
      at.forEach((pointer, k) => f.increase(pointer, down[k]!));
    });
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
