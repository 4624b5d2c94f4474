/**
 * Principal component analysis.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import { svd } from "@tenfold/core/linalg";
import {
  checkCount,
  noGradNow,
  parseArguments,
  showShape,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { checkTable, floating } from "./_scaling.ts";

/**
 * Options of {@linkcode PCA}.
 *
 * @example As many components as explain 95 % of the variance
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.PCAOptions = { nComponents: 0.95 };
 * const { data: x } = await data.loadIris();
 * assertEquals(new data.PCA(options).fitTransform(x).shape, [150, 2]);
 * ```
 */
export interface PCAOptions {
  /**
   * Number of components; a fraction below 1 for as many as explain more than
   * that share of the variance.
   *
   * @default {the number of features or of samples, whichever is smaller}
   */
  nComponents?: number;
  /** Whether to divide each component by its standard deviation. @default {false} */
  whiten?: boolean;
}

const optionsSchema = () =>
  z.strictObject({
    nComponents: z.optional(
      z.number("must be a number").check(
        z.gt(0, "must be above 0"),
        z.refine(
          (n) => n < 1 || Number.isInteger(n),
          "must be an integer, or a fraction below 1",
        ),
      ),
    ),
    whiten: z._default(z.boolean("must be true or false"), false),
  });

const NAMES = [
  "mean",
  "components",
  "singularValues",
  "explainedVariance",
  "explainedVarianceRatio",
] as const;

/**
 * The result of an analysis.
 *
 * @example The share of each component
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const { data: x } = await data.loadIris();
 * const state: data.PCAState = new data.PCA().fit(x).stateDict();
 * assertEquals(state.explainedVarianceRatio.shape, [4]);
 * ```
 */
export interface PCAState {
  /** Mean of each feature, `[features]`. */
  readonly mean: Tensor;
  /** The components, `[components, features]`, of the largest variance first. */
  readonly components: Tensor;
  /** The singular values of the centred data, `[components]`. */
  readonly singularValues: Tensor;
  /** Variance along each component, `[components]`. */
  readonly explainedVariance: Tensor;
  /** Its share of the variance of all features, `[components]`. */
  readonly explainedVarianceRatio: Tensor;
}

/**
 * Principal component analysis: the directions of the largest variance, by the
 * singular value decomposition of the centred data. Signs are such that the
 * largest coordinate of the samples along each component is positive, as in
 * scikit-learn 1.2.
 *
 * What it has found belongs to it, not to a scope; `dispose` releases it.
 *
 * @example Points on a line
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = tensor([[0, 0], [1, 2], [2, 4], [3, 6]]);
 * const pca = new data.PCA({ nComponents: 1 }).fit(points);
 * assertAlmostEquals(await pca.explainedVarianceRatio.item(), 1, 1e-6);
 * const again = pca.inverseTransform(pca.transform(points));
 * assertAlmostEquals(await again.sub(points).abs().max().item(), 0, 1e-5);
 * ```
 */
export class PCA {
  readonly #nComponents: number | undefined;
  readonly #whiten: boolean;
  #found: PCAState | null = null;

  /**
   * Creates an analysis, which `fit` computes.
   *
   * @param options `nComponents` and `whiten`.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(options: PCAOptions = {}) {
    const { nComponents, whiten } = parseArguments(
      optionsSchema,
      {},
      options,
      arguments,
      "make a PCA",
    );
    this.#nComponents = nComponents;
    this.#whiten = whiten;
  }

  #get(): PCAState {
    if (this.#found !== null) return this.#found;
    throw new TypeError(
      "Cannot use a PCA as it is not fitted yet: call fit or loadStateDict first",
    );
  }

  /** Mean of each feature, of shape `[features]`. */
  get mean(): Tensor {
    return this.#get().mean;
  }

  /** The components, of shape `[components, features]`. */
  get components(): Tensor {
    return this.#get().components;
  }

  /** The singular values of the centred data, of shape `[components]`. */
  get singularValues(): Tensor {
    return this.#get().singularValues;
  }

  /** Variance along each component, of shape `[components]`. */
  get explainedVariance(): Tensor {
    return this.#get().explainedVariance;
  }

  /** Its share of the variance of all features, of shape `[components]`. */
  get explainedVarianceRatio(): Tensor {
    return this.#get().explainedVarianceRatio;
  }

  /**
   * Finds the components.
   *
   * @param x Samples, of shape `[samples, features]`, on a device that can be read
   * without waiting; at least two.
   * @returns This analysis.
   * @throws {ShapeError} If the data has another shape, or fewer than two samples.
   * @throws {RangeError} If there are fewer features or samples than components.
   */
  fit(x: Tensor): this {
    checkCount("fit", arguments.length, 1);
    checkTable(x, "fit a PCA");
    const [samples, features] = x.shape as [number, number];
    if (samples < 2) {
      throw new ShapeError(
        `Cannot fit a PCA as there must be two samples at least: got ${
          showShape(x.shape)
        }`,
      );
    }
    const most = Math.min(samples, features);
    const wanted = this.#nComponents ?? most;
    if (wanted > most) {
      throw new RangeError(
        `Cannot fit a PCA as there are fewer features or samples than components: got ${
          showShape(x.shape)
        } for ${wanted}`,
      );
    }
    const found = unscopedNow(() =>
      noGradNow(() =>
        tidyNow(() => {
          const data = floating(x);
          const mean = data.mean(0);
          const { u, s, vh } = svd(data.sub(mean), { fullMatrices: false });
          const at = u.abs().argmax(0, { keepDim: true });
          const signs = u.gather(0, at).sign().reshape([most, 1]);
          const variance = s.square().div(samples - 1);
          const ratio = variance.div(variance.sum());
          const count = wanted < 1 ? enough(ratio, wanted) : wanted;
          const first = (x: Tensor) => x.narrow(0, 0, count).clone();
          return {
            mean,
            components: first(vh.mul(signs)),
            singularValues: first(s),
            explainedVariance: first(variance),
            explainedVarianceRatio: first(ratio),
          };
        })
      )
    );
    this.dispose();
    this.#found = found;
    return this;
  }

  /**
   * The coordinates of samples along the components.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns `[samples, components]`.
   * @throws {ShapeError} If the number of features differs.
   * @throws {TypeError} If the analysis is not fitted yet.
   */
  transform(x: Tensor): Tensor {
    checkCount("transform", arguments.length, 1);
    const { mean, components, explainedVariance } = this.#get();
    checkTable(x, "transform data with a PCA", mean.size);
    return tidyNow(() => {
      const along = floating(x).sub(mean).matmul(components.t());
      return this.#whiten ? along.div(explainedVariance.sqrt()) : along;
    });
  }

  /**
   * Finds the components, and the coordinates of the samples along them.
   *
   * @param x Samples, of shape `[samples, features]`.
   * @returns `[samples, components]`.
   */
  fitTransform(x: Tensor): Tensor {
    checkCount("fitTransform", arguments.length, 1);
    return this.fit(x).transform(x);
  }

  /**
   * Reconstructs samples from their coordinates; variance outside the
   * components is lost.
   *
   * @param z Coordinates, of shape `[samples, components]`.
   * @returns `[samples, features]`.
   * @throws {ShapeError} If the number of components differs.
   * @throws {TypeError} If the analysis is not fitted yet.
   */
  inverseTransform(z: Tensor): Tensor {
    checkCount("inverseTransform", arguments.length, 1);
    const { mean, components, explainedVariance } = this.#get();
    checkTable(z, "transform data back with a PCA", explainedVariance.size);
    return tidyNow(() => {
      const along = floating(z);
      const scaled = this.#whiten ? along.mul(explainedVariance.sqrt()) : along;
      return scaled.matmul(components).add(mean);
    });
  }

  /** The result, such as for a file. */
  stateDict(): { -readonly [K in keyof PCAState]: Tensor } {
    checkCount("stateDict", arguments.length, 0);
    return { ...this.#get() };
  }

  /**
   * Restores a saved result.
   *
   * @param state What {@linkcode PCA.stateDict} returned.
   * @throws {ShapeError} If a tensor is missing or of another shape.
   */
  loadStateDict(state: { readonly [name: string]: Tensor }): void {
    checkCount("loadStateDict", arguments.length, 1);
    const [count, features] = state.components?.shape ?? [];
    for (const name of NAMES) {
      const shape = name === "components"
        ? [count, features]
        : [name === "mean" ? features : count];
      const found = state[name]?.shape;
      if (found?.join() === shape.join() && shape.at(-1) !== undefined) {
        continue;
      }
      throw new ShapeError(
        `Cannot load the state of a PCA as ${name} is missing or of another shape: got ${
          found === undefined ? "none" : showShape(found)
        }`,
      );
    }
    const found = unscopedNow(() =>
      noGradNow(() =>
        Object.fromEntries(NAMES.map((name) => [name, state[name]!.clone()]))
      )
    ) as unknown as PCAState;
    this.dispose();
    this.#found = found;
  }

  /** Releases the result. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    for (const tensor of Object.values(this.#found ?? {})) tensor.dispose();
    this.#found = null;
  }
}

/** How many components explain more than a share of the variance. */
function enough(ratio: Tensor, share: number): number {
  const sums = ratio.cumsum(0).dataSync();
  let count = 0;
  while (count < sums.length - 1 && sums[count]! <= share) count++;
  return count + 1;
}
