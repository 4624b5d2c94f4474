/**
 * Kernels: what a backend is asked to prepare. A kernel carries dtypes, ranks
 * and densities but no extents, so one prepared kernel serves every shape.
 *
 * @module
 */
import type { ComputeDType, DType } from "./dtype.ts";
import type { Expr } from "./expr/expr.ts";

/**
 * How an operand lies along the loop, as a promise that lets a backend skip
 * its strides (which are passed all the same):
 *
 * - `dense`: element `i` of the loop (in C order) is at `offset + i`
 * - `uniform`: every position reads the one element at `offset`
 * - `row`: the innermost stride is 1, the outer ones are free
 * - `splat`: the innermost stride is 0, the outer ones are free
 * - `strided`: nothing is promised; strides may be 0 or negative
 *
 * @example Elements one after the other
 * ```ts
 * import type { Access } from "@tenfold/core/backend";
 *
 * const access: Access = "dense";
 * ```
 */
export type Access = "dense" | "uniform" | "row" | "splat" | "strided";

/**
 * One operand of a kernel.
 *
 * @example A float32 operand that is read in order
 * ```ts
 * import type { Slot } from "@tenfold/core/backend";
 *
 * const slot: Slot = { dtype: "float32", access: "dense" };
 * ```
 */
export interface Slot {
  /** The element type in memory. */
  readonly dtype: DType;
  /** How it lies along the loop. */
  readonly access: Access;
}

/**
 * Computes outputs element by element; every output has its expression.
 *
 * @example Twice each element
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { arg, type MapKernel } from "@tenfold/core/backend";
 *
 * const kernel: MapKernel = {
 *   kind: "map",
 *   rank: 1,
 *   outputs: [{ dtype: "float32", access: "dense" }],
 *   inputs: [{ dtype: "float32", access: "dense" }],
 *   exprs: [expr.mul(arg(0, "float32"), 2)],
 *   scalars: 0,
 * };
 * ```
 */
export interface MapKernel {
  /** Marks a map. */
  readonly kind: "map";
  /** Number of loop dims, 1 where everything is dense or uniform. */
  readonly rank: number;
  /** Where results go. An output may share a buffer with an input. */
  readonly outputs: readonly Slot[];
  /** What is read. */
  readonly inputs: readonly Slot[];
  /** The value of each output; its dtype is the output's. */
  readonly exprs: readonly Expr[];
  /** Number of run-time scalars of a call. */
  readonly scalars: number;
}

/**
 * How a reduction combines two values. `sum` and `prod` of int32 wrap.
 *
 * @example The largest value
 * ```ts
 * import type { Combine } from "@tenfold/core/backend";
 *
 * const combine: Combine = "max";
 * ```
 */
export type Combine = "sum" | "prod" | "max" | "min";

/**
 * Reduces the value of `element` over the reduced dims of the loop. The loop's
 * shape is the kept dims (`rank` of them) followed by the reduced ones
 * (`reducedRank`). The output is dense over the kept dims. `max` and `min`
 * give NaN when any value is NaN; an empty reduction gives the identity (0, 1, -∞
 * or the smallest integer, ∞ or the largest integer).
 *
 * @example The sum of all elements
 * ```ts
 * import { accumulator, arg, type ReduceKernel } from "@tenfold/core/backend";
 *
 * const kernel: ReduceKernel = {
 *   kind: "reduce",
 *   rank: 1,
 *   reducedRank: 1,
 *   output: "float32",
 *   inputs: [{ dtype: "float32", access: "dense", kept: "uniform" }],
 *   element: arg(0, "float32"),
 *   combine: "sum",
 *   epilogue: accumulator("float32"),
 *   scalars: 0,
 * };
 * ```
 */
export interface ReduceKernel {
  /** Marks a reduction. */
  readonly kind: "reduce";
  /** Number of kept loop dims (at least 1; extent 1 for a full reduction). */
  readonly rank: number;
  /** Number of reduced loop dims (at least 1). */
  readonly reducedRank: number;
  /** Where the results go: always dense over the kept dims. */
  readonly output: DType;
  /**
   * What is read: `access` speaks of the reduced dims alone, `kept` of the
   * kept dims alone.
   */
  readonly inputs: readonly (Slot & { readonly kept: Access })[];
  /** The value that is reduced, over all loop dims. */
  readonly element: Expr;
  /** How values are combined. */
  readonly combine: Combine;
  /**
   * The output's element in terms of the accumulator, run-time scalars and
   * those inputs that are uniform along the reduced dims.
   */
  readonly epilogue: Expr;
  /** Number of run-time scalars of a call. */
  readonly scalars: number;
}

/**
 * The parameters of each routine, in the order of the scalars of a call.
 *
 * @example What sorting is told
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ROUTINE_PARAMETERS } from "@tenfold/core/backend";
 *
 * assertEquals(ROUTINE_PARAMETERS.sort, ["descending"]);
 * ```
 */
export const ROUTINE_PARAMETERS = {
  matmul: [],
  linearInt8: [],
  dotsInt8: [],
  gather: ["bound"],
  scatterAdd: ["bound"],
  scatterProd: ["bound"],
  scatterMax: ["bound"],
  scatterMin: ["bound"],
  argmax: [],
  argmin: [],
  sort: ["descending"],
  cumsum: [],
  cumprod: [],
  softmax: [],
  logSoftmax: [],
  conv2d: ["loose"],
  maxPool2d: [
    "height",
    "width",
    "strideHeight",
    "strideWidth",
    "dilationHeight",
    "dilationWidth",
    "paddingHeight",
    "paddingWidth",
  ],
  linalg: ["algorithm", "rows", "columns", "others", "first", "second"],
  lines: ["algorithm", "length"],
} as const;

/**
 * The named algorithms, each with the meaning of its loop. All loops have the
 * shape `[...rows, n]` with one stride per loop dim and buffer (0 where a
 * buffer does not vary), except matmul. Parameters come as the scalars of a
 * call, in the order of {@linkcode ROUTINE_PARAMETERS}.
 *
 * - `matmul`: loop `[...batch, m, n, k]`; buffers out, a, b and optionally
 *   bias; `out[b, m, n] = sum over k of a * b (+ bias)`. All of one dtype
 *   (float32, float64 or int32). `out` is dense over `[...batch, m, n]`.
 * - `linearInt8`: loop `[m, n, k]`; dense buffers out (`[m, n]`), x (`[m, k]`),
 *   w (int32, `[n, words]`), sums (int32, `[n]`), scales (`[n]`) and optionally
 *   bias (`[n]`), as the op of that name describes them. Prepared only after
 *   {@linkcode Backend.load}.
 * - `dotsInt8`: the sums of products of that op where a backend lacks the whole;
 *   loop `[m, n, k]`; dense buffers out (float32, `[m, n]`), x (float32, `[m,
 *   k]`, integers from -127 to 127) and w as above. Loaded with `linearInt8`.
 * - `gather`: buffers out, x, index (int32); `out[row, j] = x[row, index[row,
 *   j]]`; x's last stride is the one the index is multiplied with; `bound` is
 *   that of the index.
 * - `scatterAdd`: buffers out, index (int32), src; `out[row, index[row, j]] +=
 *   src[row, j]`, in order of j; `bound` is that of the index.
 * - `scatterProd`, `scatterMax`, `scatterMin`: likewise with `*=`, the larger
 *   and the smaller of both; NaN if either is.
 * - `argmax`, `argmin`: buffers out (int32, last stride 0), x; the first of
 *   several equal ones; NaN wins.
 * - `sort`: buffers values, indices (int32), x; stable, ascending, NaN last;
 *   with `descending` = 1 descending, NaN first. Outputs are dense.
 * - `cumsum`, `cumprod`: buffers out, x; running sum or product along the last
 *   loop dim.
 * - `softmax`, `logSoftmax`: buffers out, x; along the last loop dim.
 *
 * Two more have loops of their own:
 *
 * - `conv2d`: loop `[b, g, m, y, x, c, i, j]`; buffers out, in, filter and
 *   optionally bias; `out[b, g, m, y, x] = sum over c, i, j of in * filter
 *   (+ bias)`. in does not vary along m; filter varies along g, m, c, i and j
 *   alone; bias along g and m alone. Strides may be negative. Every element
 *   that the loop visits exists: padding was added before. It is a matrix
 *   product per g of `[m, (c, i, j)]` and `[(c, i, j), (b, y, x)]` in which the
 *   offset of an element of in is a sum of one part for its row and one for its
 *   column; it also computes both gradients of a convolution, with other
 *   extents in the same places. All of one dtype (float32 or float64). With
 *   `loose` = 1 errors may be larger, as `setFloat32Precision` says of "high".
 * - `maxPool2d`: loop `[row, y, x, i, j]`; buffers values, indices (int32), in;
 *   the largest element of in over i and j and its position `h * width + w` in
 *   its plane, where `h = y * strideHeight + i * dilationHeight - paddingHeight`
 *   and `w` likewise. Positions outside of the plane of `height` by `width` do
 *   not count (in's offset and strides may point
 *   outside there). The first of several equal ones; NaN wins. Outputs are
 *   dense over `[row, y, x]`.
 *
 * Two more are core's own, which no backend needs to have:
 *
 * - `linalg`: loop `[batch]`; buffers out, a and for some algorithms b, all
 *   dense and of one dtype (float32 or float64), which hold a matrix (or what
 *   is made of it) for each of the batch. Core computes it wherever a backend
 *   is read without waiting.
 * - `lines`: loop `[lines]`; buffers out, a and for some algorithms b, all
 *   dense, of `length` elements for each line; computed likewise.
 *
 * @example A name
 * ```ts
 * import type { RoutineName } from "@tenfold/core/backend";
 *
 * const name: RoutineName = "matmul";
 * ```
 */
export type RoutineName = keyof typeof ROUTINE_PARAMETERS;

/**
 * The name of a parameter of a routine.
 *
 * @example The parameter of sorting
 * ```ts
 * import type { RoutineParameter } from "@tenfold/core/backend";
 *
 * const parameter: RoutineParameter<"sort"> = "descending";
 * ```
 */
export type RoutineParameter<N extends RoutineName> =
  (typeof ROUTINE_PARAMETERS)[N][number];

/**
 * The parameters of a routine by name.
 *
 * @example A descending sort
 * ```ts
 * import type { RoutineParameters } from "@tenfold/core/backend";
 *
 * const parameters: RoutineParameters<"sort"> = { descending: 1 };
 * ```
 */
export type RoutineParameters<N extends RoutineName> = {
  readonly [P in RoutineParameter<N>]: number;
};

/**
 * One parameter of a call of a routine.
 *
 * @example Whether a sort is descending
 * ```ts
 * import { call, type KernelCall, parameterOf } from "@tenfold/core/backend";
 *
 * function descends(call: KernelCall): boolean {
 *   return parameterOf("sort", "descending", call) !== 0;
 * }
 * ```
 */
export function parameterOf<N extends RoutineName>(
  routine: N,
  parameter: RoutineParameter<N>,
  { scalars }: KernelCall,
): number {
  const names: readonly string[] = ROUTINE_PARAMETERS[routine];
  return scalars[names.indexOf(parameter)]!;
}

/**
 * Number of dims that a product sums over: the last ones of its loop.
 *
 * @example The dims that a convolution sums over
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SUMMED_DIMS } from "@tenfold/core/backend";
 *
 * assertEquals(SUMMED_DIMS.conv2d, 3);
 * ```
 */
export const SUMMED_DIMS: Readonly<Partial<Record<RoutineName, number>>> = {
  matmul: 1,
  conv2d: 3,
};

/**
 * The epilogue of a product, whose values are stored in place of the results.
 *
 * @example ReLU of a product
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { accumulator, type Epilogue } from "@tenfold/core/backend";
 *
 * const epilogue: Epilogue = {
 *   inputs: 2,
 *   exprs: [expr.max(accumulator("float32"), 0)],
 * };
 * ```
 */
export interface Epilogue {
  /** Number of inputs of the product itself: the first ones. */
  readonly inputs: number;
  /**
   * The value of each output in terms of the result (the accumulator), of the
   * inputs behind those of the product, which do not vary along what is summed,
   * and of run-time scalars, which follow the parameters. An input may share the
   * buffer of an output where it is read where that is written.
   */
  readonly exprs: readonly Expr[];
}

/**
 * A named algorithm over strided operands.
 *
 * @example A sort of floats
 * ```ts
 * import type { RoutineKernel } from "@tenfold/core/backend";
 *
 * const kernel: RoutineKernel = {
 *   kind: "routine",
 *   name: "sort",
 *   rank: 1,
 *   outputs: ["float32", "int32"],
 *   inputs: ["float32"],
 * };
 * ```
 */
export interface RoutineKernel<D extends DType = ComputeDType> {
  /** Marks a routine. */
  readonly kind: "routine";
  /** Which algorithm. */
  readonly name: RoutineName;
  /** Number of loop dims. */
  readonly rank: number;
  /** Dtype of each output, in the order of the buffers. */
  readonly outputs: readonly D[];
  /** Dtype of each input, in the order of the buffers. */
  readonly inputs: readonly D[];
  /** Of a product that {@linkcode Backend.epilogues} names; left out: none. */
  readonly epilogue?: Epilogue | undefined;
}

/**
 * Anything a backend can be asked to prepare.
 *
 * @example What kind of kernel it is
 * ```ts
 * import type { Kernel } from "@tenfold/core/backend";
 *
 * function isRoutine(kernel: Kernel): boolean {
 *   return kernel.kind === "routine";
 * }
 * ```
 */
export type Kernel = MapKernel | ReduceKernel | RoutineKernel;

/**
 * The arguments of one run of a prepared kernel.
 *
 * @example The number of positions of a loop
 * ```ts
 * import type { KernelCall } from "@tenfold/core/backend";
 *
 * function positionsIn({ shape }: KernelCall): number {
 *   return shape.reduce((product, extent) => product * extent, 1);
 * }
 * ```
 */
export interface KernelCall {
  /** The extents of the loop; no extent is 0, except reduced ones. */
  readonly shape: readonly number[];
  /** Outputs, then inputs, as the backend allocated them. */
  readonly buffers: readonly Buffer[];
  /** Where each buffer's view begins, in elements. */
  readonly offsets: readonly number[];
  /** For each buffer one stride a loop dim, in elements. */
  readonly strides: readonly (readonly number[])[];
  /** The run-time scalars. */
  readonly scalars: readonly number[];
}

/**
 * A backend's own handle of allocated memory; core never looks inside.
 *
 * @example The memory of a backend that uses typed arrays
 * ```ts
 * import type { Buffer } from "@tenfold/core/backend";
 *
 * const buffer: Buffer = new Float32Array(4);
 * ```
 */
export type Buffer = unknown;

/**
 * A prepared kernel: runs (or enqueues) one call.
 *
 * @example A kernel that writes zeros
 * ```ts
 * import type { Launch } from "@tenfold/core/backend";
 *
 * const clear: Launch = ({ buffers: [out] }) => {
 *   (out as Float32Array).fill(0);
 * };
 * ```
 */
export type Launch = (call: KernelCall) => void;

/**
 * A call that is made again and again, by a plan of many.
 *
 * @example Whether a call is the same at every run
 * ```ts
 * import type { RepeatedCall } from "@tenfold/core/backend";
 *
 * function isFixed({ changes }: RepeatedCall): boolean {
 *   return !changes;
 * }
 * ```
 */
export interface RepeatedCall {
  /** The operation, as in errors. */
  readonly label: string;
  /** The prepared kernel. */
  readonly launch: Launch;
  /** Its arguments; buffers, offsets and scalars may change between runs. */
  readonly call: KernelCall;
  /** Whether they change at every run; else only before `rebind`. */
  readonly changes: boolean;
  /**
   * Whether something happens right before it that must not happen where an
   * earlier call refuses its values. In a group it happens before all of it.
   */
  readonly waits: boolean;
}

/**
 * Calls that follow one another, joined.
 *
 * @example The calls of a group, counted
 * ```ts
 * import type { CallGroup } from "@tenfold/core/backend";
 *
 * function total(groups: readonly CallGroup[]): number {
 *   return groups.reduce((sum, { count }) => sum + count, 0);
 * }
 * ```
 */
export interface CallGroup {
  /** The first of them. */
  readonly begin: number;
  /** Number of calls. */
  readonly count: number;
  /** Makes all of them, with the arguments that they have now. */
  run(): void;
  /** Told that arguments have changed that do not change at every run. */
  rebind?(): void;
  /** Gives back what it holds. */
  dispose?(): void;
}
