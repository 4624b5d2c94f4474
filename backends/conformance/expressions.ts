/**
 * Random expressions over whole numbers, small enough to be exact in every
 * dtype: what differs is wrong, not rounded.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  indexAlong,
  scalar,
  type ScalarFunction,
} from "@tenfold/core/backend";
import type { Random } from "./random.ts";

/** What the leaves of an expression may be: whole numbers of at most 40. */
export interface Leaves {
  /** The dtype of each input. */
  readonly inputs: readonly DType[];
  /** The inputs that may be used. @default {all} */
  readonly usable?: readonly number[];
  /** The dtype of the numbers in between. */
  readonly dtype: DType;
  /** The number of run-time scalars. */
  readonly scalars: number;
  /** The number of dims that positions may refer to; 0 for none. */
  readonly dims: number;
  /** The largest absolute value. */
  readonly limit: number;
}

/** An expression, and how large its value can be. */
interface Bounded {
  readonly expr: Expr;
  readonly bound: number;
}

const UNARY: readonly ScalarFunction[] = ["neg", "abs", "sign"];
const COMPARE: readonly ScalarFunction[] = ["eq", "ne", "lt", "le", "gt", "ge"];
const LOGIC: readonly ScalarFunction[] = ["and", "or", "xor"];

class Writer {
  readonly #leaves: Leaves;
  readonly #random: Random;

  constructor(leaves: Leaves, random: Random) {
    this.#leaves = leaves;
    this.#random = random;
  }

  #leaf(): Bounded {
    const random = this.#random;
    const { inputs, dtype, scalars, dims } = this.#leaves;
    const usable = this.#leaves.usable ?? inputs.map((_, i) => i);
    let expr: Expr = constant(random.whole(-3, 3), dtype);
    if (usable.length > 0 && random.chance(0.7)) {
      const i = random.pick(usable);
      expr = castExpr(arg(i, inputs[i]!), dtype);
    } else if (dims > 0 && random.chance(0.4)) {
      expr = castExpr(indexAlong(random.whole(0, dims - 1)), dtype);
    } else if (scalars > 0 && random.chance(0.5)) {
      expr = scalar(random.whole(0, scalars - 1), dtype);
    }
    return { expr, bound: 40 };
  }

  #binary(a: Bounded, b: Bounded): Bounded {
    const [sum, product] = [a.bound + b.bound, a.bound * b.bound];
    const largest = Math.max(a.bound, b.bound);
    const { limit } = this.#leaves;
    const choices: [ScalarFunction, number][] = [
      ["max", largest],
      ["min", largest],
    ];
    if (sum <= limit) choices.push(["add", sum], ["sub", sum]);
    if (product <= limit) choices.push(["mul", product]);
    const [fn, bound] = this.#random.pick(choices);
    return { expr: call(fn, a.expr, b.expr), bound };
  }

  truth(depth: number): Expr {
    const random = this.#random;
    if (depth > 1 && random.chance(0.3)) {
      const [a, b] = [this.truth(depth - 1), this.truth(depth - 1)];
      return random.chance(0.3)
        ? call("not", a)
        : call(random.pick(LOGIC), a, b);
    }
    const [a, b] = [this.number(depth - 1), this.number(depth - 1)];
    return call(random.pick(COMPARE), a.expr, b.expr);
  }

  number(depth: number): Bounded {
    if (depth <= 0) return this.#leaf();
    const random = this.#random;
    const inner = () => this.number(depth - 1);
    const choice = random.unit();
    if (choice < 0.5) return this.#binary(inner(), inner());
    if (choice < 0.65) {
      const { expr, bound } = inner();
      return { expr: call(random.pick(UNARY), expr), bound };
    }
    if (choice < 0.8) {
      const [condition, a, b] = [this.truth(depth), inner(), inner()];
      return {
        expr: call("select", condition, a.expr, b.expr),
        bound: Math.max(a.bound, b.bound),
      };
    }
    if (choice < 0.9) {
      // The same node twice: renderers compute it once.
      const { expr } = inner();
      const twice = call("max", expr, call("neg", expr));
      return this.#binary({ expr: twice, bound: this.#leaves.limit }, inner());
    }
    const expr = castExpr(this.truth(depth), this.#leaves.dtype);
    return { expr, bound: 1 };
  }
}

/** An expression of `leaves.dtype`, a dtype with arithmetic. */
export function randomExpr(
  leaves: Leaves,
  depth: number,
  random: Random,
): Expr {
  return new Writer(leaves, random).number(depth).expr;
}
