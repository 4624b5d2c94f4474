/**
 * The loss of class indices, from log-probabilities or probabilities, with
 * gradients of one kernel.
 *
 * @module
 */
import {
  autogradFunction,
  fused,
  type FusedFunction,
  type FusedInput,
  type FusedScalar,
  type Tensor,
} from "@tenfold/core";
import {
  call,
  constant,
  type Expr,
  expr,
  indexAlong,
} from "@tenfold/core/backend";
import { currentRecording, noGradNow } from "@tenfold/core/internal";
import type { Reduction } from "../_options.ts";
import { reduceLoss } from "./_reduce.ts";
import { type Classes, totalWeight } from "./_classes.ts";

/** How a loss of class indices is made. */
export interface ClassLoss {
  /** What to call it in messages. */
  readonly name: string;
  /** One weight a class, along dim 1, or null. */
  readonly weight: Tensor | null;
  /** The index that does not count. */
  readonly ignoreIndex: number;
  /** Probability that is spread evenly over all classes, from 0 to 1. */
  readonly smoothing: number;
  /** What becomes of the losses of the samples. */
  readonly reduction: Reduction;
}

/** Which terms a kernel has. */
interface Terms {
  /** Whether indices may be ignored. */
  readonly masked: boolean;
  /** Whether some of the probability is spread. */
  readonly smooth: boolean;
  /** Whether classes have weights. */
  readonly weighted: boolean;
  /** Whether probabilities are given in place of their logarithms. */
  readonly plain: boolean;
}

const { add, mul, select } = expr;
const zero = (like: Expr): Expr => constant(0, like.dtype);

/** 0 where the index is ignored. */
const unless = (index: Expr, ignored: Expr, value: Expr): Expr =>
  select(call("eq", index, ignored), zero(value), value);

/** What is ignored, the share of the class, the share of every class. */
const SHARES: readonly FusedScalar[] = ["int32", "number", "number"];
/** The same, and what g is divided by. */
const GRADIENT_SHARES: readonly FusedScalar[] = [...SHARES, "number"];

/** An index among numbers, at one place. */
const indexAt = (place: number): FusedInput[] => [
  ...new Array<FusedInput>(place).fill("number"),
  "int32",
];

/** One function for each set of terms, made when it is first needed. */
function perTerms(
  make: (terms: Terms) => FusedFunction,
): (terms: Terms) => FusedFunction {
  const made: (FusedFunction | undefined)[] = [];
  return (terms) => {
    let key = 1;
    for (const term of Object.values(terms)) key = 2 * key + Number(term);
    return made[key] ??= make(terms);
  };
}

/**
 * The loss of each sample. Inputs: the log-probability of its class, then the
 * index, the sum over all classes and the weight, as far as there are such.
 * Scalars: what is ignored, the share of the class, the share of every class.
 */
const sampleLoss = /* @__PURE__ */ perTerms((terms) =>
  fused("class loss", ([picked, ...rest], [ignored, own, every]) => {
    const index = terms.masked ? rest.shift()! : null;
    const sum = terms.smooth ? rest.shift()! : null;
    const weight = terms.weighted ? rest.shift()! : null;
    let loss = call("neg", terms.plain ? call("log", picked) : picked);
    if (weight) loss = mul(loss, weight);
    if (sum) loss = call("sub", mul(loss, own), mul(sum, every));
    return index ? unless(index, ignored, loss) : loss;
  }, { inputs: terms.masked ? indexAt(1) : [], scalars: SHARES })
);

/** The probability that a class should have: positions count along dim 1. */
const wanted = (index: Expr, own: Expr, every: Expr | null): Expr => {
  const hit = select(call("eq", indexAlong(1), index), own, zero(own));
  return every ? add(hit, every) : hit;
};

/**
 * The gradient by logits, `softmax - wanted`. Inputs: log-probabilities or
 * probabilities, index, g. Scalars: as above, and what g is divided by.
 */
const byLogits = /* @__PURE__ */ perTerms(({ masked, smooth, plain }) =>
  fused("class loss", ([given, index, g], [ignored, own, every, divisor]) => {
    const target = wanted(index, own, smooth ? every : null);
    const p = plain ? given : call("exp", given);
    const miss = call("sub", p, target);
    const value = mul(miss, call("div", g, divisor));
    return masked ? unless(index, ignored, value) : value;
  }, { inputs: indexAt(1), scalars: GRADIENT_SHARES })
);

/**
 * The gradient by log-probabilities. Inputs: index, g, then the weight of the
 * sample's class and those of all classes. Scalars: as above.
 */
const byLogs = /* @__PURE__ */ perTerms(({ masked, smooth, weighted }) =>
  fused(
    "class loss",
    ([index, g, weight, weights], [ignored, own, every, divisor]) => {
      const target = wanted(
        index,
        weighted ? mul(own, weight) : own,
        smooth ? (weighted ? mul(every, weights) : every) : null,
      );
      const value = call("neg", mul(target, call("div", g, divisor)));
      return masked ? unless(index, ignored, value) : value;
    },
    { inputs: indexAt(0), scalars: GRADIENT_SHARES },
  )
);

const product = /* @__PURE__ */ fused("class loss", ([a, b]) => mul(a, b));

/** The logarithm of what is larger loses nothing. */
const LEAST = 2 ** -100;
/** So many powers take longer than to read a probability of each sample. */
const MANY = 8192;

/**
 * The probabilities of all classes, where the loss can be made out of them:
 * neither it nor its gradient then takes a power again. Null where they have to
 * be its logarithms: a class is too unlikely, or nobody can say so without
 * waiting.
 */
function probabilities(
  logits: Tensor,
  { safe }: Classes,
  { weight, smoothing }: ClassLoss,
): Tensor | null {
  const { dtype, device } = logits;
  if (
    weight || smoothing > 0 || dtype === "float16" || logits.size < MANY ||
    !device.backend.readSync || currentRecording()
  ) return null;
  const all = logits.softmax(1);
  const picked = noGradNow(() => all.gather(1, safe)).dataSync();
  return picked.every((p) => p > LEAST) ? all : null;
}

/** The loss of class indices, from logits `[N, C, ...]`. */
export function lossOfLogits(
  logits: Tensor,
  classes: Classes,
  options: ClassLoss,
): Tensor {
  const plain = probabilities(logits, classes, options);
  const scores = plain ?? logits.logSoftmax(1);
  return classLoss(scores, logits, classes, options, plain !== null);
}

/**
 * The loss of class indices.
 *
 * @param log Log-probabilities `[N, C, ...]`.
 * @param logits What they are the `logSoftmax` of: the gradient then goes
 * there at once, unless classes have weights.
 * @param plain Whether `log` are probabilities, without a logarithm.
 */
export function classLoss(
  log: Tensor,
  logits: Tensor | null,
  classes: Classes,
  options: ClassLoss,
  plain = false,
): Tensor {
  const { name, ignoreIndex, smoothing, reduction } = options;
  const { index, safe, masked, count } = classes;
  const weights = options.weight;
  const terms = {
    masked,
    smooth: smoothing > 0,
    weighted: weights !== null,
    plain,
  };
  const { shape } = log;
  const every = smoothing / shape[1]!;
  const weight = weights && noGradNow(() => pickWeights(weights, safe));
  // A number where it is known, else a tensor, so that nothing waits.
  const divides = reduction === "mean";
  const known = divides && !weights ? count : null;
  const total = divides && known === null
    ? totalWeight(classes, weight, ignoreIndex)
    : null;
  const scalars = [ignoreIndex, 1 - smoothing, every];
  const direct = logits !== null && !weights;

  const loss = autogradFunction({
    name,
    forward(ctx, ...inputs) {
      const log = inputs[inputs.length - 1]!;
      ctx.save(
        ...direct ? [log] : [],
        index,
        ...total ? [total] : [],
        ...weight ? [weight, weights!] : [],
      );
      const parts = [log.gather(1, safe)];
      if (masked) parts.push(index);
      if (smoothing > 0) parts.push(sumOverClasses(log, weights));
      if (weight) parts.push(weight);
      const out = reduceLoss(
        sampleLoss(terms),
        parts,
        total ? "sum" : reduction,
        known ?? 1,
        scalars,
      );
      if (reduction === "none") return out.squeeze(1);
      return total ? out.div(total) : out;
    },
    backward(ctx, g) {
      const rest = [...ctx.saved];
      const log = direct ? rest.shift()! : null;
      const index = rest.shift()!;
      let slope = reduction === "none" ? g.unsqueeze(1) : g;
      if (total) slope = slope.div(rest.shift()!);
      const all = [...scalars, known ?? 1];
      if (log) return [byLogits(terms).map([log, index, slope], all), null];
      return byLogs(terms).map([index, slope.expand(shape), ...rest], all);
    },
  });
  return direct ? loss(logits, log) : loss(log);
}

/** The weight of each sample's class, `[N, 1, ...]`. */
function pickWeights(weights: Tensor, safe: Tensor): Tensor {
  return weights.flatten().gather(0, safe.flatten()).reshape(safe.shape);
}

function sumOverClasses(log: Tensor, weights: Tensor | null): Tensor {
  const over = { dims: 1, keepDim: true };
  return weights
    ? product.sum([log, weights], over)
    : log.sum(1, { keepDim: true });
}
