/**
 * The gradient of a convolution by its weight, in tiles: of each value the
 * products of the transformed gradients of all filters and of the transformed
 * inputs of all channels are summed over the tiles.
 *
 * @module
 */
import type { ArgumentLayout } from "../../arguments.ts";
import {
  type Code,
  f32x4,
  type FunctionBuilder,
  i32,
  type Local,
  memoryFill,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { overPanels, smaller } from "../../matmul/panels.ts";
import { Arguments, place } from "../call_reader.ts";
import { B, C, FILTER, G, I, IN, J, M, OUT, X, Y } from "../emit_context.ts";
import {
  eachOf,
  locateBand,
  overChannels,
  overRows,
  overValues,
  type Reads,
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
import { depthOf, gatherSums, upToMultiple } from "./weights.ts";

const ZERO = i32.const(0);

/** What an index of a part stands for. */
interface Part {
  readonly group: Local<"i32">;
  /** Which of the parts of the bands it sums. */
  readonly part: Local<"i32">;
  /** Its first channel, and how many it has. */
  readonly first: Local<"i32">;
  readonly channels: Local<"i32">;
}

/** Emits the channels of a block: the first, and how many there are. */
function blockOf(
  f: FunctionBuilder,
  reads: Reads,
  block: Code<"i32">,
): Pick<Part, "first" | "channels"> {
  const each = reads.scalar("blockChannels");
  const first = f.let(i32.mul(block, each));
  return { first, channels: smaller(f, i32.sub(reads.extent(B), first), each) };
}

function partOf(f: FunctionBuilder, reads: Reads, index: Local<"i32">): Part {
  const [blocks, parts] = [reads.scalar("blocks"), reads.scalar("parts")];
  const rest = f.let(i32.div_u(index, blocks));
  return {
    group: f.let(i32.div_u(rest, parts)),
    part: f.let(i32.rem_u(rest, parts)),
    ...blockOf(f, reads, i32.rem_u(index, blocks)),
  };
}

/** Defines and exports `sums`, for parts `begin` to `end`. */
export function defineSums(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  layout: ArgumentLayout,
  scheme: Scheme,
): void {
  const { points, tile } = scheme;
  const tools = defineInputTools(module, scheme);
  const gradient = defineGradient(module, scheme);
  const micros = Array.from(
    { length: MOST_ROWS },
    (_, i) => defineSteps(module, arithmetic, i + 1),
  );
  module.func("sums", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const reads = new Arguments(f, layout, args, SCALARS);
    const m = reads.extent(M);
    const [height, width] = [reads.extent(I), reads.extent(J)];
    const index = f.let(begin);
    f.for(index, end, 1, () => {
      const { group, part, first, channels: c } = partOf(f, reads, index);
      const parts = locateParts(f, reads, scheme, thread, c, TILE_COLUMNS);
      const { planes, planeBytes, pitch, pitchBytes, tileBytes } = parts;
      const filterBytes = parts.productBytes;
      const sums = f.let(
        place(reads.scalar("weights"), [index, reads.scalar("sumsBytes")]),
      );
      const sumsBetween = f.let(i32.mul(m, tileBytes));
      const source = f.let(
        place(
          reads.pointer(IN),
          [group, reads.stride(IN, G)],
          [first, reads.stride(IN, B)],
        ),
      );
      const filters = f.let(
        place(reads.pointer(FILTER), [group, reads.stride(FILTER, G)]),
      );
      f.do(
        memoryFill(sums, ZERO, i32.mul(sumsBetween, i32.const(points ** 2))),
      );
      const bound = (after: Local<"i32">) =>
        f.let(
          i32.div_u(
            i32.mul(after, reads.scalar("units")),
            reads.scalar("parts"),
          ),
        );
      const unit = bound(part);
      const last = bound(f.let(i32.add(part, i32.const(1))));
      f.for(unit, last, 1, () => {
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
    });
  });
}

/** Defines and exports `gather`, for filters `begin` to `end` of all groups. */
export function defineGather(
  module: ModuleBuilder,
  layout: ArgumentLayout,
  scheme: Scheme,
): void {
  const { step } = scheme;
  module.func(
    "gather",
    ["i32", "i32", "i32"],
    "none",
    (f, args, begin, end) => {
      const reads = new Arguments(f, layout, args, SCALARS);
      const m = reads.extent(M);
      const [blocks, parts] = [reads.scalar("blocks"), reads.scalar("parts")];
      const bytes = reads.scalar("sumsBytes");
      const partBytes = f.let(i32.mul(blocks, bytes));
      const index = f.let(begin);
      f.for(index, end, 1, () => {
        const group = f.let(i32.div_u(index, m));
        const filter = f.let(i32.rem_u(index, m));
        const block = f.let(ZERO);
        f.for(block, blocks, 1, () => {
          const { first, channels: c } = blockOf(f, reads, block);
          const lanes = f.let(upToMultiple(c, 4));
          const depth = depthOf(f, scheme, c);
          const tileBytes = f.let(
            i32.shl(upToMultiple(depth, TILE_COLUMNS), i32.const(2)),
          );
          const sumsBetween = f.let(i32.mul(m, tileBytes));
          const sums = f.let(
            place(
              reads.scalar("weights"),
              [i32.mul(group, parts), partBytes],
              [block, bytes],
              [filter, tileBytes],
            ),
          );
          for (let phase = 0; phase < step ** 2; phase++) {
            const channel = f.let(ZERO);
            f.for(channel, c, 4, () => {
              const to = f.let(
                place(
                  reads.pointer(OUT),
                  [group, reads.stride(OUT, G)],
                  [filter, reads.stride(OUT, M)],
                  [i32.add(first, channel), reads.stride(OUT, B)],
                  [i32.const(Math.floor(phase / step)), reads.stride(OUT, Y)],
                  [i32.const(phase % step), reads.stride(OUT, X)],
                ),
              );
              const from = i32.add(
                sums,
                i32.shl(
                  i32.add(i32.mul(lanes, i32.const(phase)), channel),
                  i32.const(2),
                ),
              );
              const sumAt = (at: Local<"i32">) => {
                const sum = f.let(v128.load(at));
                const next = f.let(at);
                const other = f.let(i32.const(1));
                f.for(other, parts, 1, () => {
                  f.increase(next, partBytes);
                  f.set(sum, f32x4.add(sum, v128.load(next)));
                });
                return sum;
              };
              gatherSums(f, scheme, from, sumsBetween, sumAt, (i, j, tap) => {
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
      });
    },
  );
}
