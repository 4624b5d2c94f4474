/**
 * The attributes of stored nodes.
 *
 * @module
 */
import type { Attribute, SubGraph } from "./_call.ts";
import { isFloat, Type } from "./_element.ts";
import {
  type AttributeProto,
  AttributeType,
  type GraphProto,
  type NodeProto,
} from "./_proto/messages.ts";
import {
  type Constant,
  constantOf,
  type ExternalFiles,
} from "./_tensor_data.ts";

/** What reading attributes takes. */
export interface AttributeReading {
  readonly external: ExternalFiles;
  /** Attributes that a function was called with. */
  readonly bound: ReadonlyMap<string, Attribute> | null;
  /** Prepares a graph that an attribute holds. */
  readonly plan: (graph: GraphProto) => SubGraph;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The value of an attribute, or undefined where it holds none. */
export function attributeOf(
  attribute: AttributeProto,
  { external, bound, plan }: AttributeReading,
): Attribute | undefined {
  if (attribute.refAttrName !== "") {
    return bound?.get(attribute.refAttrName);
  }
  switch (attribute.type || guessType(attribute)) {
    case AttributeType.FLOAT:
      return attribute.f;
    case AttributeType.INT:
      return attribute.i;
    case AttributeType.STRING:
      return text(attribute.s);
    case AttributeType.FLOATS:
      return attribute.floats;
    case AttributeType.INTS:
      return attribute.ints;
    case AttributeType.STRINGS:
      return attribute.strings.map(text);
    case AttributeType.TENSOR:
      return attribute.t === null || attribute.t.dataType === Type.STRING
        ? undefined
        : constantOf(attribute.t, external);
    case AttributeType.GRAPH:
      return attribute.g === null ? undefined : plan(attribute.g);
  }
  return undefined;
}

/** The type of an attribute in files from before types were stored. */
function guessType(attribute: AttributeProto): number {
  if (attribute.t !== null) return AttributeType.TENSOR;
  if (attribute.g !== null) return AttributeType.GRAPH;
  if (attribute.ints.length > 0) return AttributeType.INTS;
  if (attribute.floats.length > 0) return AttributeType.FLOATS;
  if (attribute.strings.length > 0) return AttributeType.STRINGS;
  if (attribute.s.length > 0) return AttributeType.STRING;
  return attribute.f !== 0 ? AttributeType.FLOAT : AttributeType.INT;
}

/** The value of a Constant node, or null where it is not one of numbers. */
export function constantNode(
  proto: NodeProto,
  reading: AttributeReading,
): Constant | null {
  for (const attribute of proto.attribute) {
    const value = attributeOf(attribute, reading);
    if (value === undefined) continue;
    const list = value as readonly number[];
    switch (attribute.name) {
      case "value":
        return value as Constant;
      case "value_float":
        return one(Type.FLOAT, value as number);
      case "value_int":
        return one(Type.INT64, value as number);
      case "value_floats":
        return {
          type: Type.FLOAT,
          shape: [list.length],
          numbers: Float32Array.from(list),
        };
      case "value_ints":
        return {
          type: Type.INT64,
          shape: [list.length],
          numbers: Float64Array.from(list),
        };
    }
  }
  return null;
}

function one(type: number, value: number): Constant {
  return {
    type,
    shape: [],
    numbers: isFloat(type) ? Float32Array.of(value) : Float64Array.of(value),
  };
}
