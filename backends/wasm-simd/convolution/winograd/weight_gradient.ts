/**
 * The gradient of a convolution by its weight, by the transpose of Winograd's
 * algorithm: of each value of a tile, the products of the transformed
 * gradients of all filters and of the transformed inputs of all channels are
 * summed over the tiles.
 *
 * @module
 */
import type { ArgumentLayout } from "../../arguments.ts";
import {
  type FunctionBuilder,
  i32,
  type Local,
  memoryFill,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { definePack } from "../../matmul/pack.ts";
import { definePanels, overPanels, smaller } from "../../matmul/panels.ts";
import { repeat } from "../pack.ts";
import { B, C, FILTER, G, I, IN, J, M, OUT, X, Y } from "../emit_context.ts";
import { Arguments, locate, place } from "./context.ts";
import { overSegments } from "./forward.ts";
import { APART } from "./plan.ts";
import type { Scheme } from "./scheme.ts";
import { transformBack } from "./weights.ts";

const ZERO = i32.const(0);
/** Bytes of a step of eight filters. */
const PANEL_BYTES = 4 * TILE_COLUMNS;

/** Emits zeros for the tiles of a segment behind those that there are. */
function clearRest(
  f: FunctionBuilder,
  to: Local<"i32">,
  tiles: Local<"i32">,
  all: Local<"i32">,
  between: Local<"i32">,
  values: number,
): void {
  const tile = f.let(i32.and(i32.add(tiles, i32.const(3)), i32.const(-4)));
  f.for(tile, all, 4, () => {
    const at = f.let(i32.add(to, i32.shl(tile, i32.const(2))));
    for (let i = 0; i < values; i++) {
      f.do(v128.store(at, f.i32x4(0)));
      f.increase(at, between);
    }
  });
}

/** Defines and exports `weight`, for channels `begin` to `end`. */
export function defineWeightGradient(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  layout: ArgumentLayout,
  scheme: Scheme,
): void {
  const input = scheme.input(module, arithmetic, true);
  const gradient = scheme.gradient(module, arithmetic);
  const panels = definePanels(module, arithmetic);
  const packFilters = definePack(module, TILE_COLUMNS, false);
  module.func("weight", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const reads = new Arguments(f, layout, args);
    const m = reads.extent(M);
    const c = f.let(i32.sub(end, begin));
    const line = f.let(i32.shl(reads.scalar("pitch"), i32.const(2)));
    const tiles = reads.workspace(thread);
    const between = f.let(place(i32.const(APART), [c, line]));
    const gradients = f.let(place(tiles, [between, i32.const(scheme.values)]));
    const gradientBetween = f.let(place(i32.const(APART), [m, line]));
    // Sums of all filters with a channel, and of a value.
    const filterPanels = f.let(
      i32.div_u(
        i32.add(m, i32.const(TILE_COLUMNS - 1)),
        i32.const(TILE_COLUMNS),
      ),
    );
    const channelBytes = f.let(i32.mul(filterPanels, i32.const(PANEL_BYTES)));
    const valueBytes = f.let(i32.mul(c, channelBytes));
    const sums = f.let(
      place(gradients, [gradientBetween, i32.const(scheme.values)]),
    );
    const packedFilters = f.let(
      place(sums, [valueBytes, i32.const(scheme.values)]),
    );
    const packedChannels = f.let(
      place(packedFilters, [filterPanels, i32.shl(line, i32.const(3))]),
    );
    const segmentTiles = reads.scalar("segmentTiles");
    const count = f.let(
      i32.mul(
        i32.mul(reads.extent(C), reads.scalar("segments")),
        i32.shr_u(
          i32.add(reads.extent(I), i32.const((1 << scheme.shift) - 1)),
          i32.const(scheme.shift),
        ),
      ),
    );
    const source = reads.pointer(IN);
    f.increase(source, i32.mul(begin, reads.stride(IN, B)));
    const filters = reads.pointer(FILTER);
    const target = reads.pointer(OUT);
    f.increase(target, i32.mul(begin, reads.stride(OUT, B)));
    const perBlock = reads.scalar("segmentsPerBlock");
    const group = f.let(ZERO);
    f.for(group, reads.extent(G), 1, () => {
      f.do(
        memoryFill(sums, ZERO, i32.mul(valueBytes, i32.const(scheme.values))),
      );
      const block = f.let(ZERO);
      f.for(block, count, perBlock, () => {
        const some = smaller(f, i32.sub(count, block), perBlock);
        overSegments(f, block, some, (segment, index) => {
          const { plane, row, rows, column, tiles: many, width } = locate(
            f,
            reads,
            scheme,
            segment,
            reads.extent(I),
            reads.extent(J),
          );
          const offset = f.let(
            i32.shl(i32.mul(index, segmentTiles), i32.const(2)),
          );
          const at = (
            start: Local<"i32">,
            buffer: number,
          ) =>
            f.let(
              place(
                i32.add(start, i32.shl(column, i32.const(2))),
                [plane, reads.stride(buffer, C)],
                [row, reads.stride(buffer, I)],
              ),
            );
          const each = (
            count: Local<"i32">,
            first: Local<"i32">,
            step: Local<"i32">,
            lines: Local<"i32">,
            apart: Local<"i32">,
            transform: (from: Local<"i32">, to: Local<"i32">) => void,
          ) => {
            const to = f.let(i32.add(lines, offset));
            const i = f.let(ZERO);
            f.for(i, count, 1, () => {
              transform(first, to);
              clearRest(f, to, many, segmentTiles, apart, scheme.values);
              f.increase(first, step);
              f.increase(to, line);
            });
          };
          const down = reads.stride(IN, I);
          each(
            c,
            at(source, IN),
            reads.stride(IN, B),
            tiles,
            between,
            (from, to) =>
              f.do(
                input.call(
                  from,
                  down,
                  rows,
                  many,
                  width,
                  to,
                  between,
                ),
              ),
          );
          each(
            m,
            at(filters, FILTER),
            reads.stride(FILTER, M),
            gradients,
            gradientBetween,
            (from, to) =>
              f.do(
                gradient.call(
                  from,
                  reads.stride(FILTER, I),
                  rows,
                  many,
                  width,
                  to,
                  gradientBetween,
                ),
              ),
          );
        });
        const long = f.let(i32.mul(some, segmentTiles));
        const value = f.let(ZERO);
        f.for(value, i32.const(scheme.values), 1, () => {
          const filter = f.let(place(gradients, [value, gradientBetween]));
          const packed = f.let(packedFilters);
          const panelBytes = f.let(i32.shl(long, i32.const(5)));
          const left = f.let(m);
          repeat(f, f.let(filterPanels), () => {
            f.do(
              packFilters.call(filter, line, i32.const(4), packed, long, left),
            );
            f.increase(filter, i32.shl(line, i32.const(3)));
            f.increase(packed, panelBytes);
            f.increase(left, -TILE_COLUMNS);
          });
          const channels = f.let(place(tiles, [value, between]));
          const out = f.let(place(sums, [value, valueBytes]));
          overPanels(f, arithmetic.rows, c, (_row, count, which) => {
            which((n) =>
              f.do(
                panels.pack[n - 1]!.call(
                  channels,
                  line,
                  i32.const(4),
                  packedChannels,
                  long,
                  count,
                ),
              )
            );
            const b = f.let(packedFilters);
            const to = f.let(out);
            repeat(f, f.let(filterPanels), () => {
              which((n) =>
                f.do(
                  panels.micro[n - 1]!.call(
                    packedChannels,
                    b,
                    i32.const(PANEL_BYTES),
                    to,
                    channelBytes,
                    to,
                    channelBytes,
                    long,
                  ),
                )
              );
              f.increase(b, panelBytes);
              f.increase(to, PANEL_BYTES);
            });
            f.increase(channels, i32.mul(count, line));
            f.increase(out, i32.mul(count, channelBytes));
          });
        });
      });
      const channel = f.let(ZERO);
      f.for(channel, c, 1, () => {
        const filter = f.let(ZERO);
        f.for(filter, m, 1, () => {
          transformBack(
            f,
            scheme,
            place(
              i32.add(sums, i32.shl(filter, i32.const(2))),
              [channel, channelBytes],
            ),
            valueBytes,
            place(
              target,
              [channel, reads.stride(OUT, B)],
              [filter, reads.stride(OUT, M)],
            ),
            reads.stride(OUT, Y),
            reads.stride(OUT, X),
          );
        });
      });
      f.increase(source, reads.stride(IN, G));
      f.increase(filters, reads.stride(FILTER, G));
      f.increase(target, reads.stride(OUT, G));
    });
  });
}
