/**
 * The operators that most models lack.
 *
 * @module
 */
import type { Operators } from "../_call.ts";
import { BITS } from "./bits.ts";
import { DISTINCT } from "./distinct.ts";
import { LOSSES } from "./losses.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RECURRENT } from "./recurrent.ts";
import { RESIZE } from "./resize.ts";
import { ROTARY } from "./rotary.ts";
import { SAMPLING } from "./sampling.ts";
import { SIGNAL } from "./signal.ts";

/** All of them by name. */
export const OPERATORS: Operators = {
  ...BITS,
  ...DISTINCT,
  ...LOSSES,
  ...QUANTIZATION,
  ...RECURRENT,
  ...RESIZE,
  ...ROTARY,
  ...SAMPLING,
  ...SIGNAL,
};
