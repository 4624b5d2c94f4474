/**
 * A table of text, as a CSV file holds it, and its columns as numbers.
 *
 * @module
 */
import { type DType, type Tensor, tensor } from "@tenfold/core";
import type { DeviceOption } from "./_to_tensor.ts";
import { DataFormatError } from "./errors.ts";

/** What becomes of an empty field, or of NA, NaN or null, among numbers. */
export interface MissingOption {
  /**
   * `"error"` refuses the table and names the field, `"nan"` reads NaN.
   *
   * @default {"error"}
   */
  missing?: "error" | "nan";
}

/** Options of {@linkcode CsvTable.toTensor}. */
export interface CsvTensorOptions extends DeviceOption, MissingOption {
  /**
   * The dtype of the tensor.
   *
   * @default {"float32"}
   */
  dtype?: DType;
}

/** The distinct values of a column, and which of them each row has. */
export interface Categories {
  /** The distinct values, sorted. */
  readonly names: string[];
  /** For each row the position of its value among the names. */
  readonly codes: Int32Array;
}

const MISSING: ReadonlySet<string> = new Set(["", "na", "nan", "null"]);

/** The number that a field spells, or `undefined`. */
function parseNumber(text: string): number | undefined {
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
  readonly #rows: readonly (readonly string[])[];
  readonly #firstLine: number;

  /**
   * Makes a table of rows of text.
   *
   * @param columns The names of the columns.
   * @param rows The fields of each row; each has one for every column.
   * @param firstRow The number of the first row in its file, for messages.
   */
  constructor(
    columns: readonly string[],
    rows: readonly (readonly string[])[],
    firstRow = 1,
  ) {
    this.columns = columns;
    this.#rows = rows;
    this.#firstLine = firstRow;
  }

  /** The number of rows. */
  get length(): number {
    return this.#rows.length;
  }

  #indexOf(column: string): number {
    const index = this.columns.indexOf(column);
    if (index < 0) {
      throw new RangeError(
        `Cannot read column ${
          JSON.stringify(column)
        } as the table has no such column: got ${this.columns.join(", ")}`,
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
    const index = this.#indexOf(column);
    return this.#rows.map((row) => row[index]!);
  }

  /**
   * A column as numbers.
   *
   * @param column The column's name.
   * @param options What becomes of missing values.
   * @returns The numbers, row by row.
   * @throws {RangeError} If there is no such column.
   * @throws {DataFormatError} If a field is not a number; the message names
   * its row.
   */
  numbers(column: string, options: MissingOption = {}): Float64Array {
    const values = new Float64Array(this.length);
    this.#readNumbers(column, options, values, 0, 1);
    return values;
  }

  #readNumbers(
    column: string,
    { missing = "error" }: MissingOption,
    into: Float64Array,
    start: number,
    step: number,
  ): void {
    const index = this.#indexOf(column);
    this.#rows.forEach((row, r) => {
      const text = row[index]!.trim();
      const absent = MISSING.has(text.toLowerCase());
      const value = absent ? NaN : parseNumber(text);
      if (value === undefined || (absent && missing === "error")) {
        throw new DataFormatError(
          `Cannot read column ${JSON.stringify(column)} as numbers: got ${
            JSON.stringify(text.slice(0, 80))
          } in row ${this.#firstLine + r}${
            absent ? ', pass { missing: "nan" } to read it as NaN' : ""
          }`,
        );
      }
      into[start + r * step] = value;
    });
  }

  /**
   * A column as classes: each distinct text becomes an integer.
   *
   * @param column The column's name.
   * @returns The distinct values, sorted, and the code of each row.
   * @throws {RangeError} If there is no such column.
   */
  categories(column: string): Categories {
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
   * @param options The dtype, the device, and what becomes of missing values.
   * @returns The numbers of these columns.
   * @throws {RangeError} If there is no such column.
   * @throws {DataFormatError} If a field is not a number.
   */
  toTensor(
    columns: readonly string[] = this.columns,
    options: CsvTensorOptions = {},
  ): Tensor {
    const { dtype = "float32", missing = "error", ...place } = options;
    const shape = [this.length, columns.length];
    const values = new Float64Array(this.length * columns.length);
    columns.forEach((column, c) => {
      this.#readNumbers(column, { missing }, values, c, columns.length);
    });
    return tensor(values, { shape, dtype, ...place });
  }
}
