/**
 * A list of modules.
 *
 * @module
 */
import { checkCount, showValue } from "@tenfold/core/internal";
import { checkModule } from "./_check_module.ts";
import { type AnyModule, Module } from "./module.ts";

/**
 * A list of modules, for a custom `forward`. An array of modules in a field
 * works as well; a list is a module itself.
 *
 * @typeParam M Type of the modules.
 *
 * @example Layers that each add something
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn, type Tensor } from "@tenfold/tenfold";
 * import { Linear, Module, ModuleList } from "@tenfold/nn";
 *
 * class Residual extends Module {
 *   layers = new ModuleList([new Linear(8, 8), new Linear(8, 8)]);
 *   forward(x: Tensor): Tensor {
 *     for (const layer of this.layers) x = x.add(layer.forward(x));
 *     return x;
 *   }
 * }
 * const model = new Residual();
 * assertEquals(model.forward(randn([2, 8])).shape, [2, 8]);
 * assertEquals(Object.keys(model.stateDict())[0], "layers.0.weight");
 * ```
 */
export class ModuleList<M extends AnyModule = Module>
  extends Module<never[], never> {
  /** The modules by index. */
  [index: number]: M;

  /**
   * Creates a list of modules.
   *
   * @param modules The modules in order.
   * @throws {TypeError} If one is not a module.
   */
  constructor(modules: Iterable<M> = []) {
    super();
    checkCount("make a ModuleList", arguments.length, 1);
    if (typeof Object(modules)[Symbol.iterator] !== "function") {
      throw new TypeError(
        `Cannot make a ModuleList as the modules must be an array: got ${
          showValue(modules)
        }`,
      );
    }
    for (const module of modules) this.append(module);
  }

  /** Number of modules. */
  get length(): number {
    let length = 0;
    while (this[length] !== undefined) length++;
    return length;
  }

  /** Adds a module at the end. */
  append(module: M): this {
    checkCount("append", arguments.length, 1);
    checkModule(module, "ModuleList");
    this[this.length] = module;
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
      "Cannot call forward of a ModuleList as it does not say in which order: call forward of its modules, or use Sequential",
    );
  }

  /** The modules in order. */
  *[Symbol.iterator](): Generator<M> {
    for (let i = 0, module; (module = this[i]) !== undefined; i++) yield module;
  }
}
