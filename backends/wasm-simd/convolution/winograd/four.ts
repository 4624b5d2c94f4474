/**
 * F(4, 3): four outputs of three taps, with six products in place of twelve. The
 * polynomials are taken at 0, ±√½, ±√2 and infinity, where errors are smaller than
 * at 0, ±1, ±2 and infinity.
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
import type { Scheme } from "./scheme.ts";

const A = Math.SQRT1_2;
const B = Math.SQRT2;
const { add, sub, mul } = f32x4;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `a + factor * b`. */
function plus(
  f: FunctionBuilder,
  a: Code<"v128">,
  factor: number,
  b: Code<"v128">,
): Vector {
  return f.let(add(a, mul(f32x4.splat(f32.const(factor)), b)));
}

/** `a + factor * b` and `a - factor * b`. */
function bothSides(
  f: FunctionBuilder,
  a: Vector,
  factor: number,
  b: Vector,
): [Vector, Vector] {
  const far = f.let(mul(f32x4.splat(f32.const(factor)), b));
  return [f.let(add(a, far)), f.let(sub(a, far))];
}

/** Six inputs as six values. */
function transformSix(
  f: FunctionBuilder,
  [d0, d1, d2, d3, d4, d5]: readonly Vector[],
): Vector[] {
  const by = (a: Code<"v128">, factor: number, b: Code<"v128">) =>
    plus(f, a, factor, b);
  return [
    by(add(d0!, d4!), -2.5, d2!),
    ...bothSides(f, by(d4!, -2, d2!), A, by(d3!, -2, d1!)),
    ...bothSides(f, by(d4!, -0.5, d2!), B, by(d3!, -0.5, d1!)),
    by(add(d1!, d5!), -2.5, d3!),
  ];
}

/** Tiles of four by four positions. */
export const FOUR: Scheme = {
  tile: 4,
  taps: 3,
  points: 6,
  step: 1,
  input(f, load, emit) {
    const columns = numbered(6).map((j) =>
      transformSix(f, numbered(6).map((i) => load(i, j)))
    );
    for (const i of numbered(6)) {
      emit(transformSix(f, columns.map((column) => column[i]!)));
    }
  },
  output(f, [m0, m1, m2, m3, m4, m5]) {
    const [s1, s2] = [f.let(add(m1!, m2!)), f.let(add(m3!, m4!))];
    // By √½, so that neighbours of the outputs take factors of 2 alone.
    const d1 = f.let(sub(m1!, m2!));
    const d2 = f.let(sub(m3!, m4!));
    const root = f32x4.splat(f32.const(A));
    const half = f32x4.splat(f32.const(0.5));
    return [
      f.let(add(add(m0!, s1), s2)),
      f.let(mul(root, plus(f, d1, 2, d2))),
      plus(f, mul(half, s1), 2, s2),
      plus(f, m5!, A / 2, plus(f, d1, 8, d2)),
    ];
  },
  gradient(f, [g0, g1, g2, g3]) {
    const by = (a: Vector, factor: number, b: Vector) => plus(f, a, factor, b);
    return [
      g0!,
      ...bothSides(f, by(g0!, 0.5, g2!), A, by(g1!, 0.5, g3!)),
      ...bothSides(f, by(g0!, 2, g2!), B, by(g1!, 2, g3!)),
      g3!,
    ];
  },
  spread(f, [a, b, c]) {
    const by = (x: Code<"v128">, factor: number) =>
      mul(x, f32x4.splat(f32.const(factor)));
    const both = (even: Code<"v128">, odd: Code<"v128">): Vector[] => {
      const [e, o] = [f.let(even), f.let(odd)];
      return [f.let(add(e, o)), f.let(sub(e, o))];
    };
    return [
      a!,
      ...both(by(add(a!, by(c!, 0.5)), -2 / 3), by(b!, -2 / 3 * A)),
      ...both(by(add(a!, by(c!, 2)), 1 / 6), by(b!, B / 6)),
      c!,
    ];
  },
  gather(f, [s0, s1, s2, s3, s4, s5]) {
    const by = (x: Code<"v128">, factor: number) =>
      f.let(mul(x, f32x4.splat(f32.const(factor))));
    const near = by(add(s1!, s2!), -2 / 3);
    const far = by(add(s3!, s4!), 1 / 6);
    return [
      f.let(add(add(s0!, near), far)),
      f.let(
        add(by(sub(s1!, s2!), -2 / 3 * A), by(sub(s3!, s4!), B / 6)),
      ),
      f.let(add(add(by(near, 0.5), by(far, 2)), s5!)),
    ];
  },
};
