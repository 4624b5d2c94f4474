/**
 * Standardisation of features.
 *
 * @module
 */
import { type Tensor, where } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { bounds, checkTable, FittedFigures, floating } from "./_scaling.ts";

/**
 * Options of {@linkcode StandardScaler}.
 *
 * @example The mean alone
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, tensor } from "@tenfold/tenfold";
 *
 * const options: data.StandardScalerOptions = { withStd: false };
 * const z = new data.StandardScaler(options).fitTransform(tensor([[1], [3]]));
 * assertEquals(await z.toArray(), [[-1], [1]]);
 * ```
 */
export interface StandardScalerOptions {
  /**
   * Whether to subtract the mean.
   *
   * @default {true}
   */
  withMean?: boolean;
  /**
   * Whether to divide by the standard deviation.
   *
   * @default {true}
   */
  withStd?: boolean;
}

const optionsSchema = z.strictObject({
  withMean: z._default(z.boolean("must be true or false"), true),
  withStd: z._default(z.boolean("must be true or false"), true),
});

/**
 * Standardises each feature to mean 0 and variance 1: z = (x − μ) / σ, with σ²
 * the mean of (x − μ)² over the samples. As in scikit-learn a constant feature is
 * only centred (its σ counts as 1), and NaN is ignored in fitting and stays NaN.
 *
 * The fitted statistics belong to the scaler, not to a scope; `dispose` releases
 * them.
 *
 * @example Figures from the training part only
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const scaler = new data.StandardScaler();
 * scaler.fit(tensor([[1, 5], [3, 5]]));
 * const scaled = scaler.transform(tensor([[2, 6], [5, 5]]));
 * assertEquals(await scaled.toArray(), [[0, 1], [3, 0]]);
 * ```
 */
export class StandardScaler {
  readonly #withMean: boolean;
  readonly #withStd: boolean;
  readonly #figures: FittedFigures<"mean" | "variance" | "scale"> =
    new FittedFigures("StandardScaler", ["mean", "variance", "scale"]);

  /**
   * Creates a scaler, which is fitted by `fit`.
   *
   * @param options `withMean` and `withStd`.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   */
  constructor(options: StandardScalerOptions = {}) {
    const { withMean, withStd } = parseArguments(
      optionsSchema,
      {},
      options,
      arguments,
      "make a StandardScaler",
    );
    this.#withMean = withMean;
    this.#withStd = withStd;
  }

  /** The mean of each feature, of shape `[features]`. */
  get mean(): Tensor {
    return this.#figures.get().mean;
  }

  /** The variance of each feature, of shape `[features]`. */
  get variance(): Tensor {
    return this.#figures.get().variance;
  }

  /** Divisor of each feature, of shape `[features]`. */
  get scale(): Tensor {
    return this.#figures.get().scale;
  }

  /**
   * Computes the statistics of the data.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns This scaler.
   * @throws {ShapeError} If the data has another shape, or no sample.
   */
  fit(x: Tensor): this {
    checkCount("fit", arguments.length, 1);
    checkTable(x, "fit a StandardScaler");
    this.#figures.set(() => {
      const data = floating(x);
      const valid = data.isNan().logicalNot();
      const count = valid.cast(data.dtype).sum(0);
      const { low, high } = bounds(data);
      // Measured from the least value: exact for constant features, and
      // accurate where a feature's values are large and close together.
      const above = where(valid, data.sub(low), 0).sum(0).div(count);
      const mean = low.add(above);
      const variance = where(valid, data.sub(low).sub(above).square(), 0)
        .sum(0).div(count);
      const scale = where(low.eq(high), 1, variance.sqrt());
      return { mean, variance, scale };
    });
    return this;
  }

  /**
   * Scales data.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns The scaled samples.
   * @throws {ShapeError} If the number of features differs.
   * @throws {TypeError} If the scaler is not fitted yet.
   */
  transform(x: Tensor): Tensor {
    checkCount("transform", arguments.length, 1);
    this.#figures.check(x, "transform data");
    let scaled = floating(x);
    if (this.#withMean) scaled = scaled.sub(this.mean);
    if (this.#withStd) scaled = scaled.div(this.scale);
    return scaled;
  }

  /**
   * Fits the scaler to the data and scales it.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns The scaled samples.
   * @throws {ShapeError} If the data has another shape, or no sample.
   */
  fitTransform(x: Tensor): Tensor {
    checkCount("fitTransform", arguments.length, 1);
    return this.fit(x).transform(x);
  }

  /**
   * Inverts the scaling.
   *
   * @param z Scaled samples, of shape `[samples, features]`.
   * @returns The samples in their original units.
   * @throws {ShapeError} If the number of features differs.
   * @throws {TypeError} If the scaler is not fitted yet.
   */
  inverseTransform(z: Tensor): Tensor {
    checkCount("inverseTransform", arguments.length, 1);
    this.#figures.check(z, "transform data back");
    let data = floating(z);
    if (this.#withStd) data = data.mul(this.scale);
    if (this.#withMean) data = data.add(this.mean);
    return data;
  }

  /**
   * The fitted statistics, such as for a file.
   *
   * @returns `mean`, `variance` and `scale`.
   * @throws {TypeError} If the scaler is not fitted yet.
   */
  stateDict(): { mean: Tensor; variance: Tensor; scale: Tensor } {
    checkCount("stateDict", arguments.length, 0);
    return { ...this.#figures.get() };
  }

  /**
   * Copies saved statistics.
   *
   * @param state What {@linkcode StandardScaler.stateDict} returned.
   * @throws {ShapeError} If a tensor is missing or of another shape.
   */
  loadStateDict(state: { readonly [name: string]: Tensor }): void {
    checkCount("loadStateDict", arguments.length, 1);
    this.#figures.load(state);
  }

  /** Releases the fitted statistics. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    this.#figures.dispose();
  }

  /** {@linkcode dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
