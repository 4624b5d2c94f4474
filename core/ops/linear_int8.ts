/**
 * Linear layers whose weights are integers of 8 bits. The family is loaded when
 * a model is first quantised.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { arg, call, castExpr, constant, type Expr } from "../expr/expr.ts";
import type { Launcher } from "../lower/launcher.ts";
import { denseOf, shaped } from "../lower/parts.ts";
import { MapProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { sizeOf } from "../shape.ts";
import type { Value } from "../value.ts";
import { none } from "./gradient.ts";
import type { Family } from "./primitive.ts";
import { PRODUCT } from "./product.ts";
import { reduceKept } from "./reduce.ts";
import { addPrimitives } from "./table.ts";

/**
 * `x wᵀ`, and a bias: x `[..., k]`; w as words of four integers of 8 bits, the
 * first in the lowest bits, `[n, words]` with as many words as 16 integers at a
 * time need for k, the rest zeros; the sums of its rows, `[n]`; the scales of
 * its rows, `[n]`; bias `[n]`.
 *
 * Each row of x becomes integers q from 0 to 127 first, `x ≈ (q - zero) step`,
 * by `step = max(x, 0) / 127 - min(x, 0) / 127`; products and sums are exact
 * where a backend has the routine. A row that holds NaN or an infinity gives
 * NaN, and one whose numbers are all below the normal ones counts as zeros.
 *
 * @example A quantised layer
 * ```ts
 * import type { LinearInt8Op } from "@tenfold/core/backend";
 *
 * const op: LinearInt8Op = { name: "linearInt8" };
 * ```
 */
export interface LinearInt8Op {
  /** Marks the primitive. */
  readonly name: "linearInt8";
}

/**
 * The most inputs: their products fit into integers of 32 bits.
 *
 * @example The largest layer that is quantised
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MOST_INPUTS } from "@tenfold/core/int8";
 *
 * const fits = (inFeatures: number) => inFeatures <= MOST_INPUTS;
 * assertEquals(fits(4096), true);
 * ```
 */
export const MOST_INPUTS = 2 ** 17;

/**
 * Words that a row of k integers of 8 bits takes.
 *
 * @example A row of 20 integers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { wordsOf } from "@tenfold/core/int8";
 *
 * assertEquals(wordsOf(20), 8);
 * ```
 */
export const wordsOf = (k: number): number => 4 * Math.ceil(k / 16);

const FLOAT = "float32";
const SMALLEST_NORMAL = 2 ** -126;
const float = (value: number): Expr => constant(value, FLOAT);
const int = (value: number): Expr => constant(value, "int32");
const input = (index: number): Expr => arg(index, FLOAT);

/** `1 / step`, or 0 where there is nothing to divide. */
const inverseOf = (step: Expr): Expr =>
  call(
    "select",
    call("lt", step, float(SMALLEST_NORMAL)),
    float(0),
    call("div", float(1), step),
  );

/** Inputs: the least and the largest number of a row. */
function stepProgram(): MapProgram {
  const [low, high] = [call("min", input(0), float(0)), input(1)];
  const step = call(
    "sub",
    call("div", call("max", high, float(0)), float(127)),
    call("div", low, float(127)),
  );
  const finite = call("select", call("isFinite", step), step, float(NaN));
  return new MapProgram([FLOAT, FLOAT], [finite], 0);
}

/** Inputs x, the step and the least number of its row: `q - zero`. */
function levelProgram(): MapProgram {
  const inverse = inverseOf(input(1));
  const low = call("min", input(2), float(0));
  const zero = call("round", call("neg", call("mul", low, inverse)));
  const level = call(
    "add",
    call("round", call("mul", input(0), inverse)),
    zero,
  );
  const inside = call("min", call("max", level, float(0)), float(127));
  return new MapProgram([FLOAT, FLOAT, FLOAT], [call("sub", inside, zero)], 0);
}

/** The integer in one byte of a word. */
function byteProgram(place: number): MapProgram {
  const word = arg(0, "int32");
  const shifted = place === 0 ? word : call("shiftRight", word, int(8 * place));
  const byte = call("remainder", shifted, int(256));
  const value = call(
    "select",
    call("ge", byte, int(128)),
    call("sub", byte, int(256)),
    byte,
  );
  return new MapProgram(["int32"], [castExpr(value, FLOAT)], 0);
}

/** Inputs: sums of products, the steps of x, the scales of w, maybe a bias. */
function scaleProgram(biased: boolean): MapProgram {
  const value = call("mul", input(0), call("mul", input(1), input(2)));
  const expr = biased ? call("add", value, input(3)) : value;
  const inputs = new Array<DType>(biased ? 4 : 3).fill(FLOAT);
  return new MapProgram(inputs, [expr], 0);
}

/** The programs, made once. */
function makePrograms() {
  return {
    step: stepProgram(),
    level: levelProgram(),
    bytes: [0, 1, 2, 3].map(byteProgram),
    scale: scaleProgram(false),
    scaleAndBias: scaleProgram(true),
  };
}

let made: ReturnType<typeof makePrograms> | undefined;
const programs = () => made ??= makePrograms();

/** The integers of w as floats, `[n, k]`. */
function integersOf(w: Value, k: number, run: Launcher): Value {
  const [n, words] = w.shape as [number, number];
  const all = run.allocate([n, 4 * words], FLOAT);
  programs().bytes.forEach((program, place) => {
    const out = all.alias(all.view.slice(1, place, words, 4));
    run.mapInto(program, [out], [w]);
    out.release();
  });
  const view = all.view.slice(1, 0, k, 1);
  const out = all.alias(view);
  all.release();
  return out;
}

/** Sums of products of integers, which levels are and w holds. */
function sumsOf(
  levels: Value,
  w: Value,
  [m, n, k]: readonly [number, number, number],
  run: Launcher,
): Value {
  const shape = [m, n];
  const words = denseOf(w, run);
  const out = run.allocate(shape, FLOAT);
  const [ofOut, ofLevels, ofWords] = stridesOf(k, n);
  const done = out.view.size > 0 && k > 0 && run.routine(
    "dotsInt8",
    [m, n, k],
    1,
    [out, levels, words],
    [ofOut!, ofLevels!, ofWords!],
    {},
  );
  words.release();
  if (done) return out;
  out.release();
  const integers = integersOf(w, k, run);
  const { lower, decompose } = PRODUCT.linear;
  const product = [{ name: "linear" } as const, [levels, integers], run, [{
    shape,
    dtype: FLOAT,
  }]] as const;
  const sums = (lower(...product) ?? decompose!(...product)) as Value;
  integers.release();
  return sums;
}

/** The extents of x as one matrix. */
function matrixOf(x: Meta): [rows: number, k: number] {
  const k = x.shape[x.shape.length - 1]!;
  return [sizeOf(x.shape.slice(0, -1)), k];
}

function check(inputs: readonly Meta[]): void {
  const [x, w, sums, scales, bias] = inputs;
  const wanted = [FLOAT, "int32", "int32", FLOAT, FLOAT];
  if (inputs.some(({ dtype }, i) => dtype !== wanted[i])) {
    throw new DTypeError(
      `Cannot apply a quantised linear layer to these dtypes: got ${
        inputs.map(({ dtype }) => dtype).join(", ")
      }, expected ${wanted.slice(0, inputs.length).join(", ")}`,
    );
  }
  const k = x!.shape[x!.shape.length - 1];
  const [n, words] = w!.shape;
  if (
    k === undefined || w!.shape.length !== 2 || words !== wordsOf(k) ||
    [sums!, scales!, ...(bias ? [bias] : [])].some(({ shape }) =>
      shape.length !== 1 || shape[0] !== n
    )
  ) {
    throw new ShapeError(
      `Cannot apply a quantised linear layer as the shapes do not fit each other: got input ${
        showShape(x!.shape)
      }, words ${showShape(w!.shape)}, sums ${showShape(sums!.shape)}, scales ${
        showShape(scales!.shape)
      }${bias ? ` and bias ${showShape(bias.shape)}` : ""}`,
    );
  }
  if (k <= MOST_INPUTS) return;
  throw new ShapeError(
    `Cannot apply a quantised linear layer to rows of ${k} numbers: its sums would not fit into 32 bits from ${
      MOST_INPUTS + 1
    } on`,
  );
}

/** Strides along `[m, n, k]` of x, w, its sums, its scales and a bias. */
const stridesOf = (k: number, n: number): number[][] => {
  const along = [0, 1, 0];
  return [[n, 1, 0], [k, 0, 1], [0, wordsOf(k), 0], along, along, along];
};

const LINEAR_INT8: Family<LinearInt8Op> = {
  linearInt8: {
    infer(_, inputs) {
      check(inputs);
      const [{ shape }, w] = inputs as [Meta, Meta];
      return [{ shape: [...shape.slice(0, -1), w.shape[0]!], dtype: FLOAT }];
    },
    lower({ name }, inputs, run, [result]) {
      const [m, k] = matrixOf(inputs[0]!);
      const n = inputs[1]!.shape[0]!;
      const out = run.allocate(result!.shape, FLOAT);
      if (out.view.size === 0) return out;
      const dense = inputs.map((value) => denseOf(value, run));
      const done = k > 0 && run.routine(
        name,
        [m, n, k],
        1,
        [out, ...dense],
        stridesOf(k, n).slice(0, 1 + dense.length),
        {},
      );
      for (const value of dense) value.release();
      if (done) return out;
      out.release();
      return null;
    },
    decompose(_, [x, w, _sums, scales, bias], run, [result]) {
      const { step, level, scale, scaleAndBias } = programs();
      const [m, k] = matrixOf(x!);
      const n = w!.shape[0]!;
      const flat = shaped(denseOf(x!, run), [m, k]);
      const low = reduceKept("min", flat, [1], run);
      const high = reduceKept("max", flat, [1], run);
      const steps = run.map(step, [m, 1], [low, high]);
      const levels = run.map(level, [m, k], [flat, steps, low]);
      const sums = sumsOf(levels, w!, [m, n, k], run);
      const operands = [sums, steps, scales!];
      const out = bias
        ? run.map(scaleAndBias, [m, n], [...operands, bias])
        : run.map(scale, [m, n], operands);
      const parts = [flat, low, high, steps, levels, sums];
      for (const value of parts) value.release();
      return shaped(out, result!.shape);
    },
    gradient: none,
  },
};

/**
 * Makes the family known.
 *
 * @example Before the primitive is applied by itself
 * ```ts
 * import { addLinearInt8 } from "@tenfold/core/int8";
 *
 * addLinearInt8();
 * ```
 */
export function addLinearInt8(): void {
  addPrimitives(LINEAR_INT8);
}
