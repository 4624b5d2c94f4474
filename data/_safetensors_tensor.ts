/**
 * From an entry of a safetensors file to a tensor.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { AnyTypedArray } from "./_bytes.ts";
import { ELEMENTS, type ElementType } from "./_element.ts";
import { isKnownDType, type SafetensorsDType } from "./_safetensors_header.ts";
import { type TensorReadOptions, toTensor } from "./_to_tensor.ts";
import { DataFormatError } from "./errors.ts";

/** The element types of this package by the names of the format. */
export const ELEMENT_OF: { readonly [D in SafetensorsDType]?: ElementType } = {
  BOOL: "bool",
  U8: "uint8",
  I8: "int8",
  U16: "uint16",
  I16: "int16",
  U32: "uint32",
  I32: "int32",
  U64: "uint64",
  I64: "int64",
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
  F8_E4M3: "float8_e4m3",
  F8_E5M2: "float8_e5m2",
  F8_E4M3FNUZ: "float8_e4m3fnuz",
  F8_E5M2FNUZ: "float8_e5m2fnuz",
};

const NAMES = new Map(
  Object.entries(ELEMENT_OF).map(([name, type]) => [type, name]),
);

/** The name that the format has for an element type. */
export function nameOf(type: ElementType): SafetensorsDType {
  return NAMES.get(type) as SafetensorsDType;
}

/** The element type of a dtype, if it has a counterpart here. */
export function elementOf(dtype: string): ElementType | undefined {
  return isKnownDType(dtype) ? ELEMENT_OF[dtype] : undefined;
}

/** The elements of an entry, as typed array. */
export interface DecodedEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly elements: AnyTypedArray;
}

/**
 * Decodes the elements of an entry.
 *
 * @throws {DataFormatError} If its dtype has no counterpart here.
 */
export function decodeEntry(
  name: string,
  entry: { dtype: string; shape: readonly number[]; data: Uint8Array },
): DecodedEntry {
  const { dtype, shape, data } = entry;
  const type = elementOf(dtype);
  if (type === undefined) {
    throw new DataFormatError(
      `Cannot make a tensor of ${
        JSON.stringify(name)
      } as its dtype has no counterpart here: got ${
        dtype.slice(0, 80)
      }, pass { unsupported: "skip" } to read the other tensors, or read its bytes with parseSafetensors`,
    );
  }
  return { name, type, shape, elements: ELEMENTS[type].decode(data, true) };
}

/** The tensor of decoded elements. */
export function decodedTensor(
  { name, type, shape, elements }: DecodedEntry,
  options: TensorReadOptions,
): Tensor {
  return toTensor(elements, type, shape, JSON.stringify(name), options);
}
