/**
 * Categories as columns of zeros and ones.
 *
 * @module
 */
import { cat, type Tensor, tensor } from "@tenfold/core";
import { checkCount, parseArguments, tidyNow } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { checkTable } from "./_scaling.ts";

/**
 * Options of {@linkcode OneHotEncoder}.
 *
 * @example Zeros for unknown values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, tensor } from "@tenfold/tenfold";
 *
 * const options: data.OneHotEncoderOptions = { handleUnknown: "ignore" };
 * const encoder = new data.OneHotEncoder(options).fit(tensor([[1], [2]]));
 * assertEquals(await encoder.transform(tensor([[3]])).toArray(), [[0, 0]]);
 * ```
 */
export interface OneHotEncoderOptions {
  /**
   * How values are handled that did not occur in fitting: throw, or encode them
   * as zeros in all columns.
   *
   * @default {"error"}
   */
  handleUnknown?: "error" | "ignore";
  /**
   * Whether the first category of each feature has no column.
   *
   * @default {null}
   */
  drop?: "first" | null;
}

const optionsSchema = () =>
  z.strictObject({
    handleUnknown: z._default(
      z.enum(["error", "ignore"], 'must be "error" or "ignore"'),
      "error",
    ),
    drop: z._default(
      z.nullable(z.literal("first", 'must be "first" or null')),
      null,
    ),
  });

/**
 * Encodes each feature as one column of zeros and ones per category, as
 * scikit-learn's. The categories are the distinct values of a feature in
 * fitting, in ascending order. For columns of text, see `oneHotColumns` of
 * `@tenfold/data/tables`.
 *
 * @example Two features of two and three categories
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = new data.OneHotEncoder();
 * const x = tensor([[0, 5], [1, 7], [0, 6]], { dtype: "int32" });
 * const columns = encoder.fit(x).transform(x);
 * assertEquals(encoder.categories, [[0, 1], [5, 6, 7]]);
 * assertEquals(await columns.toArray(), [
 *   [1, 0, 1, 0, 0],
 *   [0, 1, 0, 0, 1],
 *   [1, 0, 0, 1, 0],
 * ]);
 * ```
 */
export class OneHotEncoder {
  readonly #handleUnknown: "error" | "ignore";
  readonly #drop: number;
  #categories: readonly (readonly number[])[] | null = null;

  /**
   * Creates an encoder, which is fitted by `fit`.
   *
   * @param options `handleUnknown` and `drop`.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(options: OneHotEncoderOptions = {}) {
    const { handleUnknown, drop } = parseArguments(
      optionsSchema,
      {},
      options,
      arguments,
      "make a OneHotEncoder",
    );
    this.#handleUnknown = handleUnknown;
    this.#drop = drop === "first" ? 1 : 0;
  }

  /** The categories of each feature, in ascending order. */
  get categories(): readonly (readonly number[])[] {
    if (this.#categories !== null) return this.#categories;
    throw new TypeError(
      "Cannot use a OneHotEncoder as it is not fitted yet: call fit or loadStateDict first",
    );
  }

  /**
   * Finds the categories.
   *
   * @param x Samples, of shape `[samples, features]`, on a device that can be read
   * without waiting.
   * @returns This encoder.
   * @throws {ShapeError} If the data has another shape, or no sample.
   * @throws {RangeError} If a value is NaN.
   */
  fit(x: Tensor): this {
    checkCount("fit", arguments.length, 1);
    checkTable(x, "fit a OneHotEncoder");
    const values = x.dataSync();
    const features = x.shape[1]!;
    const found = Array.from({ length: features }, () => new Set<number>());
    for (let i = 0; i < values.length; i++) {
      const value = Number(values[i]);
      if (Number.isNaN(value)) {
        throw new RangeError(
          `Cannot fit a OneHotEncoder as feature ${
            i % features
          } has a missing value: fill it with a SimpleImputer first`,
        );
      }
      found[i % features]!.add(value);
    }
    this.#categories = found.map((set) => [...set].sort((a, b) => a - b));
    return this;
  }

  /**
   * Encodes samples.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns float32, `[samples, columns]`.
   * @throws {ShapeError} If the number of features differs.
   * @throws {RangeError} If a value is not one of the categories and
   * `handleUnknown` is `"error"`.
   * @throws {TypeError} If the encoder is not fitted yet.
   */
  transform(x: Tensor): Tensor {
    checkCount("transform", arguments.length, 1);
    const { categories } = this;
    checkTable(x, "transform data with a OneHotEncoder", categories.length);
    if (this.#handleUnknown === "error") this.#checkKnown(x);
    const { dtype, device } = x;
    return tidyNow(() =>
      cat(
        categories.map((known, i) => {
          const some = tensor(known.slice(this.#drop), { dtype, device });
          return x.narrow(1, i, 1).eq(some).cast("float32");
        }),
        1,
      )
    );
  }

  #checkKnown(x: Tensor): void {
    const known = this.categories.map((some) => new Set(some));
    const values = x.dataSync();
    for (let i = 0; i < values.length; i++) {
      const feature = i % known.length;
      if (known[feature]!.has(Number(values[i]))) continue;
      throw new RangeError(
        `Cannot transform data with a OneHotEncoder as a value of feature ${feature} was not there in fitting: got ${
          Number(values[i])
        }, expected one of ${
          this.categories[feature]!.join(", ")
        }; { handleUnknown: "ignore" } leaves its columns 0`,
      );
    }
  }

  /**
   * Finds the categories and encodes the samples.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns float32, `[samples, columns]`.
   */
  fitTransform(x: Tensor): Tensor {
    checkCount("fitTransform", arguments.length, 1);
    return this.fit(x).transform(x);
  }

  /** The categories, such as for a file. */
  stateDict(): { categories: readonly (readonly number[])[] } {
    checkCount("stateDict", arguments.length, 0);
    return { categories: this.categories.map((known) => [...known]) };
  }

  /**
   * Restores saved categories.
   *
   * @param state What {@linkcode OneHotEncoder.stateDict} returned.
   * @throws {TypeError} If it holds no categories.
   */
  loadStateDict(state: {
    readonly categories: readonly (readonly number[])[];
  }): void {
    checkCount("loadStateDict", arguments.length, 1);
    const { categories } = state;
    if (!Array.isArray(categories) || !categories.every(Array.isArray)) {
      throw new TypeError(
        "Cannot load the state of a OneHotEncoder as it has no categories",
      );
    }
    this.#categories = categories.map((known) => [...known]);
  }
}
