/**
 * Operators over the bits of integers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from "@tenfold/core/functions";
import type { Operator, Operators } from "../_call.ts";
import { ofTensor } from "../_value.ts";
import { castTensor } from "./unary.ts";

/** Narrow integers wrap as those of their own width do. */
function binary(fn: (a: Tensor, b: Tensor) => Tensor, since: number): Operator {
  return {
    since,
    run: (call) => {
      const { type } = call.value(0);
      return ofTensor(
        castTensor(fn(call.tensor(0), call.tensor(1)), type),
        type,
      );
    },
  };
}

/** The operators of this file. */
export const BITS: Operators = {
  BitShift: {
    since: 11,
    run: (call) => {
      const { type } = call.value(0);
      const shift = call.text("direction", "") === "LEFT"
        ? bitwiseLeftShift
        : bitwiseRightShift;
      const out = shift(call.tensor(0), call.tensor(1));
      return ofTensor(castTensor(out, type), type);
    },
  },
  BitwiseAnd: binary(bitwiseAnd, 18),
  BitwiseOr: binary(bitwiseOr, 18),
  BitwiseXor: binary(bitwiseXor, 18),
  BitwiseNot: {
    since: 18,
    run: (call) => {
      const { type } = call.value(0);
      return ofTensor(castTensor(bitwiseNot(call.tensor(0)), type), type);
    },
  },
};
