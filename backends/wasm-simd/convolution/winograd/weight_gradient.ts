/**
 * The gradient of a convolution by its weight, in tiles: of each value the
 * products of the transformed gradients of all filters and of the transformed
 * inputs of all channels are summed over the tiles.
 *
 * @module
 */
import type { ArgumentLayout } from "../../arguments.ts";
import { i32, memoryFill, type ModuleBuilder, v128 } from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { overPanels } from "../../matmul/panels.ts";
import { Arguments, place } from "../call_reader.ts";
import { B, C, FILTER, G, I, IN, J, M, OUT, X, Y } from "../emit_context.ts";
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
import { defineSteps, MOST_ROWS } from "./micro.ts";
import { BY_WEIGHT, SCALARS } from "./plan.ts";
import type { Scheme } from "./scheme.ts";
import { defineGradient } from "./transforms.ts";
import { gatherSums } from "./weights.ts";

const ZERO = i32.const(0);

/** Defines and exports `weight`, for channels `begin` to `end`. */
export function defineWeightGradient(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  layout: ArgumentLayout,
  scheme: Scheme,
): void {
  const { step, points, tile } = scheme;
  const tools = defineInputTools(module, scheme);
  const gradient = defineGradient(module, scheme);
  const micros = Array.from(
    { length: MOST_ROWS },
    (_, i) => defineSteps(module, arithmetic, i + 1),
  );
  module.func("weight", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const reads = new Arguments(f, layout, args, SCALARS);
    const m = reads.extent(M);
    const c = f.let(i32.sub(end, begin));
    const [height, width] = [reads.extent(I), reads.extent(J)];
    const parts = locateParts(f, reads, scheme, thread, c, TILE_COLUMNS);
    const { planes, planeBytes, pitch, pitchBytes, tileBytes } = parts;
    const filterBytes = parts.productBytes;
    const sums = f.let(i32.add(planes, reads.scalar("sumsAt")));
    const sumsBetween = f.let(i32.mul(m, tileBytes));
    const samples = reads.scalar("samples");
    const groups = i32.div_u(
      i32.add(reads.extent(C), i32.sub(samples, i32.const(1))),
      samples,
    );
    const units = f.let(
      i32.mul(
        i32.mul(reads.scalar("columnBands"), reads.scalar("bands")),
        groups,
      ),
    );
    const source = reads.pointer(IN);
    f.increase(source, i32.mul(begin, reads.stride(IN, B)));
    const filters = reads.pointer(FILTER);
    const target = reads.pointer(OUT);
    f.increase(target, i32.mul(begin, reads.stride(OUT, B)));
    const group = f.let(ZERO);
    f.for(group, reads.extent(G), 1, () => {
      f.do(
        memoryFill(sums, ZERO, i32.mul(sumsBetween, i32.const(points ** 2))),
      );
      const unit = f.let(ZERO);
      f.for(unit, units, 1, () => {
        const band = locateBand(f, reads, scheme, unit, reads.extent(C));
        const { top, bottom, left } = band;
        transformInputs(
          f,
          reads,
          tools,
          scheme,
          parts,
          BY_WEIGHT,
          band,
          source,
          c,
        );
        const start = startOfBand(f, reads, BY_WEIGHT, band, filters, FILTER);
        const sample = f.let(ZERO);
        f.for(sample, band.samples, 1, () => {
          const from = f.let(start);
          overChannels(f, m, (channel, some) => {
            eachOf(f, some, planes, planeBytes, channel, (at, filter) =>
              f.do(
                tools.load.call(
                  from,
                  reads.stride(FILTER, M),
                  i32.sub(m, filter),
                  reads.stride(FILTER, I),
                  i32.sub(height, top),
                  i32.add(i32.sub(bottom, top), i32.const(1)),
                  i32.sub(width, left),
                  pitch,
                  at,
                ),
              ), [[
              from,
              i32.shl(reads.stride(FILTER, M), i32.const(2)),
            ]]);
            overRows(
              f,
              tile,
              band,
              sample,
              (row) =>
                eachOf(f, some, planes, planeBytes, channel, (at, filter) => {
                  const lane = f.let(
                    i32.add(parts.products, i32.shl(filter, i32.const(2))),
                  );
                  f.do(
                    gradient.call(
                      place(at, [row.top, pitchBytes]),
                      pitchBytes,
                      band.across,
                      band.fullAcross,
                      place(lane, [row.tile, filterBytes]),
                      place(lane, [row.other, filterBytes]),
                      parts.productsBetween,
                      filterBytes,
                      row.isFull,
                    ),
                  );
                }),
            );
          });
          f.increase(start, reads.stride(FILTER, C));
        });
        overValues(f, scheme, band, (value, first, last) => {
          const a = f.let(
            place(
              parts.products,
              [value, parts.productsBetween],
              [first, filterBytes],
            ),
          );
          const inputs = f.let(
            place(parts.values, [value, parts.between], [first, tileBytes]),
          );
          const out = f.let(place(sums, [value, sumsBetween]));
          const count = f.let(i32.sub(last, first));
          overPanels(f, MOST_ROWS, m, (_row, tall, which) => {
            const b = f.let(inputs);
            const to = f.let(out);
            const column = f.let(ZERO);
            f.for(column, parts.depth, TILE_COLUMNS, () => {
              which((n) =>
                f.do(
                  micros[n - 1]!.call(
                    a,
                    filterBytes,
                    b,
                    tileBytes,
                    to,
                    tileBytes,
                    count,
                  ),
                )
              );
              f.increase(b, 4 * TILE_COLUMNS);
              f.increase(to, 4 * TILE_COLUMNS);
            });
            f.increase(a, i32.shl(tall, i32.const(2)));
            f.increase(out, i32.mul(tall, tileBytes));
          });
        });
      });
      const filter = f.let(ZERO);
      f.for(filter, m, 1, () => {
        for (let phase = 0; phase < step ** 2; phase++) {
          const channel = f.let(ZERO);
          f.for(channel, c, 4, () => {
            const to = f.let(
              place(
                target,
                [filter, reads.stride(OUT, M)],
                [channel, reads.stride(OUT, B)],
                [i32.const(Math.floor(phase / step)), reads.stride(OUT, Y)],
                [i32.const(phase % step), reads.stride(OUT, X)],
              ),
            );
            const from = place(
              i32.add(
                sums,
                i32.shl(
                  i32.add(i32.mul(parts.lanes, i32.const(phase)), channel),
                  i32.const(2),
                ),
              ),
              [filter, tileBytes],
            );
            gatherSums(f, scheme, from, sumsBetween, (i, j, tap) => {
              const at = f.let(
                place(
                  to,
                  [i32.const(step * i), reads.stride(OUT, Y)],
                  [i32.const(step * j), reads.stride(OUT, X)],
                ),
              );
              for (let lane = 0; lane < 4; lane++) {
                f.if(
                  i32.lt_s(i32.add(channel, i32.const(lane)), c),
                  () => f.do(v128.store32_lane(at, tap, lane)),
                );
                f.increase(at, reads.stride(OUT, B));
              }
            });
          });
        }
      });
      f.increase(source, reads.stride(IN, G));
      f.increase(filters, reads.stride(FILTER, G));
      f.increase(target, reads.stride(OUT, G));
    });
  });
}
