/**
 * CSV: tables as text, RFC 4180 and the habits around it.
 *
 * @module
 */
import { checkCount, parseOptions } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { csvError, parseFields } from "./_csv_rows.ts";
import { parseAs } from "./_foreign_format.ts";
import { gunzip, gunzipBound, isGzip } from "./_gzip.ts";
import { CsvTable, NA_VALUES } from "./csv_table.ts";
import { type ByteSource, readBytes } from "./source.ts";

/**
 * Options of {@linkcode readCsv} and {@linkcode parseCsv}.
 *
 * @example Semicolons, no header
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.CsvOptions = { delimiter: ";", columns: ["x", "y"] };
 * const table = data.parseCsv("1;2\n3;4\n", { ...options, header: false });
 * assertEquals(table.numbers("y"), Float64Array.of(2, 4));
 * ```
 */
export interface CsvOptions {
  /**
   * Whether the first row names the columns.
   *
   * @default {true}
   */
  header?: boolean;
  /** The names of the columns, instead of those of a header. */
  columns?: readonly string[];
  /**
   * The character between fields.
   *
   * @default {","}
   */
  delimiter?: string;
  /** Lines that begin with this are skipped, such as `"#"`. */
  comment?: string;
  /**
   * The fields that mark a missing value among numbers, in upper or lower case;
   * these take the place of the default ones.
   *
   * @default {NA_VALUES}
   */
  naValues?: readonly string[];
}

const optionsSchema = z.strictObject({
  header: z._default(z.boolean("must be true or false"), true),
  columns: z.optional(
    z.array(z.string("must be text"), "must be an array of names"),
  ),
  delimiter: z._default(
    z.string("must be one character").check(
      z.regex(/^[^\r\n"]$/, "must be one character"),
    ),
    ",",
  ),
  comment: z.optional(
    z.string("must be text").check(z.minLength(1, "must not be empty")),
  ),
  naValues: z.optional(
    z.array(z.string("must be text"), "must be an array of texts"),
  ),
});

/**
 * Reads the text of a CSV file. Fields may be quoted, lines may end in `\n`,
 * `\r\n` or `\r`, also mixed, and empty lines are left out.
 *
 * @param text The whole file.
 * @param options `header`, `columns`, `delimiter`, `comment` and `naValues`.
 * @returns The table.
 * @throws {DataFormatError} If the text holds no row, a quote is not closed, a
 * row has too few or too many fields (the message names its line), or two
 * columns have the same name.
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
  checkCount("parseCsv", arguments.length, 2);
  return parseCsvPart(text, options, 1);
}

/** Used by this package: a part of a file that begins in a line. */
export function parseCsvPart(
  text: string,
  options: CsvOptions,
  firstLine: number,
): CsvTable {
  const { header, columns, delimiter, comment, naValues } = parseOptions(
    optionsSchema,
    options,
    "read CSV data",
  );
  const fields = parseFields(text, {
    delimiter,
    comment,
    header,
    firstLine,
    width: columns?.length,
  });
  const { rows, width } = fields;
  if (rows.length === 0 && fields.header === undefined) {
    throw csvError("it holds no rows");
  }
  const names = columns ?? fields.header ??
    Array.from({ length: width }, (_, c) => String(c));
  checkColumns(names);
  return new CsvTable(names, rows, { naValues: naValues ?? NA_VALUES });
}

function checkColumns(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw csvError(
        `two columns have the same name: got ${
          JSON.stringify(name.slice(0, 80))
        }, pass { columns } to name them`,
      );
    }
    seen.add(name);
  }
}

/**
 * Reads a CSV file in UTF-8, gzipped or not.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `header`, `columns`, `delimiter`, `comment` and `naValues`.
 * @returns The table.
 * @throws {DataFormatError} If the file is not UTF-8 or not a table, or its gzip
 * stream is damaged.
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
  checkCount("readCsv", arguments.length, 2);
  const read = await readBytes(source);
  const bytes = isGzip(read)
    ? await gunzip(read, "CSV data", () => gunzipBound(read.length))
    : read;
  return parseAs(bytes, "CSV data", undefined, () => {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw csvError("it is not text in UTF-8");
    }
    const zero = bytes.indexOf(0);
    if (zero >= 0) {
      throw csvError(`it is not text: byte ${zero} is zero`);
    }
    return parseCsv(text, options);
  });
}
