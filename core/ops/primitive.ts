/**
 * What a primitive is: what it gives, how it becomes kernels, and its gradient,
 * as one record. A family of primitives is a table of such records keyed by
 * name; a name without a record, or a record without one of these parts, does
 * not compile.
 *
 * @module
 */
import type { Launcher } from "../lower/launcher.ts";
import type { RoutineName } from "../kernel.ts";
import type { Meta } from "../op.ts";
import type { Value } from "../value.ts";
import type { Gradient } from "./gradient.ts";

/**
 * The results of a primitive, or an error that says what does not fit. It runs
 * once a call; what else it has found out may stand beside shape and dtype.
 */
export type Infer<O, R extends Meta = Meta> = (
  op: O,
  inputs: readonly Meta[],
) => readonly R[];

/**
 * Runs a primitive on a backend; `results` is what was inferred for it. The
 * caller owns what it returns: one value, or a list. What one that fails has
 * made is released by the launcher.
 */
export type Lower<
  O,
  R extends Meta = Meta,
  Out = Value | readonly Value[],
> = (
  op: O,
  inputs: readonly Value[],
  run: Launcher,
  results: readonly R[],
) => Out;

/** How a primitive is computed a part at a time. */
export interface Division {
  /** The dim of each operand that is divided; null of one that each part needs. */
  readonly inputs: readonly (number | null)[];
  /** The dim of every result that is divided alike, or that parts are summed. */
  readonly results: number | "sum";
}

/** What is inferred for a primitive, and its gradient. */
interface Meaning<O, R extends Meta> {
  /**
   * True where kernels follow one another, so that float16 between them would
   * lose digits: inputs of it are made float32 first, and results rounded.
   * Routines are treated so too.
   */
  readonly single?: boolean;
  /**
   * Its routine, where that has another name: some backends take float16 in it
   * as it is stored.
   */
  readonly routine?: RoutineName;
  /** True where elements are only moved, so that float16 stays what it is. */
  readonly moves?: boolean;
  /**
   * The ways in which it can be divided: float16 is then not made float32 as a
   * whole. Left out where there are none.
   */
  readonly divisions?: (
    op: O,
    inputs: readonly Meta[],
  ) => readonly Division[];
  /** Shapes and dtypes of the results, and every check of the arguments. */
  readonly infer: Infer<O, R>;
  /** The gradient by each operand, or `none`. */
  readonly gradient: Gradient<O>;
}

/** A primitive made of maps and reductions, which every backend has. */
export interface Composed<O, R extends Meta = Meta> extends Meaning<O, R> {
  /** Its kernels. */
  lower(...call: Parameters<Lower<O, R>>): ReturnType<Lower<O, R>>;
  readonly decompose?: never;
  /**
   * True where it makes no views of its inputs, so that nothing of them is to
   * be given back where it fails: small operations need not look at them.
   */
  readonly direct?: boolean;
}

/** A primitive that a routine computes where the backend has it. */
export interface Routine<O, R extends Meta = Meta> extends Meaning<O, R> {
  /** The routine; null where the backend lacks it. */
  lower(...call: Parameters<Lower<O, R>>): ReturnType<Lower<O, R>> | null;
  /** What stands in for it: maps and reductions. */
  decompose(...call: Parameters<Lower<O, R>>): ReturnType<Lower<O, R>>;
  readonly direct?: never;
}

/** Everything that core knows of one primitive. */
export type Primitive<O, R extends Meta = Meta> =
  | Composed<O, R>
  | Routine<O, R>;

/**
 * The member (or members) of a union of ops that carry a name.
 *
 * @example A member of a union
 * ```ts
 * import type { Named, Op } from "@tenfold/core/backend";
 *
 * const op: Named<Op, "cat"> = { name: "cat", dim: 0 };
 * ```
 */
export type Named<O, N> = O extends { readonly name: infer M }
  ? N extends M ? O : never
  : never;

/** The primitives of a family: one record for each name in its op types. */
export type Family<
  O extends { readonly name: string },
  R extends Meta = Meta,
> = { readonly [N in O["name"]]: Primitive<Named<O, N>, R> };
