/**
 * Transforms of weights to the factors of each value, and of the sums of their
 * gradients back.
 *
 * @module
 */
import {
  type Code,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  memoryFill,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import type { ArgumentLayout } from "../../arguments.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { C, FILTER, G, I, J, M } from "../emit_context.ts";
import { Arguments, place } from "../call_reader.ts";
import { APART, SCALARS } from "./plan.ts";
import { addressesOf, lanesOf } from "./planes.ts";
import type { Scheme } from "./scheme.ts";

const ZERO = i32.const(0);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Emits `count` rounded up to a multiple of a power of two. */
export function upToMultiple(count: Code<"i32">, of: number): Code<"i32"> {
  return i32.and(i32.add(count, i32.const(of - 1)), i32.const(-of));
}

/** Emits the bytes of the factors of a value. */
export function factorBytes(
  m: Local<"i32">,
  depth: Local<"i32">,
): Code<"i32"> {
  const elements = i32.mul(upToMultiple(m, TILE_COLUMNS), depth);
  return i32.add(i32.shl(elements, i32.const(2)), i32.const(APART));
}

/** Emits the channels of all phases, each phase rounded up to vectors. */
export function depthOf(
  f: FunctionBuilder,
  { step }: Scheme,
  channels: Local<"i32">,
): Local<"i32"> {
  return f.let(
    i32.mul(upToMultiple(channels, 4), i32.const(step ** 2)),
  );
}

/**
 * Defines and exports `weights`: the factors of filters `begin` to `end`, whole
 * panels, of all groups; eight filters a panel, with those of each channel one
 * after the other.
 */
export function defineWeights(
  module: ModuleBuilder,
  layout: ArgumentLayout,
  scheme: Scheme,
): void {
  const { step, taps, points, spread } = scheme;
  module.func(
    "weights",
    ["i32", "i32", "i32"],
    "none",
    (f, args, begin, end) => {
      const reads = new Arguments(f, layout, args, SCALARS);
      const [m, c] = [reads.extent(M), reads.extent(C)];
      const depth = depthOf(f, scheme, c);
      const between = f.let(factorBytes(m, depth));
      const from = reads.pointer(FILTER);
      const to = f.let(reads.scalar("weights"));
      const bytes = f.let(i32.mul(between, i32.const(points ** 2)));
      const lanes = f.let(upToMultiple(c, 4));
      const down = f.let(i32.mul(reads.stride(FILTER, I), i32.const(step)));
      const across = f.let(i32.mul(reads.stride(FILTER, J), i32.const(step)));
      const lacking = f.let(
        i32.or(
          i32.and(c, i32.const(3)),
          i32.and(m, i32.const(TILE_COLUMNS - 1)),
        ),
      );
      const column = f.let(i32.shl(depth, i32.const(2)));
      const group = f.let(ZERO);
      f.for(group, reads.extent(G), 1, () => {
        // Those of channels and filters that there are not.
        f.if(lacking, () => {
          const part = f.let(place(to, [begin, column]));
          const value = f.let(ZERO);
          f.for(value, i32.const(points ** 2), 1, () => {
            const count = upToMultiple(i32.sub(end, begin), TILE_COLUMNS);
            f.do(memoryFill(part, ZERO, i32.mul(count, column)));
            f.increase(part, between);
          });
        });
        const filter = f.let(begin);
        f.for(filter, end, 4, () => {
          const panel = i32.and(filter, i32.const(-TILE_COLUMNS));
          const lane = i32.and(filter, i32.const(TILE_COLUMNS - 1));
          const left = f.let(i32.sub(m, filter));
          const exists = lanesOf(f, left);
          for (const phase of numbered(step ** 2)) {
            const source = f.let(
              place(
                from,
                [filter, reads.stride(FILTER, M)],
                [i32.const(Math.floor(phase / step)), reads.stride(FILTER, I)],
                [i32.const(phase % step), reads.stride(FILTER, J)],
              ),
            );
            const filters = addressesOf(
              f,
              source,
              reads.stride(FILTER, M),
              left,
            );
            const first = i32.mul(lanes, i32.const(phase * TILE_COLUMNS));
            const target = f.let(
              place(to, [
                i32.add(i32.add(i32.mul(panel, depth), lane), first),
                i32.const(4),
              ]),
            );
            const channel = f.let(ZERO);
            f.for(channel, c, 1, () => {
              const row = filters.map((at) => f.let(at));
              const rows = numbered(taps).map((i) => {
                const at = row.map((start) => {
                  if (i > 0) f.increase(start, down);
                  return f.let(start);
                });
                return spread(
                  f,
                  numbered(taps).map((j) => {
                    const tap = f.let(i32x4.const(0));
                    at.forEach((address, k) => {
                      if (j > 0) f.increase(address, across);
                      f.set(tap, v128.load32_lane(address, tap, k));
                    });
                    return f.let(v128.and(tap, exists));
                  }),
                );
              });
              const columns = numbered(points).map((j) =>
                spread(f, rows.map((values) => values[j]!))
              );
              const plane = f.let(target);
              for (const i of numbered(points)) {
                for (const column of columns) {
                  f.do(v128.store(plane, column[i]!));
                  f.increase(plane, between);
                }
              }
              for (const at of filters) {
                f.increase(at, reads.stride(FILTER, C));
              }
              f.increase(target, 4 * TILE_COLUMNS);
            });
          }
        });
        f.increase(from, reads.stride(FILTER, G));
        f.increase(to, bytes);
      });
    },
  );
}

/** Emits the sums of four channels as the gradients of their taps. */
export function gatherSums(
  f: FunctionBuilder,
  { points, taps, gather }: Scheme,
  from: Code<"i32">,
  between: Local<"i32">,
  sumAt: (at: Local<"i32">) => Local<"v128">,
  store: (row: number, column: number, taps: Local<"v128">) => void,
): void {
  const plane = f.let(from);
  const rows = numbered(points).map(() =>
    gather(
      f,
      numbered(points).map(() => {
        const sum = sumAt(plane);
        f.increase(plane, between);
        return sum;
      }),
    )
  );
  for (const j of numbered(taps)) {
    gather(f, rows.map((row) => row[j]!)).forEach((tap, i) => store(i, j, tap));
  }
}
