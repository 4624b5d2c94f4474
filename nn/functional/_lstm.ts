/**
 * The kernels of the LSTM. Its gates stand in the order of PyTorch: input,
 * forget, cell, output.
 *
 * @module
 */
import { fused, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import { kernel, zerosBeside } from "./_in_place.ts";
import { biasOf, type Kind, product } from "./_recurrent.ts";
import { linear } from "./linear.ts";

const { add, mul, sigmoid, sub, tanh } = expr;

/** Targets: the gates, the cell and the state; then products and old cell. */
const forward = /* @__PURE__ */ kernel(
  "lstm",
  6,
  11,
  ([, , , , , , i, f, g, o, before]) => {
    const [input, forget] = [sigmoid(i!), sigmoid(f!)];
    const [value, output] = [tanh(g!), sigmoid(o!)];
    const cell = add(mul(forget, before!), mul(input, value));
    return [input, forget, value, output, cell, mul(output, tanh(cell))];
  },
);

/**
 * Targets: gradients of the gates and of the old cell; then gates, old cell,
 * cell, the two parts of the gradient by the state, and that by the cell.
 */
const backward = /* @__PURE__ */ kernel(
  "lstm",
  5,
  14,
  ([, , , , , i, f, g, o, before, cell, own, later, byCell]) => {
    const bent = tanh(cell!);
    const byState = add(own!, later!);
    const total = add(
      byCell!,
      mul(mul(byState, o!), sub(1, mul(bent, bent))),
    );
    const slope = (gate: typeof bent) => mul(gate, sub(1, gate));
    return [
      mul(mul(total, g!), slope(i!)),
      mul(mul(total, before!), slope(f!)),
      mul(mul(total, i!), sub(1, mul(g!, g!))),
      mul(mul(byState, bent), slope(o!)),
      mul(total, f!),
    ];
  },
);

/** Inputs: the products of the input, forget and cell gates, the old cell. */
const nextCell = /* @__PURE__ */ fused(
  "lstm",
  ([i, f, g, before]) => add(mul(sigmoid(f), before), mul(sigmoid(i), tanh(g))),
);
/** Inputs: the product of the output gate, the cell. */
const nextState = /* @__PURE__ */ fused(
  "lstm",
  ([o, cell]) => mul(sigmoid(o), tanh(cell)),
);

/** Long short-term memory (Hochreiter and Schmidhuber, 1997). */
export const LSTM_KIND: Kind = {
  name: "lstm",
  gates: 4,
  hasCell: true,
  step(fromInput, state, cell, weights) {
    const { hidden, hiddenBias, projection } = weights;
    const gates = fromInput.add(linear(state, hidden, hiddenBias));
    const [i, f, g, o] = gates.split(cell!.shape[1]!, 1);
    const next = nextCell.map([i!, f!, g!, cell!]);
    const out = nextState.map([o!, next]);
    return {
      state: projection ? linear(out, projection) : out,
      cell: next,
    };
  },
  run(steps, x, state, cell, weights) {
    const width = cell!.shape[1]!;
    const { hidden, input, projection } = weights;
    const gates = linear(x, input, biasOf(weights));
    const states = steps.room(state);
    const cells = steps.room(cell!);
    const across = hidden.t();
    const given = projection
      ? zerosBeside(x, [steps.total, width])
      : steps.after(states);
    for (const t of steps.order) {
      const rows = steps.rows(gates, t);
      const sums = product(steps.before(states, t), across, rows);
      const out = steps.rows(given, t);
      forward(
        ...rows.split(width, 1),
        steps.rows(steps.after(cells), t),
        out,
        ...sums.split(width, 1),
        steps.before(cells, t),
      );
      if (projection) {
        steps.rows(steps.after(states), t).copy_(linear(out, projection));
      }
    }
    return { gates, states, more: projection ? [cells, given] : [cells] };
  },
  back(steps, { gates, more }, { hidden, projection }, gradient, cellGradient) {
    const [cells, given] = more;
    const width = cells!.shape[1]!;
    const { batch, total } = steps;
    const byGates = zerosBeside(gates, [total, 4 * width]);
    const nothing = zerosBeside(gates, [batch, gradient.shape[1]!]);
    const none = projection ? zerosBeside(gates, [batch, width]) : nothing;
    const byOutput = projection
      ? zerosBeside(gates, [total, gradient.shape[1]!])
      : null;
    const states: Tensor[] = [];
    const byCells: Tensor[] = [];
    let later = nothing.narrow(0, 0, 0);
    let byCell = cellGradient!.narrow(0, 0, 0);
    for (const t of [...steps.order].reverse()) {
      let own = steps.rows(gradient, t);
      later = steps.fit(later, nothing, t);
      byCell = steps.fit(byCell, cellGradient!, t);
      if (byOutput) {
        const sum = own.add(later);
        steps.rows(byOutput, t).copy_(sum);
        own = sum.matmul(projection!);
        later = none.narrow(0, 0, steps.counts[t]!);
      }
      const byBefore = zerosBeside(gates, [steps.counts[t]!, width]);
      const rows = steps.rows(byGates, t);
      backward(
        ...rows.split(width, 1),
        byBefore,
        ...steps.rows(gates, t).split(width, 1),
        steps.before(cells!, t),
        steps.rows(steps.after(cells!), t),
        own,
        later,
        byCell,
      );
      later = states[t] = rows.matmul(hidden);
      byCell = byCells[t] = byBefore;
    }
    return {
      gates: byGates,
      hiddenGates: byGates,
      state: steps.first((t) => states[t]!),
      cell: steps.first((t) => byCells[t]!),
      projection: byOutput && byOutput.t().matmul(given!),
    };
  },
};
