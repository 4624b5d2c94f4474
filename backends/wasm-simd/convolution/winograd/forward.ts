/**
 * Convolutions by Winograd's algorithm, which are the gradients by the input as
 * well: weights are transformed once, then blocks of tiles are transformed,
 * multiplied and transformed back.
 *
 * @module
 */
import type { ArgumentLayout } from "../../arguments.ts";
import {
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
} from "../../assembler.ts";
import { ZEROS } from "../../addresses.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import { elementBytes, TILE_COLUMNS } from "../../matmul/micro.ts";
import { defineMicros, overPanels, smaller } from "../../matmul/panels.ts";
import {
  B,
  BIAS,
  C,
  FILTER,
  G,
  I,
  IN,
  J,
  M,
  OUT,
  X,
  Y,
} from "../emit_context.ts";
import { Arguments, locate, place } from "./context.ts";
import { APART } from "./plan.ts";
import type { Scheme } from "./scheme.ts";
import { transformWeight } from "./weights.ts";

const ZERO = i32.const(0);
const ONE = i32.const(1);

/** Defines and exports `weights`, for all filters of all groups. */
export function defineWeights(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  layout: ArgumentLayout,
  scheme: Scheme,
): void {
  const bytes = i32.const(elementBytes(arithmetic));
  module.func("weights", ["i32", "i32", "i32", "i32"], "none", (f, args) => {
    const reads = new Arguments(f, layout, args);
    const [m, c] = [reads.extent(M), reads.extent(C)];
    const between = f.let(place(i32.const(APART), [i32.mul(m, c), bytes]));
    const from = reads.pointer(FILTER);
    const to = f.let(reads.scalar("weights"));
    const group = f.let(ZERO);
    f.for(group, reads.extent(G), 1, () => {
      overPanels(f, arithmetic.rows, m, (row, count) => {
        const channel = f.let(ZERO);
        const panel = f.let(place(to, [i32.mul(row, c), bytes]));
        f.for(channel, c, 1, () => {
          const at = f.let(ZERO);
          f.for(at, count, 1, () => {
            transformWeight(
              f,
              arithmetic,
              scheme,
              place(
                from,
                [i32.add(row, at), reads.stride(FILTER, M)],
                [channel, reads.stride(FILTER, C)],
              ),
              reads.stride(FILTER, I),
              reads.stride(FILTER, J),
              panel,
              between,
            );
            f.increase(panel, bytes);
          });
        });
      });
      f.increase(from, reads.stride(FILTER, G));
      f.increase(to, i32.mul(between, i32.const(scheme.values)));
    });
  });
}

/** Defines and exports `forward`, for segments `begin` to `end`. */
export function defineForward(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  layout: ArgumentLayout,
  scheme: Scheme,
  biased: boolean,
): void {
  const input = scheme.input(module, arithmetic, false);
  const output = scheme.output(module, arithmetic);
  const micros = defineMicros(module, arithmetic);
  const bytes = i32.const(elementBytes(arithmetic));
  module.func("forward", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const reads = new Arguments(f, layout, args);
    const [m, c] = [reads.extent(M), reads.extent(C)];
    const line = f.let(i32.shl(reads.scalar("pitch"), i32.const(2)));
    const tiles = reads.workspace(thread);
    const between = f.let(place(i32.const(APART), [c, line]));
    const products = f.let(place(tiles, [between, i32.const(scheme.values)]));
    const outBetween = f.let(place(i32.const(APART), [m, line]));
    const weights = f.let(reads.scalar("weights"));
    const weightBetween = f.let(
      place(i32.const(APART), [i32.mul(m, c), bytes]),
    );
    const segmentBytes = f.let(
      i32.shl(reads.scalar("segmentTiles"), i32.const(2)),
    );
    const group = f.let(ZERO);
    const source = reads.pointer(IN);
    const target = reads.pointer(OUT);
    const bias = biased ? reads.pointer(BIAS) : f.let(i32.const(ZEROS));
    const perBlock = reads.scalar("segmentsPerBlock");
    f.for(group, reads.extent(G), 1, () => {
      const block = f.let(begin);
      f.for(block, end, perBlock, () => {
        const count = smaller(f, i32.sub(end, block), perBlock);
        overSegments(f, block, count, (segment, index) => {
          const { plane, row, rows, column, tiles: many, width } = locate(
            f,
            reads,
            scheme,
            segment,
            reads.extent(Y),
            reads.extent(X),
          );
          const down = reads.stride(IN, Y);
          const from = f.let(
            place(
              i32.add(source, i32.shl(column, i32.const(2))),
              [plane, reads.stride(IN, B)],
              [row, down],
            ),
          );
          const to = f.let(place(tiles, [index, segmentBytes]));
          const channel = f.let(ZERO);
          f.for(channel, c, 1, () => {
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
            );
            f.increase(from, reads.stride(IN, C));
            f.increase(to, line);
          });
        });
        const value = f.let(ZERO);
        const columns = f.let(i32.mul(count, reads.scalar("segmentTiles")));
        f.for(value, i32.const(scheme.values), 1, () => {
          const a = f.let(place(weights, [value, weightBetween]));
          const b = f.let(place(tiles, [value, between]));
          const out = f.let(place(products, [value, outBetween]));
          overPanels(f, arithmetic.rows, m, (_row, height, which) => {
            const column = f.let(ZERO);
            const [from, to] = [f.let(b), f.let(out)];
            f.for(column, columns, TILE_COLUMNS, () => {
              which((n) =>
                f.do(
                  micros[n - 1]!.call(
                    a,
                    from,
                    line,
                    to,
                    line,
                    i32.const(ZEROS),
                    ZERO,
                    c,
                  ),
                )
              );
              f.increase(from, 4 * TILE_COLUMNS);
              f.increase(to, 4 * TILE_COLUMNS);
            });
            f.increase(a, i32.mul(i32.mul(height, c), bytes));
            f.increase(out, i32.mul(height, line));
          });
        });
        overSegments(f, block, count, (segment, index) => {
          const { plane, row, rows, column, width } = locate(
            f,
            reads,
            scheme,
            segment,
            reads.extent(Y),
            reads.extent(X),
          );
          const down = reads.stride(OUT, Y);
          const to = f.let(
            place(
              i32.add(target, i32.shl(column, i32.const(2))),
              [plane, reads.stride(OUT, B)],
              [row, down],
            ),
          );
          const from = f.let(place(products, [index, segmentBytes]));
          const start = f.let(bias);
          const filter = f.let(ZERO);
          f.for(filter, m, 1, () => {
            f.do(output.call(from, outBetween, to, down, rows, width, start));
            f.increase(from, line);
            f.increase(to, reads.stride(OUT, M));
            if (biased) f.increase(start, reads.stride(BIAS, M));
          });
        });
      });
      f.increase(source, reads.stride(IN, G));
      f.increase(target, reads.stride(OUT, G));
      f.increase(weights, i32.mul(weightBetween, i32.const(scheme.values)));
      if (biased) f.increase(bias, reads.stride(BIAS, G));
    });
  });
}

/** Loops over the segments of a block: which, and how many come before it. */
export function overSegments(
  f: FunctionBuilder,
  block: Local<"i32">,
  count: Local<"i32">,
  body: (segment: Local<"i32">, index: Local<"i32">) => void,
): void {
  const index = f.let(ZERO);
  const segment = f.let(block);
  f.for(index, count, 1, () => {
    body(segment, index);
    f.set(segment, i32.add(segment, ONE));
  });
}
