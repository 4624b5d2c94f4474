/**
 * Programs: the part of a kernel that does not depend on how operands lie.
 * They are made once for each combination of function and dtypes, so a small
 * number identifies them in the caches of every device.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { type Expr, positionsOf } from "../expr/expr.ts";
import { checkExprs } from "../expr/check.ts";
import type { Combine } from "../kernel.ts";
import { inSingle } from "./single.ts";

let count = 0;

/** Expressions over inputs of known dtypes, without their layout. */
export class MapProgram {
  /** Distinguishes it from every other program. */
  readonly id: number = count++;
  /** The dtype of each input. */
  readonly inputs: readonly DType[];
  /** The value of each output. */
  readonly exprs: readonly Expr[];
  /** Number of run-time scalars. */
  readonly scalars: number;
  /** How many dims the positions count along that it uses. */
  readonly positions: number;
  /** False where positions along dims are used, so that they must stay. */
  readonly collapses: boolean;

  /**
   * Makes a program of its own; keep it and use it again.
   *
   * @throws {TypeError} If an expression is not typed by its operands.
   */
  constructor(
    inputs: readonly DType[],
    exprs: readonly Expr[],
    scalars: number,
  ) {
    checkExprs(exprs, inputs, scalars);
    this.inputs = inputs;
    this.exprs = inSingle(exprs, true);
    this.scalars = scalars;
    this.positions = positionsOf(exprs);
    this.collapses = this.positions === 0;
  }
}

/** A reduction over inputs of known dtypes, without their layout. */
export class ReduceProgram {
  /** Distinguishes it from every other program. */
  readonly id: number = count++;
  /** The dtype of each input. */
  readonly inputs: readonly DType[];
  /** The value that is reduced. */
  readonly element: Expr;
  /** How values are combined. */
  readonly combine: Combine;
  /** The value of the output. */
  readonly epilogue: Expr;
  /** Number of run-time scalars. */
  readonly scalars: number;

  /**
   * Makes a program of its own; keep it and use it again.
   *
   * @throws {TypeError} If an expression is not typed by its operands.
   */
  constructor(
    inputs: readonly DType[],
    element: Expr,
    combine: Combine,
    epilogue: Expr,
    scalars: number,
  ) {
    checkExprs([element, epilogue], inputs, scalars);
    this.inputs = inputs;
    this.element = inSingle([element], false)[0]!;
    this.combine = combine;
    this.epilogue = inSingle([epilogue], true)[0]!;
    this.scalars = scalars;
  }
}

/** One step of a path of parts: what was made there, and the next steps. */
interface Known<T> {
  value?: T;
  readonly next: Map<string | number, Known<T>>;
}

/**
 * Remembers what `make` gives for each list of small parts. The parts are
 * looked up one after the other, so that a call builds no key.
 */
export function memoize<P extends (string | number)[], T>(
  make: (...parts: P) => T,
): (...parts: P) => T {
  const root: Known<T> = { next: new Map() };
  return (...parts) => {
    let known = root;
    for (let i = 0; i < parts.length; i++) {
      let next = known.next.get(parts[i]!);
      if (next === undefined) {
        known.next.set(parts[i]!, next = { next: new Map() });
      }
      known = next;
    }
    return known.value ??= make(...parts);
  };
}
