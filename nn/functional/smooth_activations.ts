import { fused, ShapeError, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import {
  checkCount,
  checkTensor,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, dim, finite } from "../_options.ts";

const mishOf = /* @__PURE__ */ fused(
  "mish",
  ([x]) => expr.mul(x!, expr.tanh(expr.softplus(x!))),
);

/**
 * `x tanh(softplus(x))` (Misra, 2019).
 *
 * @example The value at 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * assertEquals(await functional.mish(tensor(0)).item(), 0);
 * ```
 */
export function mish(x: Tensor): Tensor {
  checkCount("mish", arguments.length, 1);
  checkTensor(x, "x", "apply mish");
  return mishOf.map([x]);
}

/** Scalars: alpha, and what all is scaled by. */
const bent = /* @__PURE__ */ fused(
  "exponential units",
  ([x], [alpha, beta, scale]) =>
    expr.mul(
      scale,
      expr.select(
        expr.gt(x, 0),
        x,
        expr.mul(alpha, expr.expm1(expr.div(x, beta))),
      ),
    ),
  { scalars: 3 },
);

/**
 * `scale * (x where it is positive, else alpha (exp(x) - 1))`, with the
 * constants for which layers keep mean 0 and variance 1 (Klambauer and others,
 * 2017).
 *
 * @example Positive inputs are scaled
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.selu(tensor(1));
 * assertAlmostEquals(await y.item(), 1.0507, 1e-4);
 * ```
 */
export function selu(x: Tensor): Tensor {
  checkCount("selu", arguments.length, 1);
  checkTensor(x, "x", "apply selu");
  return bent.map([x], [
    1.6732632423543772848170429916717,
    1,
    1.0507009873554804934193349852946,
  ]);
}

/**
 * Options of {@linkcode celu}.
 *
 * @example Saturation at -2
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.CeluOptions = { alpha: 2 };
 * const y = nn.functional.celu(tensor([-100]), options);
 * assertEquals(await y.item(), -2);
 * ```
 */
export interface CeluOptions {
  /** The function saturates at `-alpha` for large negative inputs; not 0. @default {1} */
  readonly alpha?: number;
}

/** The schema of {@linkcode CeluOptions}. */
export const celuSchema = () =>
  z.strictObject({
    alpha: z.optional(
      finite.check(z.refine((alpha) => alpha !== 0, "must not be 0")),
    ),
  });

/**
 * `x` where it is positive, else `alpha (exp(x / alpha) - 1)` (Barron, 2017).
 *
 * @param x A tensor of any shape.
 * @param options `alpha`.
 * @throws {RangeError} If `alpha` is 0.
 * @example Never below minus alpha
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.celu(tensor([-100, 2]), { alpha: 0.5 });
 * assertEquals(await y.toArray(), [-0.5, 2]);
 * ```
 */
export function celu(x: Tensor, options?: CeluOptions): Tensor {
  checkOptions(celuSchema, options, "apply celu", arguments.length - 2);
  checkTensor(x, "x", "apply celu");
  const alpha = options?.alpha ?? 1;
  return bent.map([x], [alpha, alpha, 1]);
}

const gated = /* @__PURE__ */ fused(
  "glu",
  ([a, b]) => expr.mul(a!, expr.sigmoid(b!)),
);

/**
 * `a * sigmoid(b)`, where `a` and `b` are the halves of `x` along a dim (Dauphin
 * and others, 2016).
 *
 * @param x A tensor whose extent along the dim is even.
 * @param dim The dim; negative ones count from the last.
 * @throws {ShapeError} If the extent is odd.
 * @example Half of it gates the other half
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.glu(tensor([2, 4, 0, 0]));
 * assertEquals(await y.toArray(), [1, 2]);
 * ```
 */
export function glu(x: Tensor, dim = -1): Tensor {
  checkCount("glu", arguments.length, 2);
  checkTensor(x, "x", "apply glu");
  const extent = x.shape.at(dim);
  if (extent === undefined || extent % 2 !== 0) {
    throw new ShapeError(
      `Cannot apply glu along dim ${dim} as it must be a dim of an even extent: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  const half = extent / 2;
  return tidyNow(() =>
    gated.map([x.narrow(dim, 0, half), x.narrow(dim, half, half)])
  );
}

const signOf = /* @__PURE__ */ fused(
  "softsign",
  ([x]) => expr.div(x!, expr.add(expr.abs(x!), 1)),
);

/**
 * `x / (1 + |x|)`.
 *
 * @example From -1 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.softsign(tensor([-1, 0, 3]));
 * assertEquals(await y.toArray(), [-0.5, 0, 0.75]);
 * ```
 */
export function softsign(x: Tensor): Tensor {
  checkCount("softsign", arguments.length, 1);
  checkTensor(x, "x", "apply softsign");
  return signOf.map([x]);
}

const logOf = /* @__PURE__ */ fused(
  "logSigmoid",
  ([x]) => expr.neg(expr.softplus(expr.neg(x!))),
);

/**
 * `log(sigmoid(x))`, without overflow.
 *
 * @example Without overflow
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.logSigmoid(tensor([-200]));
 * assertEquals(await y.toArray(), [-200]);
 * ```
 */
export function logSigmoid(x: Tensor): Tensor {
  checkCount("logSigmoid", arguments.length, 1);
  checkTensor(x, "x", "apply logSigmoid");
  return logOf.map([x]);
}

const without = /* @__PURE__ */ fused(
  "tanhshrink",
  ([x]) => expr.sub(x!, expr.tanh(x!)),
);

/**
 * `x - tanh(x)`.
 *
 * @example What tanh leaves
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.tanhshrink(tensor([0, 100]));
 * assertEquals(await y.toArray(), [0, 99]);
 * ```
 */
export function tanhshrink(x: Tensor): Tensor {
  checkCount("tanhshrink", arguments.length, 1);
  checkTensor(x, "x", "apply tanhshrink");
  return without.map([x]);
}

/**
 * `softmax(-x)` along a dim.
 *
 * @param x A tensor of any shape.
 * @param dim The dim; negative ones count from the last.
 * @example Shares that add up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.softmin(tensor([3, 3]), 0);
 * assertEquals(await y.toArray(), [0.5, 0.5]);
 * ```
 */
export function softmin(x: Tensor, dim: number): Tensor {
  checkCount("softmin", arguments.length, 2);
  checkTensor(x, "x", "apply softmin");
  return tidyNow(() => x.neg().softmax(dim));
}

/** The schema of a dim. */
export const dimSchema = () => z.strictObject({ dim: z.optional(dim) });
