/**
 * Four elements at once, in locals: how each dtype is held, read and written.
 *
 * - float32 and int32: one vector
 * - bool: one vector of masks, all bits of a lane set or none
 * - float16: one vector, the 16 bits of each in a lane of 32
 * - float64: two vectors of two
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import { castNumber, type ComputeDType } from "@tenfold/core/backend";
import {
  type Code,
  f32x4,
  f64x2,
  type FunctionBuilder,
  i16x8,
  i32,
  i32x4,
  i8x16,
  v128,
} from "./assembler.ts";
import { halfOf, singleOf, toOdd } from "./half.ts";
import type { Vector } from "./math/lanes.ts";

/** How four elements are held: as vectors of what. */
type LaneForm = "mask" | "i32" | "half" | "f32" | "f64";

/** How an element lies in memory. */
type MemoryForm = "byte" | "half" | "word" | "double";

/**
 * How each dtype is held and stored: the column of this backend in the table
 * of dtypes.
 */
export const FORMS:
  & {
    readonly [D in ComputeDType]: {
      readonly lanes: Exclude<LaneForm, "half">;
      readonly memory: Exclude<MemoryForm, "half">;
    };
  }
  & { readonly float16: { readonly lanes: "half"; readonly memory: "half" } } =
    {
      bool: { lanes: "mask", memory: "byte" },
      int32: { lanes: "i32", memory: "word" },
      float16: { lanes: "half", memory: "half" },
      float32: { lanes: "f32", memory: "word" },
      float64: { lanes: "f64", memory: "double" },
    };

/** Four elements of one dtype. */
export interface Quad {
  /** The dtype. */
  readonly dtype: DType;
  /** One vector, for float64 two. */
  readonly parts: readonly Vector[];
}

/** Keeps code of the single part of a value in a local. */
export function quad(
  f: FunctionBuilder,
  dtype: DType,
  ...parts: Code<"v128">[]
): Quad {
  return {
    dtype,
    parts: parts.map((part) => "index" in part ? part as Vector : f.let(part)),
  };
}

/** A mask of float64 lanes' comparison as one of 32-bit lanes. */
export function narrowMask(low: Code<"v128">, high: Code<"v128">) {
  return i32x4.shuffle(low, high, [0, 2, 4, 6]);
}

/** A mask of 32-bit lanes as two of 64-bit lanes. */
export function widenMask(mask: Vector): [Code<"v128">, Code<"v128">] {
  return [
    i32x4.shuffle(mask, mask, [0, 0, 1, 1]),
    i32x4.shuffle(mask, mask, [2, 2, 3, 3]),
  ];
}

/** The same number in every lane. */
export function splat(
  f: FunctionBuilder,
  dtype: DType,
  value: number,
): Quad {
  switch (FORMS[dtype].lanes) {
    case "f32":
      return { dtype, parts: [f.f32x4(value)] };
    case "i32":
      return { dtype, parts: [f.i32x4(castNumber(dtype, value))] };
    case "mask":
      return { dtype, parts: [f.i32x4(value === 0 ? 0 : -1)] };
    case "f64": {
      const part = f.hoist(f64x2.const(value));
      return { dtype, parts: [part, part] };
    }
    case "half":
      return convert(f, splat(f, "float32", value), dtype);
  }
}

/** Masks out of four bytes, which every lane holds: each looks at its own. */
function masks(f: FunctionBuilder, bytes: Code<"v128">): Code<"v128"> {
  const own = f.hoist(i32x4.const(0xff, 0xff00, 0xff0000, 0xff000000 | 0));
  return i32x4.ne(v128.and(bytes, own), f.i32x4(0));
}

/** Four neighbours in memory. */
export function loadDense(
  f: FunctionBuilder,
  dtype: DType,
  address: Code<"i32">,
  offset = 0,
): Quad {
  switch (FORMS[dtype].memory) {
    case "byte":
      return quad(f, dtype, masks(f, v128.load32_splat(address, offset)));
    case "half":
      return quad(f, dtype, v128.load16x4_u(address, offset));
    case "double":
      return quad(
        f,
        dtype,
        v128.load(address, offset),
        v128.load(address, offset + 16),
      );
    case "word":
      return quad(f, dtype, v128.load(address, offset));
  }
}

/** One element four times; `hoisted` reads it at the start of the function. */
export function loadSplat(
  f: FunctionBuilder,
  dtype: DType,
  address: Code<"i32">,
  hoisted = false,
): Quad {
  const keep = (code: Code<"v128">) => hoisted ? f.hoist(code) : f.let(code);
  switch (FORMS[dtype].memory) {
    case "byte": {
      const bytes = v128.load8_splat(address);
      return {
        dtype,
        parts: [keep(i8x16.ne(bytes, i32x4.const(0)))],
      };
    }
    case "half": {
      const bits = v128.load16_splat(address);
      return { dtype, parts: [keep(v128.and(bits, i32x4.const(0xffff)))] };
    }
    case "double": {
      const part = keep(v128.load64_splat(address));
      return { dtype, parts: [part, part] };
    }
    case "word":
      return { dtype, parts: [keep(v128.load32_splat(address))] };
  }
}

/** Four elements at `address` and at three distances from it. */
export function loadScattered(
  f: FunctionBuilder,
  dtype: DType,
  address: Code<"i32">,
  distances: readonly Code<"i32">[],
): Quad {
  const at = (lane: number) =>
    lane === 0 ? address : i32.add(address, distances[lane - 1]!);
  switch (FORMS[dtype].memory) {
    case "byte": {
      const bytes = f.let(v128.load8_splat(at(0)));
      // Every byte is the first one; in each lane one becomes its own.
      for (const lane of [1, 2, 3]) {
        f.set(bytes, v128.load8_lane(at(lane), bytes, 5 * lane));
      }
      return quad(f, dtype, masks(f, bytes));
    }
    case "half": {
      const bits = f.let(i32x4.const(0));
      for (const lane of [0, 1, 2, 3]) {
        f.set(bits, v128.load16_lane(at(lane), bits, 2 * lane));
      }
      return { dtype, parts: [bits] };
    }
    case "double": {
      const parts = [0, 2].map((lane) =>
        f.let(
          v128.load64_lane(at(lane + 1), v128.load64_zero(at(lane)), 1),
        )
      );
      return { dtype, parts };
    }
    case "word": {
      const vector = f.let(v128.load32_zero(at(0)));
      for (const lane of [1, 2, 3]) {
        f.set(vector, v128.load32_lane(at(lane), vector, lane));
      }
      return { dtype, parts: [vector] };
    }
  }
}

/** Four masks as four bytes 0 or 1, in the low lane. */
function bytesOf(f: FunctionBuilder, mask: Vector): Vector {
  const ones = f.let(v128.and(mask, f.i32x4(1)));
  const half = f.let(i16x8.narrow_i32x4_u(ones, ones));
  return f.let(i8x16.narrow_i16x8_u(half, half));
}

/** Writes four neighbours. */
export function storeDense(
  f: FunctionBuilder,
  value: Quad,
  address: Code<"i32">,
  offset = 0,
): void {
  const [first, second] = value.parts;
  if (FORMS[value.dtype].memory === "byte") {
    f.do(v128.store32_lane(address, bytesOf(f, first!), 0, offset));
    return;
  }
  if (FORMS[value.dtype].memory === "half") {
    const halves = f.let(i16x8.narrow_i32x4_u(first!, first!));
    f.do(v128.store64_lane(address, halves, 0, offset));
    return;
  }
  f.do(v128.store(address, first!, offset));
  if (second) f.do(v128.store(address, second, offset + 16));
}

/** Writes one of four elements; bools come as bytes. */
function storeLane(
  f: FunctionBuilder,
  { dtype, parts }: Quad,
  lane: number,
  address: Code<"i32">,
): void {
  switch (FORMS[dtype].memory) {
    case "byte":
      return f.do(v128.store8_lane(address, parts[0]!, lane));
    case "half":
      return f.do(v128.store16_lane(address, parts[0]!, 2 * lane));
    case "double":
      return f.do(v128.store64_lane(address, parts[lane >> 1]!, lane & 1));
    case "word":
      return f.do(v128.store32_lane(address, parts[0]!, lane));
  }
}

function storable(f: FunctionBuilder, value: Quad): Quad {
  return FORMS[value.dtype].memory === "byte"
    ? { dtype: value.dtype, parts: [bytesOf(f, value.parts[0]!)] }
    : value;
}

/** Writes the first element. */
export function storeFirst(
  f: FunctionBuilder,
  value: Quad,
  address: Code<"i32">,
): void {
  storeLane(f, storable(f, value), 0, address);
}

/**
 * Writes the first `count` of four elements, at `address` and at three
 * distances from it.
 *
 * @param count The number of elements. All four by default.
 */
export function storeScattered(
  f: FunctionBuilder,
  value: Quad,
  address: Code<"i32">,
  distances: readonly Code<"i32">[],
  count?: Code<"i32">,
): void {
  const source = storable(f, value);
  f.block((done) => {
    for (let lane = 0; lane < 4; lane++) {
      if (count !== undefined && lane > 0) {
        f.branchIf(done, i32.le_s(count, i32.const(lane)));
      }
      const at = lane === 0 ? address : i32.add(address, distances[lane - 1]!);
      storeLane(f, source, lane, at);
    }
  });
}

/** The value of another dtype, as `fit` in the reference defines it. */
export function convert(f: FunctionBuilder, value: Quad, to: DType): Quad {
  const { dtype, parts } = value;
  if (dtype === to) return value;
  if (dtype === "float16") {
    return convert(f, quad(f, "float32", singleOf(f, value.parts[0]!)), to);
  }
  if (to === "float16") return quad(f, to, halfOf(f, toHalfWay(f, value)));
  const from = FORMS[dtype].lanes;
  const first = parts[0]!;
  switch (FORMS[to].lanes) {
    case "mask":
      if (from === "f64") {
        const zero = f.hoist(f64x2.const(0));
        const [low, high] = parts.map((part) => f.let(f64x2.ne(part, zero)));
        return quad(f, to, narrowMask(low!, high!));
      }
      return quad(
        f,
        to,
        from === "f32"
          ? f32x4.ne(first, f.f32x4(0))
          : i32x4.ne(first, f.i32x4(0)),
      );
    case "i32":
      if (from === "mask") return quad(f, to, v128.and(first, f.i32x4(1)));
      if (from === "f32") {
        return quad(f, to, i32x4.trunc_sat_f32x4_s(first));
      }
      return quad(
        f,
        to,
        i32x4.shuffle(
          i32x4.trunc_sat_f64x2_s_zero(parts[0]!),
          i32x4.trunc_sat_f64x2_s_zero(parts[1]!),
          [0, 1, 4, 5],
        ),
      );
    case "f32":
      if (from === "mask") return quad(f, to, v128.and(first, f.f32x4(1)));
      if (from === "i32") return quad(f, to, f32x4.convert_i32x4_s(first));
      return quad(
        f,
        to,
        i32x4.shuffle(
          f32x4.demote_f64x2_zero(parts[0]!),
          f32x4.demote_f64x2_zero(parts[1]!),
          [0, 1, 4, 5],
        ),
      );
    case "f64": {
      if (from === "mask") {
        const one = f.hoist(f64x2.const(1));
        const [low, high] = widenMask(first);
        return quad(f, to, v128.and(low, one), v128.and(high, one));
      }
      const upper = f.let(i32x4.shuffle(first, first, [2, 3, 2, 3]));
      return from === "i32"
        ? quad(
          f,
          to,
          f64x2.convert_low_i32x4_s(first),
          f64x2.convert_low_i32x4_s(upper),
        )
        : quad(
          f,
          to,
          f64x2.promote_low_f32x4(first),
          f64x2.promote_low_f32x4(upper),
        );
    }
  }
}

/** What rounds to the nearest float16 as the value itself would. */
function toHalfWay(f: FunctionBuilder, value: Quad): Vector {
  const single = convert(f, value, "float32").parts[0]!;
  if (value.dtype !== "float64") return single;
  const [low, high] = value.parts;
  return toOdd(f, single, low!, high!);
}

/** Four columns of four elements as rows. */
export function transpose4x4(
  f: FunctionBuilder,
  vectors: readonly Vector[],
): Vector[] {
  const [a, b, c, d] = vectors as [Vector, Vector, Vector, Vector];
  const lowAb = f.let(i32x4.shuffle(a, b, [0, 4, 1, 5]));
  const highAb = f.let(i32x4.shuffle(a, b, [2, 6, 3, 7]));
  const lowCd = f.let(i32x4.shuffle(c, d, [0, 4, 1, 5]));
  const highCd = f.let(i32x4.shuffle(c, d, [2, 6, 3, 7]));
  return [
    i32x4.shuffle(lowAb, lowCd, [0, 1, 4, 5]),
    i32x4.shuffle(lowAb, lowCd, [2, 3, 6, 7]),
    i32x4.shuffle(highAb, highCd, [0, 1, 4, 5]),
    i32x4.shuffle(highAb, highCd, [2, 3, 6, 7]),
  ].map((vector) => f.let(vector));
}
