/**
 * Collects the nodes and constants of a graph that is being written.
 *
 * @module
 */
import type { DType, TypedArray } from "@tenfold/core";
import { Type } from "../_element.ts";
import {
  type AttributeProto,
  AttributeType,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "../_proto/messages.ts";
import type { Partly } from "../_proto/write.ts";

/** A named value of the graph. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The value of an attribute: integers, floats, lists of integers or text. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number };

const ELEMENT: { readonly [D in DType]?: number } = {
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  int32: Type.INT32,
  bool: Type.BOOL,
};

/** The element type of a dtype in files. */
export function elementOf(dtype: DType): number {
  const type = ELEMENT[dtype];
  if (type === undefined) {
    throw new TypeError(`Cannot export ${dtype} to ONNX: cast it to float32`);
  }
  return type;
}

/** A value with its type, as graphs list inputs and outputs. */
export function infoOf(value: Named): Partly<ValueInfoProto> {
  return {
    name: value.name,
    type: {
      tensorType: {
        elemType: elementOf(value.dtype),
        shape: { dim: value.shape.map((dimValue) => ({ dimValue })) },
      },
    },
  };
}

function attributeOf(
  name: string,
  value: AttributeValue,
): Partly<AttributeProto> {
  if (typeof value === "number") {
    return { name, type: AttributeType.INT, i: value };
  }
  if (typeof value === "string") {
    const s = new TextEncoder().encode(value);
    return { name, type: AttributeType.STRING, s };
  }
  if ("float" in value) {
    return { name, type: AttributeType.FLOAT, f: value.float };
  }
  if (typeof value[0] === "string") {
    const strings = (value as readonly string[])
      .map((text) => new TextEncoder().encode(text));
    return { name, type: AttributeType.STRINGS, strings };
  }
  return { name, type: AttributeType.INTS, ints: [...value as number[]] };
}

/** The bytes of numbers, the low byte first. */
export function bytesOf(values: TypedArray | BigInt64Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  const width = values.BYTES_PER_ELEMENT;
  for (let i = 0; i < values.length; i++) {
    const at = i * width;
    const value = values[i]!;
    if (typeof value === "bigint") view.setBigInt64(at, value, true);
    else if (values instanceof Float32Array) view.setFloat32(at, value, true);
    else if (values instanceof Float64Array) view.setFloat64(at, value, true);
    else if (width === 4) view.setInt32(at, value, true);
    else bytes[at] = value;
  }
  return bytes;
}

/** A graph that is being written. */
export class GraphBuilder {
  readonly nodes: Partly<NodeProto>[] = [];
  readonly initializers = new Map<string, Partly<TensorProto>>();
  readonly #taken = new Set<string>();
  /** The module that is being written, for the names of nodes. */
  path = "";

  /** A name that is not taken, as near to the one wanted as can be. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }

  /** An initialiser of its own. */
  initializer(value: Named, data: TypedArray): Named {
    this.initializers.set(value.name, {
      name: value.name,
      dims: [...value.shape],
      dataType: elementOf(value.dtype),
      rawData: bytesOf(data),
    });
    return value;
  }

  /** One number as an initialiser, which all that need it share. */
  number(value: number, dtype: DType): Named {
    const name = `const/${value}${dtype === "float32" ? "" : `_${dtype}`}`;
    const named: Named = { name, shape: [], dtype };
    if (this.initializers.has(name)) return named;
    this.#taken.add(name);
    const data = dtype === "int32"
      ? Int32Array.of(value)
      : dtype === "bool"
      ? Uint8Array.of(value === 0 ? 0 : 1)
      : dtype === "float64"
      ? Float64Array.of(value)
      : Float32Array.of(value);
    return this.initializer(named, data);
  }

  /** A list of int64, such as a shape, which all that need it share. */
  list(values: readonly number[], shape = [values.length]): string {
    const name = values.length <= 16
      ? `const/${shape.length === 0 ? "" : "list_"}${values.join("_")}_int64` +
        (shape.length > 1 ? `_${shape.join("x")}` : "")
      : this.unique("const/indices");
    if (this.initializers.has(name)) return name;
    this.#taken.add(name);
    this.initializers.set(name, {
      name,
      dims: [...shape],
      dataType: Type.INT64,
      rawData: bytesOf(BigInt64Array.from(values, BigInt)),
    });
    return name;
  }

  /** A node with one output. */
  node(
    opType: string,
    inputs: readonly (Named | string)[],
    shape: readonly number[],
    dtype: DType,
    attributes: { readonly [name: string]: AttributeValue } = {},
  ): Named {
    const prefix = this.path === "" ? "" : `${this.path}/`;
    const name = this.unique(`${prefix}${opType}`);
    this.nodes.push({
      name,
      opType,
      input: inputs.map((input) =>
        typeof input === "string" ? input : input.name
      ),
      output: [name],
      attribute: Object.entries(attributes).map(([key, value]) =>
        attributeOf(key, value)
      ),
    });
    return { name, shape, dtype };
  }

  /** A node of which another output than the first is asked for. */
  secondOf(
    opType: string,
    inputs: readonly (Named | string)[],
    attributes: { readonly [name: string]: AttributeValue },
    shape: readonly number[],
  ): [first: string, second: string] {
    const first = this.node(opType, inputs, shape, "float32", attributes);
    const second = this.unique(`${first.name}/indices`);
    const node = this.nodes.at(-1)!;
    node.output = [first.name, second];
    return [first.name, second];
  }

  /** A value brought to a dtype. */
  cast(value: Named, dtype: DType): Named {
    if (value.dtype === dtype) return value;
    return this.node("Cast", [value], value.shape, dtype, {
      to: elementOf(dtype),
    });
  }

  /** Leaves out what no output needs. */
  prune(outputs: readonly string[]): void {
    const used = new Set(outputs);
    const kept: Partly<NodeProto>[] = [];
    for (const node of this.nodes.reverse()) {
      if (!node.output!.some((name) => used.has(name))) continue;
      for (const name of node.input!) used.add(name);
      kept.push(node);
    }
    this.nodes.splice(0, this.nodes.length, ...kept.reverse());
    for (const name of this.initializers.keys()) {
      if (!used.has(name)) this.initializers.delete(name);
    }
  }
}
