/**
 * What a model does, as a list of primitives: all operations of tensors pass
 * `device.apply`, and while a model runs it is listened to.
 *
 * @module
 */
import type { Device, Tensor } from "@tenfold/core";
import type { Op, Value } from "@tenfold/core/backend";
import { noGradNow, VALUE } from "@tenfold/core/internal";
import type { AnyModule } from "@tenfold/nn";
import {
  listenToRecurrences,
  type Recurrence,
  type RecurrenceListener,
} from "@tenfold/nn/internal";

/** A recurrent layer that ran, one direction of it. */
export interface RecurrenceOp {
  readonly name: "recurrence";
  readonly operator: "LSTM" | "GRU" | "RNN";
  /** What bends the sums of RNN. */
  readonly nonlinearity: "tanh" | "relu";
  readonly reverse: boolean;
  /** Number of steps. */
  readonly time: number;
  /** Which of x, state, cell, weights and biases are among the inputs. */
  readonly given: readonly boolean[];
}

/** A primitive that ran. */
export interface Step {
  readonly op: Op | RecurrenceOp;
  readonly inputs: readonly Value[];
  readonly results: readonly Value[];
  /** The name of the module that it ran in. */
  readonly path: string;
}

/** Everything that ran. */
export interface Trace {
  readonly steps: readonly Step[];
  /** Values that came from outside of the model, by the key of each. */
  readonly outside: ReadonlyMap<string, Value>;
}

/** Numbers of storages, so that views of one can be told apart. */
export class Keys {
  readonly #numbers = new Map<object, number>();

  /** What tells a value apart: its memory and where in it the elements are. */
  of({ storage, view }: Value): string {
    let number = this.#numbers.get(storage);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(storage, number);
    }
    return `${number}:${view.offset}:${view.shape.join()}:${view.strides.join()}`;
  }
}

/** Calls a function while the forward passes of modules are noted. */
function withPaths<T>(
  model: AnyModule,
  path: { name: string },
  fn: () => T,
): T {
  const wrapped: [AnyModule, PropertyDescriptor | undefined][] = [];
  try {
    for (const [name, module] of model.namedModules()) {
      // One of its own is an adapter's, such as LoRA's.
      const own = Object.getOwnPropertyDescriptor(module, "forward");
      const { forward } = module as { forward(...inputs: never[]): unknown };
      Object.defineProperty(module, "forward", {
        configurable: true,
        value: (...inputs: never[]) => {
          const outer = path.name;
          path.name = name;
          try {
            return forward.apply(module, inputs);
          } finally {
            path.name = outer;
          }
        },
      });
      wrapped.push([module, own]);
    }
    return fn();
  } finally {
    for (const [module, own] of wrapped) {
      delete (module as { forward?: unknown }).forward;
      if (own !== undefined) Object.defineProperty(module, "forward", own);
    }
  }
}

/** What a recurrence takes, in order. */
function partsOf({ x, state, cell, weights }: Recurrence): (Tensor | null)[] {
  const { input, hidden, inputBias, hiddenBias } = weights;
  return [x, state, cell, input, hidden, inputBias, hiddenBias];
}

const OPERATORS: { readonly [name: string]: RecurrenceOp["operator"] } = {
  lstm: "LSTM",
  gru: "GRU",
  rnn: "RNN",
};

/** A recurrence as an operator of ONNX, which have no projection. */
function recurrenceOf(recurrence: Recurrence): RecurrenceOp | null {
  const { kind, steps, weights } = recurrence;
  const operator = OPERATORS[kind.name];
  if (operator === undefined || weights.projection || !steps.uniform) {
    return null;
  }
  return {
    name: "recurrence",
    operator,
    nonlinearity: kind.nonlinearity ?? "tanh",
    reverse: steps.reverse,
    time: steps.counts.length,
    given: partsOf(recurrence).map((part) => part !== null),
  };
}

/**
 * Runs a model and lists what it does on a device.
 *
 * @param known The keys of inputs, parameters and buffers.
 */
export function traceModel<T>(
  model: AnyModule,
  device: Device,
  keys: Keys,
  known: ReadonlySet<string>,
  run: () => T,
): Trace & { readonly result: T } {
  const steps: Step[] = [];
  const outside = new Map<string, Value>();
  const made = new Set(known);
  const path = { name: "" };
  const { apply } = device;
  const note = (value: Value) => {
    const key = keys.of(value);
    if (made.has(key)) return;
    made.add(key);
    outside.set(key, value.alias());
  };
  const listening = device as {
    apply(op: Op, inputs: readonly Value[]): readonly Value[];
  };
  let paused = false;
  /** Notes recurrences that are one node in the place of what they do. */
  const recurrences: RecurrenceListener = (recurrence, run, unroll) => {
    const op = recurrenceOf(recurrence);
    if (op === null || paused) return unroll();
    const inputs = partsOf(recurrence).filter((part) => part !== null)
      .map((tensor) => tensor[VALUE]);
    for (const input of inputs) note(input);
    paused = true;
    let done;
    try {
      done = run();
    } finally {
      paused = false;
    }
    const results = [done.output, done.cell].filter((part) => part !== null)
      .map((tensor) => tensor[VALUE]);
    steps.push({ op, inputs, results, path: path.name });
    for (const result of results) made.add(keys.of(result));
    return done;
  };
  listening.apply = (op, inputs) => {
    if (paused) return apply.call(device, op, inputs);
    for (const input of inputs) note(input);
    const results = apply.call(device, op, inputs);
    steps.push({ op, inputs: [...inputs], results, path: path.name });
    for (const result of results) made.add(keys.of(result));
    return results;
  };
  try {
    const result = noGradNow(() =>
      listenToRecurrences(recurrences, () => withPaths(model, path, run))
    );
    return { steps, outside, result };
  } catch (error) {
    for (const value of outside.values()) value.release();
    throw error;
  } finally {
    // Its own methods again, which are its class's.
    delete (device as { apply?: unknown }).apply;
  }
}
