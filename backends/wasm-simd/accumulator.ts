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

/**
 * The largest and smallest float32 are kept as the bits of three numbers, so
 * that NaN and the sign of a zero are right without a look at each element,
 * which takes twice the instructions: the largest bits as signed and as unsigned
 * integers, and the least as unsigned ones for `max`, as signed ones for `min`.
 */
const LEAST = { max: "min_u", min: "min_s" } as const;

/** Bits of infinities: NaN alone is above them. */
const INFINITE = 0x7f800000;
const MINUS_INFINITE = 0xff800000 | 0;

/** One combining operation over values of one dtype. */
export class Combiner {
  readonly #lanes: Lanes;
  readonly #combine: CombineOp;
  readonly #dtype: ComputeDType;
  readonly #least: "min_u" | "min_s" | null;

  /** Emits into the function of `lanes`. */
  constructor(lanes: Lanes, combine: CombineOp, dtype: ComputeDType) {
    this.#lanes = lanes;
    this.#combine = combine;
    this.#dtype = dtype;
    this.#least =
      FORMS[dtype].lanes === "f32" && (combine === "max" || combine === "min")
        ? LEAST[combine]
        : null;
  }

  /** The vectors of an accumulator of four results. */
  get vectors(): number {
    return this.#least ? 3 : FORMS[this.#dtype].lanes === "f64" ? 2 : 1;
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
    const parts = this.#begin().map((part) => f.let(part));
    return { dtype: this.#dtype, parts };
  }

  /** Resets an accumulator to the identity. */
  reset(accumulator: Quad): void {
    const { f } = this.#lanes;
    const parts = this.#begin();
    accumulator.parts.forEach((part, i) => f.set(part, parts[i]!));
  }

  /** What an accumulator holds at first. */
  #begin(): readonly Vector[] {
    const { parts } = this.identity;
    if (this.#least === null) return parts;
    const { f } = this.#lanes;
    return [f.i32x4(-(2 ** 31)), f.i32x4(0), parts[0]!];
  }

  /** Combines a value, or another accumulator, into an accumulator. */
  accumulate(accumulator: Quad, value: Quad): void {
    const { f } = this.#lanes;
    accumulator.parts.forEach((part, i) => {
      f.set(part, this.#join(part, value.parts[i] ?? value.parts[0]!, i));
    });
  }

  /** What an accumulator stands for, in its dtype. */
  result({ dtype, parts }: Quad): Quad {
    if (this.#least === null) return { dtype, parts };
    const { f } = this.#lanes;
    const [signed, unsigned, least] = parts as [Vector, Vector, Vector];
    const largest = this.#combine === "max";
    const top = largest ? signed : unsigned;
    const negative = i32x4.lt_s(top, f.i32x4(0));
    const number = f.let(
      largest ? choose(negative, least, top) : choose(negative, top, least),
    );
    const isNan = largest
      ? i32x4.gt_u(unsigned, f.i32x4(MINUS_INFINITE))
      : i32x4.gt_s(signed, f.i32x4(INFINITE));
    const nan = largest ? unsigned : signed;
    return { dtype, parts: [f.let(choose(isNan, nan, number))] };
  }

  /** Reduces all lanes, and puts the result into every lane. */
  reduceLanes(accumulator: Quad): void {
    const { f } = this.#lanes;
    const swap = (part: Vector, order: readonly number[], i = 0) => {
      const swapped = f.let(i32x4.shuffle(part, part, order));
      f.set(part, this.#join(part, swapped, i));
    };
    if (this.#least !== null) {
      accumulator.parts.forEach((part, i) => {
        swap(part, [2, 3, 0, 1], i);
        swap(part, [1, 0, 3, 2], i);
      });
      return;
    }
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

  /** Combines part `i` of an accumulator with another. */
  #join(a: Vector, b: Vector, i = 0): Code<"v128"> {
    if (this.#least !== null) {
      if (i === 0) return i32x4.max_s(a, b);
      return i === 1 ? i32x4.max_u(a, b) : i32x4[this.#least](a, b);
    }
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
