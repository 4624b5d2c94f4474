/**
 * Backward: walks the tape from the outputs to the leaves, newest node first,
 * and adds up the gradient of every output it passes.
 *
 * @module
 */
import { withCasting } from "../casting.ts";
import { ADOPT_GRAD, OWNER } from "../members.ts";
import { GradientError } from "../errors.ts";
import type { Op } from "../op.ts";
import { sameShape, type Shape } from "../shape.ts";
import { Scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { currentRecording } from "../program/recording.ts";
import { broadcastDims } from "./gradient_formula.ts";
import { GradientSum, outside } from "./gradient_sum.ts";
import { withRecording } from "./mode.ts";
import {
  anyLeafHooks,
  callLeafHooks,
  hasLeafHooks,
  withAfterBackward,
} from "./leaf_hooks.ts";
import {
  anomaly,
  type Edge,
  OpNode,
  type Signature,
  type TapeNode,
} from "./node.ts";
import { ruleFor } from "./record.ts";
import { NodeContext, type TensorFactory } from "./rule_context.ts";
import { callTensorHooks } from "./tensor_hooks.ts";

/** A node whose gradient is computed by a function of the user. */
export interface CustomNode extends TapeNode {
  /** Gradients of all inputs from those of all outputs. */
  gradients(
    outputs: readonly (Tensor | null)[],
    needed: readonly boolean[],
  ): readonly (Tensor | null)[];
  /** Leaves them elsewhere; false where it cannot. */
  deposit?(outputs: readonly (Tensor | null)[]): boolean;
}

/** A leaf of the tape: gradients are added up in its tensor. */
export interface Leaf extends TapeNode {
  /** The tensor that it is. */
  readonly tensor: Tensor;
  /** Adds a gradient, which it takes over. */
  accumulate(gradient: Tensor, createGraph: boolean): void;
}

/** Where a walk begins: an output and its gradient, taken over. */
export interface Root {
  readonly edge: Edge;
  readonly gradient: Tensor;
}

/** How to walk. */
export interface WalkOptions {
  /** Keep what the tape holds, for another walk. */
  readonly retainGraph: boolean;
  /** Record the gradients' own computation. */
  readonly createGraph: boolean;
  /** Collect the gradients of these instead of adding them to leaves. */
  readonly targets?: readonly Edge[];
  /** Goes no further than nodes with a smaller number. @default {0} */
  readonly since?: number;
}

/** Sums out what broadcasting added. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const dims = broadcastDims(gradient.shape, shape);
  const sum = dims.length > 0 ? gradient.sum(dims) : gradient;
  return sameShape(sum.shape, shape) ? sum : sum.reshape(shape);
}

/**
 * Walks the tape.
 *
 * @returns The gradient of each target, null where it has none.
 */
export function walk(
  roots: readonly Root[],
  options: WalkOptions,
  factory: TensorFactory,
): (Tensor | null)[] {
  // Gradients have the dtypes of what they are gradients of.
  return withCasting(null, () =>
    withRecording(
      options.createGraph,
      () => {
        const walk = new Walk(options, factory);
        return anyLeafHooks() && !options.targets
          ? withAfterBackward(() => walk.run(roots))
          : walk.run(roots);
      },
    ));
}

class Walk {
  readonly #options: WalkOptions;
  readonly #factory: TensorFactory;
  /** Gradients of each node's outputs, so far. */
  readonly #gradients = new Map<TapeNode, (GradientSum | undefined)[]>();
  readonly #captured: (Tensor | null)[];
  /** Of one node after the other: what a rule makes besides is released. */
  readonly #scope = new Scope();

  constructor(options: WalkOptions, factory: TensorFactory) {
    this.#options = options;
    this.#factory = factory;
    this.#captured = (options.targets ?? []).map(() => null);
  }

  run(roots: readonly Root[]): (Tensor | null)[] {
    const scope = this.#scope;
    try {
      for (const { edge, gradient } of roots) this.#add(edge, gradient);
      const order = this.#reachable(roots.map(({ edge }) => edge.node));
      const early = anyLeafHooks() && !this.#options.targets
        ? new HookedLeaves(order)
        : null;
      for (let i = 0; i < order.length; i++) {
        const node = order[i]!;
        this.#visit(node);
        scope.clear();
        if (early === null) continue;
        for (const leaf of early.completed(node)) {
          this.#visit(leaf);
          scope.clear();
        }
      }
      scope.dispose();
      return this.#captured;
    } catch (error) {
      scope.abandon();
      for (const tensor of this.#captured) tensor?.dispose();
      throw error;
    } finally {
      for (const slots of this.#gradients.values()) {
        for (const sum of slots) sum?.dispose();
      }
    }
  }

  /** Every node below the roots that leads to something wanted, users first. */
  #reachable(roots: readonly TapeNode[]): TapeNode[] {
    const recording = currentRecording();
    const seen = new Set<TapeNode>(roots);
    const order = [...seen];
    const pending = [...seen];
    const { targets, since = 0 } = this.#options;
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (node.sequence < since) continue;
      if (node.consumed) throw consumed(node);
      if (recording && !("accumulate" in node)) {
        recording.node(node.name, node.sequence);
      }
      const { edges } = node;
      for (let i = 0; i < edges.length; i++) {
        const from = edges[i]?.node;
        if (!from || seen.has(from)) continue;
        seen.add(from);
        order.push(from);
        pending.push(from);
      }
    }
    order.sort(newerFirst);
    if (!targets) return order;
    const wanted = new Set(targets.map(({ node }) => node));
    for (const node of order.slice().reverse()) {
      if (node.edges.some((edge) => edge && wanted.has(edge.node))) {
        wanted.add(node);
      }
    }
    return order.filter((node) => wanted.has(node));
  }

  /** What an edge has so far. */
  #sumOf({ node, output }: Edge): GradientSum {
    let slots = this.#gradients.get(node);
    if (slots === undefined) this.#gradients.set(node, slots = []);
    return slots[output] ??= new GradientSum();
  }

  /** Adds a gradient, which it takes over, to what an edge has so far. */
  #add(edge: Edge, gradient: Tensor): void {
    this.#sumOf(edge).add(gradient);
  }

  /** Brings the gradients of a node's outputs together; the caller owns them. */
  #take(node: TapeNode): (Tensor | null)[] | null {
    const slots = this.#gradients.get(node);
    if (!slots) return null;
    const gradients: (Tensor | null)[] = new Array(slots.length).fill(null);
    try {
      for (let output = 0; output < slots.length; output++) {
        gradients[output] = slots[output]?.take(this.#apply) ?? null;
      }
    } catch (error) {
      for (const gradient of gradients) gradient?.dispose();
      throw error;
    }
    this.#gradients.delete(node);
    return gradients;
  }

  readonly #apply = (op: Op, inputs: readonly Tensor[]): Tensor =>
    this.#factory.apply(op, inputs, inputs[0]!)[0]!;

  #visit(node: TapeNode): void {
    const gradients = this.#take(node);
    if (!gradients) return;
    const { targets, createGraph, retainGraph, since = 0 } = this.#options;
    try {
      callTensorHooks(node, gradients);
      if (targets) this.#capture(targets, node, gradients);
      if (node.sequence < since) return;
      node.retained?.forEach((tensor, output) => {
        const gradient = gradients[output];
        if (gradient) tensor[ADOPT_GRAD](outside(gradient.alias()));
      });
      if ("accumulate" in node) {
        const gradient = gradients[0]!;
        if (!targets) {
          const { tensor } = node as Leaf;
          (node as Leaf).accumulate(gradient, createGraph);
          gradients[0] = null;
          if (anyLeafHooks() && !tensor.released) callLeafHooks(tensor);
        }
        return;
      }
      const deposits = !targets && !createGraph &&
        (node as Partial<CustomNode>).deposit?.(gradients);
      const found = deposits
        ? []
        : node instanceof OpNode
        ? this.#opGradients(node, gradients[0] ?? null)
        : (node as CustomNode).gradients(
          gradients,
          node.edges.map((edge) => edge !== null),
        );
      for (let i = 0; i < node.edges.length; i++) {
        const edge = node.edges[i];
        const gradient = found[i];
        if (!edge || !gradient) continue;
        if (anomaly !== null) anomaly.gave(node, gradient, i);
        // Each slot owns a handle of its own. What a function of the user gives
        // may be in use elsewhere.
        const shared = gradients.includes(gradient) ||
          found.indexOf(gradient) < i ||
          !(node instanceof OpNode) && gradient[OWNER] !== this.#scope;
        const own = shared ? gradient.alias() : gradient;
        own[OWNER] = null;
        this.#add(edge, own);
      }
      if (!retainGraph) {
        node.forget();
        node.consumed = true;
      }
    } finally {
      for (const gradient of gradients) gradient?.dispose();
    }
  }

  /** The gradients of the inputs, without those that are put in their place. */
  #opGradients(node: OpNode, g: Tensor | null): (Tensor | null)[] {
    if (!g) return [];
    const { op, inputs, edges } = node;
    const context = new NodeContext(node, g, this.#factory);
    const found: (Tensor | null)[] = new Array(edges.length);
    for (let i = 0; i < edges.length; i++) {
      const p = context.operands[i] ?? i;
      const edge = edges[i];
      const rule = edge ? ruleFor(op, p)! : null;
      if (edge && rule?.windows) {
        const part = outside(g.alias());
        const { shape } = inputs[i]!;
        this.#sumOf(edge).place(part, shape, rule.windows(op), this.#apply);
        continue;
      }
      const gradient = rule?.grad(g, context, p);
      found[i] = gradient ? fit(gradient, inputs[i]!) : null;
    }
    return found;
  }

  #capture(
    targets: readonly Edge[],
    node: TapeNode,
    gradients: readonly (Tensor | null)[],
  ): void {
    targets.forEach((target, i) => {
      if (target.node !== node) return;
      const gradient = gradients[target.output];
      if (gradient) this.#captured[i] = outside(gradient.alias());
    });
  }
}

/**
 * Leaves with hooks, and how many nodes are still to come that lead to each. A
 * leaf is older than what uses it, so that all of them would come last.
 */
class HookedLeaves {
  readonly #users = new Map<TapeNode, number>();
  /** The leaves of each node; its own edges go with it. */
  readonly #leaves = new Map<TapeNode, TapeNode[]>();

  constructor(order: readonly TapeNode[]) {
    for (const node of order) {
      for (const edge of node.edges) {
        const leaf = edge?.node as Leaf | undefined;
        if (!leaf || !("accumulate" in leaf) || !hasLeafHooks(leaf.tensor)) {
          continue;
        }
        this.#users.set(leaf, (this.#users.get(leaf) ?? 0) + 1);
        const leaves = this.#leaves.get(node);
        if (leaves) leaves.push(leaf);
        else this.#leaves.set(node, [leaf]);
      }
    }
  }

  /** The leaves that nothing leads to any more once a node was visited. */
  completed(node: TapeNode): TapeNode[] {
    return this.#leaves.get(node)?.filter((leaf) => {
      const left = this.#users.get(leaf)! - 1;
      this.#users.set(leaf, left);
      return left === 0;
    }) ?? [];
  }
}

/** A gradient with the shape and dtype of what it is the gradient of. */
function fit(gradient: Tensor, { shape, dtype }: Signature): Tensor {
  const sum = sumTo(gradient, shape);
  return sum.dtype === dtype ? sum : sum.cast(dtype);
}

const newerFirst = (a: TapeNode, b: TapeNode): number =>
  b.sequence - a.sequence;

function consumed(node: TapeNode): GradientError {
  return new GradientError(
    `Cannot run backward through ${node.name} a second time as the tape was released by the first: pass { retainGraph: true } to the first backward, or compute the result again`,
  );
}
