/**
 * Update rules as programs: one kernel that changes a parameter and what the
 * optimizer remembers of it.
 *
 * @module
 */
import type { DType, Tensor } from "@tenfold/core";
import {
  arg,
  type Expr,
  scalar,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";
import { checkCount } from "@tenfold/core/internal";
import type { Rule } from "./optimizer.ts";

/**
 * A tuple of `N` expressions; a list where the number is not known.
 *
 * @example The two state tensors of a rule
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 * import { arg } from "@tenfold/core/backend";
 *
 * const state: optim.Exprs<2> = [arg(1, "float32"), arg(2, "float32")];
 * ```
 */
export type Exprs<N extends number, L extends readonly Expr[] = []> =
  number extends N ? readonly Expr[]
    : L["length"] extends N ? L
    : Exprs<N, readonly [...L, Expr]>;

/**
 * Returns the new values of the parameter and of each state tensor as
 * expressions of these, the gradient, and the numbers of the step.
 *
 * @typeParam S Number of state tensors.
 * @typeParam N Number of numbers that a step passes.
 *
 * @example Momentum
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 * import { expr } from "@tenfold/core/backend";
 *
 * const write: optim.WriteUpdate<1, 2> = (p, [buffer], g, [lr, momentum]) => {
 *   const next = expr.add(expr.mul(momentum, buffer), g);
 *   return [expr.sub(p, expr.mul(lr, next)), next];
 * };
 * const rule = new optim.UpdateRule("momentum", 1, 2, write);
 * ```
 */
export type WriteUpdate<S extends number = number, N extends number = number> =
  (
    parameter: Expr,
    state: Exprs<S>,
    gradient: Expr,
    numbers: Exprs<N>,
  ) => readonly Expr[];

/**
 * An update rule, for custom optimizers: one kernel that updates a parameter
 * and its state. Create it once and use it for every step.
 *
 * @example Steps of the sign of the gradient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { call } from "@tenfold/core/backend";
 * import { type Tensor, tensor } from "@tenfold/tenfold";
 * import { Optimizer, type ParameterGroup, UpdateRule } from "@tenfold/optim";
 * import * as z from "zod/mini";
 *
 * const rule = new UpdateRule("update by signs", 0, 1, (p, _, g, [lr]) => [
 *   call("sub", p, call("mul", lr, call("sign", g))),
 * ]);
 * const nothing: readonly string[] = [];
 *
 * class SignDescent extends Optimizer {
 *   constructor(params: Iterable<Tensor>, lr: number) {
 *     super("SignDescent", params, { lr }, z.strictObject({ lr: z.number() }));
 *   }
 *   protected override stateNames() {
 *     return nothing;
 *   }
 *   protected override update({ lr }: ParameterGroup<{ lr: number }>) {
 *     return { rule, numbers: [lr] };
 *   }
 * }
 *
 * const p = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new SignDescent([p], 0.5);
 * p.square().sum().backward();
 * optimizer.step();
 * assertEquals(await p.toArray(), [0.5, -1.5]);
 * ```
 *
 * @typeParam S Number of state tensors.
 * @typeParam N Number of numbers that a step passes.
 */
export class UpdateRule<S extends number = number, N extends number = number>
  implements Rule {
  readonly #label: string;
  readonly #state: number;
  readonly #numbers: number;
  readonly #write: WriteUpdate;
  readonly #programs = new Map<DType, UpdateProgram>();

  /**
   * Creates a rule.
   *
   * @param label The name of the operation in messages.
   * @param state Number of state tensors.
   * @param numbers Number of numbers that a step passes.
   * @param write Returns the new values of the parameter and of each state
   * tensor, as expressions.
   */
  constructor(
    label: string,
    state: S,
    numbers: N,
    write: WriteUpdate<S, N>,
  ) {
    this.#label = label;
    this.#state = state;
    this.#numbers = numbers;
    this.#write = write as unknown as WriteUpdate;
  }

  /**
   * The program for parameters of a dtype.
   *
   * @throws {TypeError} If the rule returns a wrong number of values.
   */
  program(dtype: DType): UpdateProgram {
    checkCount("program", arguments.length, 1);
    let program = this.#programs.get(dtype);
    if (program === undefined) {
      this.#programs.set(dtype, program = this.#make(dtype));
    }
    return program;
  }

  /**
   * Updates a parameter and its state in place, by one kernel.
   *
   * @throws {TypeError} If the rule returns a wrong number of values.
   */
  apply(
    targets: readonly Tensor[],
    gradient: Tensor,
    numbers: readonly number[],
  ): void {
    checkCount("apply", arguments.length, 3);
    const program = this.program(targets[0]!.dtype);
    updateInPlace(program, targets, [gradient], numbers);
  }

  #make(dtype: DType): UpdateProgram {
    const targets = this.#state + 1;
    const values = Array.from({ length: targets + 1 }, (_, i) => arg(i, dtype));
    const numbers = Array.from(
      { length: this.#numbers },
      (_, i) => scalar(i, dtype),
    );
    const exprs = this.#write(
      values[0]!,
      values.slice(1, targets),
      values[targets]!,
      numbers,
    );
    if (exprs.length !== targets) {
      throw new TypeError(
        `Cannot ${this.#label} as the rule must give ${targets} expressions, for the parameter and each state tensor: got ${exprs.length}`,
      );
    }
    return { label: this.#label, inputs: values.map(() => dtype), exprs };
  }
}
