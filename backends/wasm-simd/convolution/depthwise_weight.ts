/**
 * The gradients of 3×3 taps of channels that are convolved each by itself: the
 * nine sums of a channel stay in registers along a row, and both operands are read
 * as they lie.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import {
  type Code,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  v128,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import { arithmeticOf } from "../matmul/arithmetic.ts";
import { Arguments, layoutOf, place } from "./call_reader.ts";
import { B, C, FILTER, G, I, IN, J, M, OUT, X, Y } from "./emit_context.ts";

const ZERO = i32.const(0);
const FOUR = i32.const(4);
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;
const TAPS = [0, 1, 2] as const;
/** In shorter rows too much is their end. */
const SHORTEST = 8;

/** Whether a call should be computed this way. */
export function suitsDepthwiseWeight({ shape, strides }: KernelCall): boolean {
  const input = strides[IN]!;
  return shape[M] === 1 && shape[B] === 1 && shape[Y] === 3 &&
    shape[X] === 3 && shape[J]! >= SHORTEST && input[J] === 1 &&
    input[X] === 1 && input[I] === input[Y] && strides[FILTER]![J] === 1;
}

/** Compiles the kernel. */
export function compileDepthwiseWeight(
  engine: Engine,
  kernel: RoutineKernel,
): Launch {
  const layout = layoutOf(kernel, []);
  const draft = engine.draft();
  const { madd } = arithmeticOf("float32", engine.fused);
  draft.module.func("run", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
  ) => {
    const reads = new Arguments(f, layout, args);
    const [height, width] = [reads.extent(I), reads.extent(J)];
    const down = reads.stride(IN, I);
    const bytes = f.let(i32.shl(i32.and(width, i32.const(-4)), i32.const(2)));
    const over = f.let(i32.and(width, i32.const(3)));
    // The last vector begins in the one before, whose lanes count once.
    const back = f.let(i32.shl(i32.sub(FOUR, over), i32.const(2)));
    const counts = f.let(
      i32x4.ge_s(i32x4.const(0, 1, 2, 3), i32x4.splat(i32.sub(FOUR, over))),
    );
    const nine = () => TAPS.map(() => TAPS.map(() => f.let(i32x4.const(0))));
    const group = f.let(begin);
    f.for(group, end, 1, () => {
      const start = (buffer: number) =>
        f.let(
          place(reads.pointer(buffer), [group, reads.stride(buffer, G)]),
        );
      const [source, gradient] = [start(IN), start(FILTER)];
      const totals = nine();
      const sample = f.let(ZERO);
      f.for(sample, reads.extent(C), 1, () => {
        const line = f.let(source);
        const slopes = f.let(gradient);
        const row = f.let(ZERO);
        f.for(row, height, 1, () => {
          const lines = [line];
          while (lines.length < TAPS.length) {
            lines.push(f.let(i32.add(lines.at(-1)!, down)));
          }
          const sums = nine();
          const at = f.let(ZERO);
          const add = (of: (vector: Code<"v128">) => Code<"v128">) => {
            const slope = f.let(of(v128.load(i32.add(slopes, at))));
            lines.forEach((from, i) => {
              const place: Local<"i32"> = f.let(i32.add(from, at));
              for (const j of TAPS) {
                const sum = sums[i]![j]!;
                f.set(sum, madd(slope, of(v128.load(place, 4 * j)), sum));
              }
            });
          };
          f.for(at, bytes, 16, () => add((vector) => vector));
          f.if(over, () => {
            f.set(at, i32.sub(at, back));
            add((vector) => v128.and(vector, counts));
          });
          totals.flat().forEach((total, i) =>
            f.set(total, f32x4.add(total, sums.flat()[i]!))
          );
          f.increase(line, down);
          f.increase(slopes, reads.stride(FILTER, I));
        });
        f.increase(source, reads.stride(IN, C));
        f.increase(gradient, reads.stride(FILTER, C));
      });
      const out = start(OUT);
      totals.forEach((line, i) =>
        line.forEach((total, j) => {
          const lane = (k: number) => f32x4.extract_lane(total, k);
          const to = place(
            out,
            [i32.const(i), reads.stride(OUT, Y)],
            [i32.const(j), reads.stride(OUT, X)],
          );
          const sum = f32.add(
            f32.add(lane(0), lane(1)),
            f32.add(lane(2), lane(3)),
          );
          f.do(f32.store(to, sum));
        })
      );
    });
  });
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    work: ({ shape }) => ({
      entry: "run",
      size: shape[G]!,
      grain: 1,
      nanoseconds: NANOSECONDS *
        shape.reduce((product, extent) => product * extent, 1),
    }),
  });
}
