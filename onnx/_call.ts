/**
 * One node as its operator sees it: inputs, attributes, and the version of the
 * operator set that says what they mean.
 *
 * @module
 */
import type { Device, Tensor } from "@tenfold/core";
import { factsOf, isFloat } from "./_element.ts";
import type { Constant } from "./_tensor_data.ts";
import {
  isKnown,
  type Known,
  numbersOf,
  ofTensor,
  type Uploads,
  type Value,
} from "./_value.ts";

/** The value of an attribute. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | Constant
  | SubGraph;

/** A graph within a graph, prepared; operators only pass it on. */
export interface SubGraph {
  readonly graph: unknown;
}

/** Runs a graph that an attribute holds. */
export type RunGraph = (
  graph: SubGraph,
  inputs: readonly Value[],
) => Value[];

/** What a node is, without its inputs. */
export interface NodeFacts {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly version: number;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly outputs: readonly string[];
}

/** What a whole run has in common. */
export interface RunFacts {
  readonly device: Device;
  readonly uploads: Uploads;
  /** Whether known numbers belong to the model and not to this run. */
  readonly isConstant: (value: Value) => boolean;
}

/** One node with its inputs. */
export class Call {
  readonly node: NodeFacts;
  readonly inputs: readonly (Value | null)[];
  readonly run: RunFacts;
  readonly runGraph: RunGraph;
  /** Tensors that were there before and are not released with the node. */
  readonly #outside = new Set<Tensor>();

  constructor(
    node: NodeFacts,
    inputs: readonly (Value | null)[],
    run: RunFacts,
    runGraph: RunGraph,
  ) {
    this.node = node;
    this.inputs = inputs;
    this.run = run;
    this.runGraph = runGraph;
    for (const input of inputs) {
      if (input?.tensor) this.#outside.add(input.tensor);
    }
  }

  /** Whether a tensor is one that the node did not make. */
  isOutside(tensor: Tensor): boolean {
    return this.#outside.has(tensor);
  }

  /** The version of the operator set. */
  get version(): number {
    return this.node.version;
  }

  /** Whether an input was given. */
  has(at: number): boolean {
    return this.inputs[at] != null;
  }

  /** Whether an output is asked for. */
  wants(at: number): boolean {
    return (this.node.outputs[at] ?? "") !== "";
  }

  /** An input that must be there. */
  value(at: number): Value {
    const value = this.inputs[at];
    if (value == null) throw new TypeError(`its input ${at} is missing`);
    return value;
  }

  /** The tensor of an input that must be there. */
  tensor(at: number): Tensor {
    return this.toTensor(this.value(at));
  }

  /** The tensor of an input, or null where it was left out. */
  optional(at: number): Tensor | null {
    const value = this.inputs[at];
    return value == null ? null : this.toTensor(value);
  }

  /** The tensor of a value; what is known is uploaded. */
  toTensor(value: Value): Tensor {
    if (!isKnown(value)) return value.tensor!;
    const { uploads, device, isConstant } = this.run;
    const lasting = isConstant(value);
    const tensor = uploads.tensorOf(value, device, lasting);
    if (lasting) this.#outside.add(tensor);
    return tensor;
  }

  /** A tensor where an input must hold floats. */
  floats(at: number): Tensor {
    const value = this.value(at);
    if (!isFloat(value.type)) {
      throw new TypeError(
        `its input ${at} must hold floats: got ${factsOf(value.type)?.name}`,
      );
    }
    return this.toTensor(value);
  }

  /** The numbers of an input, or null where it was left out. */
  numbers(at: number): number[] | null {
    const value = this.inputs[at];
    return value == null
      ? null
      : Array.from(numbersOf(value, `its input ${at}`));
  }

  /** The one number of an input, or null where it was left out. */
  number(at: number): number | null {
    return this.numbers(at)?.[0] ?? null;
  }

  /** An input as a number where it is one that is known, else as a tensor. */
  operand(at: number, beside: Value): Tensor | number {
    const value = this.value(at);
    return isKnown(value) && value.numbers.length === 1 &&
        value.shape.length <= beside.shape.length && !isKnown(beside)
      ? value.numbers[0]!
      : this.toTensor(value);
  }

  /** The inputs that are known, or null where one of them is not. */
  allKnown(): Known[] | null {
    const all: Known[] = [];
    for (const value of this.inputs) {
      if (value === null) continue;
      if (!isKnown(value)) return null;
      all.push(value);
    }
    return all;
  }

  /** Whether an attribute was given. */
  given(name: string): boolean {
    return this.node.attributes.has(name);
  }

  /** A number attribute. */
  attribute(name: string): number | undefined;
  /** A number attribute with a default. */
  attribute(name: string, otherwise: number): number;
  attribute(name: string, otherwise?: number): number | undefined {
    const value = this.node.attributes.get(name);
    if (value === undefined) return otherwise;
    if (typeof value === "number") return value;
    throw new TypeError(`its attribute ${name} must be a number`);
  }

  /** A text attribute. */
  text(name: string, otherwise: string): string {
    const value = this.node.attributes.get(name);
    if (value === undefined) return otherwise;
    if (typeof value === "string") return value;
    throw new TypeError(`its attribute ${name} must be text`);
  }

  /** A list of numbers, or undefined where it was left out. */
  list(name: string): number[] | undefined {
    const value = this.node.attributes.get(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value.slice() as number[];
    throw new TypeError(`its attribute ${name} must be a list`);
  }

  /** A list of texts, or undefined where it was left out. */
  texts(name: string): string[] | undefined {
    return this.list(name) as unknown as string[] | undefined;
  }

  /** A tensor as a value with the type of an input. */
  like(at: number, tensor: Tensor): Value {
    return ofTensor(tensor, this.value(at).type);
  }
}

/** What an operator does. */
export interface Operator {
  /** What a node computes. */
  readonly run: (call: Call) => Value | readonly Value[];
  /** The same of inputs that are all known, or null to leave it to `run`. */
  readonly known?: (
    call: Call,
    inputs: readonly Known[],
  ) => Value | readonly Value[] | null;
  /** Positions of inputs whose numbers must be known to JavaScript. */
  readonly numbers?: readonly number[];
  /** What of a node is not supported, or undefined. */
  readonly refuses?: (node: NodeFacts) => string | undefined;
  /** The version of its operator set in which it came. @default {1} */
  readonly since?: number;
  /** The version from which on it is no longer there. */
  readonly until?: number;
  /** Whether the numbers of its inputs do not matter to its results. */
  readonly shapesOnly?: boolean;
  /** Whether two runs may give different results. */
  readonly random?: boolean;
}

/** Operators by name. */
export type Operators = { readonly [name: string]: Operator };
