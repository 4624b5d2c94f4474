/**
 * A table of text, as a CSV file holds it, and its columns as numbers.
 *
 * @module
 */
import { type DType, type Tensor, tensor } from "@tenfold/core";
import { checkCount, showAs } from "@tenfold/core/internal";
import { type CsvRows, rowsOf } from "./_csv_rows.ts";
import { readsMissing } from "./_missing.ts";
import { rowsAsText } from "./_rows_as_text.ts";
import type { DeviceOption } from "./_to_tensor.ts";
import { DataFormatError } from "./errors.ts";

/**
 * The fields that mark a missing value among numbers if no others are named:
 * those of pandas, and `"?"`, as in the files of the UCI repository.
 *
 * @example One more of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const naValues = [...data.NA_VALUES, "unknown"];
 * const table = data.parseCsv("x\n1\nunknown\n", { naValues });
 * assertEquals(
 *   table.numbers("x", { missing: "nan" }),
 *   Float64Array.of(1, NaN),
 * );
 * ```
 */
export const NA_VALUES: readonly string[] = [
  "",
  "?",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-1.#IND",
  "-1.#QNAN",
  "-NaN",
  "1.#IND",
  "1.#QNAN",
  "<NA>",
  "N/A",
  "NA",
  "NULL",
  "NaN",
  "None",
];

/**
 * Options of {@linkcode CsvTable}.
 *
 * @example Rows from the middle of a file
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.CsvTableOptions = { firstRow: 1001 };
 * const table = new data.CsvTable(["x"], [["1"], ["2"]], options);
 * ```
 */
export interface CsvTableOptions {
  /**
   * The number of the first row in its file, for messages.
   *
   * @default {1}
   */
  firstRow?: number;
  /**
   * The fields that mark a missing value among numbers, in upper or lower case.
   *
   * @default {NA_VALUES}
   */
  naValues?: readonly string[];
}

/**
 * How missing values are handled, such as an empty field or NA.
 *
 * @example NaN for an empty field
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const missing: data.MissingOption = { missing: "nan" };
 * const table = data.parseCsv("x,y\n1,2\n3,\n");
 * assertEquals(table.numbers("y", missing), Float64Array.of(2, NaN));
 * ```
 */
export interface MissingOption {
  /**
   * `"error"` throws and names the field, `"nan"` reads NaN.
   *
   * @default {"error"}
   */
  missing?: "error" | "nan";
}

/**
 * Options of {@linkcode CsvTable.toTensor}.
 *
 * @example Whole numbers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.CsvTensorOptions = { dtype: "int32" };
 * const table = data.parseCsv("x,y\n1,2\n3,4\n");
 * assertEquals(await table.toTensor(["x"], options).toArray(), [[1], [3]]);
 * ```
 */
export interface CsvTensorOptions extends DeviceOption, MissingOption {
  /**
   * The dtype of the tensor.
   *
   * @default {"float32"}
   */
  dtype?: DType;
}

/**
 * The distinct values of a column, and which of them each row has.
 *
 * @example The classes of a column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const table = data.parseCsv("kind\ncat\ndog\ncat\n");
 * const { names, codes }: data.Categories = table.categories("kind");
 * assertEquals(names, ["cat", "dog"]);
 * assertEquals(codes, Int32Array.of(0, 1, 0));
 * ```
 */
export interface Categories {
  /** The distinct values, sorted. */
  readonly names: string[];
  /** For each row the position of its value among the names. */
  readonly codes: Int32Array;
}

/** How many columns a message lists. */
const LISTED = 20;

/** The number that a field spells, or `undefined`. */
function parseNumber(text: string): number | undefined {
  if (text === "") return undefined; // which Number() takes for 0
  if (/^[+-]?inf(inity)?$/i.test(text)) {
    return text[0] === "-" ? -Infinity : Infinity;
  }
  const value = Number(text);
  // Number() also reads hexadecimal, which no table of figures means.
  return Number.isNaN(value) || /^0[xob]/i.test(text) ? undefined : value;
}

/**
 * The rows of a CSV file under the names of its columns. Fields stay text
 * until a column is asked for as numbers or as categories.
 *
 * @example Features and classes of a table
 * ```ts
 * import { parseCsv } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseCsv("width,kind\n0.2,setosa\n1.3,virginica\n");
 * assertEquals(table.columns, ["width", "kind"]);
 * assertEquals([...table.numbers("width")], [0.2, 1.3]);
 * assertEquals(table.categories("kind").names, ["setosa", "virginica"]);
 * ```
 */
export class CsvTable {
  /** The names of the columns. */
  readonly columns: readonly string[];
  readonly #rows: CsvRows;
  readonly #missing: ReadonlySet<string>;
  readonly #indices: ReadonlyMap<string, number>;

  /**
   * Creates a table of rows of text.
   *
   * @param columns The names of the columns.
   * @param rows The fields of each row; each has one for every column.
   * @param options `firstRow` and `naValues`.
   */
  constructor(
    columns: readonly string[],
    rows: readonly (readonly string[])[] | CsvRows,
    options: CsvTableOptions = {},
  ) {
    const { firstRow = 1, naValues = NA_VALUES } = options;
    this.columns = columns;
    this.#rows = "field" in rows ? rows : rowsOf(rows, firstRow);
    this.#missing = new Set(naValues.map((mark) => mark.toLowerCase()));
    this.#indices = new Map(columns.map((name, c) => [name, c]));
    showAs(this, async () => {
      const { displayTable } = await import("./_notebook.ts");
      return displayTable(columns, this.#rows, this.toString());
    });
  }

  /** The number of rows. */
  get length(): number {
    return this.#rows.length;
  }

  #indexOf(column: string): number {
    const index = this.#indices.get(column);
    if (index === undefined) {
      const { columns } = this;
      const more = columns.length - LISTED;
      throw new RangeError(
        `Cannot read column ${
          JSON.stringify(column)
        } as the table has no such column: got ${
          columns.slice(0, LISTED).join(", ")
        }${more > 0 ? ` and ${more} more` : ""}`,
      );
    }
    return index;
  }

  /**
   * A column as text.
   *
   * @param column The column's name.
   * @returns The fields, row by row.
   * @throws {RangeError} If there is no such column.
   */
  strings(column: string): string[] {
    checkCount("strings", arguments.length, 1);
    const index = this.#indexOf(column);
    const rows = this.#rows;
    return Array.from(
      { length: rows.length },
      (_, row) => rows.field(row, index),
    );
  }

  /**
   * A column as numbers.
   *
   * @param column The column's name.
   * @param options `missing`.
   * @returns The numbers, row by row.
   * @throws {RangeError} If there is no such column, or `missing` is neither
   * `"error"` nor `"nan"`.
   * @throws {DataFormatError} If a field is not a number; the message names
   * its row.
   */
  numbers(column: string, options: MissingOption = {}): Float64Array {
    checkCount("numbers", arguments.length, 2);
    const values = new Float64Array(this.length);
    this.#readNumbers(column, readsMissing(options), values, 0, 1);
    return values;
  }

  #readNumbers(
    column: string,
    missing: boolean,
    into: Float64Array,
    start: number,
    step: number,
  ): void {
    const index = this.#indexOf(column);
    const rows = this.#rows;
    for (let row = 0; row < rows.length; row++) {
      const text = rows.field(row, index).trim();
      const absent = this.#missing.has(text.toLowerCase());
      const value = absent ? NaN : parseNumber(text);
      if (value === undefined || (absent && !missing)) {
        throw new DataFormatError(
          `Cannot read column ${JSON.stringify(column)} as numbers: got ${
            JSON.stringify(text.slice(0, 80))
          } in line ${rows.line(row)}${
            absent
              ? ', pass { missing: "nan" } to read it as NaN'
              : `, pass { naValues } to parseCsv or readCsv if it marks a missing value${
                this.columns.length === 1
                  ? ", or { delimiter } if it is several fields"
                  : ""
              }`
          }`,
        );
      }
      into[start + row * step] = value;
    }
  }

  /**
   * A column as classes: each distinct text becomes an integer.
   *
   * @param column The column's name.
   * @returns The distinct values, sorted, and the code of each row.
   * @throws {RangeError} If there is no such column.
   */
  categories(column: string): Categories {
    checkCount("categories", arguments.length, 1);
    const texts = this.strings(column);
    const names = [...new Set(texts)].sort();
    const codeOf = new Map(names.map((name, code) => [name, code]));
    return {
      names,
      codes: Int32Array.from(texts, (text) => codeOf.get(text)!),
    };
  }

  /**
   * Columns as a tensor of shape `[rows, columns]`.
   *
   * @param columns The names of the columns; all of them by default.
   * @param options `dtype`, `device` and `missing`.
   * @returns The numbers of these columns.
   * @throws {RangeError} If there is no such column.
   * @throws {DataFormatError} If a field is not a number, or the dtype is int32
   * and a field is not a whole number in its range.
   */
  toTensor(
    columns: readonly string[] = this.columns,
    options: CsvTensorOptions = {},
  ): Tensor {
    checkCount("toTensor", arguments.length, 2);
    const { dtype = "float32", missing, ...place } = options;
    const reads = readsMissing({ missing });
    const shape = [this.length, columns.length];
    const values = new Float64Array(this.length * columns.length);
    columns.forEach((column, c) => {
      this.#readNumbers(column, reads, values, c, columns.length);
    });
    if (dtype === "int32") this.#requireWhole(columns, values);
    return tensor(values, { shape, dtype, ...place });
  }

  /** The first rows in columns, and how many there are. */
  toString(): string {
    checkCount("toString", arguments.length, 0);
    return rowsAsText(this.columns, this.#rows);
  }

  /** Refuses what int32 cannot hold, and names the field. */
  #requireWhole(columns: readonly string[], values: Float64Array): void {
    const at = values.findIndex((value) => value !== (value | 0));
    if (at < 0) return;
    const column = columns[at % columns.length]!;
    const row = Math.floor(at / columns.length);
    const text = this.#rows.field(row, this.#indexOf(column)).trim();
    throw new DataFormatError(
      `Cannot read column ${
        JSON.stringify(column)
      } as int32 as it takes whole numbers from -2147483648 to 2147483647: got ${
        JSON.stringify(text.slice(0, 80))
      } in line ${this.#rows.line(row)}, read it as float32 and cast it`,
    );
  }
}
