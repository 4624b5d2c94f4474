/**
 * Products of matrices, distances and covariances.
 *
 * @module
 */
import {
  type DType,
  type FloatOf,
  floatOf,
  type NumberOf,
  type Promote,
} from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { expr } from "../expr/language.ts";
import { fused } from "../fused.ts";
import { checkNumber } from "../options.ts";
import {
  checkPlain,
  number,
  object,
  type PlainFields,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { checkTensor, type Tensor } from "../tensor.ts";
import { checkCall, numberLike } from "./call.ts";

const SCALES: PlainFields = { beta: number, alpha: number };
const NORM: PlainFields = { p: number };
const COV: PlainFields = {
  correction: number,
  fweights: object,
  aweights: object,
};

/** Checks the numbers of dims of matrices. */
function checkRanks(name: string, ndim: number, ...tensors: Tensor[]): void {
  if (tensors.every((x) => x.ndim === ndim)) return;
  throw new ShapeError(
    `Cannot ${name} as each operand must have ${ndim} dims: got ${
      tensors.map((x) => showShape(x.shape)).join(" and ")
    }, use matmul for others`,
  );
}

/**
 * The product of two matrices; {@linkcode Tensor.matmul} for others.
 *
 * @param a `[n, k]`.
 * @param b `[k, m]`.
 * @returns `[n, m]`.
 * @throws {ShapeError} If one is not a matrix, or their shapes do not match.
 * @example A row times a column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mm, tensor } from "@tenfold/tenfold";
 *
 * const y = mm(tensor([[1, 2]]), tensor([[3], [4]]));
 * assertEquals(await y.toArray(), [[11]]);
 * ```
 */
export function mm<D extends DType, E extends DType>(
  a: Tensor<D>,
  b: Tensor<E>,
): Tensor<NumberOf<Promote<D, E>>> {
  checkCall("mm", arguments, 2, a, b);
  checkRanks("mm", 2, a, b);
  return a.matmul(b);
}

/**
 * The products of matrices in two batches of one size.
 *
 * @param a `[batch, n, k]`.
 * @param b `[batch, k, m]`.
 * @returns `[batch, n, m]`.
 * @throws {ShapeError} If one does not have 3 dims, or their shapes do not
 * match.
 * @example One product
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bmm, tensor } from "@tenfold/tenfold";
 *
 * const y = bmm(tensor([[[1, 2]]]), tensor([[[3], [4]]]));
 * assertEquals(await y.toArray(), [[[11]]]);
 * ```
 */
export function bmm<D extends DType, E extends DType>(
  a: Tensor<D>,
  b: Tensor<E>,
): Tensor<NumberOf<Promote<D, E>>> {
  checkCall("bmm", arguments, 2, a, b);
  checkRanks("bmm", 3, a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `Cannot bmm as the batches must have one size: got ${
        showShape(a.shape)
      } and ${showShape(b.shape)}`,
    );
  }
  return a.matmul(b);
}

/**
 * Options of {@linkcode addmm} and {@linkcode baddbmm}.
 *
 * @example The product alone, halved
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addmm, type AddProductOptions, eye, zeros } from "@tenfold/tenfold";
 *
 * const options: AddProductOptions = { beta: 0, alpha: 0.5 };
 * const y = addmm(zeros([2, 2]), eye(2), eye(2), options);
 * assertEquals(await y.toArray(), [[0.5, 0], [0, 0.5]]);
 * ```
 */
export interface AddProductOptions {
  /** Factor of the first operand; 0 ignores it. @default {1} */
  readonly beta?: number;
  /** Factor of the product. @default {1} */
  readonly alpha?: number;
}

function addProduct(
  name: string,
  x: Tensor,
  product: () => Tensor,
  options: AddProductOptions,
): Tensor {
  checkPlain(SCALES, options, name);
  const { beta = 1, alpha = 1 } = options;
  return tidyNow(() => {
    const found = product();
    const scaled = alpha === 1 ? found : found.mul(alpha);
    if (beta === 0) return scaled;
    return scaled.add(beta === 1 ? x : x.mul(beta));
  });
}

/**
 * `beta * x + alpha * a @ b` of matrices; `x` broadcasts.
 *
 * @param options `beta` and `alpha`. @default {beta: 1, alpha: 1}
 * @throws {ShapeError} If they do not fit.
 * @example A linear layer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addmm, tensor } from "@tenfold/tenfold";
 *
 * const y = addmm(tensor([10]), tensor([[1, 2]]), tensor([[3], [4]]));
 * assertEquals(await y.toArray(), [[21]]);
 * ```
 */
export function addmm<D extends DType>(
  x: Tensor<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  options: AddProductOptions = {},
): Tensor<NumberOf<D>> {
  checkCall("addmm", arguments, 4, x, a, b);
  return addProduct("addmm", x, () => mm(a, b), options) as Tensor<
    NumberOf<D>
  >;
}

/**
 * `beta * x + alpha * a @ b` of batches of matrices; `x` broadcasts.
 *
 * @param options `beta` and `alpha`. @default {beta: 1, alpha: 1}
 * @throws {ShapeError} If they do not fit.
 * @example Scores beside a bias
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { baddbmm, tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([[[1, 2]]]);
 * const y = baddbmm(tensor([[[10]]]), a, tensor([[[3], [4]]]), { alpha: 2 });
 * assertEquals(await y.toArray(), [[[32]]]);
 * ```
 */
export function baddbmm<D extends DType>(
  x: Tensor<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  options: AddProductOptions = {},
): Tensor<NumberOf<D>> {
  checkCall("baddbmm", arguments, 4, x, a, b);
  return addProduct("baddbmm", x, () => bmm(a, b), options) as Tensor<
    NumberOf<D>
  >;
}

/**
 * The sum of the diagonal of a matrix.
 *
 * @throws {ShapeError} If it is not a matrix.
 * @example Two elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, trace } from "@tenfold/tenfold";
 *
 * assertEquals(await trace(tensor([[1, 2], [3, 4]])).item(), 5);
 * ```
 */
export function trace<D extends DType>(x: Tensor<D>): Tensor<NumberOf<D>> {
  checkCall("trace", arguments, 1, x);
  checkRanks("trace", 2, x);
  return tidyNow(() => x.diagonal().sum());
}

const { abs, eq, mul, select, sign, sqrt, sub, div } = expr;

const SQUARED = /* @__PURE__ */ fused("cdist", ([a, b]) => {
  const apart = sub(a, b);
  return mul(apart, apart);
});
const ABSOLUTE = /* @__PURE__ */ fused("cdist", ([a, b]) => {
  const apart = sub(a, b);
  const turn = sign(apart);
  return {
    value: abs(apart),
    gradients: (g) => [mul(g, turn), mul(g, sub(0, turn))],
  };
});
/** A root that is level at 0. */
const ROOT = /* @__PURE__ */ fused("cdist", ([x]) => {
  const root = sqrt(x);
  return {
    value: root,
    gradients: (
      g,
    ) => [select(eq(x, 0), 0, div(mul(0.5, g), root))],
  };
});

/**
 * The p-norm distance between each row of `a` and each row of `b`; its gradient
 * is 0 where they are equal. It is computed from differences, so that it stays
 * accurate for close rows.
 *
 * @param a `[..., n, d]`.
 * @param b `[..., m, d]`; leading dims broadcast.
 * @param options `p`, from 0 (the number of different elements) to Infinity
 * (the largest difference). @default {p: 2}
 * @returns `[..., n, m]`.
 * @throws {ShapeError} If there are fewer than 2 dims, or rows differ in length.
 * @throws {RangeError} If `p` is negative or NaN.
 * @example Points in a plane
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cdist, tensor } from "@tenfold/tenfold";
 *
 * const y = cdist(tensor([[0, 0]]), tensor([[3, 4], [0, 1]]));
 * assertEquals(await y.toArray(), [[5, 1]]);
 * ```
 */
export function cdist<D extends DType, E extends DType>(
  a: Tensor<D>,
  b: Tensor<E>,
  options: { p?: number } = {},
): Tensor<FloatOf<Promote<D, E>>> {
  checkCall("cdist", arguments, 3, a, b);
  checkPlain(NORM, options, "cdist");
  const { p = 2 } = options;
  if (!(checkNumber(p, "p", "cdist") >= 0)) {
    throw new RangeError(`Cannot cdist as p must not be negative: got ${p}`);
  }
  if (a.ndim < 2 || b.ndim < 2 || a.shape.at(-1) !== b.shape.at(-1)) {
    throw new ShapeError(
      `Cannot cdist as both must be rows of one length: got ${
        showShape(a.shape)
      } and ${showShape(b.shape)}`,
    );
  }
  return tidyNow(() => {
    const rows: Tensor[] = [a.unsqueeze(-2), b.unsqueeze(-3)];
    const dims = { dims: -1 };
    if (p === 1) return ABSOLUTE.sum(rows, dims);
    if (p === 2) return ROOT.map([SQUARED.sum(rows, dims)]);
    const apart = rows[0]!.cast(floatOf(rows[0]!.dtype)).sub(rows[1]!);
    return apart.norm(-1, { p });
  }) as Tensor<FloatOf<Promote<D, E>>>;
}

/**
 * Options of {@linkcode cov}.
 *
 * @example Divided by the number of observations
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cov, type CovOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: CovOptions = { correction: 0 };
 * assertEquals(await cov(tensor([1, 3]), options).item(), 1);
 * ```
 */
export interface CovOptions {
  /** Subtracted from the number of observations. @default {1} */
  readonly correction?: number;
  /** Frequency of each observation: int32. */
  readonly fweights?: Tensor;
  /** Weight of each observation. */
  readonly aweights?: Tensor;
}

/**
 * The covariances of variables.
 *
 * @param x Variables as rows, observations as columns; or the observations of
 * one variable.
 * @param options `correction`, and weights of the observations.
 * @default {correction: 1}
 * @returns A matrix; a 0-d tensor for one variable.
 * @throws {ShapeError} If `x` has more than 2 dims, or weights do not fit.
 * @example Of two variables
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cov, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[0, 1, 2], [2, 1, 0]]);
 * assertEquals(await cov(x).toArray(), [[1, -1], [-1, 1]]);
 * ```
 */
export function cov<D extends DType>(
  x: Tensor<D>,
  options: CovOptions = {},
): Tensor<FloatOf<D>> {
  checkCall("cov", arguments, 2, x);
  checkPlain(COV, options, "cov");
  const { correction = 1, fweights, aweights } = options;
  if (x.ndim > 2) {
    throw new ShapeError(
      `Cannot cov of more than 2 dims: got shape ${showShape(x.shape)}`,
    );
  }
  const count = x.ndim === 0 ? 1 : x.shape.at(-1)!;
  for (const weights of [fweights, aweights]) {
    if (weights === undefined) continue;
    checkTensor(weights, "the weights", "cov");
    if (weights.ndim === 1 && weights.size === count) continue;
    throw new ShapeError(
      `Cannot cov as there must be one weight for each observation: got shape ${
        showShape(weights.shape)
      } for ${count}`,
    );
  }
  return tidyNow(() => {
    const rows = (x.ndim === 2 ? x : x.reshape([1, count]))
      .cast(floatOf(x.dtype as DType));
    const weight = fweights && aweights
      ? fweights.mul(aweights)
      : fweights ?? aweights;
    const weighted = (y: Tensor) => weight ? y.mul(weight) : y;
    const total = weight ? weight.sum() : numberLike(x, count, rows.dtype);
    const centred = rows.sub(
      weighted(rows).sum(1, { keepDim: true }).div(total),
    );
    const taken = aweights
      ? weight!.mul(aweights).sum().div(total).mul(correction)
      : correction;
    const divisor = total.cast(rows.dtype).sub(taken).clamp({ min: 0 });
    const found = weighted(centred).matmul(centred.t()).div(divisor);
    return found.size === 1 ? found.reshape([]) : found;
  }) as Tensor<FloatOf<D>>;
}

/**
 * The correlations of variables, from -1 to 1.
 *
 * @param x Variables as rows, observations as columns; or the observations of
 * one variable.
 * @returns A matrix; a 0-d tensor for one variable.
 * @throws {ShapeError} If `x` has more than 2 dims.
 * @example Opposite variables
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { corrcoef, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[0, 1, 2], [4, 2, 0]]);
 * assertEquals(await corrcoef(x).toArray(), [[1, -1], [-1, 1]]);
 * ```
 */
export function corrcoef<D extends DType>(x: Tensor<D>): Tensor<FloatOf<D>> {
  checkCall("corrcoef", arguments, 1, x);
  return tidyNow(() => {
    const found: Tensor = cov(x);
    if (found.ndim === 0) return found.div(found);
    const deviation = found.diagonal().sqrt();
    return found.div(deviation.unsqueeze(1)).div(deviation)
      .clamp({ min: -1, max: 1 });
  }) as Tensor<FloatOf<D>>;
}
