/**
 * Parquet by hyparquet: the file's parts that are asked for, and columns.
 *
 * @module
 */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { openRanges } from "../_byte_ranges.ts";
import { parseAs } from "../_foreign_format.ts";
import { loadOptional } from "../_optional.ts";
import { DataFormatError, FileError, messageOf } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { Table } from "./table.ts";

/** A file whose end has been read. */
export interface ParquetFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
}

/** How many bytes tell what else a file is. */
const HEAD = 2 ** 16;

/** An error that says why a file is not sound; others stay what they are. */
function asFormatError(cause: unknown): Error {
  return cause instanceof FileError || cause instanceof DataFormatError
    ? cause
    : new DataFormatError(
      `Cannot read the Parquet file as it is damaged: ${messageOf(cause)}`,
      { cause },
    );
}

/**
 * Opens a file and reads its end.
 *
 * @throws {FileError} If it cannot be read.
 * @throws {DataFormatError} If it is not Parquet, or lacks a column.
 */
export async function openParquet(
  source: ByteSource,
  columns: readonly string[] | undefined,
): Promise<ParquetFile> {
  const { parquetMetadataAsync } = await hyparquet();
  let ranges = await openRanges(source);
  if (ranges.size === undefined) {
    ranges = await openRanges(await readBytes(source));
  }
  const byteLength = ranges.size!;
  const file: AsyncBuffer = {
    byteLength,
    async slice(begin, end = byteLength) {
      const bytes = await ranges.read(
        begin < 0 ? byteLength + begin : begin,
        Math.min(end, byteLength),
      );
      // A view of a larger buffer would not do.
      return bytes.slice().buffer as ArrayBuffer;
    },
  };
  if (byteLength < 12) {
    throw new DataFormatError(
      `Cannot read the Parquet file as it is cut short: got ${byteLength} bytes`,
    );
  }
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (cause) {
    const head = new Uint8Array(
      await file.slice(0, Math.min(byteLength, HEAD)),
    );
    return parseAs(head, "the Parquet file", "parquet", () => {
      throw asFormatError(cause);
    });
  }
  const known = topColumns(metadata);
  for (const name of columns ?? []) {
    if (known.includes(name)) continue;
    throw new RangeError(
      `Cannot read column ${
        JSON.stringify(name)
      } as the file has no such column: got ${known.join(", ")}`,
    );
  }
  return { file, metadata, columns: columns ?? known };
}

/** The names of the columns: the children of the root. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  /** Behind the element at `at` and what is in it. */
  const past = (at: number): number => {
    let next = at + 1;
    for (let i = 0; i < (schema[at]?.num_children ?? 0); i++) next = past(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = past(at)) {
    names.push(schema[at]!.name);
  }
  return names;
}

const hyparquet = () =>
  loadOptional(
    "hyparquet",
    "read a Parquet file",
    () => import("hyparquet"),
  );

/** Whether hyparquet itself undoes the compression. */
const PLAIN = new Set(["UNCOMPRESSED", "SNAPPY"]);

/**
 * Some rows of a file.
 *
 * @throws {DataFormatError} If they are damaged.
 */
export async function readRows(
  { file, metadata, columns }: ParquetFile,
  start: number,
  end: number,
): Promise<Table> {
  const packed = metadata.row_groups.some((group) =>
    group.columns.some(({ meta_data }) =>
      meta_data !== undefined && !PLAIN.has(meta_data.codec)
    )
  );
  const cells = new Map<string, unknown[]>(columns.map((name) => [name, []]));
  const { parquetRead } = await hyparquet();
  const compressors = packed
    ? (await loadOptional(
      "hyparquet-compressors",
      "read a compressed Parquet file",
      () => import("hyparquet-compressors"),
    )).compressors
    : undefined;
  try {
    if (start < end && columns.length > 0) {
      await parquetRead({
        file,
        metadata,
        columns: [...columns],
        rowStart: start,
        rowEnd: end,
        // Bytes without a type are bytes, such as those of images.
        utf8: false,
        ...compressors === undefined ? {} : { compressors },
        onComplete(rows: unknown[][]) {
          columns.forEach((name, c) => {
            cells.set(name, rows.map((row) => row[c]));
          });
        },
      });
    }
    return new Table(cells);
  } catch (cause) {
    throw asFormatError(cause);
  }
}
