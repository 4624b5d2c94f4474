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
import type { Shape } from "./shape.ts";

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
  readonly name: "cast";
  readonly dtype: DType;
}

/** A fresh dense copy. */
export interface CopyOp {
  readonly name: "copy";
}

/** The reductions over dims (sorted, non-negative) to one value each. */
export interface ReduceOp {
  readonly name:
    | "sum"
    | "mean"
    | "prod"
    | "max"
    | "min"
    | "any"
    | "all"
    | "norm";
  readonly dims: readonly number[];
  readonly keepDim: boolean;
}

/** Variance over dims, divided by `count - correction`. */
export interface VarianceOp {
  readonly name: "variance";
  readonly dims: readonly number[];
  readonly keepDim: boolean;
  readonly correction: number;
}

/** Operations along one dim that keep the shape. */
export interface AlongOp {
  readonly name: "softmax" | "logSoftmax" | "cumsum";
  readonly dim: number;
}

/** log(sum(exp(x))) over dims, computed stably. */
export interface LogSumExpOp {
  readonly name: "logsumexp";
  readonly dims: readonly number[];
  readonly keepDim: boolean;
}

/** The position of the first largest or smallest element along a dim. */
export interface ArgOp {
  readonly name: "argmax" | "argmin";
  readonly dim: number;
  readonly keepDim: boolean;
}

/** Stable sort along a dim; gives values and int32 indices. */
export interface SortOp {
  readonly name: "sort";
  readonly dim: number;
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
  readonly name: "embed";
  readonly shape: Shape;
  readonly value: number;
  readonly windows: readonly MovementOp[];
}

/** Tensors behind each other along a dim. */
export interface CatOp {
  readonly name: "cat";
  readonly dim: number;
}

/** One value everywhere. */
export interface FullOp {
  readonly name: "full";
  readonly shape: Shape;
  readonly value: number;
  readonly dtype: DType;
}

/** `start + i * step` for i from 0. */
export interface ArangeOp {
  readonly name: "arange";
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly dtype: DType;
}

/** Ones on the diagonal. */
export interface EyeOp {
  readonly name: "eye";
  readonly rows: number;
  readonly columns: number;
  readonly dtype: DType;
}

/** The lower or upper triangle of the last two dims; 0 elsewhere. */
export interface TriangleOp {
  readonly name: "tril" | "triu";
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
  readonly name: "random";
  readonly distribution: "uniform" | "normal" | "integer";
  readonly key: readonly [number, number];
  readonly low: number;
  readonly high: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Zeroes elements with probability `p`, scales the others by 1 / (1 - p). */
export interface DropoutOp {
  readonly name: "dropout";
  readonly p: number;
  readonly key: readonly [number, number];
}

/** Batched matrix product of `[..., m, k]` and `[..., k, n]`, and a bias. */
export interface MatmulOp {
  readonly name: "matmul";
}

/** `x wᵀ`, and a bias: x `[..., k]`, w `[n, k]`, bias `[n]`. */
export interface LinearOp {
  readonly name: "linear";
}

/** Picks elements along a dim: `out[.., j] = x[.., index[.., j]]`. */
export interface GatherOp {
  readonly name: "gather";
  readonly dim: number;
}

/** Adds `src` into a copy of x at the places that `index` names. */
export interface ScatterAddOp {
  readonly name: "scatterAdd";
  readonly dim: number;
}

/**
 * Changes the first `targets` inputs in place, element by element: target `t`
 * becomes `program.exprs[t]` over all inputs, which have the target's shape or
 * broadcast to it.
 */
export interface UpdateOp {
  readonly name: "update";
  readonly targets: number;
  readonly program: UpdateProgram;
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
  readonly name: "map";
  readonly formula: Formula;
  readonly scalars: readonly number[];
}

/**
 * The sum over dims of what a map would give, divided by `divisor`, as one
 * kernel. The formula may not use positions.
 */
export interface MapSumOp {
  readonly name: "mapSum";
  readonly formula: Formula;
  readonly scalars: readonly number[];
  readonly dims: readonly number[];
  readonly keepDim: boolean;
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
  | CatOp
  | FullOp
  | ArangeOp
  | EyeOp
  | TriangleOp
  | RandomOp
  | DropoutOp
  | MatmulOp
  | LinearOp
  | GatherOp
  | ScatterAddOp
  | MapOp
  | MapSumOp
  | UpdateOp;

/** The name of a primitive. */
export type OpName = Op["name"];

/** The op type (or types) that carry a name. */
export type OpOf<N extends OpName> = Op extends infer O
  ? O extends { readonly name: infer M } ? N extends M ? O : never : never
  : never;

/** What is known of a tensor without its values. */
export interface Meta {
  /** The extents. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
}
