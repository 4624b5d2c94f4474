/**
 * Every primitive: the families of primitives as one table keyed by name.
 *
 * @module
 */
import { VJP } from "../autograd/vjp.ts";
import { INFER } from "../infer.ts";
import type { Launcher } from "../lower/launcher.ts";
import { LOWER } from "../lower/table.ts";
import type { Meta, Op, OpName, OpOf } from "../op.ts";
import type { Value } from "../value.ts";
import { ALONG } from "./along.ts";
import type { Primitive } from "./primitive.ts";

type Table = { readonly [N in OpName]: Primitive<OpOf<N>> };
type Moving = keyof typeof INFER;

const moving = Object.fromEntries(
  (Object.keys(INFER) as Moving[]).map((name) => [name, {
    infer: INFER[name],
    lower: LOWER[name],
    gradient: VJP[name],
  }]),
) as unknown as { readonly [N in Moving]: Table[N] };

/** Every primitive. */
export const PRIMITIVES: Table = {
  ...moving,
  ...ALONG,
};

/** What is known of the primitive of an op. */
export function primitiveOf(op: Op): Primitive<Op> {
  return PRIMITIVES[op.name] as Primitive<Op>;
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
    run.begin(inputs);
    const out = primitive.lower(op, inputs, run, results) ??
      primitive.decompose!(op, inputs, run, results);
    run.complete();
    return Array.isArray(out) ? out : [out as Value];
  } catch (error) {
    run.abandon(inputs);
    throw error;
  }
}
