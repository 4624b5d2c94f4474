/**
 * The tape: nodes that remember an operation and just what its gradient rule
 * needs. Nodes are reference counted by the tensors and nodes that use them,
 * so that what they hold is released without waiting for a collector.
 *
 * @module
 */
import type { ADOPT_GRAD } from "../members.ts";
import { GradientError } from "../errors.ts";
import type { Op } from "../op.ts";
import type { Shape } from "../shape.ts";
import type { DType } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import type { RowGradient } from "./row_gradients.ts";
import type { Value } from "../value.ts";

/**
 * The place of a tensor on the tape: an output of a node.
 *
 * @example The first output of a node
 * ```ts
 * import type { Edge } from "@tenfold/core/internal";
 *
 * function isFirst({ output }: Edge): boolean {
 *   return output === 0;
 * }
 * ```
 */
export interface Edge {
  /** The node that made it. */
  readonly node: TapeNode;
  /** Which of the node's outputs it is. */
  readonly output: number;
}

/** Shape and dtype of an input or output. */
export interface Signature {
  /** The extents. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
}

/**
 * A value held for backward, with the version it had.
 *
 * @example The shape of a value that is held
 * ```ts
 * import { Saved } from "@tenfold/core/internal";
 *
 * function shapeOf({ value }: Saved): readonly number[] {
 *   return value.view.shape;
 * }
 * ```
 */
export class Saved {
  /** The value; the tape owns a reference to its storage. */
  readonly value: Value;
  readonly #version: number;

  /** Takes a reference to the value's storage. */
  constructor(value: Value) {
    this.value = value.alias();
    this.#version = value.storage.version;
  }

  /**
   * The value, if it is unchanged.
   *
   * @throws {GradientError} If it was changed in place.
   */
  unpack(name: string): Value {
    if (this.value.storage.version !== this.#version) {
      throw new GradientError(
        `Cannot run backward through ${name} as a tensor that its gradient needs was changed in place: change a copy (x.clone()) or change it after backward`,
      );
    }
    return this.value;
  }
}

/**
 * A tensor, as far as the tape hands it a gradient.
 *
 * @example Anything that takes a gradient over
 * ```ts
 * import { Tensor } from "@tenfold/tenfold";
 * import { ADOPT_GRAD, type GradientOwner } from "@tenfold/core/internal";
 *
 * function adopt(owner: GradientOwner, gradient: Tensor): void {
 *   owner[ADOPT_GRAD](gradient);
 * }
 * ```
 */
export interface GradientOwner {
  /** Replaces its `.grad`, taking the gradient over. */
  [ADOPT_GRAD](gradient: Tensor): void;
}

/** What looks for the operation behind a NaN. */
export interface Anomaly {
  /** An operation was recorded. */
  recorded(node: TapeNode): void;
  /** Backward through a node gave a gradient of an input. */
  gave(node: TapeNode, gradient: Tensor, input: number): void;
}

/** Null unless somebody looks for a NaN. */
export let anomaly: Anomaly | null = null;

/** Begins or ends to look for one. */
export function setAnomaly(next: Anomaly | null): void {
  anomaly = next;
}

/**
 * Gradients of leaves that are made when somebody reads them.
 *
 * @example Whether the gradient of a leaf is one of rows
 * ```ts
 * import { Tensor } from "@tenfold/tenfold";
 * import type { LateGradients } from "@tenfold/core/internal";
 *
 * function isSparse(late: LateGradients, leaf: Tensor): boolean {
 *   return late.rowsOf(leaf) !== null;
 * }
 * ```
 */
export interface LateGradients {
  /** Makes that of a leaf, if there is one, its gradient. */
  grad(leaf: object): Tensor | null;
  /** Forgets that of a leaf. */
  drop(leaf: object): void;
  /** That of a leaf, as long as its gradient is nothing else. */
  rowsOf(leaf: object): RowGradient | null;
}

/**
 * Null until there are any.
 *
 * @example Whether any gradient is made late
 * ```ts
 * import { lateGradients } from "@tenfold/core/internal";
 *
 * const any = lateGradients !== null;
 * ```
 */
export let lateGradients: LateGradients | null = null;

/** Begins to ask for them. */
export function setLateGradients(late: LateGradients): void {
  lateGradients = late;
}

let sequence = 0;

/** The number that the next node will have. */
export function nextSequence(): number {
  return sequence;
}

/**
 * One recorded operation, or a leaf.
 *
 * @example The name of the operation that made a tensor
 * ```ts
 * import { TapeNode } from "@tenfold/core/internal";
 *
 * function nameOf({ name }: TapeNode): string {
 *   return name;
 * }
 * ```
 */
export class TapeNode {
  /** Grows with every node: users come after what they use. */
  readonly sequence: number = sequence++;
  /** Name used in error messages. */
  readonly name: string;
  /** Where each tensor input came from; null where no gradient is needed. */
  edges: readonly (Edge | null)[];
  /** Values held for the gradient rule, by slot. */
  saved: (Saved | null)[];
  /** Tensors that keep the gradient of an output, by output. */
  retained: Map<number, GradientOwner> | null = null;
  /** True once backward has released what it held. */
  consumed = false;
  #references = 0;

  /** Takes a reference to each node that it came from. */
  constructor(
    name: string,
    edges: readonly (Edge | null)[],
    saved: (Saved | null)[],
  ) {
    this.name = name;
    this.edges = edges;
    this.saved = saved;
    for (const edge of edges) edge?.node.retain();
    if (anomaly !== null) anomaly.recorded(this);
  }

  /** Adds a user. */
  retain(): void {
    this.#references++;
  }

  /** Takes a user away; the last one releases what the node holds. */
  release(): void {
    // A list instead of recursion: tapes can be long.
    const pending: TapeNode[] = [this];
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (--node.#references > 0) continue;
      node.forget();
      for (const edge of node.edges) if (edge) pending.push(edge.node);
      node.edges = [];
    }
  }

  /** Lets go of the saved values. */
  forget(): void {
    for (const saved of this.saved) saved?.value.release();
    this.saved = [];
  }
}

/** A node that an operation of the library made. */
export class OpNode extends TapeNode {
  /** The operation. */
  readonly op: Op;
  /** Shape and dtype of the tensor inputs. */
  readonly inputs: readonly Signature[];

  /** Remembers an op with its saved values. */
  constructor(
    op: Op,
    inputs: readonly Signature[],
    edges: readonly (Edge | null)[],
    saved: (Saved | null)[],
  ) {
    super(op.name, edges, saved);
    this.op = op;
    this.inputs = inputs;
  }
}
