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

/** Options of {@linkcode parquetGroups}. */
export interface ParquetOptions {
  /** The columns to read; the others stay in the file. @default {all} */
  readonly columns?: readonly string[];
}

/** Options of {@linkcode readParquet}. */
export interface ReadParquetOptions extends ParquetOptions {
  /** The first row to read. @default {0} */
  readonly start?: number;
  /** Where to end, before this row. @default {the number of rows} */
  readonly end?: number;
}

const natural = "must be an integer from 0 on";
const row = z.optional(z.int(natural).check(z.gte(0, natural)));
const columns = z.optional(
  z.array(z.string("must be text"), "must be an array of names"),
);

/**
 * Reads a Parquet file, or some rows and columns of it: of a file, a `Blob` or
 * an address whose server gives ranges, only what they need is read.
 *
 * Integers of 64 bits are bigints, decimals numbers, dates `Date`s; lists and
 * structs are arrays and objects. Snappy, gzip, zstd, brotli and LZ4 are undone.
 *
 * @param source The bytes of a file, or where they are.
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
 * A Parquet file group by group, as it was written: no more than one group is
 * in memory. The file may be larger than that.
 *
 * @param source The bytes of a file, or where they are.
 * @param options `columns`.
 * @returns The tables of the groups, in order; each loop reads them anew.
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
