/**
 * What optimizers remember, to be saved and loaded.
 *
 * @module
 */
import { type DType, type Shape, Tensor } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import { noGradNow, unscopedNow, UPLOAD_LIKE } from "@tenfold/core/internal";
import type { ParameterGroup, ParameterState } from "./optimizer.ts";

/**
 * The state of an optimizer.
 *
 * @example Saved and loaded
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1, momentum: 0.9 });
 * weight.square().sum().backward();
 * optimizer.step();
 * const state: optim.OptimizerState = optimizer.stateDict();
 * assertEquals(Object.keys(state.state[0] ?? {}), ["step", "momentumBuffer"]);
 * optimizer.loadStateDict(state);
 * ```
 */
export interface OptimizerState {
  /**
   * By the index of the parameter, counted over all groups: the number of steps
   * taken, and tensors by name.
   */
  readonly state: Readonly<
    Record<string, Readonly<Record<string, number | Tensor>>>
  >;
  /** The options of each group, and the indices of its parameters. */
  readonly paramGroups: readonly (Readonly<Record<string, unknown>> & {
    readonly params: readonly number[];
  })[];
}

/**
 * A state that does not match the optimizer; nothing was changed.
 *
 * @example A state of another optimizer
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { ones, optim } from "@tenfold/tenfold";
 *
 * const [x, y] = [ones([2], { requiresGrad: true }), ones([3])];
 * const state = new optim.SGD([x], { lr: 0.1 }).stateDict();
 * const other = new optim.SGD([x, y.requiresGrad_()], { lr: 0.1 });
 * assertThrows(() => other.loadStateDict(state), optim.StateError);
 * ```
 */
export class StateError extends TypeError {
  /** Always `"StateError"`. */
  override name = "StateError";
}

/** Collects what an optimizer remembers. */
export function stateOf(
  groups: readonly ParameterGroup<object>[],
  states: ReadonlyMap<Tensor, ParameterState>,
): OptimizerState {
  const state: Record<string, Record<string, number | Tensor>> = {};
  let number = 0;
  const paramGroups = groups.map(({ params, ...options }) => ({
    ...structuredClone(options),
    params: params.map((param) => {
      const known = states.get(param);
      if (known) {
        const entry: Record<string, number | Tensor> = { step: known.step };
        known.names.forEach((name, i) => entry[name] = known.targets[i + 1]!);
        state[number] = entry;
      }
      return number++;
    }),
  }));
  return { state, paramGroups };
}

/** What it takes to load a state. */
export interface LoadRequest<O extends object> {
  /** The optimizer, for messages. */
  readonly name: string;
  /** Its groups, whose options are replaced. */
  readonly groups: ParameterGroup<O>[];
  /** What it remembers, which is replaced. */
  readonly states: Map<Tensor, ParameterState>;
  /** What to load. */
  readonly state: OptimizerState;
  /** Checks the options of a group. */
  readonly parse: (options: object) => O;
  /** The names of the tensors of a parameter's state. */
  readonly namesOf: (
    group: ParameterGroup<O>,
    param: Tensor,
  ) => readonly string[];
  /** The shapes of these tensors. */
  readonly shapeOf: (
    group: ParameterGroup<O>,
    name: string,
    param: Tensor,
  ) => Shape;
}

/** Replaces what an optimizer remembers, once everything fits. */
export function loadState<O extends object>(request: LoadRequest<O>): void {
  const { name, groups, states, state, parse, namesOf, shapeOf } = request;
  const refuse = (why: string): never => {
    throw new StateError(`Cannot load the state of ${name} as ${why}`);
  };
  const given = state?.paramGroups;
  if (
    !Array.isArray(given) || typeof state.state !== "object" ||
    state.state === null
  ) {
    return refuse("it must be an object of state and paramGroups");
  }
  if (given.length !== groups.length) {
    refuse(
      `the number of groups differs: got ${given.length}, expected ${groups.length}`,
    );
  }
  const planned = groups.map((group, g) => {
    const { params, initialLr, ...options } = given[g]!;
    if (!Array.isArray(params) || params.length !== group.params.length) {
      refuse(
        `group ${g} has another number of parameters: got ${params?.length}, expected ${group.params.length}`,
      );
    }
    const parsed = parse(options);
    const next = { ...parsed, params: group.params };
    const entries = group.params.map((param, i) => {
      const entry = state.state[String(params[i])];
      if (entry === undefined) return undefined;
      const names = namesOf(next, param);
      const shapes = names.map((name) => shapeOf(next, name, param));
      return checkEntry(entry, param, names, shapes, `${params[i]}`, refuse);
    });
    return { parsed, entries, initialLr };
  });
  // Nothing below fails, except for want of memory.
  planned.forEach(({ parsed, entries, initialLr }, g) => {
    const group = groups[g]!;
    Object.assign(group, parsed);
    if (typeof initialLr === "number") group.initialLr = initialLr;
    group.params.forEach((param, i) => {
      const old = states.get(param)?.targets.slice(1) ?? [];
      const entry = entries[i];
      if (entry) {
        const { step, names, tensors } = entry;
        const made = tensors.map((tensor) => copyFor(param, tensor));
        const targets = [param, ...made];
        states.set(param, { step, targets, names, fresh: step === 0 });
      } else {
        states.delete(param);
      }
      for (const tensor of old) tensor.dispose();
    });
  });
}

/** The step and the tensors of one parameter's state, in order. */
function checkEntry(
  entry: Readonly<Record<string, number | Tensor>>,
  param: Tensor,
  names: readonly string[],
  shapes: readonly Shape[],
  number: string,
  refuse: (why: string) => never,
): { step: number; names: readonly string[]; tensors: Tensor[] } {
  const { step } = entry;
  if (typeof step !== "number" || !Number.isInteger(step) || step < 0) {
    refuse(`the step of parameter ${number} must be an integer from 0 on`);
  }
  const tensors = names.map((name, i) =>
    checkedTensor(entry, name, shapes[i]!, param, number, refuse)
  );
  return { step: step as number, names, tensors };
}

/** A tensor of a saved state, which can be copied for a parameter. */
export function checkedTensor(
  entry: Readonly<Record<string, unknown>>,
  name: string,
  shape: Shape,
  param: Tensor,
  number: string,
  refuse: (why: string) => never,
): Tensor {
  const tensor = entry[name];
  if (!(tensor instanceof Tensor)) {
    return refuse(`${name} of parameter ${number} is missing`);
  }
  if (tensor.released) {
    refuse(`${name} of parameter ${number} was released`);
  }
  if (tensor.shape.join() !== shape.join()) {
    refuse(
      `${name} of parameter ${number} has another shape: got [${
        tensor.shape.join(", ")
      }], expected [${shape.join(", ")}]`,
    );
  }
  if (tensor.device !== param.device && !tensor.device.backend.readSync) {
    refuse(
      `${name} of parameter ${number} is on ${tensor.device.name}: move it with await tensor.to("${param.device.name}") first`,
    );
  }
  return tensor;
}

/** A copy of a tensor beside a parameter, in its dtype or another one. */
export function copyFor(
  param: Tensor,
  tensor: Tensor,
  dtype: DType = param.dtype,
): Tensor {
  return unscopedNow(() =>
    noGradNow(() => {
      if (tensor.device === param.device) {
        if (tensor.dtype === dtype) return tensor.clone();
        return tensor.cast(dtype);
      }
      const values = tensor.dataSync();
      const data = DTYPES[dtype].allocate(values.length);
      data.set(values);
      return param[UPLOAD_LIKE](data, tensor.shape, dtype);
    })
  );
}
