/**
 * The messages of an ONNX file, as far as they are read and written: their
 * fields as types, and the number and kind of each as tables.
 *
 * @module
 */

/** A model: a graph, and the operator sets that it uses. */
export interface ModelProto {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  domain: string;
  modelVersion: number;
  docString: string;
  graph: GraphProto | null;
  opsetImport: OperatorSetProto[];
  metadataProps: EntryProto[];
  functions: FunctionProto[];
}

/** An operator set; the domain of ONNX's own is `""`. */
export interface OperatorSetProto {
  domain: string;
  version: number;
}

/** A key and a value. */
export interface EntryProto {
  key: string;
  value: string;
}

/** Nodes in an order in which they can run, and their constants. */
export interface GraphProto {
  node: NodeProto[];
  name: string;
  initializer: TensorProto[];
  docString: string;
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
  sparseInitializer: unknown[];
}

/** An operator with the names of what it takes and gives. */
export interface NodeProto {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: AttributeProto[];
  docString: string;
  domain: string;
  overload: string;
}

/** A named constant of a node. */
export interface AttributeProto {
  name: string;
  refAttrName: string;
  docString: string;
  type: number;
  f: number;
  i: number;
  s: Uint8Array;
  t: TensorProto | null;
  g: GraphProto | null;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
  tensors: TensorProto[];
  graphs: GraphProto[];
}

/** The values of {@linkcode AttributeProto.type}. */
export const AttributeType = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
} as const;

/** Numbers with a shape. */
export interface TensorProto {
  dims: number[];
  dataType: number;
  floatData: number[];
  int32Data: number[];
  stringData: Uint8Array[];
  int64Data: number[];
  name: string;
  docString: string;
  rawData: Uint8Array;
  doubleData: number[];
  uint64Data: number[];
  externalData: EntryProto[];
  dataLocation: number;
}

/** A value's name and type. */
export interface ValueInfoProto {
  name: string;
  type: TypeProto | null;
  docString: string;
}

/** What a value is; only tensors are told apart further. */
export interface TypeProto {
  tensorType: TensorTypeProto | null;
  sequenceType: unknown;
  mapType: unknown;
  sparseTensorType: unknown;
  optionalType: unknown;
}

/** The element type and shape of a tensor. */
export interface TensorTypeProto {
  elemType: number;
  shape: ShapeProto | null;
}

/** Extents; without one the rank is unknown. */
export interface ShapeProto {
  dim: DimensionProto[];
}

/** An extent: a number, or a name for any number. */
export interface DimensionProto {
  dimValue: number | null;
  dimParam: string;
}

/** An operator that is made of others. */
export interface FunctionProto {
  name: string;
  input: string[];
  output: string[];
  attribute: string[];
  node: NodeProto[];
  docString: string;
  opsetImport: OperatorSetProto[];
  domain: string;
  attributeProto: AttributeProto[];
  overload: string;
}

/** How the bytes of a field are read. */
export type FieldKind =
  | "int"
  | "uint"
  | "float"
  | "double"
  | "string"
  | "bytes";

/** A field: its number, its kind, and how often it may stand. */
export interface Field {
  readonly no: number;
  readonly kind: FieldKind | (() => Fields);
  /**
   * `one` has a default, `maybe` is null where it is missing, `many` is a list.
   */
  readonly count: "one" | "maybe" | "many";
}

/** The fields of a message by their names here. */
export interface Fields {
  readonly [name: string]: Field;
}

const one = (no: number, kind: Field["kind"]): Field => ({
  no,
  kind,
  count: "one",
});
const maybe = (no: number, kind: Field["kind"]): Field => ({
  no,
  kind,
  count: "maybe",
});
const many = (no: number, kind: Field["kind"]): Field => ({
  no,
  kind,
  count: "many",
});

/** A table with a row for every field of a message. */
type FieldsOf<T> = { readonly [K in keyof T]: Field };

const OPERATOR_SET: FieldsOf<OperatorSetProto> = {
  domain: one(1, "string"),
  version: one(2, "int"),
};

const ENTRY: FieldsOf<EntryProto> = {
  key: one(1, "string"),
  value: one(2, "string"),
};

/** The fields of {@linkcode TensorProto}. */
export const TENSOR: FieldsOf<TensorProto> = {
  dims: many(1, "int"),
  dataType: one(2, "int"),
  floatData: many(4, "float"),
  int32Data: many(5, "int"),
  stringData: many(6, "bytes"),
  int64Data: many(7, "int"),
  name: one(8, "string"),
  rawData: one(9, "bytes"),
  doubleData: many(10, "double"),
  uint64Data: many(11, "uint"),
  docString: one(12, "string"),
  externalData: many(13, () => ENTRY),
  dataLocation: one(14, "int"),
};

const DIMENSION: FieldsOf<DimensionProto> = {
  dimValue: maybe(1, "int"),
  dimParam: one(2, "string"),
};

const SHAPE: FieldsOf<ShapeProto> = { dim: many(1, () => DIMENSION) };

const TENSOR_TYPE: FieldsOf<TensorTypeProto> = {
  elemType: one(1, "int"),
  shape: maybe(2, () => SHAPE),
};

const NOTHING: Fields = {};

const TYPE: FieldsOf<TypeProto> = {
  tensorType: maybe(1, () => TENSOR_TYPE),
  sequenceType: maybe(4, () => NOTHING),
  mapType: maybe(5, () => NOTHING),
  sparseTensorType: maybe(8, () => NOTHING),
  optionalType: maybe(9, () => NOTHING),
};

const VALUE_INFO: FieldsOf<ValueInfoProto> = {
  name: one(1, "string"),
  type: maybe(2, () => TYPE),
  docString: one(3, "string"),
};

const ATTRIBUTE: FieldsOf<AttributeProto> = {
  name: one(1, "string"),
  f: one(2, "float"),
  i: one(3, "int"),
  s: one(4, "bytes"),
  t: maybe(5, () => TENSOR),
  g: maybe(6, () => GRAPH),
  floats: many(7, "float"),
  ints: many(8, "int"),
  strings: many(9, "bytes"),
  tensors: many(10, () => TENSOR),
  graphs: many(11, () => GRAPH),
  docString: one(13, "string"),
  type: one(20, "int"),
  refAttrName: one(21, "string"),
};

const NODE: FieldsOf<NodeProto> = {
  input: many(1, "string"),
  output: many(2, "string"),
  name: one(3, "string"),
  opType: one(4, "string"),
  attribute: many(5, () => ATTRIBUTE),
  docString: one(6, "string"),
  domain: one(7, "string"),
  overload: one(8, "string"),
};

const GRAPH: FieldsOf<GraphProto> = {
  node: many(1, () => NODE),
  name: one(2, "string"),
  initializer: many(5, () => TENSOR),
  docString: one(10, "string"),
  input: many(11, () => VALUE_INFO),
  output: many(12, () => VALUE_INFO),
  valueInfo: many(13, () => VALUE_INFO),
  sparseInitializer: many(15, () => NOTHING),
};

const FUNCTION: FieldsOf<FunctionProto> = {
  name: one(1, "string"),
  input: many(4, "string"),
  output: many(5, "string"),
  attribute: many(6, "string"),
  node: many(7, () => NODE),
  docString: one(8, "string"),
  opsetImport: many(9, () => OPERATOR_SET),
  domain: one(10, "string"),
  attributeProto: many(11, () => ATTRIBUTE),
  overload: one(13, "string"),
};

/** The fields of {@linkcode ModelProto}. */
export const MODEL: FieldsOf<ModelProto> = {
  irVersion: one(1, "int"),
  producerName: one(2, "string"),
  producerVersion: one(3, "string"),
  domain: one(4, "string"),
  modelVersion: one(5, "int"),
  docString: one(6, "string"),
  graph: maybe(7, () => GRAPH),
  opsetImport: many(8, () => OPERATOR_SET),
  metadataProps: many(14, () => ENTRY),
  functions: many(25, () => FUNCTION),
};
