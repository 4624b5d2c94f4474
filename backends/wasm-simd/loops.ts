/**
 * The loops of map kernels: nested over the outer dims, four elements at a
 * time along the innermost one.
 *
 * @module
 */

import type { Access, Slot } from "@tenfold/core/backend";
import type { ArgumentLayout } from "./arguments.ts";
import {
  type Code,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  select,
} from "./assembler.ts";
import { shiftOf } from "./engine.ts";
import type { Lanes } from "./math/lanes.ts";
import {
  loadDense,
  loadScattered,
  loadSplat,
  type Quad,
  storeDense,
  storeFirst,
  storeScattered,
} from "./values.ts";

/** The step of an operand along the innermost dim. */
export type Step = "unit" | "none" | "strided";

/** The step of an access along the innermost dim. */
export function stepOf(access: Access): Step {
  switch (access) {
    case "dense":
    case "row":
      return "unit";
    case "uniform":
    case "splat":
      return "none";
    case "strided":
      return "strided";
  }
}

/** An operand in the innermost loop: its pointer and its step. */
export interface Cursor {
  /** Its dtype. */
  readonly slot: Slot;
  /** The step along the innermost dim. */
  readonly step: Step;
  /** The address. */
  readonly pointer: Local<"i32">;
  /** For strided ones: one, two and three strides in bytes. */
  readonly distances: readonly Local<"i32">[];
}

/**
 * Creates the cursor of an operand; its stride is that of the innermost dim.
 */
export function cursor(
  f: FunctionBuilder,
  slot: Slot,
  pointer: Local<"i32">,
  stride: () => Code<"i32">,
): Cursor {
  const step = stepOf(slot.access);
  if (step !== "strided") return { slot, step, pointer, distances: [] };
  const one = f.hoist(stride());
  const two = f.let(i32.add(one, one));
  const distances = [one, two, f.let(i32.add(two, one))];
  return { slot, step, pointer, distances };
}

/** Loads four elements at a cursor; `ahead` vectors further for unit steps. */
export function read(f: FunctionBuilder, cursor: Cursor, ahead = 0): Quad {
  const { slot: { dtype }, step, pointer, distances } = cursor;
  switch (step) {
    case "unit":
      return loadDense(f, dtype, pointer, ahead << (2 + shiftOf(dtype)));
    case "none":
      return loadSplat(f, dtype, pointer);
    case "strided":
      return loadScattered(f, dtype, pointer, distances);
  }
}

/** Advances a cursor by a number of vectors. */
export function advance(f: FunctionBuilder, cursor: Cursor, by = 1): void {
  const { slot, step, pointer, distances } = cursor;
  if (step === "unit") {
    f.increase(pointer, by << (2 + shiftOf(slot.dtype)));
  } else if (step === "strided") {
    f.increase(pointer, i32.shl(distances[0]!, i32.const(2)));
  }
}

/** Writes four elements, or the first `count` of them. */
export function write(
  f: FunctionBuilder,
  cursor: Cursor,
  value: Quad,
  ahead: number,
  count?: Local<"i32">,
): void {
  const { slot: { dtype }, step, pointer, distances } = cursor;
  const shift = shiftOf(dtype);
  if (step === "unit") {
    if (count === undefined) {
      storeDense(f, value, pointer, ahead << (2 + shift));
    } else {
      const neighbours = [1, 2, 3].map((lane) => i32.const(lane << shift));
      storeScattered(f, value, pointer, neighbours, count);
    }
  } else if (step === "none") {
    storeFirst(f, value, pointer);
  } else storeScattered(f, value, pointer, distances, count);
}

/** The positions of four neighbours, from that of the first. */
export function positionsFrom(
  f: FunctionBuilder,
  first: Code<"i32">,
): Quad {
  const lanes = f.hoist(i32x4.const(0, 1, 2, 3));
  return {
    dtype: "int32",
    parts: [f.let(i32x4.add(i32x4.splat(first), lanes))],
  };
}

/**
 * The code for four adjacent elements. Where vectors take turns, none may build on
 * what another has written, but for what one statement both reads and writes.
 */
export type VectorBody = (
  cursors: readonly Cursor[],
  /** Vectors between the cursors and the elements, for unit steps. */
  ahead: number,
  /** The number of elements. All four by default. */
  count?: Local<"i32">,
) => void;

/** How a loop goes over vectors. */
export interface Unroll {
  /** Vectors in a round. */
  readonly vectors: number;
  /**
   * Whether their statements take turns, some vectors at a time. A function such
   * as the exponential is one long chain, each link of which waits for the last:
   * a processor looks some hundred instructions ahead and finds two or three
   * chains there where they are one after another, and all where they take
   * turns. Short expressions only lose registers by it, and so does all on
   * JavaScriptCore, which shows by products that are not fused.
   */
  readonly inTurns: boolean;
}

/** Vectors that take turns: as many as registers hold. */
const TOGETHER = 4;
/** Instructions for four elements up to which an expression is short. */
const SHORT = 12;

/** Whether vectors of an expression of so many instructions take turns. */
export function takesTurns({ fused }: Lanes, instructions: number): boolean {
  return fused && instructions > SHORT;
}

/** The vectors of a round for an expression of so many instructions. */
export function unrollOf(lanes: Lanes, instructions: number): Unroll {
  const inTurns = takesTurns(lanes, instructions);
  if (instructions <= SHORT) return { vectors: 4, inTurns };
  const vectors = instructions <= 100 ? 2 : 1;
  return { vectors: inTurns ? 2 * vectors : vectors, inTurns };
}

/**
 * Runs `body` over `length` elements, some vectors at a time while that many are
 * left (one where something is strided), and keeps `position` (where given) at
 * the first element.
 */
export function alongInner(
  f: FunctionBuilder,
  cursors: readonly Cursor[],
  length: Local<"i32">,
  { vectors, inTurns }: Unroll,
  position: Local<"i32"> | null,
  body: VectorBody,
): void {
  const left = f.let(length);
  const strided = cursors.some(({ step }) => step === "strided");
  const next = (by: number) => {
    for (const cursor of cursors) advance(f, cursor, by);
    if (position !== null) f.increase(position, 4 * by);
    f.increase(left, -4 * by);
  };
  if (vectors > 1 && !strided) {
    const enough = i32.ge_s(left, i32.const(4 * vectors));
    f.if(enough, () => {
      f.loop((again) => {
        const bodies = Array.from(
          { length: vectors },
          (_, ahead) => () => body(cursors, ahead),
        );
        if (inTurns) {
          while (bodies.length > 0) f.interleave(bodies.splice(0, TOGETHER));
        } else for (const body of bodies) body();
        next(vectors);
        f.branchIf(again, enough);
      });
    });
  }
  // The rest; in the last round lanes beyond the end read what is in reach.
  f.if(i32.gt_s(left, i32.const(0)), () => {
    const near = strided ? cursors.map((w) => nearOnly(f, w)) : cursors;
    f.loop((again) => {
      if (strided) {
        f.if(i32.lt_s(left, i32.const(4)), () => {
          near.forEach((w, i) => limit(f, w, cursors[i]!, left));
        });
      }
      body(near, 0, left);
      next(1);
      f.branchIf(again, i32.gt_s(left, i32.const(0)));
    });
  });
}

/** A copy of the cursor with distances of its own. */
function nearOnly(f: FunctionBuilder, cursor: Cursor): Cursor {
  const distances = cursor.distances.map((distance) => f.let(distance));
  return { ...cursor, distances };
}

/** Sets the distances of lanes past the end to 0. */
function limit(
  f: FunctionBuilder,
  near: Cursor,
  full: Cursor,
  left: Local<"i32">,
): void {
  near.distances.forEach((distance, i) => {
    const exists = i32.gt_s(left, i32.const(i + 1));
    f.set(distance, select(exists, full.distances[i]!, i32.const(0)));
  });
}

/** A dim that is looped over: its extent, and each operand's stride in bytes. */
export interface LoopDim {
  /** The extent of the loop. */
  readonly extent: Local<"i32">;
  /** One stride for each pointer. */
  readonly strides: readonly Code<"i32">[];
  /** The first position of the loop. 0 by default. */
  readonly begin?: Code<"i32">;
}

/** Reads the extents and strides of loop dims, once. */
export function dimsOf(
  f: FunctionBuilder,
  layout: ArgumentLayout,
  args: Local<"i32">,
  from: number,
  to: number,
): LoopDim[] {
  const dims: LoopDim[] = [];
  for (let d = from; d < to; d++) {
    dims.push({
      extent: f.hoist(layout.extent(args, d)),
      strides: layout.dtypes.map((_, k) => f.hoist(layout.stride(args, k, d))),
    });
  }
  return dims;
}

/** Loops over dims, outermost first; `body` gets pointers of its own. */
export function nest(
  f: FunctionBuilder,
  dims: readonly LoopDim[],
  pointers: readonly Local<"i32">[],
  body: (
    pointers: readonly Local<"i32">[],
    positions: readonly Local<"i32">[],
  ) => void,
  positions: readonly Local<"i32">[] = [],
): void {
  const here = pointers.map((pointer) => f.let(pointer));
  const [dim, ...inner] = dims;
  if (dim === undefined) {
    body(here, positions);
    return;
  }
  const position = f.let(dim.begin ?? i32.const(0));
  f.for(position, dim.extent, 1, () => {
    nest(f, inner, here, body, [...positions, position]);
    here.forEach((pointer, k) => f.increase(pointer, dim.strides[k]!));
  });
}

/** What the outer loops pass to the innermost one. */
export interface Row {
  /** The address of each operand. */
  readonly pointers: readonly Local<"i32">[];
  /** The position along each dim; of the innermost one, where it begins. */
  readonly positions: readonly Local<"i32">[];
  /** Elements along the innermost dim. */
  readonly length: Local<"i32">;
}

/**
 * The loops over all of `rank` dims but the last, of which the first goes
 * from `begin` to `end`; with one dim, that dim does.
 */
export function overRows(
  f: FunctionBuilder,
  layout: ArgumentLayout,
  args: Local<"i32">,
  [begin, end]: readonly [Local<"i32">, Local<"i32">],
  slots: readonly Slot[],
  rank: number,
  body: (row: Row) => void,
): void {
  const start = slots.map((slot, k) => {
    const pointer = f.let(layout.pointer(args, k));
    const step = stepOf(slot.access);
    if (rank > 1 || step === "strided") {
      f.increase(pointer, i32.mul(begin, layout.stride(args, k, 0)));
    } else if (step === "unit") {
      f.increase(pointer, i32.shl(begin, i32.const(shiftOf(slot.dtype))));
    }
    return pointer;
  });
  if (rank === 1) {
    const length = f.let(i32.sub(end, begin));
    body({ pointers: start, positions: [f.let(begin)], length });
    return;
  }
  const [first, ...others] = dimsOf(f, layout, args, 0, rank - 1);
  const dims = [{ ...first!, extent: end, begin }, ...others];
  const length = f.let(layout.extent(args, rank - 1));
  nest(f, dims, start, (pointers, positions) => {
    body({
      pointers,
      positions: [...positions, f.let(i32.const(0))],
      length,
    });
  });
}
