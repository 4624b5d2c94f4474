/**
 * Normalisation: mean 0 and variance 1 over some dims, then a scale and a
 * shift. What layer norm and batch norm have in common.
 *
 * @module
 */
import {
  autogradFunction,
  type DType,
  fused,
  promote,
  type Tensor,
} from "@tenfold/core";
import { call, type Expr, expr, sizeOf } from "@tenfold/core/backend";
import { castingOf, tidyNow } from "@tenfold/core/internal";

const { mul, sub } = expr;

/** Inputs x, mean. */
const squaredDistance = /* @__PURE__ */ fused("normalization", ([x, mean]) => {
  const distance = sub(x, mean);
  return mul(distance, distance);
});

/** One over the deviation. */
const scaleOf = (variance: Expr, eps: Expr): Expr =>
  call("rsqrt", call("add", variance, eps));
/** x with mean 0 and variance 1. */
const standard = (x: Expr, mean: Expr, variance: Expr, eps: Expr): Expr =>
  mul(sub(x, mean), scaleOf(variance, eps));

/** Inputs x, mean, variance and, where there are, weight and bias. */
const normalize = /* @__PURE__ */ fused(
  "normalization",
  ([x, mean, variance, weight, bias], [eps]) => {
    const y = standard(x, mean, variance, eps);
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
const alongX = /* @__PURE__ */ fused(
  "normalization",
  ([g, x, mean, variance, weight], [eps]) =>
    mul(
      weigh(g, weight),
      standard(x, mean, variance, eps),
    ),
  { scalars: 1 },
);

/** Inputs g and weight. */
const weighted = /* @__PURE__ */ fused(
  "normalization",
  ([g, weight]) => mul(g, weight),
);

/** Inputs g, x, mean, variance, the means of both above, the weight if any. */
const gradientByX = /* @__PURE__ */ fused(
  "normalization",
  ([g, x, mean, variance, centre, slope, weight], [eps]) => {
    const y = standard(x, mean, variance, eps);
    const rest = sub(sub(weigh(g, weight), centre), mul(y, slope));
    return mul(rest, scaleOf(variance, eps));
  },
  { scalars: 1 },
);

/** The function that normalises over some dims, with one eps. */
function makeNormalization(
  dims: readonly number[],
  eps: number,
): (...inputs: Tensor[]) => Tensor {
  const scalars = [eps];
  // The gradient by x holds what flows through the mean and the variance.
  // They are inputs only so that the gradient can be differentiated again.
  return autogradFunction({
    name: "normalization",
    forward(ctx, ...inputs) {
      const [x, mean, variance, weight, bias] = inputs;
      ctx.save(
        x!,
        mean!,
        variance!,
        ...[weight, bias].filter((t) => t) as Tensor[],
      );
      return normalize.map(inputs, scalars);
    },
    backward(ctx, g) {
      const [x, mean, variance, weight, bias] = ctx.saved;
      const { needsGrad } = ctx;
      const along = [g, x!, mean!, variance!];
      const by: (Tensor | null)[] = needsGrad.map(() => null);
      if (needsGrad[0]) {
        const kept = {
          dims,
          keepDim: true,
          divisor: sizeOf(dims.map((d) => x!.shape[d]!)),
        };
        const own = weight ? [weight] : [];
        const centre = weight
          ? weighted.sum([g, weight], kept)
          : g.mean(dims, { keepDim: true });
        const slope = alongX.sum([...along, ...own], kept, scalars);
        by[0] = gradientByX.map([...along, centre, slope, ...own], scalars);
      }
      if (needsGrad[3]) {
        const outer = repeatedDims(x!, weight);
        by[3] = outer.length > 0
          ? alongX.sum(along, { dims: outer }, scalars).reshape(weight.shape)
          : alongX.map(along, scalars);
      }
      if (needsGrad[4]) {
        const outer = repeatedDims(x!, bias!);
        by[4] = outer.length > 0 ? g.sum(outer).reshape(bias!.shape) : g;
      }
      return by;
    },
  });
}

/** The dims of `x` along which `weight` repeats. */
function repeatedDims(x: Tensor, weight: Tensor): number[] {
  const lead = x.ndim - weight.ndim;
  const dims: number[] = [];
  for (let d = 0; d < x.ndim; d++) {
    if (d < lead || (weight.shape[d - lead] === 1 && x.shape[d] !== 1)) {
      dims.push(d);
    }
  }
  return dims;
}

/** The functions made so far, by the set of dims as bits, then by eps. */
const made = new Map<number, Map<number, (...inputs: Tensor[]) => Tensor>>();

function normalizationOf(
  dims: readonly number[],
  eps: number,
): (...inputs: Tensor[]) => Tensor {
  let bits = 0;
  for (const d of dims) bits |= 1 << d;
  let byEps = made.get(bits);
  if (byEps === undefined) made.set(bits, byEps = new Map());
  let found = byEps.get(eps);
  if (found === undefined) {
    byEps.set(eps, found = makeNormalization(dims, eps));
  }
  return found;
}

/**
 * Normalises `x` by `run`, which is tidied. float16 is computed in float32; the
 * result is rounded to the widest dtype of `x` and the others, under `autocast`
 * to that of the function of this name.
 */
export function inSingle(
  name: string,
  x: Tensor,
  others: readonly (Tensor | null | undefined)[],
  run: (x: Tensor) => Tensor,
): Tensor {
  if (x.dtype !== "float16") return tidyNow(() => run(x));
  let dtype: DType = castingOf(name) ?? "float16";
  if (castingOf("matmul") === null) {
    for (const t of others) if (t) dtype = promote(dtype, t.dtype);
  }
  return tidyNow(() => run(x.cast("float32")).cast(dtype));
}

/** The mean over dims and the biased variance, dims kept. */
export function momentsOver(
  x: Tensor,
  dims: readonly number[],
): { mean: Tensor; variance: Tensor } {
  const mean = x.mean(dims, { keepDim: true });
  const variance = squaredDistance.sum([x, mean], {
    dims,
    keepDim: true,
    divisor: sizeOf(dims.map((d) => x.shape[d]!)),
  });
  return { mean, variance };
}

/** Normalises by the tensor's own moments; weight and bias broadcast to `x`. */
export function normalizeBy(
  x: Tensor,
  { mean, variance }: { mean: Tensor; variance: Tensor },
  dims: readonly number[],
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  eps: number,
): Tensor {
  return normalizationOf(dims, eps)(
    ...inputsOf(x, mean, variance, weight, bias),
  );
}

/**
 * Normalises by moments that are given and do not depend on `x`, in float32
 * where it is float16.
 *
 * @param given Mean and variance, then weight and bias where there are such.
 * @param spread Gives each the dims of `x`.
 */
export function normalizeByGiven(
  name: string,
  x: Tensor,
  given: readonly (Tensor | null | undefined)[],
  spread: (t: Tensor | null | undefined) => Tensor | undefined,
  eps: number,
): Tensor {
  return inSingle(name, x, given, (x) => {
    const [mean, variance, weight, bias] = given.map(spread);
    return normalize.map(inputsOf(x, mean!, variance!, weight, bias), [eps]);
  });
}

function inputsOf(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
): Tensor[] {
  const inputs = [x, mean, variance];
  if (weight) inputs.push(weight);
  if (bias) inputs.push(bias);
  return inputs;
}
