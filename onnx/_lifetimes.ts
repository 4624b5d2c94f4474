/**
 * Which values of a graph are used, from where on, and until when.
 *
 * @module
 */
import { DataFormatError } from "@tenfold/data";
import type { Plan, PlanNode } from "./_graph.ts";

/** The nodes whose results are used, directly or not. */
export function living(
  nodes: readonly PlanNode[],
  outputs: readonly string[],
): PlanNode[] {
  const used = new Set(outputs);
  const kept: PlanNode[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!node.outputs.some((name) => used.has(name))) continue;
    kept.push(node);
    for (const name of usedBy(node)) used.add(name);
  }
  return kept.reverse();
}

/** All names that a node reads, also within its graphs. */
export function usedBy(node: PlanNode): Set<string> {
  const names = new Set(node.inputs.filter((name) => name !== ""));
  const visit = (plan: Plan): void => {
    if (!plan.open) return;
    for (const { name } of plan.outputs) names.add(name);
    for (const inner of plan.nodes) {
      for (const name of inner.inputs) if (name !== "") names.add(name);
      inner.graphs.forEach(visit);
    }
  };
  node.graphs.forEach(visit);
  return names;
}

/** Finds after which node each value is no longer needed. */
export function setReleases(plan: Plan): void {
  const kept = new Set(plan.outputs.map(({ name }) => name));
  const own = new Set(plan.nodes.flatMap(({ outputs }) => outputs));
  for (let i = plan.nodes.length - 1; i >= 0; i--) {
    const node = plan.nodes[i]!;
    const last = [...usedBy(node), ...node.outputs]
      .filter((name) => name !== "" && own.has(name) && !kept.has(name));
    for (const name of last) kept.add(name);
    node.release = [...new Set(last)];
  }
}

/** Sees that every name that is read was made before. */
export function checkNames(plan: Plan, outer: ReadonlySet<string>): void {
  const seen = new Set(plan.open ? outer : []);
  for (const { name } of plan.inputs) seen.add(name);
  for (const name of plan.constants.keys()) seen.add(name);
  const check = (name: string, where: string) => {
    if (name !== "" && !seen.has(name)) {
      throw new DataFormatError(
        `Cannot read the ONNX model as ${where} reads ${
          JSON.stringify(name)
        }, which nothing before it makes`,
      );
    }
  };
  for (const node of plan.nodes) {
    const where = `node ${JSON.stringify(node.facts.name)}`;
    for (const name of node.inputs) check(name, where);
    for (const graph of node.graphs) checkNames(graph, seen);
    for (const name of node.outputs) seen.add(name);
  }
  for (const { name } of plan.outputs) check(name, "the output");
}
