/**
 * Hooks of modules.
 *
 * @module
 */
import {
  GradientError,
  type HookHandle,
  isGradEnabled,
  Tensor,
} from "@tenfold/core";
import {
  checkHook,
  gated,
  handleOf,
  structureChanged,
} from "@tenfold/core/internal";
import { type Around, LAYER, setAround } from "./_around.ts";
import type { AnyModule } from "./module.ts";

/**
 * The gradients of inputs or outputs; null where there are none.
 *
 * @example The norm of the gradient of an output
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * function normOf([gradient]: nn.Gradients) {
 *   return gradient?.norm();
 * }
 * ```
 */
export type Gradients = readonly (Tensor | null)[];

/**
 * Called before `forward`; the value it returns replaces the inputs: an array
 * of all of them, or the only one.
 *
 * @example Inputs that are scaled before each call
 * ```ts
 * import { nn, Tensor } from "@tenfold/tenfold";
 *
 * const scale: nn.ForwardPreHook<nn.Linear, [Tensor]> = (_, [x]) => x.div(255);
 * const layer = new nn.Linear(2, 1);
 * layer.registerForwardPreHook(scale);
 * ```
 */
export type ForwardPreHook<M, Inputs extends readonly unknown[]> = (
  module: M,
  inputs: Inputs,
) => readonly unknown[] | NoInfer<Inputs[0]> | null | undefined | void;

/**
 * Called after `forward`; the value it returns replaces the output: an array if
 * there are several.
 *
 * @example The shape of each output
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, Tensor } from "@tenfold/tenfold";
 *
 * const shapes: (readonly number[])[] = [];
 * const note: nn.ForwardHook<nn.Linear, [Tensor], Tensor> = (_, __, y) => {
 *   shapes.push(y.shape);
 * };
 * const layer = new nn.Linear(2, 1);
 * layer.registerForwardHook(note);
 * layer.forward(ones([4, 2]));
 * assertEquals(shapes, [[4, 1]]);
 * ```
 */
export type ForwardHook<M, Inputs extends readonly unknown[], Output> = (
  module: M,
  inputs: Inputs,
  output: Output,
) => NoInfer<Output> | readonly unknown[] | null | undefined | void;

/**
 * Called in backward before the gradients of the outputs are propagated through
 * a module; the value it returns replaces them: an array of all of them, or the
 * only one.
 *
 * @example Half of the gradient
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const halve: nn.BackwardPreHook<nn.Linear> = (_, [g]) => g?.div(2);
 * const layer = new nn.Linear(2, 1);
 * layer.registerFullBackwardPreHook(halve);
 * ```
 */
export type BackwardPreHook<M> = (
  module: M,
  gradOutput: Gradients,
) => Gradients | Tensor | null | undefined | void;

/**
 * Called in backward when the gradients of all inputs of a module have been
 * computed; the value it returns replaces them: an array of all of them, or the
 * only one.
 *
 * @example Gradients that are clipped on their way
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const clip: nn.BackwardHook<nn.Linear> = (_, gradInput) =>
 *   gradInput.map((g) => g?.clamp({ min: -1, max: 1 }) ?? null);
 * const layer = new nn.Linear(2, 1);
 * layer.registerFullBackwardHook(clip);
 * ```
 */
export type BackwardHook<M> = (
  module: M,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | Tensor | null | undefined | void;

const HOOKS: unique symbol = Symbol("hooks");

type Hook = (module: AnyModule, ...rest: unknown[]) => unknown;

/** The hooks of one module, in the order of registration. */
interface Hooks {
  readonly forwardPre: Hook[];
  readonly forward: Hook[];
  readonly backwardPre: Hook[];
  readonly backward: Hook[];
}

interface Hooked {
  [HOOKS]?: Hooks;
}

/** Registers a hook of a module. */
export function registerHook(
  module: AnyModule,
  kind: keyof Hooks,
  hook: unknown,
): HookHandle {
  checkHook(hook);
  const fields = module as Hooked;
  if (!fields[HOOKS]) {
    Object.defineProperty(module, HOOKS, {
      value: { forwardPre: [], forward: [], backwardPre: [], backward: [] },
    });
  }
  const hooks = fields[HOOKS]!;
  // One function registered twice is called twice.
  const own: Hook = (...args) => (hook as Hook)(...args);
  hooks[kind].push(own);
  setAround(module, LAYER.hooks, withHooks);
  structureChanged();
  const handle = handleOf(hooks[kind], own);
  const remove = () => {
    handle.remove();
    if (Object.values(hooks).every((list) => list.length === 0)) {
      setAround(module, LAYER.hooks, null);
    }
  };
  return { remove, [Symbol.dispose]: remove };
}

/** Calls hooks one after the other, with what those before have left. */
function pass<T>(
  hooks: Hook[],
  value: T,
  call: (hook: Hook, value: T) => unknown,
  adopt: (returned: NonNullable<unknown>) => T,
): T {
  for (const hook of [...hooks]) {
    if (!hooks.includes(hook)) continue;
    const returned = call(hook, value);
    if (returned !== undefined && returned !== null) value = adopt(returned);
  }
  return value;
}

const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : [value];

/** Puts the hooks of a module around its `forward`. */
const withHooks: Around = (module, inputs, next) => {
  const hooks = (module as Hooked)[HOOKS]!;
  const given = pass(
    hooks.forwardPre,
    inputs,
    (hook, inputs) => hook(module, inputs),
    asList,
  );
  const watched = isGradEnabled() &&
    hooks.backward.length + hooks.backwardPre.length > 0;
  const call = watched ? watch(module, hooks, given) : null;
  const taken = call ? call.inputs : given;
  const output = pass(
    hooks.forward,
    next(...taken),
    (hook, output) => hook(module, taken, output),
    (output: unknown) => output,
  );
  return call ? call.output(output) : output;
};

/** A call of a module whose gradients are watched: its inputs, and its output. */
interface Watched {
  readonly inputs: readonly unknown[];
  output(output: unknown): unknown;
}

/** Puts gates before and behind a call. */
function watch(
  module: AnyModule,
  { backward, backwardPre }: Hooks,
  inputs: readonly unknown[],
): Watched {
  let gradOutput: Gradients | null = null;
  const leave = (gradInput: Gradients): Gradients => {
    const given = gradOutput;
    // Null where gradients came by another way than through the outputs.
    if (given === null) return gradInput;
    gradOutput = null;
    return pass(
      backward,
      gradInput,
      (hook, gradInput) => hook(module, gradInput, given),
      (returned) => checked(returned, inputs.length, module, "inputs"),
    );
  };
  const gate = behindGate(inputs, leave, true);
  return {
    inputs: gate ?? inputs,
    output(output) {
      const outputs = asList(output);
      const found = behindGate(outputs, (gradients) => {
        const given = gradOutput = pass(
          backwardPre,
          gradients,
          (hook, gradients) => hook(module, gradients),
          (returned) => checked(returned, outputs.length, module, "outputs"),
        );
        if (gate === null && leave(inputs.map(() => null)).some((g) => g)) {
          throw new GradientError(
            `Cannot use what a backward hook of ${module.constructor.name} returned as none of its inputs requires a gradient: return nothing`,
          );
        }
        return given;
      }, false);
      if (found === null) return output;
      return Array.isArray(output) ? found : found[0];
    },
  };
}

/** What a hook returned, if there is one for each. */
function checked(
  returned: unknown,
  count: number,
  module: AnyModule,
  what: string,
): Gradients {
  const list = asList(returned) as Gradients;
  if (list.length === count) return list;
  throw new GradientError(
    `Cannot use what a backward hook of ${module.constructor.name} returned as there must be a gradient, or null, for each of its ${what}: got ${list.length} for ${count}`,
  );
}

/** Values with the tensors among them behind a gate; null where none are. */
function behindGate(
  values: readonly unknown[],
  rule: (gradients: Gradients) => Gradients,
  zeros: boolean,
): unknown[] | null {
  const places: number[] = [];
  const tensors: Tensor[] = [];
  values.forEach((value, i) => {
    if (!(value instanceof Tensor) || !value.requiresGrad) return;
    places.push(i);
    tensors.push(value);
  });
  if (tensors.length === 0) return null;
  const found = gated(tensors, (gradients) => {
    const all: (Tensor | null)[] = values.map(() => null);
    places.forEach((place, k) => all[place] = gradients[k]!);
    const left = rule(all);
    return places.map((place) => left[place] ?? null);
  }, zeros);
  const result = [...values];
  places.forEach((place, k) => result[place] = found[k]);
  return result;
}
