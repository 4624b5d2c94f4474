import {
  autogradFunction,
  call,
  type Expr,
  fused,
  type Shape,
  ShapeError,
  showShape,
  sizeOf,
  type Tensor,
} from "@tenfold/core";
import { z } from "zod";
import { checkOptions, nonNegative, positiveInteger } from "../_options.ts";

/** Options of {@linkcode layerNorm}. */
export interface LayerNormFunctionOptions {
  /** Added to the variance. @default {1e-5} */
  readonly eps?: number;
  /** The last dims, which are normalised. @default {the weight's shape} */
  readonly normalizedShape?: Shape;
}

const schema = z.strictObject({
  eps: nonNegative.optional(),
  normalizedShape: z.array(positiveInteger, "must be an array of extents")
    .readonly().optional(),
});

const mul = (a: Expr, b: Expr): Expr => call("mul", a, b);
const sub = (a: Expr, b: Expr): Expr => call("sub", a, b);

/** Inputs x, mean. */
const squaredDistance = fused("layerNorm", ([x, mean]) => {
  const distance = sub(x!, mean!);
  return mul(distance, distance);
});

/** One over the deviation. */
const scaleOf = (variance: Expr, eps: Expr): Expr =>
  call("rsqrt", call("add", variance, eps));
/** x with mean 0 and variance 1. */
const standard = (x: Expr, mean: Expr, variance: Expr, eps: Expr): Expr =>
  mul(sub(x, mean), scaleOf(variance, eps));

/** Inputs x, mean, variance and, where there are, weight and bias. */
const normalize = fused(
  "layerNorm",
  ([x, mean, variance, weight, bias], [eps]) => {
    const y = standard(x!, mean!, variance!, eps!);
    if (!weight) return y;
    const scaled = mul(y, weight);
    return bias ? call("add", scaled, bias) : scaled;
  },
  { scalars: 1 },
);

/** The gradient behind the weight; inputs g and, where there is one, weight. */
const weigh = (g: Expr, weight: Expr | undefined): Expr =>
  weight ? mul(g, weight) : g;

/** Inputs g, x, mean, variance, and the weight if any. */
const alongX = fused(
  "layerNorm",
  ([g, x, mean, variance, weight], [eps]) =>
    mul(
      weigh(g!, weight),
      standard(x!, mean!, variance!, eps!),
    ),
  { scalars: 1 },
);

/** Inputs g and weight. */
const weighted = fused("layerNorm", ([g, weight]) => mul(g!, weight!));

/** Inputs g, x, mean, variance, the means of both above, the weight if any. */
const gradientByX = fused(
  "layerNorm",
  ([g, x, mean, variance, centre, slope, weight], [eps]) => {
    const y = standard(x!, mean!, variance!, eps!);
    const rest = sub(sub(weigh(g!, weight), centre!), mul(y, slope!));
    return mul(rest, scaleOf(variance!, eps!));
  },
  { scalars: 1 },
);

/** The function for one number of normalised dims and one eps. */
function makeLayerNorm(
  depth: number,
  eps: number,
): (...inputs: Tensor[]) => Tensor {
  const scalars = [eps];
  // The gradient by x holds what flows through the mean and the variance.
  // They are inputs only so that the gradient can be differentiated again.
  return autogradFunction({
    name: "layerNorm",
    forward(ctx, ...inputs) {
      const [x, mean, variance, weight] = inputs;
      ctx.save(x!, mean!, variance!, ...weight ? [weight] : []);
      return normalize.map(inputs, scalars);
    },
    backward(ctx, g) {
      const [x, mean, variance, weight] = ctx.saved;
      const { needsGrad } = ctx;
      const [outer, dims] = splitDims(x!.ndim, depth);
      const along = [g!, x!, mean!, variance!];
      const by: (Tensor | null)[] = needsGrad.map(() => null);
      if (needsGrad[0]) {
        const kept = {
          dims,
          keepDim: true,
          divisor: sizeOf(x!.shape.slice(-depth)),
        };
        const own = weight ? [weight] : [];
        const centre = weight
          ? weighted.sum([g!, weight], kept)
          : g!.mean(dims, { keepDim: true });
        const slope = alongX.sum([...along, ...own], kept, scalars);
        by[0] = gradientByX.map([...along, centre, slope, ...own], scalars);
      }
      if (needsGrad[3]) {
        by[3] = outer.length > 0
          ? alongX.sum(along, { dims: outer }, scalars)
          : alongX.map(along, scalars);
      }
      if (needsGrad[4]) by[4] = outer.length > 0 ? g!.sum(outer) : g!;
      return by;
    },
  });
}

/** The leading dims, and the last `depth` ones. */
function splitDims(ndim: number, depth: number): [number[], number[]] {
  const dims = Array.from({ length: ndim }, (_, d) => d);
  return [dims.slice(0, ndim - depth), dims.slice(ndim - depth)];
}

const made = new Map<number, Map<number, (...inputs: Tensor[]) => Tensor>>();

function layerNormOf(
  depth: number,
  eps: number,
): (...inputs: Tensor[]) => Tensor {
  let byEps = made.get(depth);
  if (byEps === undefined) made.set(depth, byEps = new Map());
  let found = byEps.get(eps);
  if (found === undefined) byEps.set(eps, found = makeLayerNorm(depth, eps));
  return found;
}

/**
 * Gives the last dims of each sample mean 0 and variance 1, then scales and
 * shifts: `(x - mean) / √(variance + eps) weight + bias` (Ba and others,
 * 2016). The variance is the biased one.
 *
 * @param x Of shape `[..., ...normalizedShape]`.
 * @param weight Of the normalised shape.
 * @param bias Of the normalised shape; taken only beside a weight.
 * @param options What is added to the variance; the shape, without a weight.
 * @throws {ShapeError} If the last extents of `x` are not those normalised.
 * @example Mean 0 and variance 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 2, 3, 4]]);
 * const y = functional.layerNorm(x, null, null, { normalizedShape: [4] });
 * assertAlmostEquals(await y.mean().item(), 0, 1e-5);
 * assertAlmostEquals(await y.square().mean().item(), 1, 1e-4);
 * ```
 */
export function layerNorm(
  x: Tensor,
  weight?: Tensor | null,
  bias?: Tensor | null,
  options?: LayerNormFunctionOptions,
): Tensor {
  if (options) checkOptions(schema, options, "apply layerNorm");
  const shape = options?.normalizedShape ?? weight?.shape;
  if (!shape || shape.length === 0) {
    throw new ShapeError(
      "Cannot apply layerNorm without dims to normalise: give a weight or { normalizedShape }",
    );
  }
  for (const [name, given] of [["weight", weight], ["bias", bias]] as const) {
    if (given && given.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot apply layerNorm as the ${name} must have the normalised shape: got ${
          showShape(given.shape)
        }, expected ${showShape(shape)}`,
      );
    }
  }
  if (bias && !weight) {
    throw new TypeError(
      "Cannot apply layerNorm with a bias and no weight: pass a weight of ones",
    );
  }
  return normalizeLast(x, shape, weight, bias, options?.eps ?? 1e-5);
}

/** {@linkcode layerNorm} with everything checked but `x`. */
export function normalizeLast(
  x: Tensor,
  shape: Shape,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  eps: number,
): Tensor {
  const depth = shape.length;
  const start = x.ndim - depth;
  if (start < 0 || shape.some((extent, d) => extent !== x.shape[start + d])) {
    throw new ShapeError(
      `Cannot apply layerNorm as the last extents of the input must be ${
        showShape(shape)
      }: got shape ${showShape(x.shape)}`,
    );
  }
  const [, dims] = splitDims(x.ndim, depth);
  const mean = x.mean(dims, { keepDim: true });
  const variance = squaredDistance.sum([x, mean], {
    dims,
    keepDim: true,
    divisor: sizeOf(shape),
  });
  const inputs = [x, mean, variance];
  if (weight) inputs.push(weight);
  if (bias) inputs.push(bias);
  return layerNormOf(depth, eps)(...inputs);
}
