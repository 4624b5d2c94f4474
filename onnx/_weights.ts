/**
 * Which constants of a graph are weights, which are running figures, and which
 * are numbers that operators need to know.
 *
 * @module
 */
import { isFloat } from "./_element.ts";
import type { Plan, PlanConstant, PlanNode } from "./_graph.ts";

/** What becomes of a constant. */
export type Role = "parameter" | "buffer" | "number";

/** A constant of a graph with its role and a name of its own. */
export interface Weight {
  readonly constant: PlanConstant;
  readonly role: Role;
  /** What it is called in state dicts. */
  readonly name: string;
}

/** The roles of all constants, by graph and name. */
export type Weights = ReadonlyMap<Plan, ReadonlyMap<string, Weight>>;

/** Every graph of a plan, with the names of the nodes around it. */
function eachGraph(
  plan: Plan,
  visit: (plan: Plan, path: string) => void,
  path = "",
): void {
  visit(plan, path);
  for (const node of plan.nodes) {
    node.graphs.forEach((graph, i) => {
      const inner = `${path}${node.facts.name}.${
        node.graphs.length > 1 ? `${i}.` : ""
      }`;
      eachGraph(graph, visit, inner);
    });
  }
}

function eachNode(plan: Plan, visit: (node: PlanNode) => void): void {
  eachGraph(plan, ({ nodes }) => nodes.forEach(visit));
}

/**
 * Names whose numbers may be known while a model runs: what is computed of
 * constants, of shapes and of integers that are passed as numbers.
 */
function knowable(plan: Plan): Set<string> {
  const names = new Set<string>();
  eachGraph(plan, ({ constants, inputs }) => {
    for (const name of constants.keys()) names.add(name);
    for (const { name, type } of inputs) {
      if (!isFloat(type?.tensorType?.elemType ?? 1)) names.add(name);
    }
  });
  eachNode(plan, ({ operator, inputs, outputs }) => {
    const all = operator.shapesOnly ||
      (operator.known !== undefined &&
        inputs.every((name) => name === "" || names.has(name)));
    if (all) { for (const name of outputs) names.add(name); }
  });
  return names;
}

/** Names whose numbers operators ask for. */
function asked(plan: Plan): Set<string> {
  const names = new Set<string>();
  const known = knowable(plan);
  for (let before = -1; before !== names.size;) {
    before = names.size;
    eachNode(plan, ({ operator, inputs, outputs, graphs }) => {
      for (const at of operator.numbers ?? []) {
        if (inputs[at]) names.add(inputs[at]);
      }
      if (!outputs.some((name) => names.has(name))) return;
      if (operator.shapesOnly || !outputs.every((name) => known.has(name))) {
        return;
      }
      for (const name of inputs) if (name !== "") names.add(name);
      for (const graph of graphs) {
        for (const { name } of graph.outputs) names.add(name);
      }
    });
  }
  return names;
}

/** Names that are read as the running figures of batch normalisation alone. */
function figures(plan: Plan): Set<string> {
  const found = new Set<string>();
  const others = new Set<string>();
  eachNode(plan, ({ facts, inputs }) => {
    inputs.forEach((name, at) => {
      const figure = facts.opType === "BatchNormalization" && at >= 3;
      (figure ? found : others).add(name);
    });
  });
  for (const name of others) found.delete(name);
  return found;
}

/** The roles and names of all constants of a model. */
export function weightsOf(plan: Plan): Weights {
  const [numbers, running] = [asked(plan), figures(plan)];
  const taken = new Set<string>();
  const all = new Map<Plan, Map<string, Weight>>();
  eachGraph(plan, (graph, path) => {
    const own = new Map<string, Weight>();
    for (const [name, constant] of graph.constants) {
      const many = constant.numbers.length > 1 ||
        (constant.initializer && constant.numbers.length > 0);
      const role = !isFloat(constant.type) || !many || numbers.has(name)
        ? "number"
        : running.has(name)
        ? "buffer"
        : "parameter";
      let unique = name || "constant";
      if (taken.has(unique)) unique = path + unique;
      while (taken.has(unique)) unique += "_";
      if (role !== "number") taken.add(unique);
      own.set(name, { constant, role, name: unique });
    }
    all.set(graph, own);
  });
  return all;
}
