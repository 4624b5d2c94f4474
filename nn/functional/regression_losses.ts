import { fused, type Tensor } from "@tenfold/core";
import { call, constant, type Expr } from "@tenfold/core/backend";
import * as z from "../_zod.ts";
import {
  checkOptions,
  nonNegative,
  positiveNumber,
  type Reduction,
  reduction,
} from "../_options.ts";
import { reduceLoss, requireSameShape } from "./_reduce.ts";

/**
 * Options that all losses have.
 *
 * @example The sum of the losses
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.ReductionOptions = { reduction: "sum" };
 * const loss = nn.functional.l1Loss(tensor([1, 2]), tensor([0, 0]), options);
 * assertEquals(await loss.item(), 3);
 * ```
 */
export interface ReductionOptions {
  /**
   * `"mean"` or `"sum"` of the losses of all elements, or `"none"` for the
   * loss of each element.
   *
   * @default {"mean"}
   */
  readonly reduction?: Reduction;
}

const schema = () => z.strictObject({ reduction: z.optional(reduction) });

const difference = (a: Expr, b: Expr): Expr => call("sub", a, b);

const squaredError = /* @__PURE__ */ fused("mseLoss", ([x, y]) => {
  const error = difference(x, y);
  return call("mul", error, error);
});

/**
 * The squared error, averaged by default.
 *
 * @param input Predictions; int32 and bool are treated as float32.
 * @param target Of the shape of the predictions. int32 and bool are cast to the
 * dtype of the predictions.
 * @param options `reduction`.
 * @throws {ShapeError} If the shapes differ.
 * @example The mean of 1 and 9
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.mseLoss(tensor([1, 2]), tensor([2, 5]));
 * assertEquals(await loss.item(), 5);
 * ```
 */
export function mseLoss(
  input: Tensor,
  target: Tensor,
  options?: ReductionOptions,
): Tensor {
  checkOptions(schema, options, "take the mseLoss", arguments.length - 3);
  requireSameShape("mseLoss", input, target);
  const { reduction = "mean" } = options ?? {};
  return reduceLoss(squaredError, [input, target], reduction, input.size);
}

const absoluteError = /* @__PURE__ */ fused(
  "l1Loss",
  ([x, y]) => call("abs", difference(x, y)),
);

/**
 * The absolute error, averaged by default.
 *
 * @param input Predictions; int32 and bool are treated as float32.
 * @param target Of the shape of the predictions. int32 and bool are cast to the
 * dtype of the predictions.
 * @param options `reduction`.
 * @throws {ShapeError} If the shapes differ.
 * @example The mean of 1 and 3
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.l1Loss(tensor([1, 2]), tensor([2, 5]));
 * assertEquals(await loss.item(), 2);
 * ```
 */
export function l1Loss(
  input: Tensor,
  target: Tensor,
  options?: ReductionOptions,
): Tensor {
  checkOptions(schema, options, "take the l1Loss", arguments.length - 3);
  requireSameShape("l1Loss", input, target);
  const { reduction = "mean" } = options ?? {};
  return reduceLoss(absoluteError, [input, target], reduction, input.size);
}

/**
 * Options of {@linkcode huberLoss}.
 *
 * @example Linear from an error of 0.5 on
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.HuberLossOptions = { delta: 0.5 };
 * const loss = nn.functional.huberLoss(tensor([2]), tensor([0]), options);
 * assertEquals(await loss.item(), 0.875);
 * ```
 */
export interface HuberLossOptions extends ReductionOptions {
  /** Error at which the loss changes from quadratic to linear. @default {1} */
  readonly delta?: number;
}

const huberSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    delta: z.optional(positiveNumber),
  });

/** Scalar: delta. */
const huber = /* @__PURE__ */ fused("huberLoss", ([x, y], [delta]) => {
  const signed = difference(x, y);
  const error = call("abs", signed);
  const half = constant(0.5, error.dtype);
  return call(
    "select",
    call("lt", error, delta),
    // Not of the absolute value, whose slope at 0 would flatten the parabola.
    call("mul", half, call("mul", signed, signed)),
    call("mul", delta, call("sub", error, call("mul", half, delta))),
  );
}, { scalars: 1 });

/**
 * The Huber loss: half the squared error where the absolute error is at most
 * `delta`, else `delta * (|error| - delta / 2)`, which is less sensitive to
 * outliers than the squared error (Huber, 1964).
 *
 * @param input Predictions; int32 and bool are treated as float32.
 * @param target Of the shape of the predictions. int32 and bool are cast to the
 * dtype of the predictions.
 * @param options `reduction` and `delta`.
 * @throws {ShapeError} If the shapes differ.
 * @throws {RangeError} If `delta` is not positive.
 * @example Small errors are squared, large ones not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.huberLoss(
 *   zeros([2]),
 *   tensor([0.5, 3]),
 *   { reduction: "sum" },
 * );
 * assertEquals(await loss.item(), 2.625);
 * ```
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options?: HuberLossOptions,
): Tensor {
  checkOptions(
    huberSchema,
    options,
    "take the huberLoss",
    arguments.length - 3,
  );
  requireSameShape("huberLoss", input, target);
  const { reduction = "mean", delta = 1 } = options ?? {};
  const inputs = [input, target];
  return reduceLoss(huber, inputs, reduction, input.size, [delta]);
}

/**
 * Options of {@linkcode smoothL1Loss}.
 *
 * @example Linear from an error of 0.5 on
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.SmoothL1LossOptions = { beta: 0.5 };
 * const loss = nn.functional.smoothL1Loss(tensor([2]), tensor([0]), options);
 * assertEquals(await loss.item(), 1.75);
 * ```
 */
export interface SmoothL1LossOptions extends ReductionOptions {
  /** Error at which the loss changes from quadratic to linear. @default {1} */
  readonly beta?: number;
}

/** The schema of {@linkcode SmoothL1LossOptions}. */
export const smoothL1Schema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    beta: z.optional(nonNegative),
  });

/** Scalar: beta. */
const smoothed = /* @__PURE__ */ fused("smoothL1Loss", ([x, y], [beta]) => {
  const signed = difference(x, y);
  const error = call("abs", signed);
  const half = constant(0.5, error.dtype);
  return call(
    "select",
    call("lt", error, beta),
    call("div", call("mul", half, call("mul", signed, signed)), beta),
    call("sub", error, call("mul", half, beta)),
  );
}, { scalars: 1 });

/**
 * Half the squared error divided by `beta` where the absolute error is less
 * than `beta`, else `|error| - beta / 2`: {@linkcode huberLoss} divided by
 * `beta` (Girshick, 2015).
 *
 * @param input Predictions; int32 and bool are treated as float32.
 * @param target Of the shape of the predictions. int32 and bool are cast to the
 * dtype of the predictions.
 * @param options `reduction` and `beta`.
 * @throws {ShapeError} If the shapes differ.
 * @throws {RangeError} If `beta` is negative.
 * @example Small errors are squared, large ones not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.smoothL1Loss(
 *   zeros([2]),
 *   tensor([0.5, 3]),
 *   { reduction: "sum" },
 * );
 * assertEquals(await loss.item(), 2.625);
 * ```
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options?: SmoothL1LossOptions,
): Tensor {
  const operation = "take the smoothL1Loss";
  checkOptions(smoothL1Schema, options, operation, arguments.length - 3);
  requireSameShape("smoothL1Loss", input, target);
  const { reduction = "mean", beta = 1 } = options ?? {};
  const inputs = [input, target];
  return beta === 0
    ? reduceLoss(absoluteError, inputs, reduction, input.size)
    : reduceLoss(smoothed, inputs, reduction, input.size, [beta]);
}
