import {
  fused,
  type FusedFunction,
  ShapeError,
  type Tensor,
} from "@tenfold/core";
import {
  call,
  castExpr,
  constant,
  type Expr,
  expr,
} from "@tenfold/core/backend";
import { refuseValues, showShape } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, reduction, tensorOption } from "../_options.ts";
import { reduceLoss, requireSameShape } from "./_reduce.ts";
import type { ReductionOptions } from "./regression_losses.ts";

/**
 * Options of {@linkcode binaryCrossEntropy}.
 *
 * @example The second sample counts twice
 * ```ts
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.BinaryCrossEntropyOptions = {
 *   weight: tensor([1, 2]),
 * };
 * const loss = nn.functional.binaryCrossEntropy(
 *   tensor([0.5, 0.5]),
 *   tensor([0, 1]),
 *   options,
 * );
 * ```
 */
export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Factor of each loss; broadcasts to the losses. */
  readonly weight?: Tensor;
}

const schema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    weight: z.optional(tensorOption),
  });

const { add, mul, sub } = expr;
/** A number of the dtype that `like` has. */
const num = (value: number, like: Expr): Expr => constant(value, like.dtype);

/** Inputs p, target and, where there is one, the weight. */
const entropy = /* @__PURE__ */ fused(
  "binaryCrossEntropy",
  ([p, target, weight]) => {
    const t = target;
    // A certain and wrong prediction costs 100, not infinity, as in PyTorch.
    const least = num(-100, p);
    const yes = call("max", call("log", p), least);
    const no = call("max", call("log1p", call("neg", p)), least);
    const rest = sub(num(1, t), t);
    const loss = call("neg", add(mul(t, yes), mul(rest, no)));
    const spread = call("max", mul(sub(num(1, p), p), p), num(1e-12, p));
    const weighted = (x: Expr) => weight ? mul(x, weight) : x;
    return {
      value: weighted(loss),
      // Steep but finite where the logarithms are cut off.
      gradients: (g) => [
        mul(g, weighted(call("div", sub(p, t), spread))),
        mul(g, weighted(sub(no, yes))),
        ...weight ? [mul(g, loss)] : [],
      ],
    };
  },
);

/** Input p: 1 where it is not a probability; NaN goes on into the loss. */
const outside = /* @__PURE__ */ fused(
  "binaryCrossEntropy",
  ([p]) =>
    castExpr(
      call("or", call("lt", p, num(0, p)), call("gt", p, num(1, p))),
      p.dtype,
    ),
);

/** Checks that a weight broadcasts to the losses without making them more. */
function checkWeight(name: string, what: string, w: Tensor, x: Tensor): void {
  const lead = x.ndim - w.ndim;
  const fits = lead >= 0 &&
    w.shape.every((extent, d) => extent === 1 || extent === x.shape[lead + d]);
  if (fits) return;
  throw new ShapeError(
    `Cannot take the ${name} as the ${what} must broadcast to the input: got ${
      showShape(w.shape)
    } for ${showShape(x.shape)}`,
  );
}

/**
 * The binary cross entropy of probabilities, `-(t log(p) + (1 - t) log(1 - p))`.
 * Logarithms are cut off at -100. From scores, {@linkcode binaryCrossEntropyWithLogits}
 * is more precise.
 *
 * @param input Probabilities from 0 to 1.
 * @param target Of the same shape, from 0 to 1. int32 and bool are brought to the
 * dtype of the input.
 * @param options `reduction` and `weight`.
 * @throws {ShapeError} If the shapes differ.
 * @throws {RangeError} If a prediction is below 0 or above 1; on webgpu the
 * next read throws.
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.binaryCrossEntropy(
 *   tensor([0.5, 0.5]),
 *   tensor([1, 0]),
 * );
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options?: BinaryCrossEntropyOptions,
): Tensor {
  const name = "binaryCrossEntropy";
  checkOptions(schema, options, `take the ${name}`, arguments.length - 3);
  requireSameShape(name, input, target);
  const { reduction = "mean", weight } = options ?? {};
  const inputs = [input, target];
  if (weight) {
    checkWeight(name, "weight", weight, input);
    inputs.push(weight);
  }
  refuseValues(
    name,
    () => outside.sum([input]),
    (count) =>
      new RangeError(
        `Cannot take the ${name} as predictions must lie between 0 and 1: got ${count} outside, apply sigmoid or use binaryCrossEntropyWithLogits`,
      ),
  );
  return reduceLoss(entropy, inputs, reduction, input.size);
}

/**
 * Options of {@linkcode binaryCrossEntropyWithLogits}.
 *
 * @example Positive samples are rare
 * ```ts
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.BinaryCrossEntropyWithLogitsOptions = {
 *   posWeight: tensor([9]),
 * };
 * const loss = nn.functional.binaryCrossEntropyWithLogits(
 *   tensor([-2, 0.5]),
 *   tensor([0, 1]),
 *   options,
 * );
 * ```
 */
export interface BinaryCrossEntropyWithLogitsOptions
  extends BinaryCrossEntropyOptions {
  /** Factor of the losses of positive targets; broadcasts to the losses. */
  readonly posWeight?: Tensor;
}

const logitsSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    weight: z.optional(tensorOption),
    posWeight: z.optional(tensorOption),
  });

/** Inputs logits, target, then what there is of weight and posWeight. */
const logitEntropy = (
  hasWeight: boolean,
  hasPositive: boolean,
): FusedFunction =>
  fused("binaryCrossEntropyWithLogits", ([x, target, ...factors]) => {
    const t = target;
    const positive = hasPositive ? factors[hasWeight ? 1 : 0]! : null;
    const miss = call("softplus", call("neg", x));
    const rest = mul(sub(num(1, t), t), x);
    const factor = positive &&
      add(mul(sub(positive, num(1, t)), t), num(1, t));
    const loss = add(rest, factor ? mul(factor, miss) : miss);
    return hasWeight ? mul(loss, factors[0]!) : loss;
  });

const LOGIT_ENTROPY: readonly FusedFunction[] = [
  logitEntropy(false, false),
  logitEntropy(true, false),
  logitEntropy(false, true),
  logitEntropy(true, true),
];

/**
 * {@linkcode binaryCrossEntropy} of `sigmoid(input)`, without overflow and
 * without loss of precision.
 *
 * @param input Logits of any shape.
 * @param target Of the same shape, from 0 to 1. int32 and bool are brought to the
 * dtype of the input.
 * @param options `reduction`, `weight` and `posWeight`.
 * @throws {ShapeError} If the shapes differ.
 * @example An even chance
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.binaryCrossEntropyWithLogits(tensor(0), tensor(1));
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options?: BinaryCrossEntropyWithLogitsOptions,
): Tensor {
  const name = "binaryCrossEntropyWithLogits";
  checkOptions(logitsSchema, options, `take the ${name}`, arguments.length - 3);
  requireSameShape(name, input, target);
  const { reduction = "mean", weight, posWeight } = options ?? {};
  const inputs = [input, target];
  if (weight) {
    checkWeight(name, "weight", weight, input);
    inputs.push(weight);
  }
  if (posWeight) {
    checkWeight(name, "posWeight", posWeight, input);
    inputs.push(posWeight);
  }
  const loss = LOGIT_ENTROPY[(weight ? 1 : 0) + (posWeight ? 2 : 0)]!;
  return reduceLoss(loss, inputs, reduction, input.size);
}
