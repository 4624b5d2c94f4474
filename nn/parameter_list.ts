/**
 * A list of parameters.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { checkCount, showValue } from "@tenfold/core/internal";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** A parameter as it is, and a parameter of any other tensor. */
export function parameterOf(value: unknown, owner: string): Parameter {
  if (value instanceof Parameter) return value;
  if (value instanceof Tensor) return new Parameter(value);
  throw new TypeError(
    `Cannot put ${showValue(value)} into a ${owner} as it is not a tensor`,
  );
}

/**
 * A list of parameters, for a custom `forward`. An array of parameters in a
 * field works as well; a list is a module itself.
 *
 * @example A polynomial
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, type Tensor } from "@tenfold/tenfold";
 * import { Module, ParameterList } from "@tenfold/nn";
 *
 * class Polynomial extends Module {
 *   factors = new ParameterList([tensor(1), tensor(2), tensor(3)]);
 *   forward(x: Tensor): Tensor {
 *     let y = x.mul(0);
 *     for (const factor of this.factors) y = y.mul(x).add(factor);
 *     return y;
 *   }
 * }
 * const model = new Polynomial();
 * assertEquals(await model.forward(tensor([10])).toArray(), [123]);
 * assertEquals(Object.keys(model.stateDict())[0], "factors.0");
 * ```
 */
export class ParameterList extends Module<never[], never> {
  /** The parameters by index. */
  [index: number]: Parameter;

  /**
   * Creates a list of parameters.
   *
   * @param parameters Parameters or tensors, which become parameters, in order.
   * @throws {TypeError} If one is not a tensor.
   */
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    checkCount("make a ParameterList", arguments.length, 1);
    if (
      typeof Object(parameters)[Symbol.iterator] !== "function" ||
      parameters instanceof Tensor
    ) {
      throw new TypeError(
        `Cannot make a ParameterList as the parameters must be an array: got ${
          showValue(parameters)
        }`,
      );
    }
    for (const parameter of parameters) this.append(parameter);
  }

  /** Number of parameters. */
  get length(): number {
    let length = 0;
    while (this[length] !== undefined) length++;
    return length;
  }

  /** Appends a parameter; a tensor becomes one. */
  append(parameter: Tensor): this {
    checkCount("append", arguments.length, 1);
    this[this.length] = parameterOf(parameter, "ParameterList");
    return this;
  }

  /**
   * Not available: a list does not define a computation.
   *
   * @throws {TypeError} Always.
   */
  forward(): never {
    checkCount("forward", arguments.length, 0);
    throw new TypeError(
      "Cannot call forward of a ParameterList as it has no computation: use its parameters",
    );
  }

  /** The number of parameters, for `toString`. */
  override describe(): string {
    return `${this.length} parameters`;
  }

  /** The parameters in order. */
  *[Symbol.iterator](): Generator<Parameter> {
    for (let i = 0, one; (one = this[i]) !== undefined; i++) yield one;
  }
}
