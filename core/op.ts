/**
 * Primitives as data: an operation is a plain, serialisable object that holds
 * its name and parameters and no tensor. What it infers, how it is lowered to
 * kernels, its gradient and its reference meaning are tables keyed by name.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import type { ElementwiseName } from "./elementwise.ts";
import type { Expr } from "./expr.ts";
import type { AlongOp, ArgOp } from "./ops/along.ts";
import type { Named } from "./ops/primitive.ts";
import type { Shape } from "./shape.ts";

export type { AlongOp, ArgOp };

/**
 * An elementwise primitive. `operands` says which operands are numbers; the
 * `null`s are filled with the tensor inputs in order. Left out: all tensors.
 */
export interface ElementwiseOp {
  /** Which function. */
  readonly name: ElementwiseName;
  /** Numbers among the operands. */
  readonly operands?: readonly (number | null)[];
}

/** A change of dtype. */
export interface CastOp {
  /** Marks the primitive. */
  readonly name: "cast";
  /** The element type of the result. */
  readonly dtype: DType;
}

/** A fresh dense copy. */
export interface CopyOp {
  /** Marks the primitive. */
  readonly name: "copy";
}

/** The reductions over dims (sorted, non-negative) to one value each. */
export interface ReduceOp {
  /** Marks the primitive. */
  readonly name:
    | "sum"
    | "mean"
    | "prod"
    | "max"
    | "min"
    | "any"
    | "all"
    | "norm";
  /** The dims, sorted and not negative. */
  readonly dims: readonly number[];
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
}

/** Variance over dims, divided by `count - correction`. */
export interface VarianceOp {
  /** Marks the primitive. */
  readonly name: "variance";
  /** The dims, sorted and not negative. */
  readonly dims: readonly number[];
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
  /** What is subtracted from the count of elements. */
  readonly correction: number;
}

/** log(sum(exp(x))) over dims, computed stably. */
export interface LogSumExpOp {
  /** Marks the primitive. */
  readonly name: "logsumexp";
  /** The dims, sorted and not negative. */
  readonly dims: readonly number[];
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
}

/** Stable sort along a dim; gives values and int32 indices. */
export interface SortOp {
  /** Marks the primitive. */
  readonly name: "sort";
  /** The dim, not negative. */
  readonly dim: number;
  /** Whether the largest come first. */
  readonly descending: boolean;
}

/** The operations that only move: each makes a new view of its input. */
export type MovementOp =
  | { readonly name: "reshape"; readonly shape: Shape }
  | { readonly name: "permute"; readonly dims: readonly number[] }
  | { readonly name: "expand"; readonly shape: Shape }
  | {
    readonly name: "slice";
    readonly dim: number;
    readonly start: number;
    readonly length: number;
    readonly step: number;
  }
  | {
    readonly name: "unfold";
    readonly dim: number;
    readonly size: number;
    readonly step: number;
  }
  | {
    readonly name: "diagonal";
    readonly shift: number;
    readonly dim1: number;
    readonly dim2: number;
  };

/**
 * A tensor of `shape` filled with `value`, in which the view that `windows`
 * (movements applied in turn) shows holds the input. The transpose of those
 * movements; also padding.
 */
export interface EmbedOp {
  /** Marks the primitive. */
  readonly name: "embed";
  /** The extents of the result. */
  readonly shape: Shape;
  /** The number that fills it. */
  readonly value: number;
  /** Movements from the result to the place of the input. */
  readonly windows: readonly MovementOp[];
}

/**
 * The sum of several embeddings: a tensor of `shape` that holds 0, and to which
 * each input is added in the view that its windows (movements applied in turn)
 * show. Windows of one input do not overlap. The transpose of several views of
 * one tensor: their gradients come together in one buffer.
 */
export interface EmbedSumOp {
  /** Marks the primitive. */
  readonly name: "embedSum";
  /** The extents of the result. */
  readonly shape: Shape;
  /** For each input the movements from the result to its place. */
  readonly places: readonly (readonly MovementOp[])[];
}

/** Tensors behind each other along a dim. */
export interface CatOp {
  /** Marks the primitive. */
  readonly name: "cat";
  /** The dim, not negative. */
  readonly dim: number;
}

/** One value everywhere. */
export interface FullOp {
  /** Marks the primitive. */
  readonly name: "full";
  /** The extents of the result. */
  readonly shape: Shape;
  /** The number that fills it. */
  readonly value: number;
  /** The element type of the result. */
  readonly dtype: DType;
}

/** `start + i * step` for i from 0. */
export interface ArangeOp {
  /** Marks the primitive. */
  readonly name: "arange";
  /** The first number. */
  readonly start: number;
  /** The distance from one number to the next. */
  readonly step: number;
  /** How many numbers. */
  readonly length: number;
  /** The element type of the result. */
  readonly dtype: DType;
}

/** Ones on the diagonal. */
export interface EyeOp {
  /** Marks the primitive. */
  readonly name: "eye";
  /** The number of rows. */
  readonly rows: number;
  /** The number of columns. */
  readonly columns: number;
  /** The element type of the result. */
  readonly dtype: DType;
}

/** The lower or upper triangle of the last two dims; 0 elsewhere. */
export interface TriangleOp {
  /** Marks the primitive. */
  readonly name: "tril" | "triu";
  /** The diagonal at the edge: 0 the main one, above it positive. */
  readonly diagonal: number;
}

/**
 * Random numbers from Threefry-2x32 under `key`, counted by position.
 *
 * - `uniform`: from [low, high)
 * - `normal`: mean `low`, standard deviation `high`
 * - `integer`: whole numbers from [low, high)
 */
export interface RandomOp {
  /** Marks the primitive. */
  readonly name: "random";
  /** How the numbers are distributed. */
  readonly distribution: "uniform" | "normal" | "integer";
  /** The two words of the Threefry key. */
  readonly key: readonly [number, number];
  /** The lower end, or the mean. */
  readonly low: number;
  /** The upper end, or the standard deviation. */
  readonly high: number;
  /** The extents of the result. */
  readonly shape: Shape;
  /** The element type of the result. */
  readonly dtype: DType;
}

/** Zeroes elements with probability `p`, scales the others by 1 / (1 - p). */
export interface DropoutOp {
  /** Marks the primitive. */
  readonly name: "dropout";
  /** The probability of a zero. */
  readonly p: number;
  /** The two words of the Threefry key. */
  readonly key: readonly [number, number];
}

/** Batched matrix product of `[..., m, k]` and `[..., k, n]`, and a bias. */
export interface MatmulOp {
  /** Marks the primitive. */
  readonly name: "matmul";
}

/** `x wᵀ`, and a bias: x `[..., k]`, w `[n, k]`, bias `[n]`. */
export interface LinearOp {
  /** Marks the primitive. */
  readonly name: "linear";
}

/** The numbers of a 2-D convolution or pooling, `[height, width]` each. */
export interface WindowParams {
  /** Elements from one window to the next. */
  readonly stride: readonly [number, number];
  /** Elements added at each end of the input. */
  readonly padding: readonly [number, number];
  /** Elements from one tap of a window to the next. */
  readonly dilation: readonly [number, number];
}

/**
 * Cross-correlation of x `[n, c, h, w]` with a weight `[o, c / groups, kh, kw]`
 * and a bias `[o]`, if there is one: `[n, o, oh, ow]`.
 */
export interface Conv2dOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "conv2d";
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
}

/**
 * The gradient of a convolution by its input: from `[n, o, oh, ow]` and the
 * weight to `[n, c, h, w]`, with `size` as height and width.
 */
export interface Conv2dInputOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "conv2dInput";
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
  /** Height and width of the result. */
  readonly size: readonly [number, number];
}

/**
 * The gradient of a convolution by its weight: from x `[n, c, h, w]` and
 * `[n, o, oh, ow]` to `[o, c / groups, kh, kw]`, with `size` as kh and kw.
 */
export interface Conv2dWeightOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "conv2dWeight";
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
  /** Height and width of the kernel. */
  readonly size: readonly [number, number];
}

/**
 * The largest element of each window of the last two dims, and its position
 * (int32) in the plane of the input, counted in C order. Padding never wins.
 */
export interface MaxPool2dOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "maxPool2d";
  /** Height and width of a window. */
  readonly size: readonly [number, number];
  /** Whether windows may begin inside and end outside of the padded input. */
  readonly ceil: boolean;
}

/** Picks elements along a dim: `out[.., j] = x[.., index[.., j]]`. */
export interface GatherOp {
  /** Marks the primitive. */
  readonly name: "gather";
  /** The dim, not negative. */
  readonly dim: number;
}

/** Adds `src` into a copy of x at the places that `index` names. */
export interface ScatterAddOp {
  /** Marks the primitive. */
  readonly name: "scatterAdd";
  /** The dim, not negative. */
  readonly dim: number;
}

/**
 * Changes the first `targets` inputs in place, element by element: target `t`
 * becomes `program.exprs[t]` over all inputs, which have the target's shape or
 * broadcast to it.
 */
export interface UpdateOp {
  /** Marks the primitive. */
  readonly name: "update";
  /** How many inputs are changed. */
  readonly targets: number;
  /** The new values. */
  readonly program: UpdateProgram;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
}

/** The expressions of an update, made once and used for every step. */
export interface UpdateProgram {
  /** What to call it in messages. */
  readonly label: string;
  /** The dtype of every input, targets first. */
  readonly inputs: readonly DType[];
  /** The new value of each target, in the target's dtype. */
  readonly exprs: readonly Expr[];
}

/**
 * A formula over all inputs, which broadcast to the shape of the result. The
 * way to run several elementwise steps as one kernel.
 */
export interface MapOp {
  /** Marks the primitive. */
  readonly name: "map";
  /** What is computed for each element. */
  readonly formula: Formula;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
}

/**
 * The sum over dims of what a map would give, divided by `divisor`, as one
 * kernel. The formula may not use positions.
 */
export interface MapSumOp {
  /** Marks the primitive. */
  readonly name: "mapSum";
  /** What is computed for each element. */
  readonly formula: Formula;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
  /** The dims, sorted and not negative. */
  readonly dims: readonly number[];
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
  /** What the sum is divided by. */
  readonly divisor: number;
}

/** One element of a result, made once and used for every call. */
export interface Formula {
  /** What to call it in messages. */
  readonly label: string;
  /** The dtype of every input. */
  readonly inputs: readonly DType[];
  /** How many run-time scalars it takes. */
  readonly scalars: number;
  /** The value; positions count along the dims of the result. */
  readonly expr: Expr;
  /**
   * The gradient by each input, or null where it has none, in terms of the
   * inputs and, as the one behind them, the gradient of the value. Left out:
   * derived from the value.
   */
  readonly gradients?: readonly (Expr | null)[];
}

/** Any primitive with its parameters. */
export type Op =
  | ElementwiseOp
  | CastOp
  | CopyOp
  | ReduceOp
  | VarianceOp
  | AlongOp
  | LogSumExpOp
  | ArgOp
  | SortOp
  | MovementOp
  | EmbedOp
  | EmbedSumOp
  | CatOp
  | FullOp
  | ArangeOp
  | EyeOp
  | TriangleOp
  | RandomOp
  | DropoutOp
  | MatmulOp
  | LinearOp
  | Conv2dOp
  | Conv2dInputOp
  | Conv2dWeightOp
  | MaxPool2dOp
  | GatherOp
  | ScatterAddOp
  | MapOp
  | MapSumOp
  | UpdateOp;

/** The name of a primitive. */
export type OpName = Op["name"];

/** The op type (or types) that carry a name. */
export type OpOf<N extends OpName> = Named<Op, N>;

/** What is known of a tensor without its values. */
export interface Meta {
  /** The extents. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
}
