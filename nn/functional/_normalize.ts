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
import { call, castExpr, type Expr, expr, sizeOf } from "@tenfold/core/backend";
import { castingOf, tidyNow } from "@tenfold/core/internal";

const { mul, sub } = expr;

/** The value in float32 where it is float16, so that sums of it are that. */
const single = (x: Expr): Expr =>
  x.dtype === "float16" ? castExpr(x, "float32") : x;

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

/**
 * Inputs x, mean, variance and, where there are, weight and bias: the result as
 * it comes, and rounded to float16.
 */
const normalizeTo = /* @__PURE__ */ [false, true].map((half) =>
  fused(
    "normalization",
    ([x, mean, variance, weight, bias], [eps]) => {
      let y = standard(x!, mean!, variance!, eps!);
      if (weight) y = mul(y, weight);
      if (bias) y = call("add", y, bias);
      return half ? castExpr(y, "float16") : y;
    },
    { scalars: 1 },
  )
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

/** Inputs g and, where there is one, weight. */
const weighted = /* @__PURE__ */ fused(
  "normalization",
  ([g, weight]) => weigh(single(g!), weight && single(weight)),
);

/** The mean over dims, kept; of float16 in float32. */
const meanOver = (x: Tensor, dims: readonly number[]): Tensor =>
  x.dtype === "float16"
    ? weighted.sum([x], {
      dims,
      keepDim: true,
      divisor: sizeOf(dims.map((d) => x.shape[d]!)),
    })
    : x.mean(dims, { keepDim: true });

/** Inputs g, x, mean, variance, the means of both above, the weight if any. */
const gradientByX = /* @__PURE__ */ fused(
  "normalization",
  ([g, x, mean, variance, centre, slope, weight], [eps]) => {
    const y = standard(x!, mean!, variance!, eps!);
    const rest = sub(sub(weigh(g!, weight), centre!), mul(y, slope!));
    const slopeOfX = mul(rest, scaleOf(variance!, eps!));
    // As x is stored.
    return x!.kind === "cast" ? castExpr(slopeOfX, x!.value.dtype) : slopeOfX;
  },
  { scalars: 1 },
);

/** The function that normalises over some dims, with one eps. */
function makeNormalization(
  dims: readonly number[],
  eps: number,
  half: boolean,
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
      return normalizeTo[+half]!.map(inputs, scalars);
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
        const centre = weighted.sum([g, ...own], kept);
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
        by[4] = outer.length > 0
          ? weighted.sum([g], { dims: outer }).reshape(bias!.shape)
          : g;
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
  half: boolean,
): (...inputs: Tensor[]) => Tensor {
  let bits = half ? 1 << 30 : 0;
  for (const d of dims) bits |= 1 << d;
  let byEps = made.get(bits);
  if (byEps === undefined) made.set(bits, byEps = new Map());
  let found = byEps.get(eps);
  if (found === undefined) {
    byEps.set(eps, found = makeNormalization(dims, eps, half));
  }
  return found;
}

/**
 * Normalises `x` by `run`, which is tidied. float16 is read as it is stored and
 * computed in float32; the result is rounded to the widest dtype of `x` and the
 * others, under `autocast` to that of the function of this name: by `run`, where
 * that is float16.
 */
export function inSingle(
  name: string,
  x: Tensor,
  others: readonly (Tensor | null | undefined)[],
  run: (half: boolean) => Tensor,
): Tensor {
  if (x.dtype !== "float16") return tidyNow(() => run(false));
  let dtype: DType = castingOf(name) ?? "float16";
  if (castingOf("matmul") === null) {
    for (const t of others) if (t) dtype = promote(dtype, t.dtype);
  }
  return tidyNow(() => run(dtype === "float16").cast(dtype));
}

/** The mean over dims and the biased variance, dims kept. */
export function momentsOver(
  x: Tensor,
  dims: readonly number[],
): { mean: Tensor; variance: Tensor } {
  const mean = meanOver(x, dims);
  const variance = squaredDistance.sum([x, mean], {
    dims,
    keepDim: true,
    divisor: sizeOf(dims.map((d) => x.shape[d]!)),
  });
  return { mean, variance };
}

/**
 * Normalises by the tensor's own moments; weight and bias broadcast to `x`, and
 * the result is rounded to float16 where `half` is true.
 */
export function normalizeBy(
  x: Tensor,
  { mean, variance }: { mean: Tensor; variance: Tensor },
  dims: readonly number[],
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  eps: number,
  half: boolean,
): Tensor {
  return normalizationOf(dims, eps, half)(
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
  return inSingle(name, x, given, (half) => {
    const [mean, variance, weight, bias] = given.map(spread);
    const wide = x.dtype === "float16" ? variance!.cast("float32") : variance!;
    const inputs = inputsOf(x, mean!, wide, weight, bias);
    return normalizeTo[+half]!.map(inputs, [eps]);
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
