/**
 * Operators that run graphs of their own.
 *
 * @module
 */
import { stack } from "@tenfold/core";
import type { Call, Operators, SubGraph } from "../_call.ts";
import { Type } from "../_element.ts";
import { isKnown, known, type Value } from "../_value.ts";

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

function asValue(tensor: ReturnType<typeof stack>) {
  return { shape: tensor.shape, numbers: null, tensor };
}

/** The operators of this file. */
export const CONTROL: Operators = {
  If: { run: choose, numbers: [0] },
  Loop: { run: loop, numbers: [0, 1] },
};
