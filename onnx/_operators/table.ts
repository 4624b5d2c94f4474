/**
 * All operators by name.
 *
 * @module
 */
import type { Operator, Operators } from "../_call.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { CONTROL } from "./control.ts";
import { CONVOLUTION } from "./convolution.ts";
import { CREATION } from "./creation.ts";
import { INDEXING } from "./indexing.ts";
import { MOVEMENT } from "./movement.ts";
import { NORMALIZATION } from "./normalization.ts";
import { PAD } from "./pad.ts";
import { PARTS } from "./parts.ts";
import { POOLING } from "./pooling.ts";
import { PRODUCT } from "./product.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTION } from "./reduction.ts";
import { RESIZE } from "./resize.ts";
import { UNARY } from "./unary.ts";

const ALL: Operators = {
  ...ARITHMETIC,
  ...CONTROL,
  ...CONVOLUTION,
  ...CREATION,
  ...INDEXING,
  ...MOVEMENT,
  ...NORMALIZATION,
  ...PAD,
  ...PARTS,
  ...POOLING,
  ...PRODUCT,
  ...QUANTIZATION,
  ...RECURRENT,
  ...REDUCTION,
  ...RESIZE,
  ...UNARY,
};

/** The names of all operators of ONNX's own domain that models may use. */
export const OPERATOR_NAMES: readonly string[] = Object.keys(ALL).sort();

/** The operator of a name in a version of ONNX's own set, if there is one. */
export function operatorOf(
  name: string,
  version: number,
): Operator | undefined {
  const found = Object.hasOwn(ALL, name) ? ALL[name] : undefined;
  if (found === undefined || version < (found.since ?? 1)) return undefined;
  return found.until !== undefined && version >= found.until
    ? undefined
    : found;
}
