/**
 * F(2×2, 3×3): sixteen products for thirty-six. Four tiles of a row are
 * transformed at a time; each of the sixteen values has a plane of its own.
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
  type TransformOutput,
  type TransformTiles,
} from "./scheme.ts";
import { below, storePlanes, storePositions } from "./vectors.ts";

/** Tiles of a vector, and the bytes of a row that they begin with. */
const TILES = 4;
const ROW_BYTES = 32;
const HALF = f32.const(0.5);

/** Two vectors of neighbours as those at even and at odd places. */
function unzip(
  f: FunctionBuilder,
  low: Code<"v128">,
  high: Code<"v128">,
): [Vector, Vector] {
  const [a, b] = [f.let(low), f.let(high)];
  return [
    f.let(i32x4.shuffle(a, b, [0, 2, 4, 6])),
    f.let(i32x4.shuffle(a, b, [1, 3, 5, 7])),
  ];
}

function defineInput(
  module: ModuleBuilder,
  _arithmetic: Arithmetic,
  strict: boolean,
): TransformTiles {
  return module.func(
    null,
    PARAMETERS,
    "none",
    (f, row0, down, rows, tiles, width, to, between) => {
      const row1 = f.let(i32.add(row0, down));
      const row2 = f.let(i32.add(row1, down));
      // Of a tile of one row the fourth one counts for nothing.
      const row3 = f.let(
        i32.add(row0, i32.mul(i32.add(rows, i32.const(1)), down)),
      );
      // Two positions more than there are of the output.
      if (strict) f.increase(width, 2);
      const transform = (masks: readonly Vector[] | null) => {
        const plane = f.let(to);
        const load = (row: Local<"i32">) =>
          [0, 16, 8, 24].map((byte) => f.let(v128.load(row, byte)));
        const emit = (
          a: readonly Vector[],
          op: (a: Code<"v128">, b: Code<"v128">) => Code<"v128">,
          b: readonly Vector[],
        ) => {
          const [low, high, low2, high2] = a.map((v, i) => op(v, b[i]!));
          const columns = [
            ...unzip(f, low!, high!),
            ...unzip(f, low2!, high2!),
          ];
          if (masks) {
            columns.forEach((c, i) => f.set(c, v128.and(c, masks[i]!)));
          }
          const [c0, c1, c2, c3] = columns as [Vector, Vector, Vector, Vector];
          storePlanes(f, plane, between, [
            f32x4.sub(c0, c2),
            f32x4.add(c1, c2),
            f32x4.sub(c2, c1),
            f32x4.sub(c1, c3),
          ]);
        };
        const second = load(row2);
        emit(load(row0), f32x4.sub, second);
        const first = load(row1);
        emit(first, f32x4.add, second);
        emit(second, f32x4.sub, first);
        emit(first, f32x4.sub, load(row3));
      };
      const tile = f.let(i32.const(0));
      f.for(tile, tiles, TILES, () => {
        if (strict) {
          f.if(
            i32.ge_s(width, i32.const(2 * TILES + 2)),
            () => transform(null),
            () => transform([0, 1, 2, 3].map((i) => below(f, width, i, 2))),
          );
        } else transform(null);
        for (const row of [row0, row1, row2, row3]) f.increase(row, ROW_BYTES);
        f.increase(width, -2 * TILES);
        f.increase(to, 4 * TILES);
      });
    },
  );
}

function defineGradient(module: ModuleBuilder): TransformTiles {
  return module.func(
    null,
    PARAMETERS,
    "none",
    (f, row0, down, rows, tiles, width, to, between) => {
      const row1 = f.let(i32.add(row0, down));
      const two = f.let(i32.gt_s(rows, i32.const(1)));
      const zero = f.i32x4(0);
      const tile = f.let(i32.const(0));
      f.for(tile, tiles, TILES, () => {
        const masks = [
          below(f, width, 0, 1),
          below(f, width, 4, 1),
        ];
        const load = (row: Local<"i32">) =>
          masks.map((mask, i) =>
            f.let(v128.and(v128.load(row, 16 * i), mask))
          ) as [Vector, Vector];
        const plane = f.let(to);
        const emit = (low: Code<"v128">, high: Code<"v128">) => {
          const [even, odd] = unzip(f, low, high);
          storePlanes(f, plane, between, [
            even,
            f32x4.add(even, odd),
            f32x4.sub(even, odd),
            f32x4.neg(odd),
          ]);
        };
        const [a0, a1] = load(row0);
        const [b0, b1] = [f.let(zero), f.let(zero)];
        f.if(two, () => {
          const [low, high] = load(row1);
          f.set(b0, low);
          f.set(b1, high);
        });
        emit(a0, a1);
        emit(f32x4.add(a0, b0), f32x4.add(a1, b1));
        emit(f32x4.sub(a0, b0), f32x4.sub(a1, b1));
        emit(f32x4.neg(b0), f32x4.neg(b1));
        f.increase(row0, ROW_BYTES);
        f.increase(row1, ROW_BYTES);
        f.increase(width, -2 * TILES);
        f.increase(to, 4 * TILES);
      });
    },
  );
}

function defineOutput(module: ModuleBuilder): TransformOutput {
  return module.func(
    null,
    PARAMETERS,
    "none",
    (f, from, between, row0, down, rows, width, bias) => {
      const row1 = f.let(i32.add(row0, down));
      const two = f.let(i32.gt_s(rows, i32.const(1)));
      const start = f.let(v128.load32_splat(bias));
      const left = f.let(width);
      f.loop((again) => {
        const plane = f.let(from);
        // Columns of the four by four values; row i of them is four planes on.
        const far = f.let(i32.shl(between, i32.const(2)));
        const halves = [0, 1, 2, 3].map(() => {
          const at = f.let(plane);
          const [m0, m1, m2, m3] = [0, 1, 2, 3].map(() => {
            const value = f.let(v128.load(at));
            f.increase(at, far);
            return value;
          }) as [Vector, Vector, Vector, Vector];
          f.increase(plane, between);
          return [
            f.let(f32x4.add(f32x4.add(m0, m1), m2)),
            f.let(f32x4.sub(f32x4.sub(m1, m2), m3)),
          ] as const;
        });
        const write = (row: Local<"i32">, which: 0 | 1) => {
          const [z0, z1, z2, z3] = halves.map((half) => half[which]) as [
            Vector,
            Vector,
            Vector,
            Vector,
          ];
          const even = f.let(
            f32x4.add(f32x4.add(f32x4.add(z0, z1), z2), start),
          );
          const odd = f.let(
            f32x4.add(f32x4.sub(f32x4.sub(z1, z2), z3), start),
          );
          const low = f.let(i32x4.shuffle(even, odd, [0, 4, 1, 5]));
          const high = f.let(i32x4.shuffle(even, odd, [2, 6, 3, 7]));
          storePositions(f, row, low, high, left);
        };
        write(row0, 0);
        f.if(two, () => write(row1, 1));
        f.increase(row0, ROW_BYTES);
        f.increase(row1, ROW_BYTES);
        f.increase(from, 4 * TILES);
        f.increase(left, -2 * TILES);
        f.branchIf(again, i32.gt_s(left, i32.const(0)));
      });
    },
  );
}

/** Three taps as four values. */
function spread(f: FunctionBuilder, taps: readonly Scalar[]): Scalar[] {
  const [a, b, c] = taps as [Scalar, Scalar, Scalar];
  const outer = f.let(f32.mul(f32.add(a, c), HALF));
  const inner = f.let(f32.mul(b, HALF));
  return [a, f.let(f32.add(outer, inner)), f.let(f32.sub(outer, inner)), c];
}

/** Four sums as the gradients of three taps. */
function gather(f: FunctionBuilder, sums: readonly Scalar[]): Scalar[] {
  const [a, b, c, d] = sums as [Scalar, Scalar, Scalar, Scalar];
  const sum = f.let(f32.mul(f32.add(b, c), HALF));
  return [
    f.let(f32.add(a, sum)),
    f.let(f32.mul(f32.sub(b, c), HALF)),
    f.let(f32.add(sum, d)),
  ];
}

/** Tiles of two by two positions. */
export const TWO: Scheme = {
  shift: 1,
  values: 16,
  input: defineInput,
  output: defineOutput,
  gradient: defineGradient,
  spread,
  gather,
};
