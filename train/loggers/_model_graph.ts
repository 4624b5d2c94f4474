/**
 * The modules of a model as a graph.
 *
 * @module
 */
import { type AnyModule, Sequential } from "@tenfold/nn";
import type { GraphNode } from "./_events.ts";

/**
 * A node for each module without modules inside. Those of a `Sequential` take
 * what the one before gives; what else a `forward` does cannot be seen.
 */
export function modelGraph(model: AnyModule): GraphNode[] {
  const input: GraphNode = {
    name: "input",
    op: "Placeholder",
    inputs: [],
    attributes: {},
  };
  const nodes = [input];
  /** Adds what is in a module, and tells the node that has its result. */
  const visit = (
    module: AnyModule,
    name: string,
    before: string | undefined,
  ): string | undefined => {
    const children = module.namedChildren();
    if (children.length === 0) {
      nodes.push({
        name,
        op: module.constructor.name,
        inputs: before === undefined ? [] : [before],
        attributes: { options: module.describe() },
      });
      return name;
    }
    const inOrder = module instanceof Sequential;
    let last = before;
    for (const [title, child] of children) {
      const after = visit(
        child,
        `${name}/${title}`,
        inOrder ? last : undefined,
      );
      if (inOrder) last = after;
    }
    return inOrder ? last : undefined;
  };
  visit(model, model.constructor.name, input.name);
  return nodes;
}
