/**
 * Runs a plan node by node.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { tidyNow } from "@tenfold/core/internal";
import { Call, type RunFacts, type RunGraph } from "./_call.ts";
import type { Plan, PlanNode } from "./_graph.ts";
import { isKnown, type Value } from "./_value.ts";

/** Gives the values of the constants of a graph. */
export type ConstantsOf = (plan: Plan) => ReadonlyMap<string, Value>;

/** The values of a graph by their names, and those of the graph around it. */
class Environment {
  readonly own = new Map<string, Value>();

  constructor(
    readonly constants: ReadonlyMap<string, Value>,
    readonly outer: Environment | null,
  ) {}

  find(name: string): Value | undefined {
    return this.own.get(name) ?? this.constants.get(name) ??
      this.outer?.find(name);
  }
}

/** An error of a node, which says where it happened; others as they are. */
function located(error: unknown, { facts }: PlanNode): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) {
    return error;
  }
  if (/^Cannot run the ONNX node/.test(error.message)) return error;
  const family = error instanceof TypeError ? TypeError : RangeError;
  return new family(
    `Cannot run the ONNX node ${
      JSON.stringify(facts.name)
    } (${facts.opType}): ${error.message}`,
    { cause: error },
  );
}

/** What a node gives: known numbers, or tensors of its own. */
export function runNode(
  node: PlanNode,
  inputs: readonly (Value | null)[],
  facts: RunFacts,
  runGraph: RunGraph,
): readonly Value[] {
  const call = new Call(node.facts, inputs, facts, runGraph);
  try {
    const { operator } = node;
    if (operator.known !== undefined) {
      const known = call.allKnown();
      const result = known && operator.known(call, known);
      if (result) return listOf(result);
    }
    let results: Value[] = [];
    tidyNow((): (Tensor | null)[] => {
      results = listOf(operator.run(call)).map((value) =>
        value.tensor !== null && call.isOutside(value.tensor)
          ? { ...value, tensor: value.tensor.alias() }
          : value
      );
      return results.map(({ tensor }) => tensor);
    });
    return results;
  } catch (error) {
    throw located(error, node);
  }
}

function listOf(result: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(result) ? result : [result as Value];
}

/**
 * Runs a graph.
 *
 * @param inputs The values of its inputs, in their order.
 * @returns The values of its outputs, whose tensors belong to the caller.
 */
export function runPlan(
  plan: Plan,
  inputs: readonly (Value | null)[],
  facts: RunFacts,
  constantsOf: ConstantsOf,
  outer: Environment | null = null,
): Value[] {
  const names = new Environment(constantsOf(plan), plan.open ? outer : null);
  plan.inputs.forEach(({ name }, i) => {
    const value = inputs[i];
    if (value != null) names.own.set(name, value);
  });
  const given = new Set(names.own.keys());
  const runGraph: RunGraph = ({ graph }, values) =>
    runPlan(graph as Plan, values, facts, constantsOf, names);
  for (const node of plan.nodes) {
    if (node.outputs.every((name) => names.constants.has(name))) continue;
    const values = node.inputs.map((name) =>
      name === "" ? null : names.find(name) ?? null
    );
    const results = runNode(node, values, facts, runGraph);
    node.outputs.forEach((name, i) => {
      if (name !== "" && results[i]) names.own.set(name, results[i]);
    });
    for (const name of node.release) {
      names.own.get(name)?.tensor?.dispose();
      names.own.delete(name);
    }
  }
  const passed = new Set<Tensor>();
  return plan.outputs.map(({ name }) => {
    const value = names.find(name);
    if (value === undefined) {
      throw new TypeError(
        `Cannot run the ONNX model as nothing gives its output ${
          JSON.stringify(name)
        }`,
      );
    }
    if (isKnown(value)) return value;
    const tensor = value.tensor!;
    const own = names.own.has(name) && !given.has(name) && !passed.has(tensor);
    passed.add(tensor);
    return own ? value : { ...value, tensor: tensor.alias() };
  });
}
