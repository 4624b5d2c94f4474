/**
 * Base class of all layers and models.
 *
 * @module
 */
import type { Backend, Device, HookHandle, Tensor } from "@tenfold/core";
import {
  checkCount,
  currentRecording,
  currentTask,
  showAs,
  showValue,
  type Task,
} from "@tenfold/core/internal";
import { copyModule } from "./_copy.ts";
import { describeModule } from "./_describe.ts";
import {
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardPreHook,
  registerHook,
} from "./_hooks.ts";
import { type Member, membersOf, type Named } from "./_members.ts";
import { type MoveOptions, moveTensors, targetOf } from "./_move.ts";
import { matcher, type NamePattern } from "./_names.ts";
import { rememberModule } from "./_structure.ts";
import { checkSeen } from "./_unseen.ts";
import { Buffer, Parameter } from "./parameter.ts";
import {
  type LoadReport,
  type LoadStateDictOptions,
  loadTensors,
  type StateDict,
} from "./state_dict.ts";

/**
 * A module with inputs and outputs of any type.
 *
 * @example The number of modules in a model
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * function count(model: nn.AnyModule): number {
 *   return [...model.modules()].length;
 * }
 * assertEquals(count(new nn.Sequential(new nn.Linear(2, 1))), 2);
 * ```
 */
export type AnyModule = Module<never[], unknown>;

/**
 * A layer, a loss or a whole model: parameters, and a function of tensors that
 * uses them.
 *
 * Parameters, buffers and modules are found in public fields, and in arrays and
 * plain objects there, but not in `#private` fields. They are named after their
 * fields, as in PyTorch: `"encoder.layers.0.weight"`.
 *
 * @typeParam Inputs Arguments of `forward`.
 * @typeParam Output Result of `forward`.
 *
 * @example A model
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn, type Tensor } from "@tenfold/tenfold";
 * import { Linear, Module } from "@tenfold/nn";
 *
 * class Classifier extends Module {
 *   hidden = new Linear(4, 16);
 *   out = new Linear(16, 3);
 *   forward(x: Tensor): Tensor {
 *     return this.out.forward(this.hidden.forward(x).relu());
 *   }
 * }
 * const model = new Classifier();
 * assertEquals(model.forward(randn([5, 4])).shape, [5, 3]);
 * assertEquals(model.namedParameters().map(([name]) => name), [
 *   "hidden.weight",
 *   "hidden.bias",
 *   "out.weight",
 *   "out.bias",
 * ]);
 * ```
 */
export abstract class Module<
  Inputs extends readonly unknown[] = [Tensor],
  Output = Tensor,
> implements Disposable {
  #training = true;

  /**
   * Creates a module. It takes no arguments: those are for the constructors of
   * subclasses.
   *
   * @throws {TypeError} If an argument is passed, as in `new ReLU(true)`.
   */
  constructor() {
    checkCount(`make a ${new.target.name}`, arguments.length, 0);
    rememberModule(this);
  }

  /**
   * Whether the module is in training mode, which matters for layers such as
   * `Dropout`. Within `fit` and `evaluate` it is the mode of that call, which
   * does not outlast it.
   */
  get training(): boolean {
    const training = this.#mode;
    currentRecording()?.guard(this, () => this.#mode === training);
    return training;
  }

  /**
   * Sets the mode of this module only; `train` and `eval` also set that of its
   * submodules.
   */
  set training(training: boolean) {
    const modes = taskOfModes(this)?.training;
    if (modes) modes.set(this, training);
    else this.#training = training;
  }

  get #mode(): boolean {
    return taskOfModes(this)?.training?.get(this) ?? this.#training;
  }

  /** The computation of the module. */
  abstract forward(...inputs: Inputs): Output;

  /** All parameters without duplicates, those of the module itself first. */
  parameters(): Parameter[] {
    checkCount("parameters", arguments.length, 0);
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All parameters with their names. */
  namedParameters(): [name: string, parameter: Parameter][] {
    checkCount("namedParameters", arguments.length, 0);
    return this.#collect((member) => member instanceof Parameter);
  }

  /** All buffers without duplicates. */
  buffers(): Buffer[] {
    checkCount("buffers", arguments.length, 0);
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** All buffers with their names. */
  namedBuffers(): [name: string, buffer: Buffer][] {
    checkCount("namedBuffers", arguments.length, 0);
    return this.#collect((member) => member instanceof Buffer);
  }

  /** The module itself and all its submodules, without duplicates. */
  modules(): AnyModule[] {
    checkCount("modules", arguments.length, 0);
    return this.namedModules().map(([, module]) => module);
  }

  /** All modules with their names; the name of the module itself is `""`. */
  namedModules(): [name: string, module: AnyModule][] {
    checkCount("namedModules", arguments.length, 0);
    const found: Named<AnyModule>[] = [];
    const seen = new Set<AnyModule>();
    const visit = (name: string, module: AnyModule): void => {
      if (seen.has(module)) return;
      seen.add(module);
      found.push([name, module]);
      for (const [child, member] of membersOf(module, isModule)) {
        if (member instanceof Module) visit(join(name, child), member);
      }
    };
    visit("", this);
    return found;
  }

  /** The direct submodules with their names. */
  namedChildren(): [name: string, module: AnyModule][] {
    checkCount("namedChildren", arguments.length, 0);
    return membersOf(this, isModule).filter((
      named,
    ): named is Named<AnyModule> => named[1] instanceof Module);
  }

  #collect<M extends Member>(
    wanted: (member: Member) => member is M,
    check = checkSeen,
  ) {
    const found: Named<M>[] = [];
    const seen = new Set<Member>();
    for (const [name, module] of this.namedModules()) {
      check(module);
      for (const [own, member] of membersOf(module, isModule)) {
        if (!wanted(member) || seen.has(member)) continue;
        seen.add(member);
        found.push([join(name, own), member]);
      }
    }
    return found;
  }

  /**
   * The parameters and persistent buffers by their names in PyTorch: the
   * tensors themselves, not copies. Clone them to keep their current values.
   *
   * @example Into another model
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Linear } from "@tenfold/nn";
   * import "@tenfold/tenfold";
   *
   * const [one, other] = [new Linear(2, 1), new Linear(2, 1)];
   * other.loadStateDict(one.stateDict());
   * assertEquals(await other.weight.toArray(), await one.weight.toArray());
   * ```
   */
  stateDict(): StateDict {
    checkCount("stateDict", arguments.length, 0);
    const state: StateDict = {};
    const path = new Set<AnyModule>();
    const visit = (prefix: string, module: AnyModule): void => {
      if (path.has(module)) return;
      path.add(module);
      checkSeen(module);
      const members = membersOf(module, isModule);
      const inOrder = [
        ...members.filter(([, member]) => member instanceof Parameter),
        ...members.filter(([, member]) => member instanceof Buffer),
      ];
      for (const [name, member] of inOrder) {
        if (member instanceof Buffer && !member.persistent) continue;
        state[join(prefix, name)] = member as Tensor;
      }
      for (const [name, member] of members) {
        if (member instanceof Module) visit(join(prefix, name), member);
      }
      path.delete(module);
    };
    visit("", this);
    return state;
  }

  /**
   * Copies values into the parameters and persistent buffers, cast to their
   * dtype. Everything is checked before anything is changed, and tensors of the
   * module itself, as when two parameters are swapped, are read first.
   *
   * @param state Tensors by name, such as the `stateDict()` of another module
   * or the result of `loadSafetensors`.
   * @param options `strict: false` loads the names that both have,
   * `mismatched: "skip"` skips tensors whose shape differs, and `rename`
   * renames the tensors.
   * @returns The names that were loaded, missing, unexpected, and of tensors
   * whose shape differs.
   * @throws {StateDictError} If a name is missing or unknown (unless `strict`
   * is false), or a shape differs (unless `mismatched` is `"skip"`); the
   * error lists them all.
   * @throws {RangeError} If two tensors get the same name.
   */
  loadStateDict(
    state: Readonly<Record<string, Tensor>>,
    options: LoadStateDictOptions = {},
  ): LoadReport {
    checkCount("loadStateDict", arguments.length, 2);
    return loadTensors(
      this.constructor.name,
      this.stateDict(),
      state,
      options,
    );
  }

  /**
   * Sets the module and all its submodules to training mode, or with `false` to
   * evaluation mode. This affects layers such as `Dropout` and `BatchNorm2d`.
   */
  train(training = true): this {
    checkCount("train", arguments.length, 1);
    for (const module of this.modules()) module.training = training;
    return this;
  }

  /** Sets evaluation mode; the same as `train(false)`. */
  eval(): this {
    checkCount("eval", arguments.length, 0);
    return this.train(false);
  }

  /** Sets whether operations on the parameters are recorded for backward. */
  requiresGrad_(on = true): this {
    checkCount("requiresGrad_", arguments.length, 1);
    for (const parameter of this.parameters()) parameter.requiresGrad_(on);
    return this;
  }

  /**
   * Freezes parameters: operations on them are no longer recorded for backward,
   * and an optimizer leaves them unchanged. Running statistics, such as those
   * of batch norm, are still updated in training mode; `eval()` stops that.
   *
   * @param pattern Selects parameters by name: a name, or the name of a module
   * for all its parameters, with `*` for any text; a regular expression; or a
   * function. Without it, all parameters are selected.
   * @throws {RangeError} If no name matches.
   *
   * @example Training only the head
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { nn } from "@tenfold/tenfold";
   *
   * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Linear(8, 2));
   * model.freeze().unfreeze("1");
   * const trained = model.namedParameters().filter(([, p]) => p.requiresGrad);
   * assertEquals(trained.map(([name]) => name), ["1.weight", "1.bias"]);
   * ```
   */
  freeze(pattern?: NamePattern): this {
    checkCount("freeze", arguments.length, 1);
    return this.#require(false, "freeze", pattern);
  }

  /**
   * Records operations on frozen parameters for backward again; see
   * {@linkcode Module.freeze}.
   *
   * @param pattern Selects parameters by name. Without it, all parameters are
   * selected.
   * @throws {RangeError} If no name matches.
   */
  unfreeze(pattern?: NamePattern): this {
    checkCount("unfreeze", arguments.length, 1);
    return this.#require(true, "unfreeze", pattern);
  }

  #require(on: boolean, operation: string, pattern?: NamePattern): this {
    const all = this.namedParameters();
    const fits = pattern === undefined
      ? () => true
      : matcher(pattern, `${operation} parameters`);
    const chosen = all.filter(([name]) => fits(name));
    if (pattern !== undefined && chosen.length === 0) {
      throw new RangeError(
        `Cannot ${operation} parameters of ${this.constructor.name} as no name fits ${
          showValue(pattern)
        }: the names are ${all.map(([name]) => name).join(", ")}`,
      );
    }
    for (const [, parameter] of chosen) parameter.requiresGrad_(on);
    return this;
  }

  /** Sets the gradient of every parameter to null. */
  zeroGrad(): void {
    checkCount("zeroGrad", arguments.length, 0);
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Calls a function with every submodule, and last with the module itself. */
  apply(fn: (module: AnyModule) => void): this {
    checkCount("apply", arguments.length, 1);
    for (const module of this.modules().reverse()) fn(module);
    return this;
  }

  /**
   * Moves every parameter (with its gradient) and every buffer to a device, or
   * casts those of a float dtype to another one, or both. They stay the same
   * objects, so that an optimizer created before still refers to them; the
   * state of the optimizer does not move. Concurrent calls run one after the
   * other.
   *
   * @param to The name of a backend, a backend or a device; or options:
   * `device`, by default the current device of each tensor, and `dtype`, by
   * default its current dtype.
   * @throws {TypeError} If an option is unknown.
   * @throws {RangeError} If the dtype is not a float dtype.
   * @throws {DeviceError} If the backend cannot be opened, or a parameter is
   * changed while it is being moved; nothing is moved in either case.
   *
   * @example Half the bytes
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { setBackend } from "@tenfold/tenfold";
   * import { Linear } from "@tenfold/nn";
   *
   * await setBackend("wasm-simd");
   * const model = await new Linear(4, 2).to({ dtype: "float16" });
   * assertEquals(model.weight.dtype, "float16");
   * ```
   */
  async to(to: string | Backend | Device | MoveOptions): Promise<this> {
    checkCount("to", arguments.length, 1);
    const { name } = this.constructor;
    await moveTensors(
      name,
      () => [...this.parameters(), ...this.buffers()],
      targetOf(name, to),
    );
    return this;
  }

  /**
   * A deep copy of the module: new parameters and buffers with the same values,
   * devices and dtypes, and the mode of each module, frozen parameters, hooks
   * and all other fields. An object that is referenced several times is copied
   * once, so that tied parameters stay tied. Gradients are not copied.
   *
   * Arrays, plain objects, maps, sets and typed arrays in fields are copied
   * with their contents; functions and objects of other classes are shared.
   * Private `#` members cannot be accessed from outside: a class with such
   * members throws, unless it overrides `copy`, which is then called.
   *
   * @throws {GradientError} If a field holds a tensor that is the result of a
   * recorded operation.
   * @throws {TypeError} If a class has `#` members, or `forward` is a function
   * in a field of a module.
   *
   * @example A target network
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { nn, noGrad } from "@tenfold/tenfold";
   *
   * const model = new nn.Linear(2, 1, { bias: false });
   * const target = model.copy();
   * const before = await model.weight.toArray();
   * noGrad(() => model.weight.zero_());
   * assertEquals(await target.weight.toArray(), before);
   * ```
   */
  copy(): this {
    checkCount("copy", arguments.length, 0);
    return copyModule(this, Module.prototype) as this;
  }

  /**
   * Registers a hook that is called before each `forward` of this module. If it
   * returns an array, its elements replace the inputs; any other value that it
   * returns replaces them as the only input.
   *
   * Hooks are called in the order in which they were registered, whenever
   * `forward` is called, also by other modules. A hook that another hook
   * removes is no longer called. In a compiled function the operations of hooks
   * are recorded like all others, and everything else they do happens only
   * once.
   *
   * @param hook Receives the module and an array of its inputs.
   * @returns A handle whose `remove` removes the hook, as does the end of a
   * `using` block.
   * @throws {TypeError} If the hook is not a function.
   *
   * @example Noise while a model is trained
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { nn, ones, randnLike } from "@tenfold/tenfold";
   *
   * const layer = new nn.Linear(3, 2);
   * const handle = layer.registerForwardPreHook((module, [x]) =>
   *   module.training ? x.add(randnLike(x).mul(0.1)) : x
   * );
   * assertEquals(layer.forward(ones([4, 3])).shape, [4, 2]);
   * handle.remove();
   * ```
   */
  registerForwardPreHook<I extends readonly unknown[] = Inputs>(
    hook: ForwardPreHook<this, I>,
  ): HookHandle {
    checkCount("registerForwardPreHook", arguments.length, 1);
    return registerHook(this, "forwardPre", hook);
  }

  /**
   * Registers a hook that is called after each `forward` of this module; see
   * {@linkcode Module.registerForwardPreHook}. A value that it returns replaces
   * the output. It is not called if `forward` throws.
   *
   * @param hook Receives the module, an array of its inputs, and its output.
   * @returns A handle whose `remove` removes the hook, as does the end of a
   * `using` block.
   * @throws {TypeError} If the hook is not a function.
   *
   * @example The output of a layer within a model
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { nn, ones, type Tensor } from "@tenfold/tenfold";
   *
   * const hidden = new nn.Linear(3, 8);
   * const model = new nn.Sequential(hidden, new nn.ReLU(), new nn.Linear(8, 2));
   * const seen: Tensor[] = [];
   * using _ = hidden.registerForwardHook((_module, _inputs, output) => {
   *   seen.push(output);
   * });
   * model.forward(ones([4, 3]));
   * assertEquals(seen[0]?.shape, [4, 8]);
   * ```
   */
  registerForwardHook<
    I extends readonly unknown[] = Inputs,
    O extends unknown = Output,
  >(hook: ForwardHook<this, I, O>): HookHandle {
    checkCount("registerForwardHook", arguments.length, 1);
    return registerHook(this, "forward", hook);
  }

  /**
   * Registers a hook that is called in backward before the gradients with
   * respect to the outputs of this module are propagated through it. A value
   * that it returns replaces them.
   *
   * @param hook Receives the module and an array with the gradient of each
   * output.
   * @returns A handle whose `remove` removes the hook, as does the end of a
   * `using` block.
   * @throws {TypeError} If the hook is not a function.
   * @example Half of every gradient
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { nn, ones } from "@tenfold/tenfold";
   *
   * const layer = new nn.Linear(3, 1);
   * layer.registerFullBackwardPreHook((_module, gradOutput) =>
   *   gradOutput.map((g) => g && g.mul(0.5))
   * );
   * layer.forward(ones([1, 3])).sum().backward();
   * assertEquals(await layer.weight.grad?.toArray(), [[0.5, 0.5, 0.5]]);
   * ```
   */
  registerFullBackwardPreHook(hook: BackwardPreHook<this>): HookHandle {
    checkCount("registerFullBackwardPreHook", arguments.length, 1);
    return registerHook(this, "backwardPre", hook);
  }

  /**
   * Registers a hook that is called in backward when the gradients with respect
   * to all inputs of a call of this module have been computed. A value that it
   * returns replaces them.
   *
   * Only inputs and outputs that are tensors themselves have gradients, not
   * tensors within arrays or other objects. The gradient is null for all
   * others, for inputs that do not require one and for outputs that were not
   * used. If no input requires a gradient, the hook is called with the
   * gradients of the outputs only. Tensors that the hook keeps live as long as
   * those created where `backward` is called. The hook is not called by a
   * `grad` with respect to tensors within the module only.
   *
   * @param hook Receives the module, an array with the gradient of each input,
   * and one with the gradient of each output.
   * @returns A handle whose `remove` removes the hook, as does the end of a
   * `using` block.
   * @throws {TypeError} If the hook is not a function.
   *
   * @example Gradients of the input and output of a layer
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { nn, ones } from "@tenfold/tenfold";
   *
   * const layer = new nn.Linear(3, 2);
   * const shapes: unknown[] = [];
   * layer.registerFullBackwardHook((_module, gradInput, gradOutput) => {
   *   shapes.push(gradInput[0]?.shape, gradOutput[0]?.shape);
   * });
   * layer.forward(ones([4, 3]).requiresGrad_()).sum().backward();
   * assertEquals(shapes, [[4, 3], [4, 2]]);
   * ```
   */
  registerFullBackwardHook(hook: BackwardHook<this>): HookHandle {
    checkCount("registerFullBackwardHook", arguments.length, 1);
    return registerHook(this, "backward", hook);
  }

  /** Releases the memory of all parameters and buffers. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    const tensors = this.#collect(
      (member): member is Parameter | Buffer => !(member instanceof Module),
      () => {},
    );
    for (const [, tensor] of tensors) tensor.dispose();
  }

  /** {@linkcode Module.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The options as text, for {@linkcode Module.toString}. */
  describe(): string {
    checkCount("describe", arguments.length, 0);
    return "";
  }

  /** The module as a tree of its submodules, in the format of PyTorch. */
  toString(): string {
    checkCount("toString", arguments.length, 0);
    return describeModule(this);
  }
}

// Its parts with their parameters as a table.
showAs(
  Module.prototype,
  async (module) =>
    (await import("./_notebook.ts")).displayModule(module as AnyModule),
);

/** The task whose own mode a module is in, if any. */
function taskOfModes(module: AnyModule): Task | null {
  let task: Task | null = currentTask();
  while (task && (task.ended || !task.training?.has(module))) {
    task = task.parent;
  }
  return task;
}

function isModule(value: object): value is AnyModule {
  return value instanceof Module;
}

/** A name below another one. */
function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}
