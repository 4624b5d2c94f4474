/**
 * What the suite knows about one primitive: its reference in float64, the cases
 * on which a backend must agree, the tolerance, and points at which its
 * gradient is compared with finite differences.
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
  /** Its operands. */
  readonly inputs: readonly Operand[];
  /** The tolerance, instead of that of the spec. */
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

/**
 * The results of a primitive over plain arrays.
 *
 * @example What neg computes
 * ```ts
 * import type { Meaning } from "@tenfold/backends/conformance/reference";
 * import type { Op } from "@tenfold/core/backend";
 *
 * const neg: Meaning<Op> = (_, inputs) =>
 *   inputs.map((x) => ({ ...x, data: x.data.map((value) => -value) }));
 * ```
 */
export type Meaning<O> = (op: O, inputs: readonly Plain[]) => Plain[];

/** The tolerance of the results of a primitive. */
export type ToleranceRule<O> = (
  op: O,
  inputs: readonly Plain[],
  expected: readonly Plain[],
) => Tolerance;

/** Cases for gradients, at points where the primitive is smooth. */
export type Smooth<O extends Op> = (dtype: DType) => Iterable<Case<O>>;

/** Everything that the suite knows about one primitive. */
export interface Spec<O extends Op> extends CaseRow<O> {
  /** The results in float64, cast to their dtype at the end. */
  readonly meaning: Meaning<O>;
  /** The tolerance of a backend's results. */
  readonly tolerance: ToleranceRule<O>;
  /** Cases for its gradient; null if no result has one. */
  readonly smooth: Smooth<O> | null;
  /**
   * True if core computes it itself, from memory that is read synchronously.
   */
  readonly onHost?: true;
}

/** The specs of a family: one for each name in its op types. */
export type SpecFamily<O extends Op> = {
  readonly [N in O["name"]]: Spec<Named<O, N>>;
};
