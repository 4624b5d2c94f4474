/**
 * Update rules as programs: one kernel that changes a parameter and what the
 * optimizer remembers of it.
 *
 * @module
 */
import {
  arg,
  type DType,
  type Expr,
  scalar,
  type UpdateProgram,
} from "@tenfold/core";

/**
 * Writes down the new value of the parameter and of each tensor of its state,
 * in terms of those, the gradient, and the numbers of the step.
 */
export type UpdateRule = (
  parameter: Expr,
  state: readonly Expr[],
  gradient: Expr,
  numbers: readonly Expr[],
) => readonly Expr[];

/** A rule with the programs that were made of it, one for each dtype. */
export class Rule {
  readonly #label: string;
  readonly #state: number;
  readonly #numbers: number;
  readonly #write: UpdateRule;
  readonly #programs = new Map<DType, UpdateProgram>();

  /**
   * Names a rule.
   *
   * @param label What to call it in messages.
   * @param state How many tensors of state it has.
   * @param numbers How many numbers a step passes.
   * @param write Writes it down.
   */
  constructor(
    label: string,
    state: number,
    numbers: number,
    write: UpdateRule,
  ) {
    this.#label = label;
    this.#state = state;
    this.#numbers = numbers;
    this.#write = write;
  }

  /** The program for parameters of a dtype. */
  program(dtype: DType): UpdateProgram {
    let program = this.#programs.get(dtype);
    if (program === undefined) {
      this.#programs.set(dtype, program = this.#make(dtype));
    }
    return program;
  }

  #make(dtype: DType): UpdateProgram {
    const targets = this.#state + 1;
    const values = Array.from({ length: targets + 1 }, (_, i) => arg(i, dtype));
    const numbers = Array.from(
      { length: this.#numbers },
      (_, i) => scalar(i, dtype),
    );
    return {
      label: this.#label,
      inputs: values.map(() => dtype),
      exprs: this.#write(
        values[0]!,
        values.slice(1, targets),
        values[targets]!,
        numbers,
      ),
    };
  }
}
