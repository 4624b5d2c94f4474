import { fused, randLike, ShapeError, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import {
  checkCount,
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  anyNumber,
  checkOptions,
  finite,
  flag,
  nonNegative,
} from "../_options.ts";

/** Scalars: the bounds. At a bound itself the slope is 0. */
const between = /* @__PURE__ */ fused(
  "hardtanh",
  ([x], [min, max]) =>
    expr.select(expr.le(x, min), min, expr.select(expr.ge(x, max), max, x)),
  { scalars: 2 },
);

/**
 * Options of {@linkcode hardtanh}.
 *
 * @example Between 0 and 6
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.HardtanhOptions = { minVal: 0, maxVal: 6 };
 * const y = nn.functional.hardtanh(tensor([-1, 7]), options);
 * assertEquals(await y.toArray(), [0, 6]);
 * ```
 */
export interface HardtanhOptions {
  /** The smallest output. @default {-1} */
  readonly minVal?: number;
  /** The largest output. @default {1} */
  readonly maxVal?: number;
}

/** The schema of {@linkcode HardtanhOptions}. */
export const hardtanhSchema = () =>
  z.strictObject({
    minVal: z.optional(anyNumber),
    maxVal: z.optional(anyNumber),
  })
    .check(z.refine(
      ({ minVal = -1, maxVal = 1 }) => minVal < maxVal,
      "minVal must be less than maxVal",
    ));

/**
 * `x` limited to the range from `minVal` to `maxVal`.
 *
 * @param x A tensor of any shape.
 * @param options `minVal` and `maxVal`.
 * @throws {RangeError} If `minVal` is not less than `maxVal`.
 * @example Within the bounds
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.hardtanh(tensor([-3, 0.5, 2]));
 * assertEquals(await y.toArray(), [-1, 0.5, 1]);
 * ```
 */
export function hardtanh(x: Tensor, options?: HardtanhOptions): Tensor {
  checkOptions(hardtanhSchema, options, "apply hardtanh", arguments.length - 2);
  checkTensor(x, "x", "apply hardtanh");
  return between.map([x], [options?.minVal ?? -1, options?.maxVal ?? 1]);
}

/**
 * `x` limited to the range from 0 to 6.
 *
 * @example Within the bounds
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.relu6(tensor([-1, 2, 8]));
 * assertEquals(await y.toArray(), [0, 2, 6]);
 * ```
 */
export function relu6(x: Tensor): Tensor {
  checkCount("relu6", arguments.length, 1);
  checkTensor(x, "x", "apply relu6");
  return between.map([x], [0, 6]);
}

const line = /* @__PURE__ */ fused(
  "hardsigmoid",
  ([x]) =>
    expr.select(
      expr.le(x!, -3),
      0,
      expr.select(expr.ge(x!, 3), 1, expr.add(expr.div(x!, 6), 0.5)),
    ),
);

/**
 * 0 below -3, 1 above 3, and `x / 6 + 1 / 2` between them.
 *
 * @example From 0 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.hardsigmoid(tensor([-5, 0, 5]));
 * assertEquals(await y.toArray(), [0, 0.5, 1]);
 * ```
 */
export function hardsigmoid(x: Tensor): Tensor {
  checkCount("hardsigmoid", arguments.length, 1);
  checkTensor(x, "x", "apply hardsigmoid");
  return line.map([x]);
}

const swish = /* @__PURE__ */ fused(
  "hardswish",
  ([x]) =>
    expr.select(
      expr.lt(x!, -3),
      0,
      expr.select(
        expr.le(x!, 3),
        expr.div(expr.mul(x!, expr.add(x!, 3)), 6),
        x!,
      ),
    ),
);

/**
 * 0 below -3, `x` above 3, and `x (x + 3) / 6` between them (Howard and others,
 * 2019).
 *
 * @example Large inputs are kept
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.hardswish(tensor([-5, 3, 4]));
 * assertEquals(await y.toArray(), [0, 3, 4]);
 * ```
 */
export function hardswish(x: Tensor): Tensor {
  checkCount("hardswish", arguments.length, 1);
  checkTensor(x, "x", "apply hardswish");
  return swish.map([x]);
}

/** Scalars: threshold, value. */
const above = /* @__PURE__ */ fused(
  "threshold",
  ([x], [least, value]) => expr.select(expr.le(x, least), value, x),
  { scalars: 2 },
);

/**
 * Options of {@linkcode threshold}.
 *
 * @example Inputs above 1, and 0 for the others
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.ThresholdOptions = { threshold: 1, value: 0 };
 * const y = nn.functional.threshold(tensor([0.5, 2]), options);
 * assertEquals(await y.toArray(), [0, 2]);
 * ```
 */
export interface ThresholdOptions {
  /** The threshold: inputs above it are kept. */
  readonly threshold: number;
  /** The value that replaces all other inputs. */
  readonly value: number;
}

/** The schema of {@linkcode ThresholdOptions}. */
export const thresholdSchema = () =>
  z.strictObject({ threshold: anyNumber, value: anyNumber });

/**
 * `x` where it is above `threshold`, else `value`.
 *
 * @param x A tensor of any shape.
 * @param options `threshold` and `value`.
 * @example What is too small is replaced
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([0, 1]);
 * const y = functional.threshold(x, { threshold: 0.1, value: 20 });
 * assertEquals(await y.toArray(), [20, 1]);
 * ```
 */
export function threshold(x: Tensor, options: ThresholdOptions): Tensor {
  checkOptions(
    thresholdSchema,
    options ?? {},
    "apply threshold",
    arguments.length - 2,
  );
  checkTensor(x, "x", "apply threshold");
  return above.map([x], [options.threshold, options.value]);
}

/**
 * Options of {@linkcode hardshrink} and {@linkcode softshrink}.
 *
 * @example A wider range around 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.ShrinkOptions = { lambd: 1 };
 * const y = nn.functional.hardshrink(tensor([-0.9, 2]), options);
 * assertEquals(await y.toArray(), [0, 2]);
 * ```
 */
export interface ShrinkOptions {
  /** Inputs from `-lambd` to `lambd` give 0. @default {0.5} */
  readonly lambd?: number;
}

/** The schema of {@linkcode ShrinkOptions}. */
export const shrinkSchema = () =>
  z.strictObject({ lambd: z.optional(nonNegative) });

/** Scalar: lambd. */
const hard = /* @__PURE__ */ fused(
  "hardshrink",
  ([x], [lambd]) =>
    expr.select(
      expr.and(expr.ge(x, expr.sub(0, lambd)), expr.le(x, lambd)),
      0,
      x,
    ),
  { scalars: 1 },
);

/**
 * 0 from `-lambd` to `lambd`, `x` elsewhere.
 *
 * @param x A tensor of any shape.
 * @param options `lambd`.
 * @throws {RangeError} If `lambd` is negative.
 * @example Small inputs are left out
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.hardshrink(tensor([-0.4, 0.4, 2]));
 * assertEquals(await y.toArray(), [0, 0, 2]);
 * ```
 */
export function hardshrink(x: Tensor, options?: ShrinkOptions): Tensor {
  checkOptions(shrinkSchema, options, "apply hardshrink", arguments.length - 2);
  checkTensor(x, "x", "apply hardshrink");
  return hard.map([x], [options?.lambd ?? 0.5]);
}

/** Scalar: lambd. */
const soft = /* @__PURE__ */ fused(
  "softshrink",
  ([x], [lambd]) =>
    expr.select(
      expr.gt(x, lambd),
      expr.sub(x, lambd),
      expr.select(
        expr.lt(x, expr.sub(0, lambd)),
        expr.add(x, lambd),
        expr.mul(x, 0),
      ),
    ),
  { scalars: 1 },
);

/**
 * `x` shrunk towards 0 by `lambd`, and 0 where `|x|` is less than `lambd`.
 *
 * @param x A tensor of any shape.
 * @param options `lambd`.
 * @throws {RangeError} If `lambd` is negative.
 * @example Towards 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.softshrink(tensor([0.25, 2]));
 * assertEquals(await y.toArray(), [0, 1.5]);
 * ```
 */
export function softshrink(x: Tensor, options?: ShrinkOptions): Tensor {
  checkOptions(shrinkSchema, options, "apply softshrink", arguments.length - 2);
  checkTensor(x, "x", "apply softshrink");
  return soft.map([x], [options?.lambd ?? 0.5]);
}

/** Inputs x and the slope below 0. */
const bent = /* @__PURE__ */ fused(
  "prelu",
  ([x, slope]) => expr.select(expr.gt(x, 0), x, expr.mul(slope, x)),
);

/**
 * `x` where it is positive, else `weight * x` (He and others, 2015).
 *
 * @param x Of shape `[n, channels, ...]`.
 * @param weight Of shape `[1]`, or `[channels]` for a slope for each channel.
 * @throws {ShapeError} If the number of slopes does not match.
 * @example A slope for each channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.prelu(tensor([[-2, -2]]), tensor([0.5, 0.25]));
 * assertEquals(await y.toArray(), [[-1, -0.5]]);
 * ```
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  checkCount("prelu", arguments.length, 2);
  checkTensor(x, "x", "apply prelu");
  checkTensor(weight, "the weight", "apply prelu");
  if (weight.size === 1) {
    return tidyNow(() => bent.map([x, weight.reshape([])]));
  }
  const channels = x.ndim < 2 ? 1 : x.shape[1]!;
  if (weight.size !== channels || weight.ndim !== 1) {
    throw new ShapeError(
      `Cannot apply prelu to ${channels} channels (input of shape ${
        showShape(x.shape)
      }) as the weight must hold 1 or ${channels} slopes: got shape ${
        showShape(weight.shape)
      }`,
    );
  }
  const broad = [channels, ...x.shape.slice(2).map(() => 1)];
  return tidyNow(() => bent.map([x, weight.reshape(broad)]));
}

/**
 * Options of {@linkcode rrelu}.
 *
 * @example Slopes drawn at random
 * ```ts
 * import { assert } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.RReluOptions = { lower: 0.1, upper: 0.2, training: true };
 * const y = nn.functional.rrelu(tensor([-1]), options);
 * assert(await y.item() >= -0.2);
 * ```
 */
export interface RReluOptions {
  /** The smallest slope. @default {1 / 8} */
  readonly lower?: number;
  /** The largest slope. @default {1 / 3} */
  readonly upper?: number;
  /** Whether slopes are drawn at random. @default {false} */
  readonly training?: boolean;
}

/** The schema of {@linkcode RReluOptions}. */
export const rreluSchema = () =>
  z.strictObject({
    lower: z.optional(finite),
    upper: z.optional(finite),
    training: z.optional(flag),
  }).check(z.refine(
    ({ lower = 1 / 8, upper = 1 / 3 }) => lower <= upper,
    "lower must not be above upper",
  ));

/**
 * `x` where it is positive, else `slope * x` with a slope that is drawn for each
 * element between `lower` and `upper` in training, and is their mean in
 * evaluation (Xu and others, 2015).
 *
 * @param x A tensor of any shape.
 * @param options `lower`, `upper` and `training`.
 * @throws {RangeError} If `lower` is above `upper`.
 * @example The mean slope in evaluation
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.rrelu(tensor([-8, 1]), { lower: 0.25, upper: 0.75 });
 * assertEquals(await y.toArray(), [-4, 1]);
 * ```
 */
export function rrelu(x: Tensor, options?: RReluOptions): Tensor {
  checkOptions(rreluSchema, options, "apply rrelu", arguments.length - 2);
  checkTensor(x, "x", "apply rrelu");
  const { lower = 1 / 8, upper = 1 / 3, training = false } = options ?? {};
  if (!training) return x.leakyRelu((lower + upper) / 2);
  return tidyNow(() => {
    const slope = noGradNow(() => randLike(x).mul(upper - lower).add(lower));
    return bent.map([x, slope]);
  });
}
