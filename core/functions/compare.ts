/**
 * Tests of elements, and reductions that pass over NaN.
 *
 * @module
 */
import {
  type DType,
  type FloatOf,
  isFloating,
  type NumberOf,
} from "../dtype.ts";
import { expr } from "../expr/language.ts";
import { checkNumber } from "../options.ts";
import {
  checkPlain,
  flag,
  number,
  type PlainFields,
} from "../plain_options.ts";
import { tidy, tidyNow } from "../scope.ts";
import type { Dims, KeepDim, Tensor } from "../tensor.ts";
import { checkCall, elementwise } from "./call.ts";

/**
 * Options of {@linkcode isClose} and {@linkcode allClose}.
 *
 * @example To three digits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { allClose, type CloseOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: CloseOptions = { rtol: 1e-3, equalNan: true };
 * const close = allClose(tensor([1, NaN]), tensor([1.0005, NaN]), options);
 * assertEquals(await close, true);
 * ```
 */
export interface CloseOptions {
  /** Relative tolerance. @default {1e-5} */
  readonly rtol?: number;
  /** Absolute tolerance. @default {1e-8} */
  readonly atol?: number;
  /** Whether NaN is close to NaN. @default {false} */
  readonly equalNan?: boolean;
}

/** Checks the tolerances, and gives them with their defaults. */
function tolerancesOf(
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions,
  operation: string,
): Required<CloseOptions> {
  for (const [name, value] of Object.entries({ rtol, atol })) {
    if (checkNumber(value, name, operation) >= 0) continue;
    throw new RangeError(
      `Cannot ${operation} as ${name} must not be negative: got ${value}`,
    );
  }
  return { rtol, atol, equalNan };
}

const CLOSE: PlainFields = { rtol: number, atol: number, equalNan: flag };

/**
 * Whether elements are infinite.
 *
 * @param x A tensor of any shape.
 * @returns A bool tensor of the same shape.
 * @example Either infinity
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isInf, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, -Infinity, NaN]);
 * assertEquals(await isInf(x).toArray(), [false, true, false]);
 * ```
 */
export function isInf(x: Tensor): Tensor<"bool"> {
  checkCall("isInf", arguments, 1, x);
  return tidyNow(() => x.isFinite().logicalOr(x.isNan()).logicalNot());
}

/**
 * Whether `|x - other| <= atol + rtol * |other|`, or both are equal; both are
 * broadcast.
 *
 * @param options `rtol`, `atol` and `equalNan`.
 * @default {rtol: 1e-5, atol: 1e-8, equalNan: false}
 * @returns A bool tensor of the common shape.
 * @throws {RangeError} If a tolerance is negative or NaN.
 * @example Nearly equal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isClose, tensor } from "@tenfold/tenfold";
 *
 * const near = isClose(tensor([1, 1]), tensor([1.000001, 1.1]));
 * assertEquals(await near.toArray(), [true, false]);
 * ```
 */
export function isClose(
  x: Tensor,
  other: Tensor,
  options: CloseOptions = {},
): Tensor<"bool"> {
  checkCall("isClose", arguments, 3, x, other);
  checkPlain(CLOSE, options, "isClose");
  const { rtol, atol, equalNan } = tolerancesOf(options, "isClose");
  return tidyNow(() => {
    const apart = minus(x, other).abs();
    const allowed = other.abs().mul(rtol).add(atol);
    const near = apart.le(allowed).logicalAnd(apart.isFinite());
    const same = x.eq(other).logicalOr(near);
    return equalNan
      ? same.logicalOr(x.isNan().logicalAnd(other.isNan()))
      : same;
  });
}

/** Bools have no difference. */
function minus(x: Tensor, other: Tensor): Tensor {
  const wide = (y: Tensor) => y.dtype === "bool" ? y.cast("int32") : y;
  return wide(x).sub(wide(other));
}

/**
 * Whether {@linkcode isClose} holds for all elements.
 *
 * @param options `rtol`, `atol` and `equalNan`.
 * @default {rtol: 1e-5, atol: 1e-8, equalNan: false}
 * @throws {RangeError} If a tolerance is negative or NaN.
 * @example Nearly equal
 * ```ts
 * import { assert } from "@std/assert";
 * import { allClose, tensor } from "@tenfold/tenfold";
 *
 * assert(await allClose(tensor([1, 2]), tensor([1, 2.000001])));
 * ```
 */
export async function allClose(
  x: Tensor,
  other: Tensor,
  options: CloseOptions = {},
): Promise<boolean> {
  checkCall("allClose", arguments, 3, x, other);
  return await tidy(async () =>
    await isClose(x, other, options).all().item() === 1
  );
}

const KEEP: PlainFields = { keepDim: flag };
const { eq, select } = expr;
/** NaN as 0. */
const KNOWN = /* @__PURE__ */ elementwise(
  "nansum",
  (x) => select(eq(x!, x!), x!, 0),
);
/** The sum of what is not NaN, as one kernel. */
const sumKnown = (x: Tensor, dims?: Dims, options?: KeepDim): Tensor =>
  isFloating(x.dtype)
    ? KNOWN.sum([x], { ...options, ...(dims !== undefined && { dims }) })
    : x.sum(dims, options);

/**
 * The sum over dims of elements that are not NaN.
 *
 * @param dim The dims. @default {all}
 * @param options `keepDim`. @default {keepDim: false}
 * @example NaN counts as 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nansum, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await nansum(tensor([1, NaN, 2])).item(), 3);
 * ```
 */
export function nansum<D extends DType>(
  x: Tensor<D>,
  dim?: Dims,
  options?: KeepDim,
): Tensor<NumberOf<D>> {
  checkCall("nansum", arguments, 3, x);
  checkPlain(KEEP, options, "nansum");
  return sumKnown(x, dim, options) as Tensor<NumberOf<D>>;
}

/**
 * The mean over dims of elements that are not NaN; NaN if all are.
 *
 * @param dim The dims. @default {all}
 * @param options `keepDim`. @default {keepDim: false}
 * @example Only what is there counts
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nanmean, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await nanmean(tensor([1, NaN, 2])).item(), 1.5);
 * ```
 */
export function nanmean<D extends DType>(
  x: Tensor<D>,
  dim?: Dims,
  options?: KeepDim,
): Tensor<FloatOf<D>> {
  checkCall("nanmean", arguments, 3, x);
  checkPlain(KEEP, options, "nanmean");
  return tidyNow(() => {
    const count = x.isNan().logicalNot().sum(dim, options);
    return sumKnown(x, dim, options).div(count) as Tensor<FloatOf<D>>;
  });
}
