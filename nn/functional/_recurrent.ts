/**
 * Recurrent layers: the loop over the time steps as one function with a
 * gradient of its own. A step is one product and one kernel, on the way back as
 * well; what all steps have in common (the products with the input, and the
 * gradients of the weights) is done for all of them at once.
 *
 * @module
 */
import {
  autogradFunction,
  cat,
  isGradEnabled,
  type Tensor,
} from "@tenfold/core";
import { APPLY, layering, tidyNow } from "@tenfold/core/internal";
import { gradientsOf, inPlaces } from "./_differentiable.ts";
import { linear } from "./linear.ts";
import type { Steps } from "./_steps.ts";

/** The weights of one direction of one layer. */
export interface RecurrentWeights {
  /** From the input to the gates. */
  readonly input: Tensor;
  /** From the state to the gates. */
  readonly hidden: Tensor;
  /** The bias beside the input. */
  readonly inputBias: Tensor | null;
  /** The bias beside the state. */
  readonly hiddenBias: Tensor | null;
  /** From what the cell gives to the state, where it is projected. */
  readonly projection: Tensor | null;
}

/** What one step gives. */
export interface StepResult {
  /** The state, which is the output. */
  readonly state: Tensor;
  /** The cell, for an LSTM. */
  readonly cell: Tensor | null;
}

/** What forward leaves for backward. */
export interface Trace {
  /** Gates after their activation, packed. */
  readonly gates: Tensor;
  /** The states, with the initial ones. */
  readonly states: Tensor;
  /** Cells with the initial ones, or what else a kind needs; packed. */
  readonly more: readonly Tensor[];
}

/** What the way back through one step gives. */
export interface StepGradient {
  /** By the state before, as the kernel found it; null where it is 0. */
  readonly state: Tensor | null;
  /** By the cell before. */
  readonly cell: Tensor | null;
}

/** A kind of recurrent layer. */
export interface Kind {
  /** For messages. */
  readonly name: string;
  /** How many gates stand in the weights. */
  readonly gates: number;
  /** Whether it has a cell beside the state. */
  readonly hasCell: boolean;
  /** What bends the sums of a plain layer. */
  readonly nonlinearity?: "tanh" | "relu";
  /** One step in tensor operations, from the products with the input. */
  step(
    fromInput: Tensor,
    state: Tensor,
    cell: Tensor | null,
    weights: RecurrentWeights,
  ): StepResult;
  /** All steps by kernels that write in place; nothing is recorded. */
  run(
    steps: Steps,
    x: Tensor,
    state: Tensor,
    cell: Tensor | null,
    weights: RecurrentWeights,
  ): Trace;
  /**
   * The way back: gradients of the gates by the input and by the state, packed,
   * and those of the initial states.
   */
  back(
    steps: Steps,
    trace: Trace,
    weights: RecurrentWeights,
    gradient: Tensor,
    cellGradient: Tensor | null,
  ): Backward;
}

/** The gradients that the loop finds. */
export interface Backward {
  /** Of the gates, on the side of the input. */
  readonly gates: Tensor;
  /** Of the gates, on the side of the state; the same for most kinds. */
  readonly hiddenGates: Tensor;
  /** Of the initial states. */
  readonly state: Tensor;
  /** Of the initial cells. */
  readonly cell: Tensor | null;
  /** Of the projection. */
  readonly projection: Tensor | null;
}

const MATMUL = { name: "matmul" } as const;

/** `a b + bias`, as one product. */
export const product = (a: Tensor, b: Tensor, bias: Tensor): Tensor =>
  a[APPLY](MATMUL, b, bias);

/** The bias of a product with the input, which takes in that of the state. */
export function biasOf(
  { inputBias, hiddenBias }: RecurrentWeights,
): Tensor | null {
  return inputBias && hiddenBias ? inputBias.add(hiddenBias) : inputBias;
}

/** The inputs of the recorded function, without those that are not there. */
function listed(
  x: Tensor,
  state: Tensor,
  cell: Tensor | null,
  weights: RecurrentWeights,
): (Tensor | null)[] {
  const { input, hidden, inputBias, hiddenBias, projection } = weights;
  return [x, state, cell, input, hidden, inputBias, hiddenBias, projection];
}

function weightsOf(all: readonly (Tensor | null)[]): RecurrentWeights {
  const [, , , input, hidden, inputBias, hiddenBias, projection] = all;
  return {
    input: input!,
    hidden: hidden!,
    inputBias: inputBias!,
    hiddenBias: hiddenBias!,
    projection: projection!,
  };
}

/**
 * What one direction of one layer is about to do.
 *
 * @example Whether it is that of an LSTM
 * ```ts
 * import type { Recurrence } from "@tenfold/nn/internal";
 *
 * function hasCell({ cell }: Recurrence): boolean {
 *   return cell !== null;
 * }
 * ```
 */
export interface Recurrence {
  /** The kind of the layer. */
  readonly kind: Kind;
  /** The steps, and the sequences that take part in each. */
  readonly steps: Steps;
  /** The input, packed. */
  readonly x: Tensor;
  /** The initial state. */
  readonly state: Tensor;
  /** The initial cell, for an LSTM. */
  readonly cell: Tensor | null;
  /** The weights. */
  readonly weights: RecurrentWeights;
}

/**
 * What a direction of a layer gives.
 *
 * @example The last state of a sequence
 * ```ts
 * import { Tensor } from "@tenfold/tenfold";
 * import type { Recurred } from "@tenfold/nn/internal";
 *
 * function last({ output }: Recurred): Tensor {
 *   return output.select(0, -1);
 * }
 * ```
 */
export interface Recurred {
  /** The states after each step, packed. */
  readonly output: Tensor;
  /** The last cells, for an LSTM. */
  readonly cell: Tensor | null;
}

/**
 * Is told of each recurrence in the place of the kernels that write in place,
 * and answers by `run` or by `unroll`, which does it in tensor operations.
 *
 * @example Each recurrence in tensor operations
 * ```ts
 * import type { RecurrenceListener } from "@tenfold/nn/internal";
 *
 * const unroll: RecurrenceListener = (_, __, unrolled) => unrolled();
 * ```
 */
export type RecurrenceListener = (
  recurrence: Recurrence,
  run: () => Recurred,
  unroll: () => Recurred,
) => Recurred;

let listener: RecurrenceListener | null = null;

/**
 * Calls a function while a listener is told of its recurrences.
 *
 * @example The number of recurrences of a layer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 * import { listenToRecurrences } from "@tenfold/nn/internal";
 *
 * let count = 0;
 * const gru = new nn.GRU(3, 4, { numLayers: 2 });
 * listenToRecurrences(
 *   (_, run) => (count++, run()),
 *   () => gru.forward(randn([5, 1, 3])),
 * );
 * assertEquals(count, 2);
 * ```
 */
export function listenToRecurrences<T>(
  own: RecurrenceListener,
  fn: () => T,
): T {
  const outer = listener;
  listener = own;
  try {
    return fn();
  } finally {
    listener = outer;
  }
}

/** The whole loop in tensor operations: what is differentiated twice. */
function unrolled(
  kind: Kind,
  steps: Steps,
  all: readonly (Tensor | null)[],
): Tensor[] {
  const [x, initial, initialCell] = all;
  const weights = weightsOf(all);
  const fromInput = linear(x!, weights.input, weights.inputBias);
  const results: StepResult[] = [];
  let state = initial!.narrow(0, 0, 0);
  let cell = initialCell?.narrow(0, 0, 0) ?? null;
  for (const t of steps.order) {
    state = steps.fit(state, initial!, t);
    cell = cell && steps.fit(cell, initialCell!, t);
    const rows = steps.rows(fromInput, t);
    const result = kind.step(rows, state, cell, weights);
    ({ state, cell } = result);
    results[t] = result;
  }
  const output = cat(results.map(({ state }) => state));
  if (!kind.hasCell) return [output];
  return [output, steps.last((t) => results[t]!.cell!)];
}

/**
 * One direction of one layer over packed rows.
 *
 * @param x `[total, inputSize]`.
 * @param state The initial states, `[batch, width]`.
 * @param cell The initial cells, for an LSTM.
 * @returns The states after each step, packed, and the last cells.
 */
export function recur(
  kind: Kind,
  steps: Steps,
  x: Tensor,
  state: Tensor,
  cell: Tensor | null,
  weights: RecurrentWeights,
): Recurred {
  const given = listed(x, state, cell, weights);
  const places = given.map((tensor) => tensor !== null);
  const inputs = given.filter((tensor) => tensor !== null);
  const more = { count: 0 };
  const loop = autogradFunction<readonly Tensor[]>({
    name: kind.name,
    forward(ctx, ...list) {
      const all = inPlaces(list, places);
      const [x, state, cell] = all;
      const trace = kind.run(steps, x!, state!, cell!, weightsOf(all));
      more.count = trace.more.length;
      ctx.save(...list, trace.gates, trace.states, ...trace.more);
      const output = steps.after(trace.states);
      if (!kind.hasCell) return [output];
      const cells = steps.after(trace.more[0]!);
      return [output, steps.last((t) => steps.rows(cells, t))];
    },
    backward(ctx, ...gradients) {
      const { saved, needsGrad } = ctx;
      const list = saved.slice(0, inputs.length);
      if (isGradEnabled()) {
        const plain = (views: readonly Tensor[]) =>
          unrolled(kind, steps, inPlaces(views, places));
        return gradientsOf(plain, list, needsGrad, gradients);
      }
      const [gates, states, ...rest] = saved.slice(inputs.length);
      const trace: Trace = { gates: gates!, states: states!, more: rest };
      const all = inPlaces(list, places);
      const weights = weightsOf(all);
      const [g, cellGradient = null] = gradients;
      const found = kind.back(steps, trace, weights, g!, cellGradient);
      const needed = inPlaces(needsGrad, places);
      const { gates: byGates, hiddenGates } = found;
      const byInputBias = needed[5] ? byGates.sum(0) : null;
      const byHiddenBias = () =>
        byInputBias && byGates === hiddenGates
          ? byInputBias.clone()
          : hiddenGates.sum(0);
      const by: (Tensor | null)[] = [
        needed[0] ? byGates.matmul(weights.input) : null,
        found.state,
        found.cell,
        needed[3] ? byGates.t().matmul(all[0]!) : null,
        needed[4]
          ? hiddenGates.t().matmul(steps.allBefore(trace.states))
          : null,
        byInputBias,
        needed[6] ? byHiddenBias() : null,
        found.projection,
      ];
      return by.filter((_, i) => places[i]);
    },
  });
  const within = (fn: () => readonly Tensor[]) =>
    tidyNow((): Recurred => {
      const [output, last = null] = fn();
      return { output: output!, cell: last };
    });
  const run = () => within(() => loop(...inputs));
  const unroll = () => within(() => unrolled(kind, steps, given));
  if (listener !== null) {
    return listener({ kind, steps, x, state, cell, weights }, run, unroll);
  }
  // Transforms have no rules for kernels that write in place.
  return layering === null ? run() : unroll();
}
