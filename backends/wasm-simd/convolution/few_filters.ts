/**
 * Convolutions of up to four filters a group, such as depthwise ones and the
 * gradient by the input of a first layer: vectors of neighbouring positions,
 * read in place for each step of the sums.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import { ZEROS } from "../addresses.ts";
import {
  type Code,
  type Func,
  i32,
  type ModuleBuilder,
  v128,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import { type Arithmetic, arithmeticOf } from "../matmul/arithmetic.ts";
import { overPanels } from "../matmul/panels.ts";
import { storeSome } from "../matmul/vector_loop.ts";
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
} from "./emit_context.ts";
import { defineOffsets, SPARE_ENTRIES } from "./offsets.ts";
import { Arguments, layoutOf, place } from "./call_reader.ts";

const ZERO = i32.const(0);
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.08;
/** Most filters. */
const MOST = 4;
/** Vectors of a tile, by its filters: their sums fit the registers. */
const VECTORS = [8, 5, 3, 3] as const;
/** Most steps of the sums. */
const LONGEST = 1024;
/** Fewer positions go through sums of products along planes. */
const FEWEST_POSITIONS = 17;
const TABLE_BYTES = 4 * (LONGEST + SPARE_ENTRIES + 1);

/** Whether a call should be computed this way. */
export function suitsFew({ shape, strides }: KernelCall): boolean {
  const [b, , m, y, x, c, i, j] = shape as number[] & { length: 8 };
  const steps = c! * i! * j!;
  return m! <= MOST && strides[IN]![X] === 1 && steps > 0 &&
    steps <= LONGEST && b! * y! * x! >= FEWEST_POSITIONS;
}

/**
 * Computes a tile of filters and neighbouring positions.
 *
 * Parameters: the first position of the input, the first filter and the bytes
 * to the next one, the offsets of the steps in both, the number of steps, what
 * the sums begin with and the bytes to that of the next filter, where to, the
 * bytes to the next filter and position there, the positions of the last vector.
 */
type Tile = Func<
  [
    ...["i32", "i32", "i32", "i32", "i32", "i32"],
    ...["i32", "i32", "i32", "i32", "i32", "i32"],
  ],
  "none"
>;

function defineTile(
  module: ModuleBuilder,
  { madd }: Arithmetic,
  filters: number,
  vectors: number,
): Tile {
  return module.func(
    null,
    [
      ...["i32", "i32", "i32", "i32", "i32", "i32"] as const,
      ...["i32", "i32", "i32", "i32", "i32", "i32"] as const,
    ],
    "none",
    (
      f,
      input,
      filter,
      between,
      inSteps,
      filterSteps,
      steps,
      bias,
      biasStep,
      out,
      outFilter,
      outStep,
      last,
    ) => {
      const sums = Array.from({ length: filters }, (_, m) => {
        if (m > 0) f.increase(bias, biasStep);
        const start = f.let(v128.load32_splat(bias));
        return Array.from({ length: vectors }, () => f.let(start));
      });
      const rows = [filter];
      while (rows.length < filters) {
        rows.push(f.let(i32.add(rows.at(-1)!, between)));
      }
      f.loop((again) => {
        const from = f.let(i32.add(input, i32.load(inSteps)));
        const at = f.let(i32.load(filterSteps));
        const factors = rows.map((row) =>
          f.let(v128.load32_splat(i32.add(row, at)))
        );
        for (let v = 0; v < vectors; v++) {
          const positions = f.let(v128.load(from, 16 * v));
          factors.forEach((factor, m) => {
            const sum = sums[m]![v]!;
            f.set(sum, madd(factor, positions, sum));
          });
        }
        f.increase(inSteps, 4);
        f.increase(filterSteps, 4);
        f.increase(steps, -1);
        f.branchIf(again, steps);
      });
      const dense = f.let(i32.eq(outStep, i32.const(4)));
      sums.forEach((row, m) => {
        if (m > 0) f.increase(out, outFilter);
        f.if(dense, () => {
          row.forEach((sum, v) => {
            const store = () => f.do(v128.store(out, sum, 16 * v));
            if (v < vectors - 1) return store();
            f.if(i32.eq(last, i32.const(4)), store, () => {
              const to = f.let(i32.add(out, i32.const(16 * v)));
              storeSome(f, sum, to, last);
            });
          });
        }, () => {
          const to = f.let(out);
          row.forEach((sum, v) => {
            for (let lane = 0; lane < 4; lane++) {
              const store = () => f.do(v128.store32_lane(to, sum, lane));
              if (v < vectors - 1) store();
              else f.if(i32.gt_s(last, i32.const(lane)), store);
              f.increase(to, outStep);
            }
          });
        });
      });
    },
  );
}

/** Compiles the kernel. */
export function compileFew(engine: Engine, kernel: RoutineKernel): Launch {
  const layout = layoutOf(kernel, ["tables"]);
  const draft = engine.draft();
  const { module } = draft;
  const arithmetic = arithmeticOf("float32", engine.fused);
  const offsets = defineOffsets(module);
  const tiles = VECTORS.map((most, m) =>
    Array.from(
      { length: most },
      (_, v) => defineTile(module, arithmetic, m + 1, v + 1),
    )
  );
  const biased = kernel.inputs.length === 3;
  module.func("run", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const reads = new Arguments(f, layout, args);
    const inSteps = f.let(
      place(layout.integer(args, 0), [thread, i32.const(2 * TABLE_BYTES)]),
    );
    const filterSteps = f.let(i32.add(inSteps, i32.const(TABLE_BYTES)));
    const [c, i, j] = [C, I, J].map((dim) => reads.extent(dim));
    const steps = f.let(i32.mul(c!, i32.mul(i!, j!)));
    for (
      const [table, buffer] of [[inSteps, IN], [filterSteps, FILTER]] as const
    ) {
      f.do(
        offsets.call(
          table,
          ZERO,
          steps,
          i!,
          j!,
          reads.stride(buffer, C),
          reads.stride(buffer, I),
          reads.stride(buffer, J),
        ),
      );
    }
    const rows = reads.extent(Y);
    const vectors = f.let(
      i32.shr_u(i32.add(reads.extent(X), i32.const(3)), i32.const(2)),
    );
    const over = f.let(
      i32.sub(
        reads.extent(X),
        i32.shl(i32.sub(vectors, i32.const(1)), i32.const(2)),
      ),
    );
    const line = f.let(begin);
    f.for(line, end, 1, () => {
      const plane = f.let(i32.div_u(line, rows));
      const row = f.let(i32.rem_u(line, rows));
      const start = (buffer: number) =>
        f.let(
          place(
            reads.pointer(buffer),
            [plane, reads.stride(buffer, B)],
            [row, reads.stride(buffer, Y)],
          ),
        );
      const [from, to] = [start(IN), start(OUT)];
      const filter = reads.pointer(FILTER);
      const bias = biased ? reads.pointer(BIAS) : f.let(i32.const(ZEROS));
      const group = f.let(ZERO);
      f.for(group, reads.extent(G), 1, () => {
        const choose = (m: number): void => {
          const walk = () =>
            overPanels(f, VECTORS[m - 1]!, vectors, (first, count, which) => {
              const isLast = i32.eq(i32.add(first, count), vectors);
              const last = f.let(i32.const(4));
              f.if(isLast, () => f.set(last, over));
              const at: Code<"i32"> = i32.shl(first, i32.const(2));
              which((v) =>
                f.do(
                  tiles[m - 1]![v - 1]!.call(
                    i32.add(from, i32.shl(at, i32.const(2))),
                    filter,
                    reads.stride(FILTER, M),
                    inSteps,
                    filterSteps,
                    steps,
                    bias,
                    biased ? reads.stride(BIAS, M) : ZERO,
                    place(to, [at, reads.stride(OUT, X)]),
                    reads.stride(OUT, M),
                    reads.stride(OUT, X),
                    last,
                  ),
                )
              );
            });
          if (m === 1) return walk();
          f.if(
            i32.eq(reads.extent(M), i32.const(m)),
            walk,
            () => choose(m - 1),
          );
        };
        choose(MOST);
        f.increase(from, reads.stride(IN, G));
        f.increase(to, reads.stride(OUT, G));
        f.increase(filter, reads.stride(FILTER, G));
        if (biased) f.increase(bias, reads.stride(BIAS, G));
      });
    });
  });
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    scalars: () => [engine.work(2 * TABLE_BYTES) | 0],
    work({ shape }) {
      const size = shape[B]! * shape[Y]!;
      const nanoseconds = NANOSECONDS *
        shape.reduce((product, extent) => product * extent, 1);
      return { entry: "run", size, grain: 1, nanoseconds };
    },
  });
}
