/**
 * The kernels of the plain recurrent layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import { kernel, zerosBeside } from "./_in_place.ts";
import { biasOf, type Kind, product } from "./_recurrent.ts";
import { linear } from "./linear.ts";

const { add, gt, max, mul, select, sub, tanh } = expr;

/**
 * The nonlinearity: applied to the sum of both products.
 *
 * @example A recurrent layer with ReLU
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const nonlinearity: nn.Nonlinearity = "relu";
 * const rnn = new nn.RNN(4, 8, { nonlinearity });
 * ```
 */
export type Nonlinearity = "tanh" | "relu";

/** Target: the state; then the products. */
const forward = {
  tanh: /* @__PURE__ */ kernel("rnn", 1, 2, ([, sum]) => [tanh(sum!)]),
  relu: /* @__PURE__ */ kernel("rnn", 1, 2, ([, sum]) => [max(sum!, 0)]),
};
/** Target: gradient by the products; then state and both parts of its own. */
const backward = {
  tanh: /* @__PURE__ */ kernel(
    "rnn",
    1,
    4,
    ([, h, own, later]) => [mul(add(own!, later!), sub(1, mul(h!, h!)))],
  ),
  relu: /* @__PURE__ */ kernel(
    "rnn",
    1,
    4,
    ([, h, own, later]) => [select(gt(h!, 0), add(own!, later!), 0)],
  ),
};

const kindOf = (bend: Nonlinearity): Kind => ({
  name: "rnn",
  gates: 1,
  hasCell: false,
  nonlinearity: bend,
  step(fromInput, state, _, { hidden, hiddenBias }) {
    const sum = fromInput.add(linear(state, hidden, hiddenBias));
    return { state: sum[bend](), cell: null };
  },
  run(steps, x, state, _, weights) {
    const gates = linear(x, weights.input, biasOf(weights));
    const states = steps.room(state);
    const across = weights.hidden.t();
    for (const t of steps.order) {
      const rows = steps.rows(gates, t);
      const sum = product(steps.before(states, t), across, rows);
      forward[bend](steps.rows(steps.after(states), t), sum);
    }
    return { gates: states, states, more: [] };
  },
  back(steps, { states }, { hidden }, gradient) {
    const width = gradient.shape[1]!;
    const byGates = zerosBeside(gradient, [steps.total, width]);
    const nothing = zerosBeside(gradient, [steps.batch, width]);
    const byStates: Tensor[] = [];
    let later = nothing.narrow(0, 0, 0);
    for (const t of [...steps.order].reverse()) {
      later = steps.fit(later, nothing, t);
      const rows = steps.rows(byGates, t);
      backward[bend](
        rows,
        steps.rows(steps.after(states), t),
        steps.rows(gradient, t),
        later,
      );
      later = byStates[t] = rows.matmul(hidden);
    }
    return {
      gates: byGates,
      hiddenGates: byGates,
      state: steps.first((t) => byStates[t]!),
      cell: null,
      projection: null,
    };
  },
});

/** The plain recurrent layer (Elman, 1990), by what bends its sums. */
export const RNN_KINDS: { readonly [N in Nonlinearity]: Kind } = {
  tanh: /* @__PURE__ */ kindOf("tanh"),
  relu: /* @__PURE__ */ kindOf("relu"),
};
