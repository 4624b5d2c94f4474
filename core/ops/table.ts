/**
 * Every primitive: the families of primitives as one table keyed by name. Those
 * over windows are added when one of them is first applied.
 *
 * @module
 */
import type { RoutineName } from "../kernel.ts";
import type { Launcher } from "../lower/launcher.ts";
import type { LateOp, Meta, Op, OpName, OpOf } from "../op.ts";
import type { Value } from "../value.ts";
import { ALONG } from "./along.ts";
import { ASSIGN } from "./assign.ts";
import { CREATE } from "./create.ts";
import { ELEMENTWISE_PRIMITIVES } from "./elementwise.ts";
import { FORMULA } from "./formula.ts";
import { GATHER } from "./gather.ts";
import { inSingle } from "./in_single.ts";
import { MOVEMENT } from "./movement.ts";
import type { Primitive } from "./primitive.ts";
import { PRODUCT } from "./product.ts";
import { RANDOM } from "./random.ts";
import { REDUCE } from "./reduce.ts";
import { SCATTER } from "./scatter.ts";
import { SORT } from "./sort.ts";
import { SQUARE } from "./squares.ts";

/** The primitives of some names. */
export type Rows<N extends OpName> = {
  readonly [K in N]: Primitive<OpOf<K>>;
};

/**
 * Every primitive that is there from the start; a name of an op type without a
 * row does not compile.
 */
const PRIMITIVES: Rows<Exclude<OpName, LateOp["name"]>> = {
  ...ELEMENTWISE_PRIMITIVES,
  ...FORMULA,
  ...REDUCE,
  ...SQUARE,
  ...ALONG,
  ...SORT,
  ...MOVEMENT,
  ...ASSIGN,
  ...CREATE,
  ...RANDOM,
  ...PRODUCT,
  ...GATHER,
  ...SCATTER,
};

/** Adds primitives that come with the functions that apply them. */
export function addPrimitives(rows: Partial<Rows<LateOp["name"]>>): void {
  Object.assign(PRIMITIVES, rows);
}

/** What is known of the primitive of an op. */
export function primitiveOf(op: Op): Primitive<Op> {
  const primitive = (PRIMITIVES as Rows<OpName>)[op.name];
  if (primitive !== undefined) return primitive as Primitive<Op>;
  throw new TypeError(
    `Cannot apply ${op.name} as there is no such primitive, or it is one over windows: call addWindows() of @tenfold/core/backend first`,
  );
}

/**
 * The results of any op; checks its arguments.
 *
 * @example The shape of a sum
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { infer } from "@tenfold/core/internal";
 *
 * const op = { name: "sum", dims: [1], keepDim: false } as const;
 * const [y] = infer(op, [{ shape: [2, 3], dtype: "float32" }]);
 * assertEquals(y?.shape, [2]);
 * ```
 */
export function infer(op: Op, inputs: readonly Meta[]): readonly Meta[] {
  return primitiveOf(op).infer(op, inputs);
}

/** Whether a primitive does not take its inputs as they are stored. */
function isHalf(
  { decompose, moves, routine, single }: Primitive<Op>,
  name: OpName,
  inputs: readonly Value[],
  { backend }: Launcher,
): boolean {
  if (decompose === undefined && !single || moves) return false;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i]!.dtype === "float16") {
      return !backend.halves?.has(routine ?? name as RoutineName);
    }
  }
  return false;
}

/**
 * Checks an op, then runs it; each result is owned by the caller. An op that
 * fails on the way leaves nothing behind.
 */
export function lower(
  op: Op,
  inputs: readonly Value[],
  run: Launcher,
): readonly Value[] {
  try {
    const primitive = primitiveOf(op);
    const results = primitive.infer(op, inputs);
    if (!primitive.direct) run.begin(inputs);
    const out = isHalf(primitive, op.name, inputs, run)
      ? inSingle(primitive, op, inputs, run, results)
      : primitive.lower(op, inputs, run, results) ??
        primitive.decompose!(op, inputs, run, results);
    run.complete();
    return Array.isArray(out) ? out : [out as Value];
  } catch (error) {
    run.abandon(inputs);
    throw error;
  }
}
