/**
 * Data for training: datasets and loaders, embedded data sets and MNIST,
 * scalers, and the file formats safetensors, `.npy`, IDX and CSV.
 *
 * @example Batches of the embedded digits
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const digits = await data.loadDigits();
 * const [train, test] = data.trainTestSplit(
 *   new data.TensorDataset(digits.data.div(16), digits.target),
 *   { testSize: 0.2, stratify: digits.target, seed: 0 },
 * );
 * const loader = new data.DataLoader(train, {
 *   batchSize: 64,
 *   shuffle: true,
 *   seed: 0,
 * });
 * for await (const [x, y] of loader) {
 *   assertEquals(x.shape[0], y.shape[0]);
 * }
 * assertEquals(test.length, 360);
 * ```
 *
 * @module
 */
export type { AnyTypedArray } from "./_bytes.ts";
export type { DeviceOption, TensorReadOptions } from "./_to_tensor.ts";
export * from "./breast_cancer.ts";
export * from "./collate.ts";
export * from "./concat_dataset.ts";
export { type CsvOptions, parseCsv, readCsv } from "./csv.ts";
export * from "./csv_table.ts";
export * from "./data_loader.ts";
export type { Dataset } from "./dataset.ts";
export * from "./digits.ts";
export { DataFormatError, DatasetError, FileError } from "./errors.ts";
export {
  type IdxArray,
  type IdxType,
  parseIdx,
  readIdx,
  serializeIdx,
} from "./idx.ts";
export * from "./iris.ts";
export * from "./k_fold.ts";
export type { LabeledData } from "./labeled_data.ts";
export type { LoadingData } from "./loading_data.ts";
export * from "./min_max_scaler.ts";
export {
  downloadMnist,
  type DownloadMnistOptions,
  type DownloadProgress,
  mnist,
  MnistDataset,
  type MnistOptions,
} from "./mnist.ts";
export * from "./npy.ts";
export * from "./one_hot_encoder.ts";
export * from "./open_safetensors.ts";
export * from "./pca.ts";
export * from "./random_split.ts";
export * from "./safetensors.ts";
export * from "./samplers.ts";
export * from "./simple_imputer.ts";
export * from "./source.ts";
export * from "./standard_scaler.ts";
export * from "./subset.ts";
export * from "./tensor_dataset.ts";
export * from "./train_test_split.ts";
export * from "./write_file_atomic.ts";
