/**
 * What the suite knows of one primitive: what it means in float64, the cases on
 * which a backend must agree, how closely, and points at which its gradient is
 * held against differences.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Named, Op } from "@tenfold/core/backend";
import type { Tolerance } from "../compare.ts";
import type { Random } from "../random.ts";
import type { Operand } from "../session.ts";
import type { Plain } from "./plain.ts";

/** One operation on operands of given layouts. */
export interface Case<O extends Op = Op> {
  /** The operation. */
  readonly op: O;
  /** What it takes. */
  readonly inputs: readonly Operand[];
  /** The tolerance, in place of that of the spec. */
  readonly tolerance?: Tolerance;
  /** Epsilons that are added to those of the spec. @default {0} */
  readonly slack?: number;
}

/** The cases of one primitive. */
export interface CaseRow<O extends Op> {
  /** The dtypes that its first operand (or its result) may have. */
  readonly dtypes: readonly DType[];
  /** The cases for one of those dtypes. */
  readonly cases: (dtype: DType, random: Random) => Iterable<Case<O>>;
}

/** The results of a primitive over plain arrays. */
export type Meaning<O> = (op: O, inputs: readonly Plain[]) => Plain[];

/** The tolerance of the results of a primitive. */
export type ToleranceRule<O> = (
  op: O,
  inputs: readonly Plain[],
  expected: readonly Plain[],
) => Tolerance;

/** Cases for gradients, at points where the primitive is smooth. */
export type Smooth<O extends Op> = (dtype: DType) => Iterable<Case<O>>;

/** Everything that the suite knows of one primitive. */
export interface Spec<O extends Op> extends CaseRow<O> {
  /** The results in float64, cast to their dtype at the end. */
  readonly meaning: Meaning<O>;
  /** How closely a backend must agree. */
  readonly tolerance: ToleranceRule<O>;
  /** Cases for its gradient; null where no result has one. */
  readonly smooth: Smooth<O> | null;
  /** True where core computes it itself, of memory that is read at once. */
  readonly onHost?: true;
}

/** The specs of a family: one for each name in its op types. */
export type SpecFamily<O extends Op> = {
  readonly [N in O["name"]]: Spec<Named<O, N>>;
};
