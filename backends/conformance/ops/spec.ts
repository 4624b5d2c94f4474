/**
 * What the suite knows of a primitive, as one record: what it means, how far a
 * backend may be from that, and the operands that it is tried on. A family of
 * primitives is a table of such records keyed by name, as it is in core.
 *
 * @module
 */
import type { Named, Op } from "@tenfold/core/backend";
import type { Tolerance } from "../compare.ts";
import type { CaseRow } from "../cases/case.ts";
import type { Smooth } from "../cases/smooth_elementwise.ts";
import type { Meaning, Plain } from "../reference/plain.ts";

/** How far the results of an op may be from those that are expected. */
export type ToleranceRule<O> = (
  op: O,
  inputs: readonly Plain[],
  expected: readonly Plain[],
) => Tolerance;

/** All that the suite knows of one primitive. */
export interface Spec<O extends Op> {
  /** What it gives, in float64. */
  readonly meaning: Meaning<O>;
  /** How far a backend may be from that. */
  readonly tolerance: ToleranceRule<O>;
  /** Operands of every dtype and layout. */
  readonly cases: CaseRow<O>;
  /** Points at which it is smooth; null where it has no gradient. */
  readonly smooth: Smooth<O>;
}

/** The records of a family: one for each name in its op types. */
export type SpecFamily<O extends Op> = {
  readonly [N in O["name"]]: Spec<Named<O, N>>;
};

/** One field of each record. */
export function column<O extends Op, K extends keyof Spec<Op>>(
  family: SpecFamily<O>,
  field: K,
): { readonly [N in O["name"]]: Spec<Named<O, N>>[K] } {
  const rows = Object.entries<Spec<Op>>(family as never);
  return Object.fromEntries(
    rows.map(([name, row]) => [name, row[field]]),
  ) as never;
}

/** The error of a sum of `count` terms, in epsilons. */
export const walk = (count: number): number => 8 + 2 * Math.sqrt(count);

/** The operands' sizes: the same numbers without signs, in float64. */
export function sizes(inputs: readonly Plain[]): Plain[] {
  return inputs.map((x) => ({
    ...x,
    dtype: x.dtype === "int32" ? "int32" : "float64",
    data: x.data.map(Math.abs),
  }));
}

/** The extent of the dim of an op. */
export const extentAlong = (
  { dim }: { readonly dim: number },
  x: Plain,
): number => x.shape[dim] ?? 1;
