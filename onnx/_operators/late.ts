/**
 * The operators that most models lack.
 *
 * @module
 */
import type { Operators } from "../_call.ts";
import { BITS } from "./bits.ts";
import { CONTROL } from "./control.ts";
import { DISTINCT } from "./distinct.ts";
import { LOSSES } from "./losses.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RANDOM } from "./random.ts";
import { RECURRENT } from "./recurrent.ts";
import { RESIZE } from "./resize.ts";
import { ROTARY } from "./rotary.ts";
import { SAMPLING } from "./sampling.ts";
import { SIGNAL } from "./signal.ts";

/** All of them by name. */
export const OPERATORS: Operators = {
  ...BITS,
  ...CONTROL,
  ...DISTINCT,
  ...LOSSES,
  ...QUANTIZATION,
  ...RANDOM,
  ...RECURRENT,
  ...RESIZE,
  ...ROTARY,
  ...SAMPLING,
  ...SIGNAL,
};
