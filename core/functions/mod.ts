/**
 * Functions of tensors, a family a file: what is not used is not bundled.
 * Everyday operations are methods of `Tensor`.
 *
 * @example Fill where a mask is true
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { maskedFill } from "@tenfold/core/functions";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, -2]);
 * assertEquals(await maskedFill(x, x.lt(0), 0).toArray(), [1, 0]);
 * ```
 *
 * @module
 */
export {
  type Alike,
  diag,
  diagEmbed,
  type DiagEmbedOptions,
  meshgrid,
  movedim,
  roll,
  rot90,
  type TriangleOptions,
  trilIndices,
  triuIndices,
  unflatten,
} from "./arrange.ts";
export {
  addcdiv,
  addcmul,
  copysign,
  floorDivide,
  fmod,
  lerp,
  logaddexp,
  nanToNum,
  type ScaleOptions,
} from "./arithmetic.ts";
export {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from "./bits.ts";
export {
  allClose,
  type CloseOptions,
  isClose,
  isInf,
  nanmean,
  nansum,
} from "./compare.ts";
export {
  bincount,
  type BincountOptions,
  bucketize,
  histogram,
  type HistogramOptions,
  type SearchOptions,
  searchsorted,
  type Unique,
  unique,
} from "./count.ts";
export {
  cummax,
  cummin,
  logcumsumexp,
  type ValuesAndIndices,
} from "./cumulative.ts";
export {
  abs_,
  ceil_,
  cos_,
  exp_,
  floor_,
  log_,
  neg_,
  reciprocal_,
  relu_,
  round_,
  rsqrt_,
  sigmoid_,
  sin_,
  sqrt_,
  square_,
  tanh_,
  trunc_,
} from "./elementwise_in_place.ts";
export {
  addcdiv_,
  addcmul_,
  cumprod_,
  cumsum_,
  floorDivide_,
  fmod_,
  lerp_,
  remainder_,
  tril_,
  triu_,
} from "./in_place.ts";
export {
  indexAdd_,
  indexCopy_,
  indexFill_,
  scatter_,
  scatterAdd_,
  scatterReduce_,
} from "./scatter_in_place.ts";
export {
  diff,
  type DiffOptions,
  hstack,
  repeatInterleave,
  vstack,
} from "./joined.ts";
export { cross, kron, tensordot } from "./multilinear.ts";
export {
  type Interpolation,
  kthvalue,
  median,
  mode,
  nanmedian,
  nanquantile,
  quantile,
  type QuantileOptions,
} from "./order.ts";
export {
  addmm,
  type AddProductOptions,
  baddbmm,
  bmm,
  cdist,
  corrcoef,
  cov,
  type CovOptions,
  mm,
  trace,
} from "./products.ts";
export {
  exponential_,
  gumbelSoftmax,
  type GumbelSoftmaxOptions,
  multinomial,
  normal,
  type NormalOptions,
} from "./random.ts";
export {
  indexAdd,
  indexCopy,
  indexFill,
  indexPut,
  indexPut_,
  type IndexPutOptions,
  maskedFill,
  maskedSelect,
  nonzero,
  scatter,
  scatterReduce,
  type ScatterReduction,
} from "./scatter.ts";
export { digamma, erfinv, lgamma, log10, sinc } from "./special.ts";
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cosh,
  sinh,
} from "./trigonometric.ts";
