/**
 * A sequence of modules.
 *
 * @module
 */
import { isGradEnabled, Tensor } from "@tenfold/core";
import { checkCount, knowingNew, releasePassed } from "@tenfold/core/internal";
import { holds } from "./_holds.ts";
import { checkModule } from "./_check_module.ts";
import { Module } from "./module.ts";

/**
 * A sequence of modules, each applied to the output of the previous one.
 * Modules are indexed by number: `model[0]`, and `"0.weight"` in the state
 * dict.
 *
 * @example A net of two layers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Linear, ReLU, Sequential } from "@tenfold/nn";
 *
 * const model = new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 3));
 * assertEquals(model.forward(randn([5, 4])).shape, [5, 3]);
 * assertEquals(Object.keys(model.stateDict()), [
 *   "0.weight",
 *   "0.bias",
 *   "2.weight",
 *   "2.bias",
 * ]);
 * ```
 */
export class Sequential extends Module {
  /** The modules by index. */
  [index: number]: Module;

  /**
   * Creates a sequence of modules.
   *
   * @param modules The modules in order; the first one takes the input.
   * @throws {TypeError} If one is not a module.
   */
  constructor(...modules: Module[]) {
    super();
    for (const module of modules) this.append(module);
  }

  /** Number of modules. */
  get length(): number {
    let length = 0;
    while (this[length] !== undefined) length++;
    return length;
  }

  /** Adds a module at the end. */
  append(module: Module): this {
    checkModule(module, "Sequential");
    this[this.length] = module;
    return this;
  }

  /**
   * The output of the last module. Under `noGrad`, the output of each module is
   * released as soon as the next one has used it, unless a module holds it in a
   * field.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    if (!isGradEnabled()) return passOn.call(this, x);
    let y = x;
    for (let i = 0, module; (module = this[i]) !== undefined; i++) {
      y = module.forward(y);
    }
    return y;
  }

  /** The modules in order. */
  *[Symbol.iterator](): Generator<Module> {
    for (let i = 0, module; (module = this[i]) !== undefined; i++) yield module;
  }
}

function passOn(
  this: Sequential,
  x: Tensor,
): Tensor {
  return knowingNew((isNew) => {
    let y = x;
    let maker: Module | null = null;
    for (let i = 0, module: Module | undefined; (module = this[i]); i++) {
      const input: Tensor = y;
      y = module.forward(input);
      // What a module only hands on is still that of the one that made it.
      if (y === input) continue;
      const done = maker !== null && input instanceof Tensor &&
        isNew(input) && !input.requiresGrad &&
        !holds(maker, input) && !holds(module, input);
      if (done) releasePassed(input);
      maker = module;
    }
    return y;
  });
}
