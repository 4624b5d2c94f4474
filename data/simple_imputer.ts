/**
 * Missing values filled.
 *
 * @module
 */
import { type Tensor, tensor, where } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { checkTable, FittedFigures, floating } from "./_scaling.ts";

/**
 * Options of {@linkcode SimpleImputer}.
 *
 * @example The median of each feature
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, tensor } from "@tenfold/tenfold";
 *
 * const options: data.SimpleImputerOptions = { strategy: "median" };
 * const x = tensor([[1], [NaN], [3], [9]]);
 * const y = new data.SimpleImputer(options).fitTransform(x);
 * assertEquals(await y.toArray(), [[1], [3], [3], [9]]);
 * ```
 */
export interface SimpleImputerOptions {
  /**
   * What takes the place of a missing value: the mean, the median or the most
   * frequent value of its feature (the least of several), or `fillValue`.
   *
   * @default {"mean"}
   */
  strategy?: "mean" | "median" | "mostFrequent" | "constant";
  /** The value of the strategy `"constant"`. @default {0} */
  fillValue?: number;
}

const strategies = ["mean", "median", "mostFrequent", "constant"] as const;
const optionsSchema = () =>
  z.strictObject({
    strategy: z._default(
      z.enum(
        strategies,
        'must be "mean", "median", "mostFrequent" or "constant"',
      ),
      "mean",
    ),
    fillValue: z._default(z.number("must be a number"), 0),
  });

/** The figure of the values of a feature, which are sorted. */
const STATISTICS = {
  mean: (sorted: readonly number[]) =>
    sorted.reduce((a, b) => a + b, 0) / sorted.length,
  median: (sorted: readonly number[]) => {
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1
      ? sorted[middle]!
      : (sorted[middle - 1]! + sorted[middle]!) / 2;
  },
  mostFrequent: (sorted: readonly number[]) => {
    let [best, most, start] = [sorted[0]!, 0, 0];
    for (let i = 1; i <= sorted.length; i++) {
      if (i < sorted.length && sorted[i] === sorted[start]) continue;
      if (i - start > most) [best, most] = [sorted[start]!, i - start];
      start = i;
    }
    return best;
  },
};

/**
 * Fills what is missing, NaN, with a figure of its feature, as scikit-learn's.
 *
 * @example The mean of what is there
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const imputer = new data.SimpleImputer();
 * const x = tensor([[1, NaN], [3, 4], [NaN, 8]]);
 * const filled = imputer.fitTransform(x);
 * assertEquals(await filled.toArray(), [[1, 6], [3, 4], [2, 8]]);
 * ```
 */
export class SimpleImputer {
  readonly #strategy: (typeof strategies)[number];
  readonly #fillValue: number;
  readonly #figures: FittedFigures<"statistics"> = new FittedFigures(
    "SimpleImputer",
    ["statistics"],
  );

  /**
   * Creates an imputer, which is fitted by `fit`.
   *
   * @param options `strategy` and `fillValue`.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(options: SimpleImputerOptions = {}) {
    const { strategy, fillValue } = parseArguments(
      optionsSchema,
      {},
      options,
      arguments,
      "make a SimpleImputer",
    );
    this.#strategy = strategy;
    this.#fillValue = fillValue;
  }

  /** What fills each feature, of shape `[features]`. */
  get statistics(): Tensor {
    return this.#figures.get().statistics;
  }

  /**
   * Finds what fills each feature.
   *
   * @param x Samples, of shape `[samples, features]`, on a device that can be read
   * without waiting.
   * @returns This imputer.
   * @throws {ShapeError} If the data has another shape, or no sample.
   * @throws {RangeError} If a feature has no value at all.
   */
  fit(x: Tensor): this {
    checkCount("fit", arguments.length, 1);
    checkTable(x, "fit a SimpleImputer");
    const figures = this.#strategy === "constant"
      ? new Array<number>(x.shape[1]!).fill(this.#fillValue)
      : this.#statisticsOf(x, STATISTICS[this.#strategy]);
    const { dtype, device } = floating(x);
    this.#figures.set(() => ({
      statistics: tensor(figures, { dtype, device }),
    }));
    return this;
  }

  #statisticsOf(
    x: Tensor,
    statistic: (sorted: readonly number[]) => number,
  ): number[] {
    const values = x.dataSync();
    const features = x.shape[1]!;
    return Array.from({ length: features }, (_, feature) => {
      const found: number[] = [];
      for (let i = feature; i < values.length; i += features) {
        const value = Number(values[i]);
        if (!Number.isNaN(value)) found.push(value);
      }
      if (found.length === 0) {
        throw new RangeError(
          `Cannot fit a SimpleImputer as feature ${feature} has no value: leave it out, or use the strategy "constant"`,
        );
      }
      return statistic(found.sort((a, b) => a - b));
    });
  }

  /**
   * Fills missing values.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns The samples without NaN.
   * @throws {ShapeError} If the number of features differs.
   * @throws {TypeError} If the imputer is not fitted yet.
   */
  transform(x: Tensor): Tensor {
    checkCount("transform", arguments.length, 1);
    this.#figures.check(x, "transform data");
    const data = floating(x);
    return where(data.isNan(), this.statistics.cast(data.dtype), data);
  }

  /**
   * Finds what fills each feature, and fills it.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns The samples without NaN.
   */
  fitTransform(x: Tensor): Tensor {
    checkCount("fitTransform", arguments.length, 1);
    return this.fit(x).transform(x);
  }

  /** What fills each feature, such as for a file. */
  stateDict(): { statistics: Tensor } {
    checkCount("stateDict", arguments.length, 0);
    return { ...this.#figures.get() };
  }

  /**
   * Restores a saved result.
   *
   * @param state What {@linkcode SimpleImputer.stateDict} returned.
   * @throws {ShapeError} If the tensor is missing or of another shape.
   */
  loadStateDict(state: { readonly [name: string]: Tensor }): void {
    checkCount("loadStateDict", arguments.length, 1);
    this.#figures.load(state);
  }

  /** Releases the figures. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    this.#figures.dispose();
  }
}
