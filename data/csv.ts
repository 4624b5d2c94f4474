/**
 * CSV: tables as text, RFC 4180 and the habits around it. The parser is
 * Papa Parse.
 *
 * @module
 */
import { parseOptions } from "@tenfold/core";
// @ts-types="@types/papaparse"
import Papa from "papaparse";
import { z } from "zod";
import { CsvTable } from "./csv_table.ts";
import { DataFormatError } from "./errors.ts";
import { type ByteSource, readBytes } from "./source.ts";

/** Options of {@linkcode readCsv} and {@linkcode parseCsv}. */
export interface CsvOptions {
  /**
   * Whether the first row names the columns.
   *
   * @default {true}
   */
  header?: boolean;
  /** The names of the columns, in place of the header's or for want of one. */
  columns?: readonly string[];
  /**
   * The character between fields.
   *
   * @default {","}
   */
  delimiter?: string;
  /** Lines that begin with this are left out, such as `"#"`. */
  comment?: string;
}

const optionsSchema = z.strictObject({
  header: z.boolean("must be true or false").default(true),
  columns: z.array(z.string("must be text"), "must be an array of names")
    .optional(),
  delimiter: z.string("must be one character")
    .regex(/^[^\r\n"]$/, "must be one character").default(","),
  comment: z.string("must be text").min(1, "must not be empty").optional(),
});

function fail(why: string): DataFormatError {
  return new DataFormatError(`Cannot read CSV data as ${why}`);
}

/**
 * Reads the text of a CSV file. Fields may be quoted; empty lines are left
 * out.
 *
 * @param text The whole file.
 * @param options The header, the delimiter, comments.
 * @returns The table.
 * @throws {DataFormatError} If the text holds no row, a quote is not closed, a
 * row has too few or too many fields, or two columns have the same name.
 *
 * @example A table without a header
 * ```ts
 * import { parseCsv } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseCsv("1;2\n3;4\n", { header: false, delimiter: ";" });
 * assertEquals(table.columns, ["0", "1"]);
 * assertEquals([...table.numbers("1")], [2, 4]);
 * ```
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvTable {
  const { header, columns, delimiter, comment } = parseOptions(
    optionsSchema,
    options,
    "read CSV data",
  );
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter,
    skipEmptyLines: true,
    ...(comment === undefined ? {} : { comments: comment }),
  });
  const error = errors[0];
  if (error !== undefined) {
    throw fail(
      `row ${(error.row ?? 0) + 1} is not sound: ${error.message}`,
    );
  }
  const first = data[0];
  if (first === undefined) throw fail("it holds no rows");
  const rows = header ? data.slice(1) : data;
  const names = columns ?? (header ? first : first.map((_, c) => String(c)));
  checkColumns(names);
  const firstRow = header ? 2 : 1;
  rows.forEach((row, r) => {
    if (row.length !== names.length) {
      throw fail(
        `row ${
          firstRow + r
        } has the wrong number of fields: got ${row.length}, expected ${names.length}`,
      );
    }
  });
  return new CsvTable(names, rows, firstRow);
}

function checkColumns(names: readonly string[]): void {
  const repeated = names.find((name, c) => names.indexOf(name) !== c);
  if (repeated !== undefined) {
    throw fail(
      `two columns have the same name: got ${
        JSON.stringify(repeated.slice(0, 80))
      }, pass { columns } to name them`,
    );
  }
}

/**
 * Reads a CSV file in UTF-8.
 *
 * @param source A path, a URL or bytes.
 * @param options The header, the delimiter, comments.
 * @returns The table.
 * @throws {DataFormatError} If the file is not UTF-8 or not a table.
 * @throws {FileError} If the file cannot be read.
 *
 * @example A file from bytes
 * ```ts
 * import { readCsv } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("x,y\n1,2\n3,4\n");
 * const table = await readCsv(bytes);
 * assertEquals(table.length, 2);
 * assertEquals([...table.numbers("y")], [2, 4]);
 * ```
 */
export async function readCsv(
  source: ByteSource,
  options: CsvOptions = {},
): Promise<CsvTable> {
  const bytes = await readBytes(source);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fail("it is not text in UTF-8");
  }
  return parseCsv(text, options);
}
