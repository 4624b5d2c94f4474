/**
 * Every primitive: the families of primitives as one table keyed by name.
 *
 * @module
 */
import type { Launcher } from "../lower/launcher.ts";
import type { LateOp, Meta, Op, OpName, OpOf } from "../op.ts";
import type { Value } from "../value.ts";
import { ALONG } from "./along.ts";
import { ASSIGN } from "./assign.ts";
import { CONVOLVE } from "./convolve.ts";
import { CREATE } from "./create.ts";
import { ELEMENTWISE_PRIMITIVES } from "./elementwise.ts";
import { FORMULA } from "./formula.ts";
import { GATHER } from "./gather.ts";
import { MOVEMENT } from "./movement.ts";
import { POOL } from "./pool.ts";
import type { Family, Primitive } from "./primitive.ts";
import { PRODUCT } from "./product.ts";
import { RANDOM } from "./random.ts";
import { REDUCE } from "./reduce.ts";
import { SCATTER } from "./scatter.ts";
import { SORT } from "./sort.ts";
import { SQUARE } from "./squares.ts";

/** The names of the primitives that are there from the start. */
type EarlyName = Exclude<OpName, LateOp["name"]>;

/**
 * Every primitive that is there from the start; a name of an op type without a
 * row does not compile.
 */
const PRIMITIVES: { readonly [N in EarlyName]: Primitive<OpOf<N>> } = {
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
  ...CONVOLVE,
  ...POOL,
  ...GATHER,
  ...SCATTER,
};

/** Adds primitives that are loaded when they are first used. */
export function addPrimitives(family: Family<LateOp>): void {
  Object.assign(PRIMITIVES, family);
}

/** What is known of the primitive of an op. */
export function primitiveOf(op: Op): Primitive<Op> {
  return PRIMITIVES[op.name as EarlyName] as Primitive<Op>;
}

/** The results of any op; checks its arguments. */
export function infer(op: Op, inputs: readonly Meta[]): readonly Meta[] {
  return primitiveOf(op).infer(op, inputs);
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
    const out = primitive.lower(op, inputs, run, results) ??
      primitive.decompose!(op, inputs, run, results);
    run.complete();
    return Array.isArray(out) ? out : [out as Value];
  } catch (error) {
    run.abandon(inputs);
    throw error;
  }
}
