import { fused, type Tensor } from "@tenfold/core";
import { call, constant, type Expr } from "@tenfold/core/backend";
import { checkCount, checkTensor } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, finite, oneOf, positiveNumber } from "../_options.ts";

/**
 * `max(x, 0)`.
 *
 * @example Nothing below 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * assertEquals(await functional.relu(tensor([-1, 2])).toArray(), [0, 2]);
 * ```
 */
export function relu(x: Tensor): Tensor {
  checkCount("relu", arguments.length, 1);
  checkTensor(x, "x", "apply relu");
  return x.relu();
}

/**
 * Options of {@linkcode leakyRelu}.
 *
 * @example A larger slope
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.LeakyReluOptions = { negativeSlope: 0.1 };
 * const y = nn.functional.leakyRelu(tensor([-2, 3]), options);
 * assertAlmostEquals(await y.index(0).item(), -0.2, 1e-6);
 * ```
 */
export interface LeakyReluOptions {
  /** The slope for negative inputs. @default {0.01} */
  readonly negativeSlope?: number;
}

const leakyReluSchema = () =>
  z.strictObject({ negativeSlope: z.optional(finite) });

/**
 * `x` where it is positive, else `negativeSlope * x`.
 *
 * @param x A tensor of any shape.
 * @param options `negativeSlope`.
 * @throws {TypeError} If an option is unknown or not a number.
 * @example A slope of a half
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.leakyRelu(tensor([-2, 3]), { negativeSlope: 0.5 });
 * assertEquals(await y.toArray(), [-1, 3]);
 * ```
 */
export function leakyRelu(x: Tensor, options?: LeakyReluOptions): Tensor {
  checkOptions(
    leakyReluSchema,
    options,
    "apply leakyRelu",
    arguments.length - 2,
  );
  checkTensor(x, "x", "apply leakyRelu");
  return x.leakyRelu(options?.negativeSlope ?? 0.01);
}

/**
 * Options of {@linkcode elu}.
 *
 * @example Saturation at -0.5
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.EluOptions = { alpha: 0.5 };
 * const y = nn.functional.elu(tensor([-50]), options);
 * assertEquals(await y.item(), -0.5);
 * ```
 */
export interface EluOptions {
  /** The function saturates at `-alpha` for large negative inputs. @default {1} */
  readonly alpha?: number;
}

const eluSchema = () => z.strictObject({ alpha: z.optional(finite) });

/**
 * `x` where it is positive, else `alpha * (exp(x) - 1)` (Clevert and others, 2015).
 *
 * @param x A tensor of any shape.
 * @param options `alpha`.
 * @throws {TypeError} If an option is unknown or not a number.
 * @example Never below minus alpha
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.elu(tensor([-100, 2]), { alpha: 0.5 });
 * assertEquals(await y.toArray(), [-0.5, 2]);
 * ```
 */
export function elu(x: Tensor, options?: EluOptions): Tensor {
  checkOptions(eluSchema, options, "apply elu", arguments.length - 2);
  checkTensor(x, "x", "apply elu");
  return x.elu(options?.alpha ?? 1);
}

/**
 * Options of {@linkcode gelu}.
 *
 * @example As GPT-2 computes it
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.GeluOptions = { approximate: "tanh" };
 * const y = nn.functional.gelu(tensor([1]), options);
 * assertAlmostEquals(await y.item(), 0.8412, 1e-4);
 * ```
 */
export interface GeluOptions {
  /**
   * `"none"` for the exact function, `"tanh"` for its approximation by tanh.
   *
   * @default {"none"}
   */
  readonly approximate?: "none" | "tanh";
}

const geluSchema = () =>
  z.strictObject({
    approximate: z.optional(oneOf("none", "tanh")),
  });

/** A number of the dtype that `like` has. */
const num = (value: number, like: Expr): Expr => constant(value, like.dtype);

const geluTanh = /* @__PURE__ */ fused("gelu", ([x]) => {
  const cube = call("mul", call("mul", x, x), x);
  const inner = call("add", x, call("mul", cube, num(0.044715, x)));
  const twice = num(2 * Math.sqrt(2 / Math.PI), x);
  // (1 + tanh(u)) / 2 is sigmoid(2 u), which keeps its digits where tanh is
  // nearly -1: half of those of a second derivative were lost at x = -3.
  return call("mul", x, call("sigmoid", call("mul", inner, twice)));
});

/**
 * `x Φ(x)` with the standard normal distribution function Φ (Hendrycks and
 * Gimpel, 2016), or its approximation
 * `x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
 *
 * @param x A tensor of any shape.
 * @param options `approximate`.
 * @throws {RangeError} If `approximate` is neither `"none"` nor `"tanh"`.
 * @example Large inputs are kept
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.gelu(tensor([0, 100]));
 * assertEquals(await y.toArray(), [0, 100]);
 * ```
 */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  checkOptions(geluSchema, options, "apply gelu", arguments.length - 2);
  checkTensor(x, "x", "apply gelu");
  return options?.approximate === "tanh" ? geluTanh.map([x]) : x.gelu();
}

/**
 * `x / (1 + exp(-x))`, also called swish.
 *
 * @example Large inputs are kept
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.silu(tensor([0, 100]));
 * assertEquals(await y.toArray(), [0, 100]);
 * ```
 */
export function silu(x: Tensor): Tensor {
  checkCount("silu", arguments.length, 1);
  checkTensor(x, "x", "apply silu");
  return x.silu();
}

/**
 * The hyperbolic tangent.
 *
 * @example From -1 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.tanh(tensor([-100, 0, 100]));
 * assertEquals(await y.toArray(), [-1, 0, 1]);
 * ```
 */
export function tanh(x: Tensor): Tensor {
  checkCount("tanh", arguments.length, 1);
  checkTensor(x, "x", "apply tanh");
  return x.tanh();
}

/**
 * `1 / (1 + exp(-x))`.
 *
 * @example From 0 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.sigmoid(tensor([0, 100]));
 * assertEquals(await y.toArray(), [0.5, 1]);
 * ```
 */
export function sigmoid(x: Tensor): Tensor {
  checkCount("sigmoid", arguments.length, 1);
  checkTensor(x, "x", "apply sigmoid");
  return x.sigmoid();
}

/**
 * Options of {@linkcode softplus}.
 *
 * @example Closer to ReLU
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.SoftplusOptions = { beta: 10 };
 * const y = nn.functional.softplus(tensor([0]), options);
 * assertAlmostEquals(await y.item(), Math.log(2) / 10, 1e-6);
 * ```
 */
export interface SoftplusOptions {
  /** The function becomes `max(x, 0)` as `beta` grows. @default {1} */
  readonly beta?: number;
  /** The result is `x` where `beta * x` is above this. @default {20} */
  readonly threshold?: number;
}

const softplusSchema = () =>
  z.strictObject({
    beta: z.optional(positiveNumber),
    threshold: z.optional(finite),
  });

/** Scalars: beta, threshold. */
const sharpSoftplus = /* @__PURE__ */ fused(
  "softplus",
  ([x], [beta, threshold]) => {
    const scaled = call("mul", x, beta);
    return call(
      "select",
      call("gt", scaled, threshold),
      x,
      call("div", call("softplus", scaled), beta),
    );
  },
  { scalars: 2 },
);

/**
 * `log(1 + exp(beta x)) / beta`, without overflow.
 *
 * @param x A tensor of any shape.
 * @param options `beta` and `threshold`.
 * @throws {RangeError} If `beta` is not positive.
 * @example A line where the input is large
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.softplus(tensor([50]));
 * assertEquals(await y.toArray(), [50]);
 * ```
 */
export function softplus(x: Tensor, options?: SoftplusOptions): Tensor {
  checkOptions(softplusSchema, options, "apply softplus", arguments.length - 2);
  checkTensor(x, "x", "apply softplus");
  const { beta = 1, threshold = 20 } = options ?? {};
  return sharpSoftplus.map([x], [beta, threshold]);
}

/**
 * `exp(x) / sum(exp(x))` along a dim, without overflow.
 *
 * @param x A tensor of any shape.
 * @param dim The dim; negative ones count from the last.
 * @example Shares that add up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.softmax(tensor([3, 3]), 0);
 * assertEquals(await y.toArray(), [0.5, 0.5]);
 * ```
 */
export function softmax(x: Tensor, dim: number): Tensor {
  checkCount("softmax", arguments.length, 2);
  checkTensor(x, "x", "apply softmax");
  return x.softmax(dim);
}

/**
 * `log(softmax(x))` along a dim, without loss of precision.
 *
 * @param x A tensor of any shape.
 * @param dim The dim; negative ones count from the last.
 * @example The logarithm of one half
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.logSoftmax(tensor([3, 3]), 0);
 * assertAlmostEquals(await y.mean().item(), -Math.LN2, 1e-6);
 * ```
 */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  checkCount("logSoftmax", arguments.length, 2);
  checkTensor(x, "x", "apply logSoftmax");
  return x.logSoftmax(dim);
}
