/**
 * Accumulators: their identities, how they take in values, and how their lanes
 * are reduced.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import { type Combine, type ComputeDType, DTYPES } from "@tenfold/core/backend";
import { type Code, f32x4, type FunctionBuilder, i32x4 } from "./assembler.ts";
import { halfCall } from "./functions/double.ts";
import { floatCall } from "./functions/float.ts";
import { intCall } from "./functions/int.ts";
import { choose, type Lanes, type Vector } from "./math/lanes.ts";
import { FORMS, type Quad, splat, widenMask } from "./values.ts";

const FUNCTION = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** A combining operation; `top` is the maximum where NaN may be lost. */
type CombineOp = Combine | "top";

/** The result of an empty reduction. */
function identityOf(combine: CombineOp, dtype: DType): number {
  switch (combine) {
    case "sum":
      return 0;
    case "prod":
      return 1;
    case "top":
    case "max":
      return DTYPES[dtype].lowest;
    case "min":
      return DTYPES[dtype].highest;
  }
}

/** One combining operation over values of one dtype. */
export class Combiner {
  readonly #lanes: Lanes;
  readonly #combine: CombineOp;
  readonly #dtype: ComputeDType;

  /** Emits into the function of `lanes`. */
  constructor(lanes: Lanes, combine: CombineOp, dtype: ComputeDType) {
    this.#lanes = lanes;
    this.#combine = combine;
    this.#dtype = dtype;
  }

  /** The identity in every lane; not to be assigned. */
  get identity(): Quad {
    return splat(
      this.#lanes.f,
      this.#dtype,
      identityOf(this.#combine, this.#dtype),
    );
  }

  /** A new accumulator that holds the identity. */
  accumulator(): Quad {
    const { f } = this.#lanes;
    const { dtype, parts } = this.identity;
    return { dtype, parts: parts.map((part) => f.let(part)) };
  }

  /** Resets an accumulator to the identity. */
  reset(accumulator: Quad): void {
    const { f } = this.#lanes;
    const { parts } = this.identity;
    accumulator.parts.forEach((part, i) => f.set(part, parts[i]!));
  }

  /** Combines a value into an accumulator. */
  accumulate(accumulator: Quad, value: Quad): void {
    const { f } = this.#lanes;
    accumulator.parts.forEach((part, i) => {
      f.set(part, this.#join(part, value.parts[i]!));
    });
  }

  /** Reduces all lanes, and puts the result into every lane. */
  reduceLanes(accumulator: Quad): void {
    const { f } = this.#lanes;
    const swap = (part: Vector, order: readonly number[]) => {
      const swapped = f.let(i32x4.shuffle(part, part, order));
      f.set(part, this.#join(part, swapped));
    };
    const [first, second] = accumulator.parts;
    if (second !== undefined) {
      f.set(first!, this.#join(first!, second));
      swap(first!, [2, 3, 0, 1]);
      f.set(second, first!);
    } else {
      swap(first!, [2, 3, 0, 1]);
      swap(first!, [1, 0, 3, 2]);
    }
  }

  #join(a: Vector, b: Vector): Code<"v128"> {
    // Only floats: where the second is not larger, or NaN, the first stays.
    if (this.#combine === "top") return f32x4.pmax(a, b);
    const fn = FUNCTION[this.#combine];
    switch (FORMS[this.#dtype].lanes) {
      case "f64":
        return halfCall(this.#lanes.f, fn, a, b);
      case "i32":
      case "mask":
        return intCall(this.#lanes, fn, [a, b], null);
      case "f32":
        return floatCall(this.#lanes, fn, [a, b]);
    }
  }
}

/** The lanes below `count` of a value, the others from `other`. */
export function limitLanes(
  f: FunctionBuilder,
  value: Quad,
  other: Quad,
  count: Code<"i32">,
): Quad {
  const limit = f.let(i32x4.splat(count));
  const mask = f.let(i32x4.lt_s(f.hoist(i32x4.const(0, 1, 2, 3)), limit));
  const masks = FORMS[value.dtype].lanes === "f64" ? widenMask(mask) : [mask];
  return {
    dtype: value.dtype,
    parts: value.parts.map((part, i) =>
      f.let(choose(masks[i]!, part, other.parts[i]!))
    ),
  };
}
