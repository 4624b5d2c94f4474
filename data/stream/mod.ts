/**
 * Streams: batches of samples that do not fit in memory, and CSV files in
 * chunks.
 *
 * @example Batches of a file
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamLoader, streamCsv } from "@tenfold/data/stream";
 * import "@tenfold/tenfold";
 *
 * const file = new TextEncoder().encode("x,y\n1,2\n3,4\n5,6\n");
 * const rows = {
 *   async *[Symbol.asyncIterator]() {
 *     for await (const table of streamCsv(file)) {
 *       const [x, y] = [table.numbers("x"), table.numbers("y")];
 *       for (let i = 0; i < table.length; i++) yield [[x[i]!], [y[i]!]];
 *     }
 *   },
 * };
 * for await (const [x, y] of new StreamLoader(rows, { batchSize: 3 })) {
 *   assertEquals([x?.shape, y?.shape], [[3, 1], [3, 1]]);
 * }
 * ```
 *
 * @module
 */
export type { Collated } from "../collate.ts";
export type { CsvOptions } from "../csv.ts";
export type { CsvTable } from "../csv_table.ts";
export type { ByteSource } from "../source.ts";
export * from "./stream_csv.ts";
export * from "./stream_loader.ts";
