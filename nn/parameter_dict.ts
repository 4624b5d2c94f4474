/**
 * Parameters by name.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { checkCount, showValue } from "@tenfold/core/internal";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { parameterOf } from "./parameter_list.ts";

/**
 * A dictionary of parameters, for a `forward` that chooses among them. A plain
 * object of parameters in a field works as well; a dict is a module itself.
 *
 * @example A scale for each kind of input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ParameterDict } from "@tenfold/nn";
 *
 * const scales = new ParameterDict({ text: tensor([2]), image: tensor([3]) });
 * const y = tensor([1]).mul(scales.get("image"));
 * assertEquals(await y.toArray(), [3]);
 * assertEquals(Object.keys(scales.stateDict()), ["text", "image"]);
 * ```
 */
export class ParameterDict extends Module<never[], never> {
  /**
   * Creates a dict of parameters.
   *
   * @param parameters Parameters or tensors, which become parameters, by name.
   * @throws {TypeError} If one is not a tensor.
   */
  constructor(parameters: Readonly<Record<string, Tensor>> = {}) {
    super();
    checkCount("make a ParameterDict", arguments.length, 1);
    if (
      typeof parameters !== "object" || parameters === null ||
      parameters instanceof Tensor
    ) {
      throw new TypeError(
        `Cannot make a ParameterDict as the parameters must be an object: got ${
          showValue(parameters)
        }`,
      );
    }
    for (const [name, parameter] of Object.entries(parameters)) {
      this.set(name, parameter);
    }
  }

  /** Number of parameters. */
  get size(): number {
    return this.keys().length;
  }

  /** The names in order. */
  keys(): string[] {
    checkCount("keys", arguments.length, 0);
    return this.namedParameters().map(([name]) => name);
  }

  /** Whether there is a parameter with this name. */
  has(name: string): boolean {
    checkCount("has", arguments.length, 1);
    return this.keys().includes(name);
  }

  /**
   * The parameter with this name.
   *
   * @throws {RangeError} If there is none.
   */
  get(name: string): Parameter {
    checkCount("get", arguments.length, 1);
    const names = this.keys();
    if (names.includes(name)) {
      return (this as unknown as Record<string, Parameter>)[name]!;
    }
    throw new RangeError(
      `Cannot get the parameter ${
        showValue(name)
      } of a ParameterDict as it is not there: the names are ${
        names.join(", ")
      }`,
    );
  }

  /**
   * Sets the parameter with this name and replaces the previous one, if any; a
   * tensor becomes a parameter.
   *
   * @throws {TypeError} If it is not a tensor.
   * @throws {RangeError} If the name is that of a method, or contains a dot.
   */
  set(name: string, parameter: Tensor): this {
    checkCount("set", arguments.length, 2);
    if (name in ParameterDict.prototype || name.includes(".") || name === "") {
      throw new RangeError(
        `Cannot put a parameter into a ParameterDict under the name ${
          showValue(name)
        }: it must not be empty, hold a dot or name a method`,
      );
    }
    (this as unknown as Record<string, Parameter>)[name] = parameterOf(
      parameter,
      "ParameterDict",
    );
    return this;
  }

  /**
   * Not available: a dict does not define a computation.
   *
   * @throws {TypeError} Always.
   */
  forward(): never {
    checkCount("forward", arguments.length, 0);
    throw new TypeError(
      "Cannot call forward of a ParameterDict as it has no computation: use its parameters",
    );
  }

  /** The names, for `toString`. */
  override describe(): string {
    return this.keys().join(", ");
  }

  /** The names and parameters in order. */
  *[Symbol.iterator](): Generator<[name: string, parameter: Parameter]> {
    yield* this.namedParameters();
  }
}
