/**
 * Parquet files.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import type { ByteSource } from "../source.ts";
import { openParquet, readRows } from "./_parquet_file.ts";
import type { Table } from "./table.ts";

/**
 * Options of {@linkcode parquetGroups}.
 *
 * @example One column, a row group at a time
 * ```ts
 * import { parquetGroups, type ParquetOptions } from "@tenfold/data/tables";
 *
 * async function total(file: Blob): Promise<number> {
 *   const options: ParquetOptions = { columns: ["price"] };
 *   let sum = 0;
 *   for await (const part of parquetGroups(file, options)) {
 *     for (const price of part.numbers("price")) sum += price;
 *   }
 *   return sum;
 * }
 * ```
 */
export interface ParquetOptions {
  /** The columns to read; the others are not read. @default {all} */
  readonly columns?: readonly string[];
}

/**
 * Options of {@linkcode readParquet}.
 *
 * @example The first thousand rows
 * ```ts
 * import type { ReadParquetOptions } from "@tenfold/data/tables";
 *
 * const options: ReadParquetOptions = { columns: ["age"], end: 1000 };
 * ```
 */
export interface ReadParquetOptions extends ParquetOptions {
  /** The first row to read. @default {0} */
  readonly start?: number;
  /** The row to stop before. @default {the number of rows} */
  readonly end?: number;
}

const natural = "must be an integer from 0 on";
const row = z.optional(z.int(natural).check(z.gte(0, natural)));
const columns = z.optional(
  z.array(z.string("must be text"), "must be an array of names"),
);

/**
 * Reads a Parquet file, or some of its rows and columns: for a file, a `Blob`
 * or a URL whose server supports range requests, only the bytes they need are
 * read.
 *
 * 64-bit integers are returned as bigints, decimals as numbers, dates as
 * `Date`s, lists as arrays, structs as objects, and binary values as
 * `Uint8Array`s, which `strings` of the table decodes. Snappy, gzip, zstd, brotli
 * and LZ4 compression are supported.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `columns`, `start` and `end`.
 * @returns The table.
 * @throws {DataFormatError} If it is not a Parquet file, or is damaged.
 * @throws {FileError} If the source cannot be read.
 * @throws {RangeError} If there is no such column, or an option has a wrong
 * value.
 *
 * @example Two columns of a file
 * ```ts ignore
 * import { readParquet } from "@tenfold/data/tables";
 *
 * const table = await readParquet("trips.parquet", {
 *   columns: ["distance", "fare"],
 * });
 * const x = table.toTensor();
 * ```
 */
export async function readParquet(
  source: ByteSource,
  options: ReadParquetOptions = {},
): Promise<Table> {
  const parsed = parseArguments(
    z.strictObject({ columns, start: row, end: row }),
    { source },
    options,
    arguments,
    "read a Parquet file",
  );
  const opened = await openParquet(source, parsed.columns);
  const rows = Number(opened.metadata.num_rows);
  const end = Math.min(parsed.end ?? rows, rows);
  return readRows(opened, Math.min(parsed.start ?? 0, end), end);
}

/**
 * Reads a Parquet file one row group at a time, so that the file need not fit
 * in memory.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `columns`.
 * @returns The tables of the row groups, in order; each loop reads the file
 * again.
 * @throws {RangeError} If there is no such column.
 *
 * @example Samples for a `StreamLoader`
 * ```ts ignore
 * import { parquetGroups } from "@tenfold/data/tables";
 *
 * for await (const table of parquetGroups("trips.parquet")) {
 *   console.log(table.length);
 * }
 * ```
 */
export function parquetGroups(
  source: ByteSource,
  options: ParquetOptions = {},
): AsyncIterable<Table> {
  const parsed = parseArguments(
    z.strictObject({ columns }),
    { source },
    options,
    arguments,
    "read a Parquet file",
  );
  return {
    async *[Symbol.asyncIterator]() {
      const opened = await openParquet(source, parsed.columns);
      let start = 0;
      for (const { num_rows } of opened.metadata.row_groups) {
        const end = start + Number(num_rows);
        yield await readRows(opened, start, end);
        start = end;
      }
    },
  };
}
