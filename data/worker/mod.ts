/**
 * Datasets and streams that are read in workers, ahead of the training loop.
 *
 * @example A batch from another thread
 * ```ts ignore
 * import { data } from "@tenfold/tenfold";
 * import { WorkerDataset } from "@tenfold/data/worker";
 *
 * using dataset = await WorkerDataset.open(
 *   new URL("./worker.ts", import.meta.url),
 *   { root: "photos" },
 * );
 * const loader = new data.DataLoader(dataset, { batchSize: 32, prefetch: 2 });
 * for await (const [x, y] of loader) console.log(x.shape, y.shape);
 * ```
 *
 * @module
 */
export type { WebWorker } from "../_worker_edge.ts";
export type { WorkerSource } from "./_client.ts";
export * from "./serve_dataset.ts";
export * from "./worker_dataset.ts";
export * from "./worker_stream.ts";
