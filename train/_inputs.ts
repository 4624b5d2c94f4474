/**
 * The inputs of a model in whatever holds samples.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { DataLoader, type Dataset, TensorDataset } from "@tenfold/data";
import type { Batch, Batches } from "./batches.ts";

/** Batches of whatever holds samples. */
export function batchesOf(
  source: Tensor | Dataset | Batches,
  batchSize: number,
  operation: string,
): Batches {
  if (source instanceof Tensor) {
    const dataset = new TensorDataset(source);
    return new DataLoader<unknown, Batch>(dataset, { batchSize });
  }
  if (typeof (source as Partial<Dataset>)?.get === "function") {
    const dataset = source as Dataset;
    return new DataLoader<unknown, Batch>(dataset, { batchSize });
  }
  const { [Symbol.iterator]: plain, [Symbol.asyncIterator]: waiting } =
    (source ?? {}) as Partial<Iterable<Batch> & AsyncIterable<Batch>>;
  if (plain !== undefined || waiting !== undefined) return source as Batches;
  throw new TypeError(
    `Cannot ${operation} as the source must be a tensor, a dataset or batches`,
  );
}

/** The inputs among the tensors of a batch. */
export function inputsOf(
  batch: Batch,
  hasTargets: boolean | undefined,
  operation: string,
): Tensor[] {
  const list: readonly unknown[] = Array.isArray(batch) ? batch : [batch];
  if (list.length === 0 || list.some((part) => !(part instanceof Tensor))) {
    throw new TypeError(
      `Cannot ${operation} on a batch as it must be a list of tensors`,
    );
  }
  const targets = hasTargets ?? list.length > 1;
  return list.slice(0, targets ? -1 : list.length) as Tensor[];
}
