/**
 * What all optimizers have in common.
 *
 * @module
 */
import { type Shape, type Tensor, zeros } from "@tenfold/core";
import {
  checkCount,
  currentRecording,
  lateGradients,
  type LazySchema,
  noGradNow,
  parseOptions,
  type RowGradient,
  showShape,
  unscopedNow,
} from "@tenfold/core/internal";
import { checkParameter, groupsOf } from "./_parameters.ts";
import { loadState, type OptimizerState, stateOf } from "./_state.ts";

/**
 * Parameters with options of their own.
 *
 * @example The learning rate of a group, changed by hand
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const groups: optim.ParameterGroup<optim.SGDGroup>[] = optimizer.paramGroups;
 * for (const group of groups) group.lr /= 2;
 * ```
 */
export type ParameterGroup<O extends object> = O & {
  /** The parameters to optimize. */
  params: Tensor[];
  /** Initial learning rate, as a schedule found it. */
  initialLr?: number;
};

/**
 * Parameters as constructors take them: some, or groups of some.
 *
 * @example A function that takes what an optimizer takes
 * ```ts
 * import { nn, optim } from "@tenfold/tenfold";
 *
 * function makeOptimizer(params: optim.OptimizerParameters<optim.SGDGroup>) {
 *   return new optim.SGD(params, { lr: 0.1, momentum: 0.9 });
 * }
 * makeOptimizer(new nn.Linear(4, 2).parameters());
 * ```
 */
export type OptimizerParameters<O extends object> =
  | Iterable<Tensor>
  | Iterable<ParameterGroupInput<O>>;

/**
 * A group as constructors take it; options left out take the defaults.
 *
 * @example Biases without weight decay
 * ```ts
 * import { nn, optim } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(4, 2);
 * const groups: optim.ParameterGroupInput<optim.AdamGroup>[] = [
 *   { params: [layer.weight], weightDecay: 0.01 },
 *   { params: layer.bias ? [layer.bias] : [] },
 * ];
 * const optimizer = new optim.AdamW(groups, { weightDecay: 0 });
 * ```
 */
export type ParameterGroupInput<O extends object> = Partial<O> & {
  /** The parameters to optimize. */
  readonly params: Iterable<Tensor>;
};

/**
 * The state of one parameter.
 *
 * @example What a rule with one state tensor begins with
 * ```ts
 * import { ones, optim, zeros } from "@tenfold/tenfold";
 *
 * const state: optim.ParameterState = {
 *   step: 0,
 *   targets: [ones([2]), zeros([2])],
 *   names: ["momentumBuffer"],
 *   fresh: true,
 * };
 * ```
 */
export interface ParameterState {
  /** Number of steps taken. */
  step: number;
  /** The parameter, then the tensors of its state in the rule's order. */
  targets: Tensor[];
  /** The names of the tensors of its state. */
  names: readonly string[];
  /** True until a step has used tensors that were made for it. */
  fresh: boolean;
}

/**
 * How a step takes a gradient of a few rows.
 *
 * @example Duplicate rows are summed first, as by SparseAdam
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 *
 * const how: optim.SparseStep = "summed";
 * ```
 */
export type SparseStep = "rows" | "summed" | "dense";

/**
 * How a step changes a parameter and its state: a kernel, or several.
 *
 * @example Plain gradient descent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const descend: optim.Rule = {
 *   apply([parameter], gradient, [lr = 0]) {
 *     parameter?.sub_(gradient.mul(lr));
 *   },
 * };
 * const weight = tensor([1, 2]);
 * descend.apply([weight], tensor([4, 4]), [0.25]);
 * assertEquals(await weight.toArray(), [0, 1]);
 * ```
 */
export interface Rule {
  /**
   * Changes them in place.
   *
   * @param targets The parameter, then the tensors of its state.
   * @param gradient The gradient.
   * @param numbers The numbers of the step. A function that is compiled passes
   * the same array on to its changes in place, by which later steps find their
   * own: no other operation may take numbers out of it.
   */
  apply(
    targets: readonly Tensor[],
    gradient: Tensor,
    numbers: readonly number[],
  ): void;
}

/**
 * One step of one parameter.
 *
 * @example What the update of a custom optimizer returns
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 * import { expr } from "@tenfold/core/backend";
 *
 * const rule = new optim.UpdateRule("descend", 0, 1, (p, _, g, [lr]) => [
 *   expr.sub(p, expr.mul(lr, g)),
 * ]);
 * const step: optim.Step = { rule, numbers: [0.1] };
 * ```
 */
export interface Step {
  /** What changes; the same object for the same change. */
  readonly rule: Rule;
  /** The numbers of the step. */
  readonly numbers: readonly number[];
}

/** The update of one parameter in a function that is compiled. */
interface RecordedUpdate<O extends object> {
  readonly group: ParameterGroup<O>;
  readonly param: Tensor;
  readonly state: ParameterState;
  readonly targets: Tensor[];
  readonly rule: Rule;
  /** Those of the step that is replayed. */
  numbers: readonly number[];
}

/**
 * The base of optimizers.
 *
 * @typeParam O The options of a group.
 * @example A function that takes any optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, optim } from "@tenfold/tenfold";
 *
 * // Halves the learning rate of each group.
 * function slowDown(optimizer: optim.Optimizer): void {
 *   for (const group of optimizer.paramGroups) group.lr /= 2;
 * }
 * const x = ones([2], { requiresGrad: true });
 * const optimizer = new optim.Adam([x], { lr: 0.1 });
 * slowDown(optimizer);
 * assertEquals(optimizer.paramGroups[0].lr, 0.05);
 * ```
 */
export abstract class Optimizer<O extends { lr: number } = { lr: number }> {
  /** The groups, at least one; their options may be changed between steps. */
  readonly paramGroups: [ParameterGroup<O>, ...ParameterGroup<O>[]];
  /** The options that groups do not override. */
  readonly defaults: Readonly<Partial<O>>;
  readonly #schema: LazySchema<O>;
  readonly #states = new Map<Tensor, ParameterState>();
  readonly #name: string;

  /**
   * Creates the optimizer.
   *
   * @param name The class, for messages.
   * @param params The parameters, such as `model.parameters()`, or groups of them
   * with options of their own.
   * @param options The options; groups may override them.
   * @param schema Checks the options of a group.
   * @throws {TypeError} If something is not a parameter, or appears twice.
   * @throws {RangeError} If there is no parameter, or an option has a wrong
   * value.
   */
  constructor(
    name: string,
    params: OptimizerParameters<O>,
    options: Partial<O>,
    schema: LazySchema<O>,
  ) {
    this.#name = name;
    this.#schema = schema;
    this.defaults = { ...options };
    // Filled below: without a group there is no optimizer.
    this.paramGroups = [] as unknown as typeof this.paramGroups;
    const groups = groupsOf<O>(name, params);
    for (const group of groups) this.addParamGroup(group);
  }

  /**
   * Adds parameters with options of their own.
   *
   * @param group The parameters, and the options that differ.
   * @throws {TypeError} If something is not a parameter, or appears twice.
   */
  addParamGroup(group: ParameterGroupInput<O>): void {
    checkCount("addParamGroup", arguments.length, 1);
    const { params, ...own } = group;
    const action = `make an optimizer ${this.#name}`;
    const options = parseOptions(
      this.#schema,
      { ...this.defaults, ...own },
      action,
    );
    const list = [...params];
    const known = new Set(this.paramGroups.flatMap(({ params }) => params));
    for (const param of list) {
      checkParameter(action, param);
      if (known.has(param)) {
        throw new TypeError(
          `Cannot ${action} as a parameter of shape [${
            param.shape.join(", ")
          }] appears twice`,
        );
      }
      known.add(param);
    }
    this.paramGroups.push({ ...options, params: list });
  }

  /**
   * Updates all parameters that have a gradient, in place, with one kernel each.
   */
  step(): void {
    checkCount("step", arguments.length, 0);
    const recording = currentRecording();
    if (recording) {
      const members = this.paramGroups.map(({ params }) => [...params]);
      recording.guard(this, () => this.#has(members));
    }
    if (lateGradients !== null || this.onlySparse) this.#checkSparse();
    const recorded: RecordedUpdate<O>[] = [];
    this.together(() =>
      noGradNow(() => {
        for (const group of this.paramGroups) {
          for (const param of group.params) {
            const rows = lateGradients === null
              ? null
              : this.#rowsOf(group, param);
            const grad = rows ?? param.grad;
            if (grad) this.#stepOne(group, param, grad, recorded);
          }
        }
      })
    );
    if (recording) recording.guard(recorded, () => this.#holds(recorded));
  }

  /**
   * Calls `fn`, in which the options of groups do not change: what was found out
   * for one parameter holds for the others.
   */
  protected together<T>(fn: () => T): T {
    checkCount("together", arguments.length, 1);
    return fn();
  }

  /** Whether its groups hold these parameters. */
  #has(members: readonly (readonly Tensor[])[]): boolean {
    const groups = this.paramGroups;
    if (groups.length !== members.length) return false;
    for (let i = 0; i < members.length; i++) {
      const { params } = groups[i]!;
      const known = members[i]!;
      if (params.length !== known.length) return false;
      for (let j = 0; j < known.length; j++) {
        if (params[j] !== known[j]) return false;
      }
    }
    return true;
  }

  #stepOne(
    group: ParameterGroup<O>,
    param: Tensor,
    grad: Tensor | RowGradient,
    recorded: RecordedUpdate<O>[],
  ): void {
    const state = this.#stateFor(param);
    const recording = currentRecording();
    if (recording) recording.pause(() => this.#prepare(group, param, state));
    else this.#prepare(group, param, state);
    const { fresh } = state;
    const { rule, numbers } = this.update(group, state.step + 1, fresh, param);
    const { targets } = state;
    let late = numbers;
    if (recording) {
      // A replay takes the numbers of its own step, by the rule of this one.
      const update = { group, param, state, targets, rule, numbers };
      const first = recorded.push(update) === 1;
      let replays = false;
      late = recording.lateValues(() => {
        if (first && replays) this.#count(recorded);
        replays = true;
        return update.numbers;
      });
    }
    if ("shape" in grad) rule.apply(targets, grad, late);
    else {
      grad.update(
        targets,
        this.sparseStep(group) === "summed",
        (rows, values) => rule.apply(rows, values, late),
      );
    }
    state.step++;
    state.fresh = false;
  }

  /** The gradient of a few rows that a parameter has, where a step takes it. */
  #rowsOf(group: ParameterGroup<O>, param: Tensor): RowGradient | null {
    const rows = lateGradients!.rowsOf(param);
    if (rows === null) return null;
    const how = this.sparseStep(group);
    // One that was read is whole, for those that take nothing else.
    return how === "dense" || typeof how === "object" ? null : rows;
  }

  /** Refuses gradients that are not of the kind it takes. */
  #checkSparse(): void {
    for (const group of this.paramGroups) {
      for (const param of group.params) {
        const rows = lateGradients?.rowsOf(param) ?? null;
        const what =
          `Cannot step with ${this.#name} as the gradient of a parameter of shape ${
            showShape(param.shape)
          } is `;
        if (rows === null) {
          if (!this.onlySparse || param.grad === null) continue;
          throw new TypeError(
            `${what}dense: use Adam, or an embedding with { sparse: true }, whose gradient nobody changes`,
          );
        }
        const how = this.sparseStep(group);
        if (typeof how === "object" && rows.whole === null) {
          throw new TypeError(`${what}sparse: ${how.refused}`);
        }
        currentRecording()?.refuse(
          `a step of ${this.#name} by a sparse gradient: step outside, or make the embedding with { sparse: false }`,
        );
      }
    }
  }

  /**
   * What a step does with a gradient of a few rows, which a sparse embedding has:
   * see {@linkcode Algorithm.sparse}.
   *
   * @default {it refuses them}
   */
  protected sparseStep(
    _group: ParameterGroup<O>,
  ): SparseStep | { readonly refused: string } {
    return {
      refused:
        "use SGD, Adagrad or SparseAdam, or make the embedding with { sparse: false }",
    };
  }

  /** Whether it takes such gradients alone. @default {false} */
  protected get onlySparse(): boolean {
    return false;
  }

  /** Whether a replay would do what was recorded. */
  #holds(recorded: readonly RecordedUpdate<O>[]): boolean {
    return this.together(() => {
      for (let i = 0; i < recorded.length; i++) {
        const { group, param, state, targets, rule } = recorded[i]!;
        if (
          this.#states.get(param) !== state || state.targets !== targets ||
          this.stateNames(group, param) !== state.names ||
          this.update(group, state.step + 1, state.fresh, param).rule !== rule
        ) return false;
      }
      return true;
    });
  }

  /** Counts one more step, and finds the numbers that it takes. */
  #count(recorded: readonly RecordedUpdate<O>[]): void {
    this.together(() => {
      for (let i = 0; i < recorded.length; i++) {
        const update = recorded[i]!;
        const { group, state, param } = update;
        const { fresh } = state;
        state.fresh = false;
        update.numbers = this.update(group, ++state.step, fresh, param).numbers;
      }
    });
  }

  #stateFor(param: Tensor): ParameterState {
    let state = this.#states.get(param);
    if (state === undefined) {
      state = { step: 0, targets: [param], names: [], fresh: true };
      this.#states.set(param, state);
    }
    return state;
  }

  /** Makes what is missing of a parameter's state. */
  #prepare(
    group: ParameterGroup<O>,
    param: Tensor,
    state: ParameterState,
  ): void {
    const names = this.stateNames(group, param);
    if (state.names === names) return;
    const old = new Map(
      state.names.map((name, i) => [name, state.targets[i + 1]!]),
    );
    const made = names.map((name) => {
      const kept = old.get(name);
      old.delete(name);
      return kept ?? unscopedNow(() => this.makeState(group, name, param));
    });
    for (const tensor of old.values()) tensor.dispose();
    state.targets = [param, ...made];
    state.names = names;
    state.fresh = true;
  }

  /**
   * The names of the state tensors of each parameter, in the order of the update
   * rule; the same array for the same options.
   */
  protected abstract stateNames(
    group: ParameterGroup<O>,
    param: Tensor,
  ): readonly string[];

  /** The shape of a state tensor. @default {that of the parameter} */
  protected stateShape(
    _group: ParameterGroup<O>,
    _name: string,
    param: Tensor,
  ): Shape {
    return param.shape;
  }

  /**
   * The update rule and its numbers for step `step`, counted from 1; `fresh`
   * where the state has just been created.
   */
  protected abstract update(
    group: ParameterGroup<O>,
    step: number,
    fresh: boolean,
    param: Tensor,
  ): Step;

  /** The initial value of a state tensor. @default {zeros} */
  protected makeState(
    group: ParameterGroup<O>,
    name: string,
    param: Tensor,
  ): Tensor {
    const { dtype, device } = param;
    return zeros(this.stateShape(group, name, param), { dtype, device });
  }

  /** Sets the gradients of all parameters to null. */
  zeroGrad(): void {
    checkCount("zeroGrad", arguments.length, 0);
    for (const { params } of this.paramGroups) {
      for (let i = 0; i < params.length; i++) params[i]!.grad = null;
    }
  }

  /**
   * The state as plain values and tensors (themselves, not copies): the options
   * of the groups, and the state of each parameter by its index.
   */
  stateDict(): OptimizerState {
    checkCount("stateDict", arguments.length, 0);
    return stateOf(this.paramGroups, this.#states);
  }

  /**
   * Restores the state of another optimizer of the same parameters. Tensors are
   * copied, and everything is checked before anything is changed.
   *
   * @param state The result of `stateDict`.
   * @throws {StateError} If it does not fit the groups or parameters.
   */
  loadStateDict(state: OptimizerState): void {
    checkCount("loadStateDict", arguments.length, 1);
    loadState({
      name: this.#name,
      groups: this.paramGroups,
      states: this.#states,
      state,
      parse: (options) =>
        parseOptions(
          this.#schema,
          options,
          `load the state of ${this.#name}`,
        ),
      namesOf: (group, param) => this.stateNames(group, param),
      shapeOf: (group, name, param) => this.stateShape(group, name, param),
    });
  }

  /** Releases the memory of the state; the parameters keep theirs. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    for (const { targets } of this.#states.values()) {
      for (const tensor of targets.slice(1)) tensor.dispose();
    }
    this.#states.clear();
  }

  /** {@linkcode Optimizer.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
