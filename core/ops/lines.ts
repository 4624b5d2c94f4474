/**
 * Algorithms along the last dim that go from one element to the next: running
 * extremes, running logarithms of sums, and recurrences. Core computes them
 * itself, in double precision, on backends that are read without waiting; they
 * come with the functions that apply them.
 *
 * @module
 */
import { type DType, isFloating, type TypedArray } from "../dtype.ts";
import { DeviceError, DTypeError, ShapeError, showShape } from "../errors.ts";
import { addHostRoutine, type HostRoutine } from "../lower/host.ts";
import { denseOf } from "../lower/parts.ts";
import type { Meta } from "../op.ts";
import { sameShape, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { none, type Rule, type RuleContext, saving } from "./gradient.ts";
import type { Family } from "./primitive.ts";
import { addPrimitives } from "./table.ts";

/**
 * An algorithm on each line of the last dim.
 *
 * - `cumargmax`, `cumargmin`: where the running extreme is, int32; of several
 *   equal ones the last, and NaN wins
 * - `logcumsumexp`: the logarithm of the running sum of powers
 * - `recurrence`: with a second input `b`, `y[j] = a[j] + b[j] y[j - 1]`
 * - `dft`, `idft`: Fourier transforms of pairs behind one another, unscaled
 * - `rdft`, `irdft`: of real numbers of an even length, before two places that
 *   do not count, to the first half of the pairs, and back; `...Transposed`
 *   are what their gradients are made of
 *
 * Transforms come by `addFourier`.
 *
 * @example Where the largest so far is
 * ```ts
 * import type { LinesOp } from "@tenfold/core/backend";
 *
 * const op: LinesOp = { name: "lines", algorithm: "cumargmax" };
 * ```
 */
export interface LinesOp {
  /** Marks the primitive. */
  readonly name: "lines";
  /** Which algorithm. */
  readonly algorithm:
    | "cumargmax"
    | "cumargmin"
    | "logcumsumexp"
    | "recurrence"
    | "dft"
    | "idft"
    | "rdft"
    | "rdftTransposed"
    | "irdft"
    | "irdftTransposed";
}

/** The algorithms of Fourier transforms. */
export type FourierAlgorithm = Exclude<
  LinesOp["algorithm"],
  "cumargmax" | "cumargmin" | "logcumsumexp" | "recurrence"
>;

/** One algorithm. */
export interface LineAlgorithm {
  /** How many inputs it takes. */
  readonly inputs: 1 | 2;
  /** Whether it gives positions, of numbers of any dtype. */
  readonly finds?: true;
  /** Writes the lines of `n` elements that lie behind one another. */
  readonly run: (
    out: TypedArray,
    n: number,
    a: TypedArray,
    b: TypedArray,
  ) => void;
}

const extreme = (least: boolean): LineAlgorithm => ({
  inputs: 1,
  finds: true,
  run(out, n, a) {
    for (let start = 0; start < a.length; start += n) {
      let [at, best] = [0, a[start]!];
      for (let j = 0; j < n; j++) {
        const here = a[start + j]!;
        if ((least ? here <= best : here >= best) || here !== here) {
          [at, best] = [j, here];
        }
        out[start + j] = at;
      }
    }
  },
});

/** The algorithms by name; those of transforms once they are added. */
const ALGORITHMS:
  & { [N in FourierAlgorithm]?: LineAlgorithm }
  & { [N in Exclude<LinesOp["algorithm"], FourierAlgorithm>]: LineAlgorithm } =
    {
      cumargmax: /* @__PURE__ */ extreme(false),
      cumargmin: /* @__PURE__ */ extreme(true),
      logcumsumexp: {
        inputs: 1,
        run(out, n, a) {
          for (let start = 0; start < a.length; start += n) {
            let y = a[start]!;
            out[start] = y;
            for (let j = start + 1; j < start + n; j++) {
              const x = a[j]!;
              const most = x > y ? x : y;
              // Equal ones may both be infinite; NaN comes through.
              y = x === y
                ? most + Math.LN2
                : most + Math.log(1 + Math.exp(x > y ? y - x : x - y));
              out[j] = y;
            }
          }
        },
      },
      recurrence: {
        inputs: 2,
        run(out, n, a, b) {
          for (let start = 0; start < a.length; start += n) {
            let y = 0;
            for (let j = start; j < start + n; j++) {
              y = j === start ? a[j]! : a[j]! + b[j]! * y;
              out[j] = y;
            }
          }
        },
      },
    };

/** The names, in the order in which launches count them. */
const names = (): LinesOp["algorithm"][] =>
  Object.keys(ALGORITHMS) as LinesOp["algorithm"][];

/** Refuses what an algorithm does not take. */
function check({ algorithm }: LinesOp, inputs: readonly Meta[]): Shape {
  const { finds, inputs: count } = ALGORITHMS[algorithm]!;
  const [a, b] = inputs;
  if (
    !finds &&
    (!isFloating(a!.dtype as DType) || b && b.dtype !== a!.dtype)
  ) {
    throw new DTypeError(
      `Cannot ${algorithm} as lines must be floats of one dtype: got ${
        inputs.map((x) => x.dtype).join(" and ")
      }, cast them to float32 or float64`,
    );
  }
  if (
    inputs.length !== count || a!.shape.length === 0 ||
    b && !sameShape(a!.shape, b.shape)
  ) {
    throw new ShapeError(
      `Cannot ${algorithm} as it takes ${
        count === 1 ? "a tensor" : "two tensors of one shape"
      } with at least 1 dim: got ${
        inputs.map((x) => showShape(x.shape)).join(" and ")
      }`,
    );
  }
  return a!.shape;
}

const compute: HostRoutine = (memory, { shape, scalars }) => {
  const [index, n] = scalars as [number, number];
  const { inputs, run } = ALGORITHMS[names()[index]!]!;
  const size = shape[0]! * n;
  const a = memory.lend(1, size);
  const b = inputs === 2 ? memory.lend(2, size) : a;
  const out = memory.lend(0, size);
  run(out, n, a, b);
  memory.done(0, out);
};

type Context = RuleContext<LinesOp>;

/** Each element but the first one place to the left; then a constant. */
const leftOf = (x: Tensor, value = 0): Tensor =>
  x.narrow(-1, 1, x.shape[x.ndim - 1]! - 1).pad([0, 1], { value });

/** `y[j] = a[j] + b[j] y[j + 1]`. */
const backwards = (c: Context, a: Tensor, b: Tensor): Tensor =>
  c.apply({ name: "lines", algorithm: "recurrence" }, [a.flip(-1), b.flip(-1)])
    .flip(-1);

/**
 * Of `sum over i >= j of g[i] exp(x[j] - y[i])`: the sum from one y to the next
 * is a recurrence of factors up to 1, so that nothing overflows.
 */
function logcumsumexpGradient(g: Tensor, c: Context): Tensor {
  const y = c.output();
  // An element that is -∞ has no share of any sum.
  const share = (from: Tensor, to: Tensor) =>
    from.sub(to).maskedFill(from.eq(-Infinity), -Infinity).exp();
  const sums = backwards(c, g, share(y, leftOf(y, Infinity)));
  return share(c.operand(0), y).mul(sums);
}

type Rules = readonly (Rule<LinesOp> | null)[];

/** Those of Fourier transforms come with them. */
const LINES_GRADIENTS:
  & { [N in Exclude<LinesOp["algorithm"], FourierAlgorithm>]: Rules }
  & { [N in FourierAlgorithm]?: Rules } = {
    cumargmax: none,
    cumargmin: none,
    logcumsumexp: [
      /* @__PURE__ */ saving([0, "output"], logcumsumexpGradient),
    ],
    recurrence: [
      /* @__PURE__ */ saving(
        [1],
        (g, c) => backwards(c, g, leftOf(c.operand(1))),
      ),
      /* @__PURE__ */ saving([1, "output"], (g, c) => {
        const y = c.output();
        const before = y.narrow(-1, 0, y.shape[y.ndim - 1]! - 1).pad([1, 0]);
        return backwards(c, g, leftOf(c.operand(1))).mul(before);
      }),
    ],
  };

/** Algorithms along lines. */
export const LINES: Family<LinesOp> = {
  lines: {
    single: true,
    infer(op, inputs) {
      const shape = check(op, inputs);
      const { finds } = ALGORITHMS[op.algorithm]!;
      return [{ shape, dtype: finds ? "int32" : inputs[0]!.dtype }];
    },
    lower({ algorithm }, inputs, run, [result]) {
      const { shape, dtype } = result!;
      const out = run.allocate(shape, dtype);
      if (out.view.size === 0) return out;
      const length = shape[shape.length - 1]!;
      const all = [out, ...inputs.map((x) => denseOf(x, run))];
      const done = run.routine(
        "lines",
        [sizeOf(shape) / length],
        1,
        all,
        all.map(() => [0]),
        { algorithm: names().indexOf(algorithm), length },
      );
      for (const value of all.slice(1)) value.release();
      if (done) return out;
      out.release();
      return null;
    },
    decompose({ algorithm }, _, { backend }) {
      throw new DeviceError(
        `Cannot ${algorithm} on ${backend.name} as its memory cannot be read without waiting`,
      );
    },
    gradient: ({ algorithm }, p) => LINES_GRADIENTS[algorithm]?.[p] ?? null,
  },
};

let added = false;

/** Lets devices run algorithms along lines. */
export function addLines(): void {
  if (added) return;
  added = true;
  addPrimitives(LINES);
  addHostRoutine("lines", compute);
}

/** Adds algorithms that are linear, each with that of its gradient. */
export function addLinear(
  own: { readonly [N in FourierAlgorithm]: LineAlgorithm },
  transposes: { readonly [N in FourierAlgorithm]: FourierAlgorithm },
): void {
  addLines();
  Object.assign(ALGORITHMS, own);
  for (const name of Object.keys(own) as FourierAlgorithm[]) {
    const op: LinesOp = { name: "lines", algorithm: transposes[name] };
    LINES_GRADIENTS[name] = [saving([], (g, c) => c.apply(op, [g]))];
  }
}
