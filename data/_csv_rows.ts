/**
 * The fields of a CSV text, RFC 4180: where each begins and ends, so that a
 * table takes a small multiple of its file's size however many fields it has.
 *
 * No library does this for us: csv-parse 7.0.3 for browsers assigns to
 * `Object.prototype.__proto__`, which Deno does not allow, brings 122 kB and a
 * `Buffer`, counts each `\r\n` within quotes as two lines and refuses
 * `5" pipe`; Papa Parse 5.7.1 cuts a whole text at one kind of line end and
 * names no lines; d3-dsv 3.0.2 takes quotes that are never closed, and an empty
 * line for the `""` of a single column.
 *
 * @module
 */
import { DataFormatError } from "./errors.ts";

/** Rows of fields, each row with one for every column. */
export interface CsvRows {
  /** The number of rows. */
  readonly length: number;
  /** One field as text. */
  field(row: number, column: number): string;
  /** The line of the file in which a row begins, from 1 on. */
  line(row: number): number;
}

/** How a text is cut into fields. */
export interface CsvSyntax {
  /** The character between fields. */
  readonly delimiter: string;
  /** Lines that begin with this are left out. */
  readonly comment: string | undefined;
  /** Whether the first row names the columns. */
  readonly header: boolean;
  /** The line in which the text begins. @default {1} */
  readonly firstLine?: number;
  /** How many fields each row must have; as many as the first by default. */
  readonly width: number | undefined;
}

/** The fields of a text. */
export interface CsvFields {
  /** The fields of the header, where there is one. */
  readonly header: readonly string[] | undefined;
  /** The rows behind the header. */
  readonly rows: CsvRows;
  /** The number of fields in each row; 0 where there is no row at all. */
  readonly width: number;
}

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const BYTE_ORDER_MARK = 0xfeff;

/** Marks the end of a field that has doubled quotes; no text is this long. */
const DOUBLED = 2 ** 31;

/** An error that says why a text is not a table. */
export function csvError(why: string): DataFormatError {
  return new DataFormatError(`Cannot read CSV data as ${why}`);
}

/** The most fields and rows that a text can have, by its separators. */
function bounds(text: string, delimiter: number): [number, number] {
  let [delimiters, lines] = [0, 1];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === delimiter) delimiters++;
    else if (code === NEWLINE || code === RETURN) lines++;
  }
  return [delimiters + lines, lines];
}

/**
 * Cuts a text into fields. A row ends with `\n`, `\r\n` or `\r`, whichever it
 * is in each place; lines without any character are left out.
 *
 * @throws {DataFormatError} If a quote is not closed or something follows it,
 * or the rows differ in length.
 */
export function parseFields(text: string, syntax: CsvSyntax): CsvFields {
  const { comment, header } = syntax;
  const delimiter = syntax.delimiter.charCodeAt(0);
  const [mostFields, mostRows] = bounds(text, delimiter);
  const starts = new Uint32Array(mostFields);
  const ends = new Uint32Array(mostFields);
  const lines = new Uint32Array(mostRows);
  let width = syntax.width;
  let fields = 0;
  let rows = 0;
  let line = syntax.firstLine ?? 1;
  let at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;

  /** Behind the line end at `at`. */
  const nextLine = () => {
    if (text.charCodeAt(at) === RETURN && text.charCodeAt(at + 1) === NEWLINE) {
      at++;
    }
    at++;
    line++;
  };
  const isEnd = (code: number) =>
    code === NEWLINE || code === RETURN || Number.isNaN(code);

  /** The field at `at`, in quotes. */
  const quoted = () => {
    const opened = line;
    starts[fields] = ++at;
    let doubled = 0;
    for (;; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        if (text.charCodeAt(at + 1) !== QUOTE) break;
        doubled = DOUBLED;
        at++;
      } else if (code === NEWLINE) {
        line++;
      } else if (code === RETURN) {
        if (text.charCodeAt(at + 1) !== NEWLINE) line++;
      } else if (Number.isNaN(code)) {
        throw csvError(
          `line ${opened} is not sound: a quote that opens there is never closed`,
        );
      }
    }
    ends[fields++] = at + doubled;
    at++;
    while (text[at] === " ") at++;
    const code = text.charCodeAt(at);
    if (code !== delimiter && !isEnd(code)) {
      throw csvError(
        `line ${line} is not sound: text follows a closing quote, a quote inside a field is written twice`,
      );
    }
  };

  while (at < text.length) {
    if (isEnd(text.charCodeAt(at))) {
      nextLine();
      continue;
    }
    if (comment !== undefined && text.startsWith(comment, at)) {
      while (!isEnd(text.charCodeAt(at))) at++;
      if (at < text.length) nextLine();
      continue;
    }
    const first = fields;
    lines[rows] = line;
    for (;;) {
      if (text.charCodeAt(at) === QUOTE) {
        quoted();
      } else {
        starts[fields] = at;
        let code = text.charCodeAt(at);
        while (code !== delimiter && !isEnd(code)) code = text.charCodeAt(++at);
        ends[fields++] = at;
      }
      if (text.charCodeAt(at) !== delimiter) break;
      at++;
    }
    width ??= fields - first;
    // A header that other names replace may have any number of fields.
    const counts = !header || rows > 0 || syntax.width === undefined;
    if (counts && fields - first !== width) {
      throw csvError(
        `line ${lines[rows]} has the wrong number of fields: got ${
          fields - first
        }, expected ${width}`,
      );
    }
    rows++;
    if (at < text.length) nextLine();
  }

  const field = (i: number): string => {
    const end = ends[i]!;
    return end < DOUBLED
      ? text.slice(starts[i], end)
      : text.slice(starts[i], end - DOUBLED).replaceAll('""', '"');
  };
  const columns = rows === 0 ? 0 : width!;
  const skipped = header && rows > 0 ? 1 : 0;
  const body = rows - skipped;
  const offset = fields - body * columns;
  return {
    header: skipped === 1
      ? Array.from({ length: offset }, (_, i) => field(i))
      : undefined,
    width: columns,
    rows: {
      length: body,
      field: (row, column) => field(offset + row * columns + column),
      line: (row) => lines[skipped + row]!,
    },
  };
}

/** Rows that are arrays already; the first is row `first` of its file. */
export function rowsOf(
  arrays: readonly (readonly string[])[],
  first: number,
): CsvRows {
  return {
    length: arrays.length,
    field: (row, column) => arrays[row]![column]!,
    line: (row) => first + row,
  };
}
