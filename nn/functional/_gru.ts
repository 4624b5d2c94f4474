/**
 * The kernels of the GRU. Its gates stand in the order of PyTorch: reset,
 * update, new.
 *
 * @module
 */
import { fused, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import { kernel, zerosBeside } from "./_in_place.ts";
import { type Kind, product } from "./_recurrent.ts";
import { linear } from "./linear.ts";

const { add, mul, sigmoid, sub, tanh } = expr;

/**
 * Targets: the gates, the state's part of the new gate, and the state; then the
 * products with the input, those with the state, and the old state.
 */
const forward = /* @__PURE__ */ kernel(
  "gru",
  5,
  9,
  ([r, z, n, , , ofR, ofZ, ofN, before]) => {
    const [reset, update] = [sigmoid(add(r!, ofR!)), sigmoid(add(z!, ofZ!))];
    const value = tanh(add(n!, mul(reset, ofN!)));
    const state = add(value, mul(update, sub(before!, value)));
    return [reset, update, value, ofN!, state];
  },
);

/**
 * Targets: gradients of the gates on the side of the input, that of the new
 * gate on the side of the state, and the direct one of the old state; then
 * gates, the state's part of the new gate, old state, and the two parts of the
 * gradient by the state.
 */
const backward = /* @__PURE__ */ kernel(
  "gru",
  7,
  14,
  ([, , , , , , , r, z, n, part, before, own, later]) => {
    const by = add(own!, later!);
    const slope = (gate: typeof by) => mul(gate, sub(1, gate));
    const byNew = mul(mul(by, sub(1, z!)), sub(1, mul(n!, n!)));
    const byReset = mul(mul(byNew, part!), slope(r!));
    const byUpdate = mul(mul(by, sub(before!, n!)), slope(z!));
    return [
      byReset,
      byUpdate,
      byNew,
      byReset,
      byUpdate,
      mul(byNew, r!),
      mul(by, z!),
    ];
  },
);

/** Inputs: products with the input and with the state of all gates, state. */
const nextState = /* @__PURE__ */ fused(
  "gru",
  ([r, z, n, ofR, ofZ, ofN, before]) => {
    const [reset, update] = [sigmoid(add(r, ofR)), sigmoid(add(z, ofZ))];
    const value = tanh(add(n, mul(reset, ofN)));
    return add(value, mul(update, sub(before, value)));
  },
);

/** The gated recurrent unit (Cho and others, 2014). */
export const GRU_KIND: Kind = {
  name: "gru",
  gates: 3,
  hasCell: false,
  step(fromInput, state, _, { hidden, hiddenBias }) {
    const width = state.shape[1]!;
    const fromState = linear(state, hidden, hiddenBias);
    const inputs = [
      ...fromInput.split(width, 1),
      ...fromState.split(width, 1),
      state,
    ];
    return { state: nextState.map(inputs), cell: null };
  },
  run(steps, x, state, _, { input, hidden, inputBias, hiddenBias }) {
    const width = state.shape[1]!;
    const gates = linear(x, input, inputBias);
    const states = steps.room(state);
    const parts = zerosBeside(x, [steps.total, width]);
    for (const t of steps.order) {
      const before = steps.before(states, t);
      forward(
        ...steps.rows(gates, t).split(width, 1),
        steps.rows(parts, t),
        steps.rows(steps.after(states), t),
        ...linear(before, hidden, hiddenBias).split(width, 1),
        before,
      );
    }
    return { gates, states, more: [parts] };
  },
  back(steps, { gates, states, more }, { hidden }, gradient) {
    const width = gradient.shape[1]!;
    const { batch, total } = steps;
    const byGates = zerosBeside(gates, [total, 3 * width]);
    const hiddenGates = zerosBeside(gates, [total, 3 * width]);
    const nothing = zerosBeside(gates, [batch, width]);
    const byStates: Tensor[] = [];
    let later = nothing.narrow(0, 0, 0);
    for (const t of [...steps.order].reverse()) {
      later = steps.fit(later, nothing, t);
      const direct = zerosBeside(gates, [steps.counts[t]!, width]);
      const across = steps.rows(hiddenGates, t);
      backward(
        ...steps.rows(byGates, t).split(width, 1),
        ...across.split(width, 1),
        direct,
        ...steps.rows(gates, t).split(width, 1),
        steps.rows(more[0]!, t),
        steps.before(states, t),
        steps.rows(gradient, t),
        later,
      );
      later = byStates[t] = product(across, hidden, direct);
    }
    return {
      gates: byGates,
      hiddenGates,
      state: steps.first((t) => byStates[t]!),
      cell: null,
      projection: null,
    };
  },
};
