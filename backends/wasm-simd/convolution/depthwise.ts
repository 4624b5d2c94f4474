/**
 * Convolutions of every channel by itself, with 3×3 taps and stride 1: the nine
 * taps of a channel stay in registers, and each vector of the input is read for
 * the two rows of the output that it belongs to.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import { ZEROS } from "../addresses.ts";
import { i32, v128 } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import { arithmeticOf } from "../matmul/arithmetic.ts";
import { smaller } from "../matmul/panels.ts";
import { Arguments, layoutOf, place } from "./call_reader.ts";
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

const ZERO = i32.const(0);
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;
const TAPS = [0, 1, 2] as const;
/** Rows and positions of a tile. */
const [TALL, WIDE] = [2, 8];

/** Whether a call should be computed this way. */
export function suitsDepthwise({ shape, strides }: KernelCall): boolean {
  const input = strides[IN]!;
  return shape[M] === 1 && shape[C] === 1 && shape[I] === 3 &&
    shape[J] === 3 && shape[Y]! >= TALL && shape[X]! >= WIDE &&
    input[J] === 1 && input[X] === 1 && input[I] === input[Y] &&
    strides[OUT]![X] === 1;
}

/** Compiles the kernel. */
export function compileDepthwise(
  engine: Engine,
  kernel: RoutineKernel,
): Launch {
  const layout = layoutOf(kernel, []);
  const draft = engine.draft();
  const { madd } = arithmeticOf("float32", engine.fused);
  const biased = kernel.inputs.length === 3;
  draft.module.func("run", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const reads = new Arguments(f, layout, args);
    const groups = reads.extent(G);
    const [height, width] = [reads.extent(Y), reads.extent(X)];
    const [down, outDown] = [reads.stride(IN, Y), reads.stride(OUT, Y)];
    const plane = f.let(begin);
    f.for(plane, end, 1, () => {
      const sample = f.let(i32.div_u(plane, groups));
      const group = f.let(i32.rem_u(plane, groups));
      const start = (buffer: number) =>
        f.let(
          place(
            reads.pointer(buffer),
            [sample, reads.stride(buffer, B)],
            [group, reads.stride(buffer, G)],
          ),
        );
      const [source, target, filter] = [start(IN), start(OUT), start(FILTER)];
      const taps = TAPS.map((i) =>
        TAPS.map((j) =>
          f.let(
            v128.load32_splat(
              place(
                filter,
                [i32.const(i), reads.stride(FILTER, I)],
                [i32.const(j), reads.stride(FILTER, J)],
              ),
            ),
          )
        )
      );
      const bias = biased ? start(BIAS) : f.let(i32.const(ZEROS));
      const row = f.let(ZERO);
      f.for(row, height, TALL, () => {
        // The last rows and positions are computed again where they are too few.
        const top = smaller(f, row, i32.sub(height, i32.const(TALL)));
        const lines = [f.let(place(source, [top, down]))];
        while (lines.length < TALL + 2) {
          lines.push(f.let(i32.add(lines.at(-1)!, down)));
        }
        const first = f.let(place(target, [top, outDown]));
        const outs = [first, f.let(i32.add(first, outDown))];
        const position = f.let(ZERO);
        f.for(position, width, WIDE, () => {
          const left = smaller(f, position, i32.sub(width, i32.const(WIDE)));
          const offset = f.let(i32.shl(left, i32.const(2)));
          const sums = outs.map(() =>
            [0, 1].map(() => f.let(v128.load32_splat(bias)))
          );
          lines.forEach((line, r) => {
            const at = f.let(i32.add(line, offset));
            for (const j of TAPS) {
              for (const v of [0, 1]) {
                const input = f.let(v128.load(at, 4 * j + 16 * v));
                sums.forEach((sum, y) => {
                  const tap = taps[r - y]?.[j];
                  if (tap) f.set(sum[v]!, madd(tap, input, sum[v]!));
                });
              }
            }
          });
          outs.forEach((out, y) => {
            const to = f.let(i32.add(out, offset));
            sums[y]!.forEach((sum, v) => f.do(v128.store(to, sum, 16 * v)));
          });
        });
      });
    });
  });
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    work: ({ shape }) => ({
      entry: "run",
      size: shape[B]! * shape[G]!,
      grain: 1,
      nanoseconds: NANOSECONDS *
        shape.reduce((product, extent) => product * extent, 1),
    }),
  });
}
