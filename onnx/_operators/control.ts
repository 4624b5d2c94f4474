/**
 * Operators that run graphs of their own.
 *
 * @module
 */
import { stack } from "@tenfold/core";
import type { Call, Operators, SubGraph } from "../_call.ts";
import { Type } from "../_element.ts";
import { axisOf, isKnown, known, ofTensor, type Value } from "../_value.ts";

function graphOf(call: Call, name: string): SubGraph {
  return call.node.attributes.get(name) as SubGraph;
}

/** The branch that the condition chooses, which must be known. */
function choose(call: Call): Value[] {
  const holds = call.number(0) !== 0;
  return call.runGraph(
    graphOf(call, holds ? "then_branch" : "else_branch"),
    [],
  );
}

/** Runs its body for each step; what it gives besides is stacked. */
function loop(call: Call): Value[] {
  const body = graphOf(call, "body");
  const most = call.number(0) ?? Infinity;
  let going = call.number(1) ?? 1;
  const carried = call.inputs.length - 2;
  let state = call.inputs.slice(2) as Value[];
  const scanned: Value[][] = [];
  for (let i = 0; i < most && going !== 0; i++) {
    const [condition, ...rest] = call.runGraph(body, [
      known(Type.INT64, [], [i]),
      known(Type.BOOL, [], [going]),
      ...state,
    ]);
    state = rest.slice(0, carried);
    rest.slice(carried).forEach((value, at) => {
      (scanned[at] ??= []).push(value);
    });
    going = isKnown(condition)
      ? condition.numbers[0]!
      : condition!.tensor!.dataSync()[0]!;
  }
  const asked = call.node.outputs.length - carried;
  return [
    ...state,
    ...Array.from({ length: asked }, (_, at) => stacked(call, scanned[at])),
  ];
}

function stacked(call: Call, values: readonly Value[] | undefined): Value {
  if (values === undefined || values.length === 0) {
    throw new RangeError(
      "its body never ran, so that its results have no shape",
    );
  }
  const { type, shape } = values[0]!;
  if (values.every(isKnown)) {
    return known(
      type,
      [values.length, ...shape],
      values.flatMap(({ numbers }) => Array.from(numbers!)),
    );
  }
  const tensors = values.map((value) => call.toTensor(value));
  return { type, ...asValue(stack(tensors)) };
}

/** How the tensors of one input or output of Scan lie. */
interface Line {
  readonly axis: number;
  readonly backwards: boolean;
}

/** Runs its body for each slice of its inputs along an axis. */
function scan(call: Call, given: readonly Value[]): Value[] {
  const count = call.attribute("num_scan_inputs", 1);
  const lines = (kind: "input" | "output", length: number): Line[] => {
    const axes = call.list(`scan_${kind}_axes`);
    const directions = call.list(
      call.version < 9 ? "directions" : `scan_${kind}_directions`,
    );
    return Array.from({ length }, (_, i) => ({
      axis: axes?.[i] ?? 0,
      backwards: kind === "output" && call.version < 9
        ? false
        : directions?.[i] === 1,
    }));
  };
  const carried = given.length - count;
  let state = given.slice(0, carried);
  const sequences = given.slice(carried).map((value) => call.toTensor(value));
  const inputs = lines("input", count).map(({ axis, backwards }, i) => ({
    axis: axisOf(axis, sequences[i]!.ndim),
    backwards,
  }));
  const steps = sequences[0]!.shape[inputs[0]!.axis]!;
  const scanned: Value[][] = [];
  for (let t = 0; t < steps; t++) {
    const slices = sequences.map((sequence, i) => {
      const { axis, backwards } = inputs[i]!;
      const slice = sequence.select(axis, backwards ? steps - 1 - t : t);
      return ofTensor(slice, given[carried + i]!.type);
    });
    const rest = call.runGraph(graphOf(call, "body"), [...state, ...slices]);
    state = rest.slice(0, carried);
    rest.slice(carried).forEach((value, at) => {
      (scanned[at] ??= []).push(value);
    });
  }
  const asked = call.node.outputs.length - carried;
  const outputs = lines("output", asked).map(({ axis, backwards }, at) => {
    const values = scanned[at] ?? [];
    const { type } = values[0] ?? { type: Type.FLOAT };
    const ordered = backwards ? values.toReversed() : values;
    if (ordered.length === 0) return stacked(call, undefined);
    const tensors = ordered.map((value) => call.toTensor(value));
    return ofTensor(stack(tensors, axisOf(axis, tensors[0]!.ndim + 1)), type);
  });
  return [...state, ...outputs];
}

/** Scan of version 8 has a batch in front of everything. */
function scanBatch(call: Call): Value[] {
  const given = call.inputs.slice(1) as Value[];
  const batch = given[0]!.shape[0]!;
  const each = Array.from({ length: batch }, (_, b) =>
    scan(
      call,
      given.map((value) =>
        ofTensor(call.toTensor(value).select(0, b), value.type)
      ),
    ));
  return each[0]!.map((value, at) =>
    ofTensor(
      stack(each.map((values) => call.toTensor(values[at]!))),
      value.type,
    )
  );
}

function asValue(tensor: ReturnType<typeof stack>) {
  return { shape: tensor.shape, numbers: null, tensor };
}

/** The operators of this file. */
export const CONTROL: Operators = {
  If: { run: choose, numbers: [0] },
  Loop: { run: loop, numbers: [0, 1] },
  Scan: {
    since: 8,
    run: (call) => {
      if (call.version >= 9) return scan(call, call.inputs as Value[]);
      if (call.has(0)) {
        throw new TypeError("it has lengths of sequences: use version 9");
      }
      return scanBatch(call);
    },
  },
};
