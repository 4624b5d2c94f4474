/**
 * Convolutions in tiles, which are the gradients by the input as well: weights are
 * transformed once, then bands of samples are transformed, multiplied and
 * transformed back.
 *
 * @module
 */
import type { ArgumentLayout } from "../../arguments.ts";
import { ZEROS } from "../../addresses.ts";
import { i32, i32x4, type ModuleBuilder, v128 } from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { overPanels, smaller } from "../../matmul/panels.ts";
import { Arguments, place } from "../call_reader.ts";
import { B, BIAS, C, G, IN, M, OUT, X, Y } from "../emit_context.ts";
import {
  eachOf,
  locateBand,
  overChannels,
  overRows,
  overValues,
} from "./geometry.ts";
import {
  defineInputTools,
  locateParts,
  startOfBand,
  transformInputs,
} from "./inputs.ts";
import { defineRows, MOST_ROWS } from "./micro.ts";
import { FORWARD, SCALARS } from "./plan.ts";
import { defineStore } from "./planes.ts";
import type { Scheme } from "./scheme.ts";
import { defineOutput } from "./transforms.ts";
import { factorBytes } from "./weights.ts";

const ZERO = i32.const(0);

/** Defines and exports `forward`, for units `begin` to `end`. */
export function defineForward(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  layout: ArgumentLayout,
  scheme: Scheme,
  biased: boolean,
): void {
  const { points, tile } = scheme;
  const tools = defineInputTools(module, scheme);
  const store = defineStore(module);
  const output = defineOutput(module, scheme);
  const micros = Array.from(
    { length: MOST_ROWS },
    (_, i) => defineRows(module, arithmetic, i + 1),
  );
  module.func("forward", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const reads = new Arguments(f, layout, args, SCALARS);
    const [m, c] = [reads.extent(M), reads.extent(C)];
    const parts = locateParts(f, reads, scheme, thread, c, 4);
    const { planes, planeBytes, pitchBytes, depth } = parts;
    const { tileBytes, productBytes, productsBetween } = parts;
    const factors = f.let(reads.scalar("weights"));
    const factorsBetween = f.let(factorBytes(m, depth));
    const source = reads.pointer(IN);
    const target = reads.pointer(OUT);
    const bias = biased ? reads.pointer(BIAS) : f.let(i32.const(ZEROS));
    const group = f.let(ZERO);
    f.for(group, reads.extent(G), 1, () => {
      const unit = f.let(begin);
      f.for(unit, end, 1, () => {
        const band = locateBand(f, reads, scheme, unit, reads.extent(B));
        transformInputs(
          f,
          reads,
          tools,
          scheme,
          parts,
          FORWARD,
          band,
          source,
          c,
        );
        overValues(f, scheme, band, (value, first, end) => {
          const a = f.let(
            place(parts.values, [value, parts.between], [first, tileBytes]),
          );
          const out = f.let(
            place(parts.products, [value, productsBetween], [
              first,
              productBytes,
            ]),
          );
          const factor = f.let(place(factors, [value, factorsBetween]));
          const count = f.let(i32.sub(end, first));
          overPanels(f, MOST_ROWS, count, (_row, height, which) => {
            const b = f.let(factor);
            const column = f.let(ZERO);
            f.for(column, m, TILE_COLUMNS, () => {
              which((n) =>
                f.do(
                  micros[n - 1]!.call(
                    a,
                    tileBytes,
                    b,
                    i32.const(4 * TILE_COLUMNS),
                    i32.add(out, i32.shl(column, i32.const(2))),
                    productBytes,
                    depth,
                  ),
                )
              );
              f.increase(b, i32.mul(depth, i32.const(4 * TILE_COLUMNS)));
            });
            f.increase(a, i32.mul(height, tileBytes));
            f.increase(out, i32.mul(height, productBytes));
          });
        });
        const within = (limit: typeof m, all: number, first: typeof m) => {
          const end = smaller(f, limit, reads.extent(all));
          return f.let(i32.sub(end, first));
        };
        const rows = within(band.bottom, Y, band.top);
        const columns = within(band.right, X, band.left);
        const start = startOfBand(f, reads, FORWARD, band, target, OUT);
        const sample = f.let(ZERO);
        f.for(sample, band.samples, 1, () => {
          const to = f.let(start);
          const begins = f.let(bias);
          overChannels(f, m, (channel, some) => {
            const added = [0, 1, 2, 3].map((k) => {
              const vector = f.let(i32x4.const(0));
              if (!biased) return vector;
              for (let i = 0; i < 4; i++) {
                const filter = i32.add(channel, i32.const(4 * k + i));
                f.if(i32.lt_s(filter, m), () => {
                  f.set(vector, v128.load32_lane(begins, vector, i));
                  f.increase(begins, reads.stride(BIAS, M));
                });
              }
              return vector;
            });
            overRows(f, tile, band, sample, (row) => {
              const next = added.map((vector) => f.let(vector));
              eachOf(f, some, planes, planeBytes, channel, (at, filter) => {
                const lane = f.let(
                  i32.add(parts.products, i32.shl(filter, i32.const(2))),
                );
                f.do(
                  output.call(
                    place(at, [row.top, pitchBytes]),
                    pitchBytes,
                    band.across,
                    band.fullAcross,
                    place(lane, [row.tile, productBytes]),
                    place(lane, [row.other, productBytes]),
                    productsBetween,
                    productBytes,
                    next[0]!,
                  ),
                );
                next.slice(1).forEach((vector, i) => f.set(next[i]!, vector));
              });
            });
            eachOf(f, some, planes, planeBytes, channel, (at, filter) =>
              f.do(
                store.call(
                  at,
                  pitchBytes,
                  to,
                  reads.stride(OUT, M),
                  i32.sub(m, filter),
                  reads.stride(OUT, Y),
                  rows,
                  columns,
                  reads.stride(OUT, X),
                ),
              ), [[to, i32.shl(reads.stride(OUT, M), i32.const(2))]]);
          });
          f.increase(start, reads.stride(OUT, B));
        });
      });
      f.increase(source, reads.stride(IN, G));
      f.increase(target, reads.stride(OUT, G));
      f.increase(
        factors,
        i32.mul(factorsBetween, i32.const(points ** 2)),
      );
      if (biased) f.increase(bias, reads.stride(BIAS, G));
    });
  });
}
