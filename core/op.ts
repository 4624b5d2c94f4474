/**
 * Primitives as data: an operation is a plain, serialisable object that holds
 * its name and parameters and no tensor. What it infers, its kernels and its
 * gradient stand beside its type, in the file of its family in `ops/`.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import type { AlongOp, ArgOp } from "./ops/along.ts";
import type {
  CastOp,
  CatOp,
  CopyOp,
  PlaceOp,
  PlaceSumOp,
  UpdateOp,
  UpdateProgram,
} from "./ops/assign.ts";
import type {
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
} from "./ops/convolve.ts";
import type { ArangeOp, EyeOp, FullOp, TriangleOp } from "./ops/create.ts";
import type { ElementwiseOp } from "./ops/elementwise.ts";
import type { Formula, MapOp, MapSumOp } from "./ops/formula.ts";
import type { GatherOp } from "./ops/gather.ts";
import type { LinalgOp } from "./ops/linalg.ts";
import type { LinesOp } from "./ops/lines.ts";
import type { LinearInt8Op } from "./ops/linear_int8.ts";
import type { MovementOp } from "./ops/movement.ts";
import type { MaxPool2dOp } from "./ops/pool.ts";
import type { Named } from "./ops/primitive.ts";
import type { LinearOp, MatmulOp } from "./ops/product.ts";
import type { DropoutOp, RandomOp } from "./ops/random.ts";
import type { LogSumExpOp, ReduceDims, ReduceOp } from "./ops/reduce.ts";
import type { ScatterOp } from "./ops/scatter.ts";
import type { SortOp } from "./ops/sort.ts";
import type { NormOp, VarianceOp } from "./ops/squares.ts";
import type { WindowParams } from "./ops/window.ts";
import type { Shape } from "./shape.ts";

/**
 * Any primitive with its parameters.
 *
 * @example The sum of all elements of a matrix
 * ```ts
 * import type { Op } from "@tenfold/core/backend";
 *
 * const op: Op = { name: "sum", dims: [0, 1], keepDim: false };
 * ```
 */
export type Op =
  | ElementwiseOp
  | MapOp
  | MapSumOp
  | ReduceOp
  | LogSumExpOp
  | NormOp
  | VarianceOp
  | AlongOp
  | ArgOp
  | SortOp
  | MovementOp
  | CastOp
  | CopyOp
  | PlaceOp
  | PlaceSumOp
  | CatOp
  | UpdateOp
  | FullOp
  | ArangeOp
  | EyeOp
  | TriangleOp
  | RandomOp
  | DropoutOp
  | MatmulOp
  | LinearOp
  | GatherOp
  | ScatterOp
  | LateOp;

/**
 * The primitives that are loaded when they are first used.
 *
 * @example One that is loaded when it is used
 * ```ts
 * import type { LateOp } from "@tenfold/core/backend";
 *
 * const op: LateOp = { name: "linalg", algorithm: "qr" };
 * ```
 */
export type LateOp = LinalgOp | LinearInt8Op | LinesOp | WindowOp;

/**
 * Convolutions and max pooling, which few programs use.
 *
 * @example A convolution
 * ```ts
 * import type { WindowOp } from "@tenfold/core/backend";
 *
 * const op: WindowOp = {
 *   name: "conv2d",
 *   stride: [2, 2],
 *   padding: [0, 0],
 *   dilation: [1, 1],
 *   groups: 1,
 * };
 * ```
 */
export type WindowOp = Conv2dOp | Conv2dInputOp | Conv2dWeightOp | MaxPool2dOp;

/**
 * The name of a primitive.
 *
 * @example A name
 * ```ts
 * import type { OpName } from "@tenfold/core/backend";
 *
 * const name: OpName = "matmul";
 * ```
 */
export type OpName = Op["name"];

/**
 * The op type (or types) that carry a name.
 *
 * @example The op of a name
 * ```ts
 * import type { OpOf } from "@tenfold/core/backend";
 *
 * const op: OpOf<"sort"> = { name: "sort", dim: 0, descending: false };
 * ```
 */
export type OpOf<N extends OpName> = Named<Op, N>;

/**
 * What is known of a tensor without its values.
 *
 * @example What is known of a matrix before it is computed
 * ```ts
 * import type { Meta } from "@tenfold/core/backend";
 *
 * const meta: Meta = { shape: [2, 3], dtype: "float32" };
 * ```
 */
export interface Meta {
  /** The extents. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
}

export type {
  AlongOp,
  ArangeOp,
  ArgOp,
  CastOp,
  CatOp,
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
  CopyOp,
  DropoutOp,
  ElementwiseOp,
  EyeOp,
  Formula,
  FullOp,
  GatherOp,
  LinalgOp,
  LinearInt8Op,
  LinearOp,
  LinesOp,
  LogSumExpOp,
  MapOp,
  MapSumOp,
  MatmulOp,
  MaxPool2dOp,
  MovementOp,
  Named,
  NormOp,
  PlaceOp,
  PlaceSumOp,
  RandomOp,
  ReduceDims,
  ReduceOp,
  ScatterOp,
  SortOp,
  TriangleOp,
  UpdateOp,
  UpdateProgram,
  VarianceOp,
  WindowParams,
};

/**
 * The op that is called `place` now.
 *
 * @deprecated Use {@linkcode PlaceOp}; this name works until 0.3.
 *
 * @example By its name of today
 * ```ts
 * import type { EmbedOp } from "@tenfold/core/backend";
 *
 * const op: EmbedOp = {
 *   name: "place",
 *   shape: [4],
 *   value: 0,
 *   windows: [],
 * };
 * ```
 */
export type EmbedOp = PlaceOp;

/**
 * One of the ops of scattering.
 *
 * @deprecated Use {@linkcode ScatterOp}; this name works until 0.3.
 *
 * @example Sums of groups of rows
 * ```ts
 * import type { ScatterAddOp } from "@tenfold/core/backend";
 *
 * const op: ScatterAddOp = { name: "scatterAdd", dim: 0 };
 * ```
 */
export type ScatterAddOp = OpOf<"scatterAdd">;
