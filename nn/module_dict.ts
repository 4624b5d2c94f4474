/**
 * Modules by name.
 *
 * @module
 */
import { checkCount, showValue } from "@tenfold/core/internal";
import { checkModule } from "./_check_module.ts";
import { type AnyModule, Module } from "./module.ts";

/**
 * A dictionary of modules, for a `forward` that chooses among them. A plain
 * object of modules in a field works as well; a dict is a module itself.
 *
 * @typeParam M Type of the modules.
 *
 * @example An activation by its name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ModuleDict, ReLU, Sigmoid } from "@tenfold/nn";
 *
 * const choices = new ModuleDict({ relu: new ReLU(), sigmoid: new Sigmoid() });
 * const y = choices.get("relu").forward(tensor([-1, 2]));
 * assertEquals(await y.toArray(), [0, 2]);
 * assertEquals(choices.keys(), ["relu", "sigmoid"]);
 * ```
 */
export class ModuleDict<M extends AnyModule = Module>
  extends Module<never[], never> {
  /**
   * Creates a dict of modules.
   *
   * @param modules The modules by name.
   * @throws {TypeError} If one is not a module.
   */
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    checkCount("make a ModuleDict", arguments.length, 1);
    if (typeof modules !== "object" || modules === null) {
      throw new TypeError(
        `Cannot make a ModuleDict as the modules must be an object: got ${
          showValue(modules)
        }`,
      );
    }
    for (const [name, module] of Object.entries(modules)) {
      this.set(name, module);
    }
  }

  /** Number of modules. */
  get size(): number {
    return this.keys().length;
  }

  /** The names in order. */
  keys(): string[] {
    checkCount("keys", arguments.length, 0);
    return this.namedChildren().map(([name]) => name);
  }

  /** Whether there is a module with this name. */
  has(name: string): boolean {
    checkCount("has", arguments.length, 1);
    return this.keys().includes(name);
  }

  /**
   * The module with this name.
   *
   * @throws {RangeError} If there is none.
   */
  get(name: string): M {
    checkCount("get", arguments.length, 1);
    const names = this.keys();
    if (names.includes(name)) {
      return (this as unknown as Record<string, M>)[name]!;
    }
    throw new RangeError(
      `Cannot get the module ${
        showValue(name)
      } of a ModuleDict as it is not there: the names are ${names.join(", ")}`,
    );
  }

  /**
   * Sets the module with this name and replaces the previous one, if any.
   *
   * @throws {TypeError} If it is not a module.
   * @throws {RangeError} If the name is that of a method, or contains a dot.
   */
  set(name: string, module: M): this {
    checkCount("set", arguments.length, 2);
    checkModule(module, "ModuleDict");
    if (name in ModuleDict.prototype || name.includes(".") || name === "") {
      throw new RangeError(
        `Cannot put a module into a ModuleDict under the name ${
          showValue(name)
        }: it must not be empty, hold a dot or name a method`,
      );
    }
    (this as unknown as Record<string, M>)[name] = module;
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
      "Cannot call forward of a ModuleDict as it does not say in which order: call forward of its modules",
    );
  }

  /** The names and modules in order. */
  *[Symbol.iterator](): Generator<[name: string, module: M]> {
    for (const [name, module] of this.namedChildren()) {
      yield [name, module as M];
    }
  }
}
