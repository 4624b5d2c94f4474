/**
 * Distributions over classes.
 *
 * @module
 */
import { type DType, DTYPES, floatOf } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { multinomial } from "../functions/random.ts";
import { checkCount, showValue } from "../options.ts";
import { rand } from "../random.ts";
import { tidyNow } from "../scope.ts";
import { broadcastShapes, type Shape, sizeOf } from "../shape.ts";
import { checkTensor, type Tensor, type TensorLike } from "../tensor.ts";
import {
  asTensors,
  checkParameter,
  type Constraint,
  REAL,
  shapeOf,
  UNIT,
} from "./arguments.ts";
import { Distribution } from "./distribution.ts";

/**
 * Probabilities, or their logarithms or log-odds.
 *
 * @example Log-odds
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import { Bernoulli, type Chances } from "@tenfold/core/distributions";
 *
 * const chances: Chances<number> = { logits: 0 };
 * const coin = new Bernoulli(chances);
 * assertEquals(coin.sample([10]).shape, [10]);
 * ```
 */
export type Chances<T> =
  | { readonly probs: T; readonly logits?: undefined }
  | { readonly logits: T; readonly probs?: undefined };

/** Checks that there is one of both. */
function chancesOf<T>(
  name: string,
  chances: Chances<T>,
): { readonly probs: T | undefined; readonly logits: T | undefined } {
  const { probs, logits }: { probs?: T | undefined; logits?: T | undefined } =
    typeof chances === "object" && chances !== null ? chances : {};
  if ((probs === undefined) === (logits === undefined)) {
    throw new TypeError(
      `Cannot make a ${name} as it takes either { probs } or { logits }: got ${
        showValue(chances)
      }`,
    );
  }
  return { probs, logits };
}

/** Probabilities far enough from 0 and 1 for logarithms. */
function clamped(probs: Tensor): Tensor {
  const epsilon = DTYPES[probs.dtype].bytes === 8 ? 2 ** -52 : 2 ** -23;
  return probs.clamp({ min: epsilon, max: 1 - epsilon });
}

const NOT_NEGATIVE: Constraint = {
  must: "must not be negative",
  accepts: (value) => value >= 0,
  where: (x) => x.ge(0),
};

/**
 * The categorical distribution over class indices.
 *
 * @example Draws, and how likely they are
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { distributions, tensor } from "@tenfold/tenfold";
 *
 * const classes = new distributions.Categorical({ probs: tensor([1, 0, 3]) });
 * assertEquals(classes.sample([5]).dtype, "int32");
 * const two = tensor(2, { dtype: "int32" });
 * assertAlmostEquals(await classes.logProb(two).item(), Math.log(0.75), 1e-6);
 * ```
 */
export class Categorical extends Distribution {
  /** The name of its kind. */
  readonly name = "Categorical";
  readonly #probs: Tensor | undefined;
  readonly #logits: Tensor | undefined;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Distributions over the positions of the last dim.
   *
   * @param chances `{ probs }`, which need not add up to 1, or `{ logits }`,
   * unnormalised logarithms.
   * @throws {ShapeError} If there is no class.
   * @throws {RangeError} If a probability is negative.
   */
  constructor(chances: Chances<Tensor>) {
    super();
    checkCount("Categorical", arguments.length, 1);
    const { probs, logits } = chancesOf("Categorical", chances);
    this.#probs = probs;
    this.#logits = logits;
    const given = probs ?? logits!;
    const name = probs ? "probs" : "logits";
    checkTensor(given, name, "make a Categorical");
    if (given.ndim === 0 || given.shape.at(-1) === 0) {
      throw new ShapeError(
        `Cannot make a Categorical as ${name} must have classes along the last dim: got shape ${
          showShape(given.shape)
        }`,
      );
    }
    checkParameter("Categorical", name, given, probs ? NOT_NEGATIVE : REAL);
    this.batchShape = given.shape.slice(0, -1);
  }

  /** Probabilities that add up to 1, along the last dim. */
  probs(): Tensor {
    checkCount("probs", arguments.length, 0);
    return tidyNow(() => {
      if (!this.#probs) return this.#logits!.softmax(-1);
      return this.#probs.div(this.#probs.sum(-1, { keepDim: true }));
    });
  }

  /** Their logarithms. */
  logits(): Tensor {
    checkCount("logits", arguments.length, 0);
    return tidyNow(() =>
      this.#logits ? this.#logits.logSoftmax(-1) : clamped(this.probs()).log()
    );
  }

  /** A sample. */
  protected override draw(shape: Shape): Tensor {
    const probs = this.probs();
    const classes = probs.shape.at(-1)!;
    const rows = probs.reshape([sizeOf(this.batchShape), classes]);
    const count = sizeOf(shape);
    const out = [...shape, ...this.batchShape];
    if (rows.shape[0] === 0 || count === 0) {
      return probs.cast("int32").flatten().narrow(0, 0, 0).reshape(out);
    }
    return multinomial(rows, count, { replacement: true }).t().reshape(out);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const logits = this.logits();
    const batch = broadcastShapes(
      value.shape,
      this.batchShape,
      "take the logProb of",
    );
    const index = value.cast("int32").expand(batch).unsqueeze(-1);
    return logits.expand([...batch, logits.shape.at(-1)!])
      .gather(-1, index).squeeze(-1);
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const lowest = -(2 - 2 ** -23) * 2 ** 127;
    return this.logits().clamp({ min: lowest }).mul(this.probs()).sum(-1).neg();
  }

  /** Class indices have no mean: NaN, as in PyTorch. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const nan = this.probs().sum(-1).mul(NaN);
    return { mean: nan, variance: nan };
  }
}

/**
 * The Bernoulli distribution: 1 with a probability, else 0.
 *
 * @example Its entropy
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distributions } from "@tenfold/tenfold";
 *
 * const coin = new distributions.Bernoulli({ probs: 0.5 });
 * assertAlmostEquals(await coin.entropy().item(), Math.LN2, 1e-6);
 * ```
 */
export class Bernoulli extends Distribution {
  /** The name of its kind. */
  readonly name = "Bernoulli";
  readonly #probs: TensorLike | undefined;
  readonly #logits: TensorLike | undefined;
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;

  /**
   * Distributions of 0 and 1.
   *
   * @param chances `{ probs }` of 1, or `{ logits }`, the log-odds; tensors or
   * numbers.
   * @throws {RangeError} If a probability is not from 0 to 1.
   */
  constructor(chances: Chances<TensorLike>) {
    super();
    checkCount("Bernoulli", arguments.length, 1);
    const { probs, logits } = chancesOf("Bernoulli", chances);
    this.#probs = probs;
    this.#logits = logits;
    if (probs !== undefined) checkParameter("Bernoulli", "probs", probs, UNIT);
    else checkParameter("Bernoulli", "logits", logits, REAL);
    this.batchShape = shapeOf([probs ?? logits!], "make a Bernoulli of");
  }

  #given(): Tensor {
    return asTensors([this.#probs ?? this.#logits!], "Bernoulli").tensors[0]!;
  }

  /** The probabilities of 1. */
  probs(): Tensor {
    checkCount("probs", arguments.length, 0);
    return tidyNow(() => {
      const given = this.#given();
      return this.#probs === undefined ? given.sigmoid() : given.alias();
    });
  }

  /** The log-odds. */
  logits(): Tensor {
    checkCount("logits", arguments.length, 0);
    return tidyNow(() => {
      const given = this.#given();
      if (this.#probs === undefined) return given.alias();
      const probs = clamped(given);
      return probs.log().sub(probs.neg().log1p());
    });
  }

  /** A sample. */
  protected override draw(shape: Shape): Tensor {
    const probs = this.probs();
    const { dtype, device } = probs;
    return rand(this.extended(shape), { dtype, device }).lt(probs).cast(dtype);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    return likelihood(this.logits(), value);
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    return likelihood(this.logits(), this.probs()).neg();
  }

  /** The mean, and the variance. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const mean = this.probs();
    return { mean, variance: mean.mul(mean.neg().add(1)) };
  }
}

/** `value * logits - log(1 + exp(logits))`. */
function likelihood(logits: Tensor, value: Tensor): Tensor {
  return logits.mul(value.cast(floatOf(logits.dtype as DType)))
    .sub(logits.softplus());
}
