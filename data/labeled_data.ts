/**
 * The type of the embedded data sets.
 *
 * @module
 */
import { type Tensor, tensor } from "@tenfold/core";
import type { Rows } from "./_embedded/decode.ts";
import type { DeviceOption } from "./_to_tensor.ts";

/**
 * A small data set for classification, whole in memory.
 *
 * @example Any of the embedded data sets
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * function describe({ data, featureNames }: data.LabeledData): string {
 *   return `${data.shape[0]} samples of ${featureNames.length} features`;
 * }
 * const iris = await data.loadIris();
 * assertEquals(describe(iris), "150 samples of 4 features");
 * ```
 */
export interface LabeledData {
  /** The features: float32, one row for each sample. */
  readonly data: Tensor;
  /** The class of each sample: int32 of shape `[samples]`. */
  readonly target: Tensor;
  /** Names of the features, one for each column. */
  readonly featureNames: readonly string[];
  /** Names of the classes. */
  readonly targetNames: readonly string[];
  /** Description, source and licence of the data set. */
  readonly description: string;
}

/** The tensors of embedded rows; `shape` is that of one sample. */
export function labeledData(
  rows: Rows,
  shape: readonly number[],
  facts: Omit<LabeledData, "data" | "target">,
  options: DeviceOption,
): LabeledData {
  const samples = rows.labels.length;
  return {
    data: tensor(new Float32Array(rows.features), {
      shape: [samples, ...shape],
      ...options,
    }),
    target: tensor(rows.labels, options),
    ...facts,
  };
}
