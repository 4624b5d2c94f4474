/**
 * What the gradient rules of one node see: its operands and results as tensors,
 * as far as the tape holds them.
 *
 * @module
 */
import type { ElementwiseOp, Op } from "../op.ts";
import type { RuleContext } from "../ops/gradient.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import type { Edge, OpNode, Signature } from "./node.ts";
import { operandsOfInputs } from "./record.ts";

/** Makes tensors for the engine, which does not know how. */
export interface TensorFactory {
  /** A tensor on the device of `like` with a place on the tape. */
  wrap(value: Value, like: Tensor, edge: Edge | null): Tensor;
  /** Applies a primitive to tensors of the device of `like`. */
  apply(op: Op, inputs: readonly Tensor[], like: Tensor): Tensor[];
}

/** What the rules of one node see. */
export class NodeContext implements RuleContext {
  readonly op: Op;
  /** Which operand each tensor input is. */
  readonly operands: readonly number[];
  readonly #node: OpNode;
  readonly #like: Tensor;
  readonly #factory: TensorFactory;

  constructor(node: OpNode, like: Tensor, factory: TensorFactory) {
    this.op = node.op;
    this.operands = operandsOfInputs(node.op, node.inputs.length);
    this.#node = node;
    this.#like = like;
    this.#factory = factory;
  }

  #unpack(slot: number, edge: Edge | null): Tensor {
    const value = this.#node.saved[slot]!.unpack(this.#node.name);
    return this.#factory.wrap(value.alias(), this.#like, edge);
  }

  operand(p: number): Tensor {
    const number = (this.op as ElementwiseOp).operands?.[p];
    if (typeof number === "number") return this.full([], number);
    const slot = this.operands.indexOf(p);
    return this.#unpack(slot, this.#node.edges[slot] ?? null);
  }

  output(i = 0): Tensor {
    const node = this.#node;
    const edge = i === 0 ? { node, output: 0 } : null;
    return this.#unpack(node.inputs.length + i, edge);
  }

  input(p: number): Signature {
    const { inputs } = this.#node;
    return inputs[this.operands.indexOf(p)] ?? inputs[p]!;
  }

  apply(op: Op, tensors: readonly Tensor[]): Tensor {
    return this.#factory.apply(op, tensors, this.#like)[0]!;
  }

  full(shape: Shape, value: number): Tensor {
    const { dtype } = this.#like;
    return this.apply({ name: "full", shape, value, dtype }, []);
  }
}
