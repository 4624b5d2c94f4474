/**
 * All operators by name. What most models lack is loaded when one has it.
 *
 * @module
 */
import type { Operator, Operators } from "../_call.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { CONVOLUTION } from "./convolution.ts";
import { CREATION } from "./creation.ts";
import { INDEXING } from "./indexing.ts";
import { MOVEMENT } from "./movement.ts";
import { NORMALIZATION } from "./normalization.ts";
import { PAD } from "./pad.ts";
import { PARTS } from "./parts.ts";
import { POOLING } from "./pooling.ts";
import { PRODUCT } from "./product.ts";
import { REDUCTION } from "./reduction.ts";
import { UNARY } from "./unary.ts";

const ALL: Operators = {
  ...ARITHMETIC,
  ...CONVOLUTION,
  ...CREATION,
  ...INDEXING,
  ...MOVEMENT,
  ...NORMALIZATION,
  ...PAD,
  ...PARTS,
  ...POOLING,
  ...PRODUCT,
  ...REDUCTION,
  ...UNARY,
};

let late: Operators = {};

/** Loads what of these operators is not there yet. */
export async function loadOperators(names: Iterable<string>): Promise<void> {
  if (![...names].every((name) => Object.hasOwn(ALL, name))) {
    late = (await import("./late.ts")).OPERATORS;
  }
}

/**
 * The operator of a name in a version of ONNX's own set, if there is one and
 * {@linkcode loadOperators} has been told of it.
 */
export function operatorOf(
  name: string,
  version: number,
): Operator | undefined {
  const table = Object.hasOwn(ALL, name) ? ALL : late;
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined || version < (found.since ?? 1)) return undefined;
  return found.until !== undefined && version >= found.until
    ? undefined
    : found;
}
