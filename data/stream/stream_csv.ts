/**
 * CSV files that do not fit in memory.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { openRanges } from "../_byte_ranges.ts";
import { parseCsvPart } from "../csv.ts";
import type { CsvOptions } from "../csv.ts";
import type { CsvTable } from "../csv_table.ts";
import { DataFormatError } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";

/**
 * Options of {@linkcode streamCsv}.
 *
 * @example Parts of about 64 KiB
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { streamCsv, type StreamCsvOptions } from "@tenfold/data/stream";
 *
 * const options: StreamCsvOptions = { chunkBytes: 65_536 };
 * let rows = 0;
 * for await (const part of streamCsv(new Blob(["x\n1\n2\n"]), options)) {
 *   rows += part.length;
 * }
 * assertEquals(rows, 2);
 * ```
 */
export interface StreamCsvOptions extends CsvOptions {
  /** Approximate number of bytes read at once. @default {1048576} */
  readonly chunkBytes?: number;
}

const positive = "must be a positive integer";

/**
 * Reads a UTF-8 CSV file in chunks: tables of consecutive rows. Only one chunk
 * is in memory at a time.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `chunkBytes`, and those of `readCsv`.
 * @returns The tables; each loop reads the file again. It throws a
 * `DataFormatError` that names the line if the file is not a table.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example Rows, one after the other
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { streamCsv } from "@tenfold/data/stream";
 *
 * const bytes = new TextEncoder().encode("x,y\n1,2\n3,4\n5,6\n");
 * const sums = [];
 * for await (const table of streamCsv(bytes, { chunkBytes: 8 })) {
 *   for (const x of table.numbers("x")) sums.push(x);
 * }
 * assertEquals(sums, [1, 3, 5]);
 * ```
 */
export function streamCsv(
  source: ByteSource,
  options: StreamCsvOptions = {},
): AsyncIterable<CsvTable> {
  const { chunkBytes, ...csv } = parseArguments(
    z.looseObject({
      chunkBytes: z._default(
        z.int(positive).check(z.gte(1, positive)),
        2 ** 20,
      ),
    }),
    { source },
    options,
    arguments,
    "read CSV data",
  );
  return { [Symbol.asyncIterator]: () => tables(source, csv, chunkBytes) };
}

async function* tables(
  source: ByteSource,
  options: CsvOptions,
  chunkBytes: number,
): AsyncGenerator<CsvTable, void, undefined> {
  let columns = options.columns;
  let header = options.header ?? true;
  let line = 1;
  let any = false;
  const table = (text: string) => {
    const made = parseCsvPart(
      text,
      { ...options, header, ...columns === undefined ? {} : { columns } },
      line,
    );
    columns = made.columns;
    header = false;
    any = true;
    line += countLines(text);
    return made;
  };
  let rest = "";
  for await (const text of texts(source, chunkBytes)) {
    rest += text;
    const end = lastRecordEnd(
      rest,
      options.delimiter ?? ",",
      options.comment,
      header ? 2 : 1,
    );
    if (end === 0) continue;
    const part = rest.slice(0, end);
    rest = rest.slice(end);
    const made = table(part);
    if (made.length > 0) yield made;
  }
  const { delimiter = ",", comment } = options;
  if (!any || lastRecordEnd(`${rest}\n`, delimiter, comment, 1) > 0) {
    const made = table(rest);
    if (made.length > 0) yield made;
  }
}

/** The text of a source, in pieces that end where a character does. */
async function* texts(
  source: ByteSource,
  chunkBytes: number,
): AsyncGenerator<string, void, undefined> {
  let ranges = await openRanges(source);
  if (ranges.size === undefined) {
    ranges = await openRanges(await readBytes(source));
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0; at < ranges.size!; at += chunkBytes) {
    const end = Math.min(at + chunkBytes, ranges.size!);
    const bytes = await ranges.read(at, end);
    const zero = bytes.indexOf(0);
    let text: string;
    try {
      if (zero >= 0) throw new TypeError();
      text = decoder.decode(bytes, { stream: end < ranges.size! });
    } catch {
      throw new DataFormatError(
        `Cannot read CSV data as it is not text${
          zero >= 0 ? `: byte ${at + zero} is zero` : " in UTF-8"
        }`,
      );
    }
    yield text;
  }
}

/**
 * Behind the last record that is whole, or 0 where there are fewer than
 * `least`. The text begins with a record.
 */
function lastRecordEnd(
  text: string,
  delimiter: string,
  comment: string | undefined,
  least: number,
): number {
  let [end, records] = [0, 0];
  let [fieldStart, lineStart, quoted] = [true, true, false];
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoted) {
      if (char !== '"') continue;
      if (text[at + 1] === '"') at++;
      else quoted = false;
      continue;
    }
    if (lineStart && comment !== undefined && text.startsWith(comment, at)) {
      while (at + 1 < text.length && !/[\r\n]/.test(text[at + 1]!)) at++;
      // It stays a line without a record.
      continue;
    }
    if (char === "\n" || char === "\r") {
      // A return at the end may be half of a line end.
      if (char === "\r" && at + 1 === text.length) break;
      if (char === "\r" && text[at + 1] === "\n") at++;
      if (!lineStart) records++;
      end = at + 1;
      [fieldStart, lineStart] = [true, true];
      continue;
    }
    quoted = fieldStart && char === '"';
    fieldStart = char === delimiter;
    lineStart = false;
  }
  return records >= least ? end : 0;
}

function countLines(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
