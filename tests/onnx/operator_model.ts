/**
 * Models of one node, for cases of single operators.
 *
 * @module
 */
import { Type } from "../../onnx/_element.ts";
import {
  type AttributeProto,
  AttributeType,
  MODEL,
  type TensorProto,
} from "../../onnx/_proto/messages.ts";
import { type Partly, writeMessage } from "../../onnx/_proto/write.ts";

/** An element type that cases use. */
export type CaseType =
  | "float32"
  | "float64"
  | "int64"
  | "int32"
  | "uint8"
  | "int8"
  | "bool";

/** The number of each type in files. */
export const TYPE_OF: { readonly [T in CaseType]: number } = {
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  int64: Type.INT64,
  int32: Type.INT32,
  uint8: Type.UINT8,
  int8: Type.INT8,
  bool: Type.BOOL,
};

/** An input of a case. */
export interface CaseInput {
  readonly type: CaseType;
  readonly dims: readonly number[];
  readonly data: readonly number[];
  /** Whether the model holds it as an initialiser. */
  readonly constant: boolean;
}

/** The value of an attribute: integers, `{ f }` for floats, text, a tensor. */
export type CaseAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly f: number | readonly number[] }
  | CaseInput;

/** One operator with attributes and inputs; null was left out. */
export interface OperatorCase {
  readonly name: string;
  readonly op: string;
  readonly opset: number;
  readonly attributes: { readonly [name: string]: CaseAttribute };
  readonly inputs: readonly (CaseInput | null)[];
  /** The types of its outputs. */
  readonly outputs: readonly CaseType[];
}

function tensorOf(name: string, input: CaseInput): Partly<TensorProto> {
  const { dims, data, type } = input;
  const base = { name, dims: [...dims], dataType: TYPE_OF[type] };
  switch (type) {
    case "float32":
      return { ...base, floatData: [...data] };
    case "float64":
      return { ...base, doubleData: [...data] };
    case "int64":
      return { ...base, int64Data: [...data] };
    default:
      return { ...base, int32Data: [...data] };
  }
}

function attributeOf(
  name: string,
  value: CaseAttribute,
): Partly<AttributeProto> {
  const text = (word: string) => new TextEncoder().encode(word);
  if (typeof value === "number") {
    return { name, type: AttributeType.INT, i: value };
  }
  if (typeof value === "string") {
    return { name, type: AttributeType.STRING, s: text(value) };
  }
  if (Array.isArray(value)) {
    return typeof value[0] === "string"
      ? {
        name,
        type: AttributeType.STRINGS,
        strings: (value as string[]).map(text),
      }
      : { name, type: AttributeType.INTS, ints: value as number[] };
  }
  if ("f" in value) {
    return typeof value.f === "number"
      ? { name, type: AttributeType.FLOAT, f: value.f }
      : { name, type: AttributeType.FLOATS, floats: [...value.f] };
  }
  return {
    name,
    type: AttributeType.TENSOR,
    t: tensorOf(name, value as CaseInput),
  };
}

/** The names of a case's inputs; `""` where one was left out. */
export function inputNames({ inputs }: OperatorCase): string[] {
  return inputs.map((input, i) => input === null ? "" : `x${i}`);
}

/** The bytes of a case's model. */
export function modelOf(one: OperatorCase): Uint8Array {
  const { op, opset, attributes, inputs, outputs } = one;
  const given = inputs.map((input, i) => ({ name: `x${i}`, input }));
  return writeMessage(MODEL, {
    irVersion: 8,
    producerName: "tenfold-tests",
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: op,
      node: [{
        opType: op,
        name: "node",
        input: inputNames(one),
        output: outputs.map((_, i) => `y${i}`),
        attribute: Object.entries(attributes).map(([name, value]) =>
          attributeOf(name, value)
        ),
      }],
      initializer: given.flatMap(({ name, input }) =>
        input?.constant ? [tensorOf(name, input)] : []
      ),
      input: given.flatMap(({ name, input }) =>
        input === null || input.constant ? [] : [{
          name,
          type: {
            tensorType: {
              elemType: TYPE_OF[input.type],
              shape: { dim: input.dims.map((dimValue) => ({ dimValue })) },
            },
          },
        }]
      ),
      output: outputs.map((type, i) => ({
        name: `y${i}`,
        type: { tensorType: { elemType: TYPE_OF[type] } },
      })),
    },
  });
}
