/**
 * Tables: Parquet and Arrow files, categorical columns, rows typed by a schema.
 *
 * @example Features of a table
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseCsv } from "@tenfold/data";
 * import { oneHotColumns } from "@tenfold/data/tables";
 * import { cat } from "@tenfold/tenfold";
 *
 * const table = parseCsv("age,kind\n3,cat\n5,dog");
 * const x = cat([table.toTensor(["age"]), oneHotColumns(table, "kind")], 1);
 * assertEquals(await x.toArray(), [[3, 1, 0], [5, 0, 1]]);
 * ```
 *
 * @module
 */
export type { DeviceOption } from "../_to_tensor.ts";
export type { MissingOption } from "../csv_table.ts";
export type { ByteSource } from "../source.ts";
export * from "./categories.ts";
export * from "./read_arrow.ts";
export * from "./read_parquet.ts";
export * from "./table.ts";
export * from "./typed_rows.ts";
