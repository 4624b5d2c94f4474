/**
 * Recurrent operators, step by step.
 *
 * @module
 */
import { cat, full, stack, type Tensor } from "@tenfold/core";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { known, type Value } from "../_value.ts";
import { Type } from "../_element.ts";
import { reverseEach } from "./movement.ts";

type Activation = (x: Tensor) => Tensor;

/** The activations by name; each takes its own alpha and beta. */
const ACTIVATIONS: {
  readonly [name: string]: (alpha?: number, beta?: number) => Activation;
} = {
  relu: () => (x) => x.relu(),
  tanh: () => (x) => x.tanh(),
  sigmoid: () => (x) => x.sigmoid(),
  affine: (alpha = 1, beta = 0) => (x) => x.mul(alpha).add(beta),
  leakyrelu: (alpha = 0.01) => (x) => x.leakyRelu(alpha),
  thresholdedrelu: (alpha = 1) => (x) => x.where(x.gt(alpha), 0),
  scaledtanh: (alpha = 1, beta = 1) => (x) => x.mul(beta).tanh().mul(alpha),
  hardsigmoid: (alpha = 0.2, beta = 0.5) => (x) =>
    x.mul(alpha).add(beta).clamp({ min: 0, max: 1 }),
  elu: (alpha = 1) => (x) => x.elu(alpha),
  softsign: () => (x) => x.div(x.abs().add(1)),
  softplus: () => (x) => x.softplus(),
};

/** Activations that take an alpha, in the order of their lists. */
const TAKES_ALPHA = new Set([
  "affine",
  "leakyrelu",
  "thresholdedrelu",
  "scaledtanh",
  "hardsigmoid",
  "elu",
]);
const TAKES_BETA = new Set(["affine", "scaledtanh", "hardsigmoid"]);

/** What one direction needs for a step. */
interface Cell {
  /** `[input, gates * hidden]`. */
  readonly w: Tensor;
  /** `[hidden, gates * hidden]`. */
  readonly r: Tensor;
  readonly wBias: Tensor | null;
  readonly rBias: Tensor | null;
  readonly peepholes: Tensor | null;
  readonly fns: readonly Activation[];
  readonly hidden: number;
  readonly clip: number | undefined;
  readonly call: Call;
}

/** The state after a step: h, and c for LSTM. */
type State = readonly Tensor[];

/** One step: the input's part of the gates, and the state before. */
type Step = (cell: Cell, gates: Tensor, state: State) => State;

function clipped(x: Tensor, clip: number | undefined): Tensor {
  return clip === undefined ? x : x.clamp({ min: -clip, max: clip });
}

/** The gates of the last dim, `hidden` each. */
function gate(x: Tensor, at: number, hidden: number): Tensor {
  return x.narrow(-1, at * hidden, hidden);
}

/** Gates in the order input, output, forget, cell. */
const lstmStep: Step = (cell, gates, [h, c]) => {
  const { hidden, clip, peepholes, fns, call } = cell;
  const [f, g, k] = fns as [Activation, Activation, Activation];
  const all = gates.add(h!.matmul(cell.r));
  const seen = (x: Tensor, at: number, state: Tensor) =>
    peepholes === null ? x : x.add(gate(peepholes, at, hidden).mul(state));
  const input = f(clipped(seen(gate(all, 0, hidden), 0, c!), clip));
  const forget = call.attribute("input_forget", 0) === 1
    ? input.neg().add(1)
    : f(clipped(seen(gate(all, 2, hidden), 2, c!), clip));
  const candidate = g(clipped(gate(all, 3, hidden), clip));
  const next = forget.mul(c!).add(input.mul(candidate));
  const output = f(clipped(seen(gate(all, 1, hidden), 1, next), clip));
  return [output.mul(k(next)), next];
};

/** Gates in the order update, reset, hidden. */
const gruStep: Step = (cell, gates, [h]) => {
  const { hidden, clip, fns, call, r, rBias } = cell;
  const [f, g] = fns as [Activation, Activation];
  const two = gate(gates, 0, 2 * hidden)
    .add(h!.matmul(r.narrow(1, 0, 2 * hidden)));
  const update = f(clipped(gate(two, 0, hidden), clip));
  const reset = f(clipped(gate(two, 1, hidden), clip));
  const last = r.narrow(1, 2 * hidden, hidden);
  const bias = rBias === null ? null : rBias.narrow(0, 2 * hidden, hidden);
  const within = (x: Tensor) => bias === null ? x : x.add(bias);
  const past = call.attribute("linear_before_reset", 0) !== 0
    ? within(h!.matmul(last)).mul(reset)
    : within(reset.mul(h!).matmul(last));
  const candidate = g(clipped(gate(gates, 2, hidden).add(past), clip));
  return [candidate.add(update.mul(h!.sub(candidate)))];
};

const rnnStep: Step = (cell, gates, [h]) => [
  cell.fns[0]!(clipped(gates.add(h!.matmul(cell.r)), cell.clip)),
];

interface Kind {
  readonly gates: number;
  readonly states: number;
  readonly activations: readonly string[];
  readonly step: Step;
}

const KINDS: { readonly [name: string]: Kind } = {
  RNN: { gates: 1, states: 1, activations: ["Tanh"], step: rnnStep },
  GRU: {
    gates: 3,
    states: 1,
    activations: ["Sigmoid", "Tanh"],
    step: gruStep,
  },
  LSTM: {
    gates: 4,
    states: 2,
    activations: ["Sigmoid", "Tanh", "Tanh"],
    step: lstmStep,
  },
};

/** The activations of all directions, each with its own numbers. */
function activationsOf(
  call: Call,
  kind: Kind,
  directions: number,
): Activation[][] {
  const names = call.texts("activations") ??
    Array.from({ length: directions }, () => kind.activations).flat();
  const [alphas, betas] = [
    call.list("activation_alpha") ?? [],
    call.list("activation_beta") ?? [],
  ];
  const all = names.map((name) => {
    const key = name.toLowerCase();
    const alpha = TAKES_ALPHA.has(key) ? alphas.shift() : undefined;
    const beta = TAKES_BETA.has(key) ? betas.shift() : undefined;
    return ACTIVATIONS[key]!(alpha, beta);
  });
  const each = kind.activations.length;
  return Array.from(
    { length: directions },
    (_, d) => all.slice(d * each, (d + 1) * each),
  );
}

function refuses({ attributes, opType }: NodeFacts): string | undefined {
  const names = attributes.get("activations") as string[] | undefined;
  const unknown = names?.find((name) => !(name.toLowerCase() in ACTIVATIONS));
  if (unknown !== undefined) return `its activation is ${unknown}`;
  return KINDS[opType] === undefined
    ? "it is not a recurrent operator"
    : undefined;
}

/** Where a sample has ended, the state before; the output is then 0. */
interface Ends {
  readonly lengths: readonly number[];
}

/** Runs one direction over `[time, batch, input]`. */
function runDirection(
  cell: Cell,
  kind: Kind,
  x: Tensor,
  start: State,
  ends: Ends | null,
): { outputs: Tensor; state: State } {
  const [time, batch, size] = x.shape as [number, number, number];
  const flat = x.reshape([time * batch, size]);
  const products = cell.wBias === null
    ? flat.matmul(cell.w)
    : flat.matmul(cell.w, { bias: cell.wBias });
  const gates = products.reshape([time, batch, products.shape[1]!]);
  const outputs: Tensor[] = [];
  let state = start;
  for (let t = 0; t < time; t++) {
    const next = kind.step(cell, gates.select(0, t), state);
    const live = ends === null || ends.lengths.every((length) => t < length)
      ? null
      : cell.call.toTensor(
        known(
          Type.BOOL,
          [batch, 1],
          ends.lengths.map((length) => t < length ? 1 : 0),
        ),
      );
    outputs.push(live === null ? next[0]! : next[0]!.where(live, 0));
    state = live === null ? next : next.map((s, i) => s.where(live, state[i]!));
  }
  return {
    outputs: outputs.length === 0
      ? gates.narrow(-1, 0, cell.hidden)
      : stack(outputs),
    state,
  };
}

/** The weights of one direction, transposed for products with rows. */
function cellOf(
  call: Call,
  kind: Kind,
  d: number,
  hidden: number,
  fns: readonly Activation[],
): Cell {
  const bias = call.optional(3)?.select(0, d) ?? null;
  const width = kind.gates * hidden;
  const [wb, rb] = bias === null
    ? [null, null]
    : [bias.narrow(0, 0, width), bias.narrow(0, width, width)];
  // GRU adds the recurrent bias of its last gate within the product.
  const shared = kind.gates === 3 ? 2 * hidden : width;
  const together = wb === null ? null : shared === width ? wb.add(rb!) : cat([
    wb.narrow(0, 0, shared).add(rb!.narrow(0, 0, shared)),
    wb.narrow(0, shared, hidden),
  ]);
  return {
    w: call.tensor(1).select(0, d).t(),
    r: call.tensor(2).select(0, d).t(),
    wBias: together,
    rBias: rb,
    peepholes: kind.gates === 4 ? call.optional(7)?.select(0, d) ?? null : null,
    fns,
    hidden,
    clip: call.attribute("clip"),
    call,
  };
}

/** A recurrent operator over all its directions. */
function recurrent(call: Call): Value[] {
  const kind = KINDS[call.node.opType]!;
  const batchFirst = call.attribute("layout", 0) === 1;
  const given = call.floats(0);
  const x = batchFirst ? given.transpose(0, 1) : given;
  const [, batch] = x.shape as [number, number, number];
  const directions = call.value(1).shape[0]!;
  const hidden = call.attribute("hidden_size") ?? call.value(2).shape[2]!;
  const direction = call.text("direction", "forward");
  const lengths = call.numbers(4);
  const ends = lengths === null ||
      lengths.every((length) => length === x.shape[0])
    ? null
    : { lengths };
  const fns = activationsOf(call, kind, directions);
  const outputs: Tensor[] = [];
  const states: State[] = [];
  for (let d = 0; d < directions; d++) {
    const backwards = direction === "reverse" || d === 1;
    const turn = (t: Tensor) =>
      !backwards
        ? t
        : ends === null
        ? t.flip(0)
        : reverseEach(t, 0, 1, ends.lengths);
    const start = Array.from({ length: kind.states }, (_, i) => {
      const initial = call.optional(5 + i);
      if (initial === null) {
        const { dtype, device } = x;
        return full([batch, hidden], 0, { dtype, device });
      }
      return initial.select(batchFirst ? 1 : 0, d);
    });
    const cell = cellOf(call, kind, d, hidden, fns[d]!);
    const done = runDirection(cell, kind, turn(x), start, ends);
    outputs.push(turn(done.outputs));
    states.push(done.state);
  }
  // [time, directions, batch, hidden], or [batch, time, directions, hidden].
  const all = stack(outputs, 1);
  const results = [batchFirst ? all.permute([2, 0, 1, 3]) : all];
  for (let i = 0; i < kind.states; i++) {
    const last = states.map((state) => state[i]!);
    results.push(stack(last, batchFirst ? 1 : 0));
  }
  return results.map((tensor) => call.like(0, tensor));
}

/** The operators of this file. */
export const RECURRENT: Operators = {
  RNN: { run: recurrent, refuses, numbers: [4] },
  GRU: { run: recurrent, refuses, numbers: [4] },
  LSTM: { run: recurrent, refuses, numbers: [4] },
};
