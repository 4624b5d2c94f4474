/**
 * Scaling of features to a range.
 *
 * @module
 */
import { type Tensor, where } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { bounds, checkTable, FittedFigures, floating } from "./_scaling.ts";

/**
 * Options of {@linkcode MinMaxScaler}.
 *
 * @example From -1 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, tensor } from "@tenfold/tenfold";
 *
 * const options: data.MinMaxScalerOptions = { featureRange: [-1, 1] };
 * const z = new data.MinMaxScaler(options).fitTransform(
 *   tensor([[0], [5], [10]]),
 * );
 * assertEquals(await z.toArray(), [[-1], [0], [1]]);
 * ```
 */
export interface MinMaxScalerOptions {
  /**
   * Minimum and maximum of the scaled features.
   *
   * @default {[0, 1]}
   */
  featureRange?: readonly [number, number];
  /**
   * Whether values outside of the fitted range are clipped to the bounds.
   *
   * @default {false}
   */
  clip?: boolean;
}

const number = z.number("must be a number");

const optionsSchema = z.strictObject({
  featureRange: z._default(z.tuple([number, number], "must be two numbers"), [
    0,
    1,
  ]),
  clip: z._default(z.boolean("must be true or false"), false),
});

/**
 * Scales each feature to a range: its minimum becomes the lower bound and its
 * maximum the upper one. As in scikit-learn a constant feature becomes the lower
 * bound, and NaN is ignored in fitting and stays NaN.
 *
 * The fitted statistics belong to the scaler, not to a scope; `dispose` releases
 * them.
 *
 * @example From 0 to 1
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const scaler = new data.MinMaxScaler();
 * const scaled = scaler.fitTransform(tensor([[2, 7], [4, 7], [10, 7]]));
 * assertEquals(await scaled.toArray(), [[0, 0], [0.25, 0], [1, 0]]);
 * ```
 */
export class MinMaxScaler {
  readonly #low: number;
  readonly #high: number;
  readonly #clip: boolean;
  readonly #figures: FittedFigures<"dataMin" | "dataMax" | "scale"> =
    new FittedFigures("MinMaxScaler", ["dataMin", "dataMax", "scale"]);

  /**
   * Creates a scaler, which is fitted by `fit`.
   *
   * @param options `featureRange` and `clip`.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If the range is empty.
   */
  constructor(options: MinMaxScalerOptions = {}) {
    const { featureRange: [low, high], clip } = parseArguments(
      optionsSchema,
      {},
      options,
      arguments,
      "make a MinMaxScaler",
    );
    if (low >= high) {
      throw new RangeError(
        `Cannot make a MinMaxScaler as featureRange must ascend: got [${low}, ${high}]`,
      );
    }
    this.#low = low;
    this.#high = high;
    this.#clip = clip;
  }

  /** Minimum of each feature, of shape `[features]`. */
  get dataMin(): Tensor {
    return this.#figures.get().dataMin;
  }

  /** Maximum of each feature, of shape `[features]`. */
  get dataMax(): Tensor {
    return this.#figures.get().dataMax;
  }

  /** Factor of each feature, of shape `[features]`. */
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
    checkTable(x, "fit a MinMaxScaler");
    this.#figures.set(() => {
      const { low: dataMin, high: dataMax } = bounds(floating(x));
      const extent = where(dataMin.eq(dataMax), 1, dataMax.sub(dataMin));
      const scale = extent.reciprocal().mul(this.#high - this.#low);
      return { dataMin, dataMax, scale };
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
    const scaled = floating(x).sub(this.dataMin).mul(this.scale)
      .add(this.#low);
    return this.#clip
      ? scaled.clamp({ min: this.#low, max: this.#high })
      : scaled;
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
    return floating(z).sub(this.#low).div(this.scale).add(this.dataMin);
  }

  /**
   * The fitted statistics, such as for a file.
   *
   * @returns `dataMin`, `dataMax` and `scale`.
   * @throws {TypeError} If the scaler is not fitted yet.
   */
  stateDict(): { dataMin: Tensor; dataMax: Tensor; scale: Tensor } {
    checkCount("stateDict", arguments.length, 0);
    return { ...this.#figures.get() };
  }

  /**
   * Copies saved statistics.
   *
   * @param state What {@linkcode MinMaxScaler.stateDict} returned.
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
