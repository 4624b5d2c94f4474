/**
 * Transforms of a row of tiles, of four channels: between vectors of positions
 * and the planes of their values. The tiles of a row that have one output fewer
 * come last, and lie apart from the others.
 *
 * @module
 */
import {
  type Code,
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import { f32x4 } from "../../assembler.ts";
import type { Vector } from "../../math/lanes.ts";
import type { Scheme } from "./scheme.ts";

const ZERO = i32.const(0);
/** Bytes of a vector. */
const VECTOR = 16;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Types of the parameters that all transforms begin with. */
const COMMON = [
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
] as const;

/**
 * Transforms a row of tiles to their values.
 *
 * Parameters: the first position, the bytes from one row of positions to the next,
 * the tiles, how many of them are full, where those go and where the others, the
 * bytes between values and between tiles.
 */
export type ToValues = Func<typeof COMMON, "none">;

/** Goes over the tiles of a row: positions, and the values of each. */
function overTiles(
  f: FunctionBuilder,
  { tile, step }: Scheme,
  position: Local<"i32">,
  tiles: Local<"i32">,
  full: Local<"i32">,
  values: Local<"i32">,
  others: Local<"i32">,
  apart: Local<"i32">,
  body: (isFull: Local<"i32">) => void,
): void {
  const index = f.let(ZERO);
  const isFull = f.let(i32.gt_s(full, ZERO));
  f.if(i32.eqz(isFull), () => f.set(values, others));
  f.loop((again) => {
    body(isFull);
    const positions = i32.sub(i32.const(tile - 1), i32.sub(ZERO, isFull));
    f.increase(position, i32.mul(positions, i32.const(VECTOR * step)));
    f.increase(values, apart);
    f.increase(index, 1);
    f.if(i32.eq(index, full), () => {
      f.set(values, others);
      f.set(isFull, ZERO);
    });
    f.branchIf(again, i32.lt_s(index, tiles));
  });
}

/** Stores the values of a line, each in its plane. */
function storeLine(
  f: FunctionBuilder,
  to: Local<"i32">,
  between: Local<"i32">,
  line: readonly Vector[],
): void {
  for (const value of line) {
    f.do(v128.store(to, value));
    f.increase(to, between);
  }
}

/** Defines the transform of inputs. */
export function defineInput(module: ModuleBuilder, scheme: Scheme): ToValues {
  const { points, step } = scheme;
  return module.func(
    null,
    COMMON,
    "none",
    (f, first, down, tiles, full, to, others, between, apart) => {
      const position = f.let(first);
      const distances = [ZERO as Code<"i32">, down];
      while (distances.length < points) {
        distances.push(f.let(i32.add(distances.at(-1)!, down)));
      }
      overTiles(f, scheme, position, tiles, full, to, others, apart, () => {
        const plane = f.let(to);
        const rows = distances.map((distance, i) =>
          i === 0 ? position : f.let(i32.add(position, distance))
        );
        scheme.input(
          f,
          (i, j) => f.let(v128.load(rows[i]!, VECTOR * step * j)),
          (line) => storeLine(f, plane, between, line),
        );
      });
    },
  );
}

/**
 * Defines the transform of gradients, of which a parameter more says whether the
 * tiles have all their rows.
 */
export function defineGradient(
  module: ModuleBuilder,
  scheme: Scheme,
): Func<[...typeof COMMON, "i32"], "none"> {
  const { tile, points } = scheme;
  return module.func(
    null,
    [...COMMON, "i32"] as const,
    "none",
    (f, first, down, tiles, full, to, others, between, apart, rows) => {
      const position = f.let(first);
      const last = f.let(f.i32x4(0));
      const same = { ...scheme, step: 1 };
      overTiles(f, same, position, tiles, full, to, others, apart, (whole) => {
        const row = f.let(position);
        const lines = numbered(tile).map((i) => {
          if (i > 0) f.increase(row, down);
          return numbered(tile).map((j) => {
            if (i < tile - 1 && j < tile - 1) {
              return f.let(v128.load(row, VECTOR * j));
            }
            // What belongs to the next tile counts as zero.
            const value = f.local("v128");
            const own = i < tile - 1
              ? whole
              : j < tile - 1
              ? rows
              : i32.and(whole, rows);
            f.if(
              own,
              () => f.set(value, v128.load(row, VECTOR * j)),
              () => f.set(value, last),
            );
            return value;
          });
        });
        const columns = numbered(tile).map((j) =>
          scheme.gradient(f, lines.map((line) => line[j]!))
        );
        const plane = f.let(to);
        for (const i of numbered(points)) {
          const line = columns.map((column) => column[i]!);
          storeLine(f, plane, between, scheme.gradient(f, line));
        }
      });
    },
  );
}

/**
 * Transforms products back to the positions of a row of tiles.
 *
 * Parameters as those of the other way, and what is added.
 */
export type FromValues = Func<[...typeof COMMON, "v128"], "none">;

/** Defines it. */
export function defineOutput(
  module: ModuleBuilder,
  scheme: Scheme,
): FromValues {
  const { tile, points } = scheme;
  return module.func(
    null,
    [...COMMON, "v128"] as const,
    "none",
    (f, first, down, tiles, full, from, others, between, apart, bias) => {
      const position = f.let(first);
      const far = f.let(i32.mul(between, i32.const(points)));
      const same = { ...scheme, step: 1 };
      overTiles(f, same, position, tiles, full, from, others, apart, () => {
        const plane = f.let(from);
        const columns = numbered(points).map(() => {
          const at = f.let(plane);
          const products = numbered(points).map((i) => {
            if (i > 0) f.increase(at, far);
            return f.let(v128.load(at));
          });
          f.increase(plane, between);
          return scheme.output(f, products);
        });
        const row = f.let(position);
        for (const i of numbered(tile)) {
          if (i > 0) f.increase(row, down);
          const line = columns.map((column) => column[i]!);
          scheme.output(f, line).forEach((output, j) =>
            f.do(v128.store(row, f32x4.add(output, bias), VECTOR * j))
          );
        }
      });
    },
  );
}
