/**
 * F(4×4, 3×3): thirty-six products for a hundred and forty-four. The polynomials
 * are taken at 0, ±√½, ±√2 and infinity, where errors are smaller than at 0, ±1,
 * ±2 and infinity.
 *
 * @module
 */
import {
  type Code,
  f32,
  f32x4,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import type { Vector } from "../../math/lanes.ts";
import {
  PARAMETERS,
  type Scalar,
  type Scheme,
  type TransformTiles,
} from "./scheme.ts";
import { below, storePlanes, storePositions } from "./vectors.ts";

/** Positions of a tile, and of a vector of tiles. */
const OUT = 4;
const TILES = 4;
const ROW_BYTES = 64;
const A = Math.SQRT1_2;
const B = Math.SQRT2;

type Add = (a: Vector, b: Vector) => Code<"v128">;

/** `a + factor * b`. */
function scaled(
  f: FunctionBuilder,
  { madd }: Arithmetic,
  a: Code<"v128">,
  factor: number,
  b: Code<"v128">,
): Vector {
  return f.let(madd(f32x4.splat(f32.const(factor)), b, a));
}

/** `a + factor * b` and `a - factor * b`. */
function bothSides(
  f: FunctionBuilder,
  arithmetic: Arithmetic,
  a: Vector,
  factor: number,
  b: Vector,
): [Vector, Vector] {
  return [
    scaled(f, arithmetic, a, factor, b),
    scaled(f, arithmetic, a, -factor, b),
  ];
}

/** Six inputs as six values. */
function transformSix(
  f: FunctionBuilder,
  arithmetic: Arithmetic,
  [d0, d1, d2, d3, d4, d5]: readonly Vector[],
): Vector[] {
  const plus = (a: Code<"v128">, factor: number, b: Code<"v128">) =>
    scaled(f, arithmetic, a, factor, b);
  return [
    plus(f32x4.add(d0!, d4!), -2.5, d2!),
    ...bothSides(f, arithmetic, plus(d4!, -2, d2!), A, plus(d3!, -2, d1!)),
    ...bothSides(f, arithmetic, plus(d4!, -0.5, d2!), B, plus(d3!, -0.5, d1!)),
    plus(f32x4.add(d1!, d5!), -2.5, d3!),
  ];
}

/** Four gradients as six values. */
function transformFour(
  f: FunctionBuilder,
  arithmetic: Arithmetic,
  [g0, g1, g2, g3]: readonly Vector[],
): Vector[] {
  const plus = (a: Vector, factor: number, b: Vector) =>
    scaled(f, arithmetic, a, factor, b);
  return [
    g0!,
    ...bothSides(f, arithmetic, plus(g0!, 0.5, g2!), A, plus(g1!, 0.5, g3!)),
    ...bothSides(f, arithmetic, plus(g0!, 2, g2!), B, plus(g1!, 2, g3!)),
    g3!,
  ];
}

/** Six products as four outputs. */
function transformBackSix(
  f: FunctionBuilder,
  arithmetic: Arithmetic,
  [m0, m1, m2, m3, m4, m5]: readonly Vector[],
): Vector[] {
  const plus = (a: Code<"v128">, factor: number, b: Code<"v128">) =>
    scaled(f, arithmetic, a, factor, b);
  const add: Add = f32x4.add;
  const [s1, s2] = [f.let(add(m1!, m2!)), f.let(add(m3!, m4!))];
  // By √½, so that neighbours of the outputs take factors of 2 alone.
  const d1 = f.let(f32x4.sub(m1!, m2!));
  const d2 = f.let(f32x4.sub(m3!, m4!));
  const root = f32x4.splat(f32.const(A));
  return [
    f.let(f32x4.add(f32x4.add(m0!, s1), s2)),
    f.let(f32x4.mul(root, plus(d1, 2, d2))),
    plus(f32x4.mul(f32x4.splat(f32.const(0.5)), s1), 2, s2),
    plus(m5!, A / 2, plus(d1, 8, d2)),
  ];
}

/** Transposes four vectors. */
function transpose(f: FunctionBuilder, rows: readonly Vector[]): Vector[] {
  const [a, b, c, d] = rows as [Vector, Vector, Vector, Vector];
  const pair = (x: Vector, y: Vector, high: boolean) =>
    f.let(i32x4.shuffle(x, y, high ? [2, 6, 3, 7] : [0, 4, 1, 5]));
  const [ac, bd] = [pair(a, c, false), pair(b, d, false)];
  const [ac2, bd2] = [pair(a, c, true), pair(b, d, true)];
  return [
    pair(ac, bd, false),
    pair(ac, bd, true),
    pair(ac2, bd2, false),
    pair(ac2, bd2, true),
  ];
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Emits columns of vectors as columns of values, row by row. */
function storeRows(
  f: FunctionBuilder,
  columns: readonly (readonly Vector[])[],
  to: Local<"i32">,
  between: Local<"i32">,
  transform: (row: readonly Vector[]) => readonly Vector[],
): void {
  const plane = f.let(to);
  for (const i of numbered(6)) {
    const row = columns.map((column) => column[i]!);
    storePlanes(f, plane, between, transform(row));
  }
}

function defineInput(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): TransformTiles {
  return module.func(null, PARAMETERS, "none", (
    f,
    first,
    down,
    rows,
    tiles,
    width,
    to,
    between,
  ) => {
    // Rows that are missing are like the last one: they count for nothing.
    const lines: Local<"i32">[] = [f.let(first)];
    for (const i of numbered(5)) {
      const line = f.let(lines[i]!);
      f.if(
        i32.lt_s(i32.const(i - 1), rows),
        () => f.increase(line, down),
      );
      lines.push(line);
    }
    const transform = (masks: readonly Vector[] | null) => {
      const columns = numbered(5).map((v) =>
        transformSix(
          f,
          arithmetic,
          lines.map((line) => {
            const load = v128.load(line, 16 * v);
            return f.let(masks ? v128.and(load, masks[v]!) : load);
          }),
        )
      );
      storeRows(f, columns, to, between, (row) => {
        const [c0, c1, c2, c3] = transpose(f, row) as [
          Vector,
          Vector,
          Vector,
          Vector,
        ];
        const next = row[4]!;
        return transformSix(f, arithmetic, [
          c0,
          c1,
          c2,
          c3,
          f.let(i32x4.shuffle(c0, next, [1, 2, 3, 4])),
          f.let(i32x4.shuffle(c1, next, [1, 2, 3, 5])),
        ]);
      });
    };
    f.increase(width, 2);
    const tile = f.let(i32.const(0));
    f.for(tile, tiles, TILES, () => {
      f.if(
        i32.ge_s(width, i32.const(TILES * OUT + 2)),
        () => transform(null),
        () => transform(numbered(5).map((v) => below(f, width, 4 * v, 1))),
      );
      for (const line of lines) f.increase(line, ROW_BYTES);
      f.increase(width, -TILES * OUT);
      f.increase(to, 4 * TILES);
    });
  });
}

function defineGradient(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): TransformTiles {
  return module.func(null, PARAMETERS, "none", (
    f,
    first,
    down,
    rows,
    tiles,
    width,
    to,
    between,
  ) => {
    const tile = f.let(i32.const(0));
    f.for(tile, tiles, TILES, () => {
      const masks = numbered(4).map((v) => below(f, width, 4 * v, 1));
      const lines = numbered(4).map(() =>
        numbered(4).map(() => f.let(f.i32x4(0)))
      );
      const line = f.let(first);
      for (const i of numbered(4)) {
        f.if(i32.lt_s(i32.const(i), rows), () => {
          for (const v of numbered(4)) {
            f.set(
              lines[i]![v]!,
              v128.and(v128.load(line, 16 * v), masks[v]!),
            );
          }
        });
        f.increase(line, down);
      }
      const columns = numbered(4).map((v) =>
        transformFour(f, arithmetic, lines.map((line) => line[v]!))
      );
      storeRows(
        f,
        columns,
        to,
        between,
        (row) => transformFour(f, arithmetic, transpose(f, row)),
      );
      f.increase(first, ROW_BYTES);
      f.increase(width, -TILES * OUT);
      f.increase(to, 4 * TILES);
    });
  });
}

function defineOutput(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): TransformTiles {
  return module.func(null, PARAMETERS, "none", (
    f,
    from,
    between,
    first,
    down,
    rows,
    width,
    bias,
  ) => {
    const start = f.let(v128.load32_splat(bias));
    // Values of a column are six planes apart.
    const far = f.let(i32.mul(between, i32.const(6)));
    f.loop((again) => {
      const plane = f.let(from);
      const columns = numbered(6).map(() => {
        const at = f.let(plane);
        const values = numbered(6).map(() => {
          const value = f.let(v128.load(at));
          f.increase(at, far);
          return value;
        });
        f.increase(plane, between);
        return transformBackSix(f, arithmetic, values);
      });
      const line = f.let(first);
      for (const i of numbered(OUT)) {
        f.if(i32.lt_s(i32.const(i), rows), () => {
          const row = columns.map((column) => column[i]!);
          const outputs = transformBackSix(f, arithmetic, row).map((value) =>
            f.let(f32x4.add(value, start))
          );
          const [p0, p1, p2, p3] = transpose(f, outputs) as [
            Vector,
            Vector,
            Vector,
            Vector,
          ];
          storePositions(f, line, p0, p1, width);
          f.if(i32.gt_s(width, i32.const(8)), () => {
            const [far, left] = [f.let(line), f.let(width)];
            f.increase(far, 32);
            f.increase(left, -8);
            storePositions(f, far, p2, p3, left);
          });
        });
        f.increase(line, down);
      }
      f.increase(first, ROW_BYTES);
      f.increase(from, 4 * TILES);
      f.increase(width, -TILES * OUT);
      f.branchIf(again, i32.gt_s(width, i32.const(0)));
    });
  });
}

/** Three taps as six values. */
function spread(f: FunctionBuilder, taps: readonly Scalar[]): Scalar[] {
  const [a, b, c] = taps as [Scalar, Scalar, Scalar];
  const by = (x: Code<"f32">, factor: number) => f32.mul(x, f32.const(factor));
  const both = (even: Code<"f32">, odd: Code<"f32">) => {
    const [e, o] = [f.let(even), f.let(odd)];
    return [f.let(f32.add(e, o)), f.let(f32.sub(e, o))];
  };
  return [
    a,
    ...both(by(f32.add(a, by(c, 0.5)), -2 / 3), by(b, -2 / 3 * A)),
    ...both(by(f32.add(a, by(c, 2)), 1 / 6), by(b, B / 6)),
    c,
  ];
}

/** Six sums as the gradients of three taps. */
function gather(f: FunctionBuilder, sums: readonly Scalar[]): Scalar[] {
  const [s0, s1, s2, s3, s4, s5] = sums as readonly Scalar[];
  const by = (x: Code<"f32">, factor: number) =>
    f.let(f32.mul(x, f32.const(factor)));
  const near = by(f32.add(s1!, s2!), -2 / 3);
  const far = by(f32.add(s3!, s4!), 1 / 6);
  return [
    f.let(f32.add(f32.add(s0!, near), far)),
    f.let(
      f32.add(
        by(f32.sub(s1!, s2!), -2 / 3 * A),
        by(f32.sub(s3!, s4!), B / 6),
      ),
    ),
    f.let(f32.add(f32.add(by(near, 0.5), by(far, 2)), s5!)),
  ];
}

/** Tiles of four by four positions. */
export const FOUR: Scheme = {
  shift: 2,
  values: 36,
  input: defineInput,
  output: defineOutput,
  gradient: defineGradient,
  spread,
  gather,
};
