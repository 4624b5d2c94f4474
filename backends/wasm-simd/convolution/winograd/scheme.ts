/**
 * Winograd's algorithms over vectors of four channels: how many positions a tile
 * has, and the transforms of a line of it. A line of `tile` outputs takes
 * `points` inputs and as many products, one for each point at which polynomials
 * are taken; the last point is infinity. A line of one output fewer needs no
 * product of that last one.
 *
 * @module
 */
import {
  type Code,
  f32,
  f32x4,
  type FunctionBuilder,
} from "../../assembler.ts";
import type { Vector } from "../../math/lanes.ts";

/** Emits the input of a tile at a row and a column. */
export type LoadInput = (row: number, column: number) => Vector;
/** Takes a row of values. */
export type EmitLine = (row: readonly Vector[]) => void;

/** One of the algorithms. */
export interface Scheme {
  /** Outputs of a line, and taps of the filters of a phase. */
  readonly tile: number;
  readonly taps: number;
  /** Inputs and products of a line. */
  readonly points: number;
  /**
   * Phases of rows and of columns: with 2, positions are two inputs apart, and
   * every second input is a channel of its own.
   */
  readonly step: number;
  /** Transforms inputs, columns and then rows, and gives a row after another. */
  input(f: FunctionBuilder, load: LoadInput, emit: EmitLine): void;
  /** Products as outputs. */
  output(f: FunctionBuilder, products: readonly Vector[]): Vector[];
  /** Gradients of outputs as those of products. */
  gradient(f: FunctionBuilder, outputs: readonly Vector[]): Vector[];
  /** Taps as factors. */
  spread(f: FunctionBuilder, taps: readonly Vector[]): Vector[];
  /** Gradients of factors as those of taps. */
  gather(f: FunctionBuilder, factors: readonly Vector[]): Vector[];
}

type Combine = (a: Code<"v128">, b: Code<"v128">) => Code<"v128">;
const { add, sub, neg, mul } = f32x4;
const HALF = f32x4.splat(f32.const(0.5));

/** Inputs at the points 0, 1, -1 and infinity. */
function inputOfFour([d0, d1, d2, d3]: readonly Vector[]): Code<"v128">[] {
  return [sub(d0!, d2!), add(d1!, d2!), sub(d2!, d1!), sub(d1!, d3!)];
}

const pointsOfFour = {
  points: 4,
  input(f: FunctionBuilder, load: LoadInput, emit: EmitLine): void {
    const row = (i: number) => [0, 1, 2, 3].map((j) => load(i, j));
    const both = (
      a: readonly Vector[],
      op: Combine,
      b: readonly Vector[],
    ): void => {
      const line = a.map((v, i) => f.let(op(v, b[i]!)));
      emit(inputOfFour(line).map((v) => f.let(v)));
    };
    const second = row(2);
    both(row(0), sub, second);
    const first = row(1);
    both(first, add, second);
    both(second, sub, first);
    both(first, sub, row(3));
  },
};

/** F(2, 3): two outputs of three taps. */
export const TWO: Scheme = {
  ...pointsOfFour,
  tile: 2,
  taps: 3,
  step: 1,
  output: (f, [m0, m1, m2, m3]) => [
    f.let(add(add(m0!, m1!), m2!)),
    f.let(sub(sub(m1!, m2!), m3!)),
  ],
  gradient: (f, [a, b]) => [
    a!,
    f.let(add(a!, b!)),
    f.let(sub(a!, b!)),
    f.let(neg(b!)),
  ],
  spread(f, [a, b, c]) {
    const outer = f.let(mul(add(a!, c!), HALF));
    const inner = f.let(mul(b!, HALF));
    return [a!, f.let(add(outer, inner)), f.let(sub(outer, inner)), c!];
  },
  gather(f, [a, b, c, d]) {
    const sum = f.let(mul(add(b!, c!), HALF));
    return [
      f.let(add(a!, sum)),
      f.let(mul(sub(b!, c!), HALF)),
      f.let(add(sum, d!)),
    ];
  },
};

/** F(3, 2): three outputs of two taps. */
const three = (step: number): Scheme => ({
  ...pointsOfFour,
  tile: 3,
  taps: 2,
  step,
  output(f, [m0, m1, m2, m3]) {
    const sum = f.let(add(m1!, m2!));
    return [
      f.let(add(m0!, sum)),
      f.let(sub(m1!, m2!)),
      f.let(sub(sum, m3!)),
    ];
  },
  gradient(f, [a, b, c]) {
    const outer = f.let(add(a!, c!));
    return [
      a!,
      f.let(add(outer, b!)),
      f.let(sub(outer, b!)),
      f.let(neg(c!)),
    ];
  },
  spread: (f, [a, b]) => [
    a!,
    f.let(mul(add(a!, b!), HALF)),
    f.let(mul(sub(a!, b!), HALF)),
    b!,
  ],
  gather(f, [a, b, c, d]) {
    return [
      f.let(add(a!, mul(add(b!, c!), HALF))),
      f.let(add(d!, mul(sub(b!, c!), HALF))),
    ];
  },
});

/** That of two taps side by side, and of every second one of four. */
export const THREE: Scheme = three(1);
export const THREE_OF_PHASES: Scheme = three(2);
