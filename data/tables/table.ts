/**
 * Tables of typed columns.
 *
 * @module
 */
import { type DType, type Tensor, tensor } from "@tenfold/core";
import { checkCount, showAs, showValue } from "@tenfold/core/internal";
import type { DeviceOption } from "../_to_tensor.ts";
import { readsMissing } from "../_missing.ts";
import { rowsAsText, type TextRows } from "../_rows_as_text.ts";
import type { MissingOption } from "../csv_table.ts";
import { DataFormatError } from "../errors.ts";

/**
 * A value of a column; null where it is missing.
 *
 * @example The first value of a column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Cell, Table } from "@tenfold/data/tables";
 *
 * const table = new Table(new Map([["name", ["Ada", null]]]));
 * const cell: Cell = table.values("name")[1];
 * assertEquals(cell, null);
 * ```
 */
export type Cell = unknown;

/**
 * Columns of values: arrays or typed arrays.
 *
 * @example A table of arrays
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Columns, Table } from "@tenfold/data/tables";
 *
 * const columns: Columns = new Map([
 *   ["x", Float64Array.of(1, 2)],
 *   ["y", Float64Array.of(3, 4)],
 * ]);
 * assertEquals(new Table(columns).length, 2);
 * ```
 */
export type Columns = ReadonlyMap<string, ArrayLike<Cell>>;

/**
 * Options of {@linkcode Table.toTensor}.
 *
 * @example NaN for missing values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import { Table, type TableTensorOptions } from "@tenfold/data/tables";
 *
 * const options: TableTensorOptions = { missing: "nan" };
 * const table = new Table(new Map([["x", [1, null]]]));
 * assertEquals(await table.toTensor(["x"], options).toArray(), [[1], [NaN]]);
 * ```
 */
export interface TableTensorOptions extends DeviceOption, MissingOption {
  /** The dtype of the result. @default {"float32"} */
  readonly dtype?: DType;
}

/**
 * A table of typed columns, such as those of Parquet and Arrow files. A missing
 * value is null.
 *
 * @example Two columns as a tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Table } from "@tenfold/data/tables";
 * import "@tenfold/tenfold";
 *
 * const table = new Table(new Map<string, ArrayLike<unknown>>([
 *   ["width", Float64Array.of(0.2, 1.3)],
 *   ["count", [1n, 2n]],
 * ]));
 * const x = table.toTensor(["count", "width"], { dtype: "float32" });
 * assertEquals(x.shape, [2, 2]);
 * ```
 */
export class Table {
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** The number of rows. */
  readonly length: number;
  readonly #cells: Columns;

  /**
   * Creates a table from columns.
   *
   * @param columns The columns by name.
   * @throws {RangeError} If they differ in length.
   */
  constructor(columns: Columns) {
    checkCount("make a Table", arguments.length, 1);
    const lengths = new Set([...columns.values()].map(({ length }) => length));
    if (lengths.size > 1) {
      throw new RangeError(
        `Cannot make a Table as the columns differ in length: got ${
          [...lengths].join(" and ")
        }`,
      );
    }
    this.#cells = columns;
    this.columns = [...columns.keys()];
    this.length = [...lengths][0] ?? 0;
    showAs(this, async () => {
      const { displayTable } = await import("../_notebook.ts");
      return displayTable(this.columns, this.#rows, this.toString());
    });
  }

  /** Its values as they are printed. */
  get #rows(): TextRows {
    const cells = this.columns.map((column) => this.values(column));
    return {
      length: this.length,
      field: (row, column) => shown(cells[column]![row]),
    };
  }

  /** The first rows in columns, and how many there are. */
  toString(): string {
    checkCount("toString", arguments.length, 0);
    return rowsAsText(this.columns, this.#rows);
  }

  /**
   * A column with its values unchanged.
   *
   * @param column Name of the column.
   * @returns The values, row by row.
   * @throws {RangeError} If there is no such column.
   */
  values(column: string): ArrayLike<Cell> {
    checkCount("values", arguments.length, 1);
    const cells = this.#cells.get(column);
    if (cells !== undefined) return cells;
    throw new RangeError(
      `Cannot read column ${
        JSON.stringify(column)
      } as the table has no such column: got ${this.columns.join(", ")}`,
    );
  }

  /**
   * A column as strings; a missing value is the empty string, and binary values
   * are read as UTF-8.
   *
   * @param column Name of the column.
   * @returns The strings, row by row.
   * @throws {RangeError} If there is no such column.
   */
  strings(column: string): string[] {
    checkCount("strings", arguments.length, 1);
    return Array.from(this.values(column), textOf);
  }

  /**
   * A column as numbers; true is 1 and false is 0.
   *
   * @param column Name of the column.
   * @param options `missing`.
   * @returns The numbers, row by row.
   * @throws {RangeError} If there is no such column, or `missing` is neither
   * `"error"` nor `"nan"`.
   * @throws {DataFormatError} If a value is not a number, or is missing and
   * `missing` is `"error"`; the message names its row.
   */
  numbers(column: string, options: MissingOption = {}): Float64Array {
    checkCount("numbers", arguments.length, 2);
    const missing = readsMissing(options);
    const toNumber = reader(column, missing);
    const cells = this.values(column);
    const out = new Float64Array(cells.length);
    for (let row = 0; row < out.length; row++) {
      out[row] = toNumber(cells[row], row);
    }
    return out;
  }

  /**
   * Columns as a tensor of shape `[rows, columns]`. A column of lists of one
   * length, such as embeddings, gives a column for each of their items.
   *
   * @param columns The names of the columns; all of them by default.
   * @param options `dtype`, `device` and `missing`.
   * @returns A tensor of these columns.
   * @throws {RangeError} If there is no such column.
   * @throws {DataFormatError} If a value is not a number, lists of a column
   * differ in length, or the dtype is int32 and one is not a whole number in its
   * range.
   */
  toTensor(
    columns: readonly string[] = this.columns,
    options: TableTensorOptions = {},
  ): Tensor {
    checkCount("toTensor", arguments.length, 2);
    const { dtype = "float32", missing, ...place } = options;
    const marked = readsMissing({ missing });
    const lengths = columns.map((column) => listLength(this.values(column)));
    const width = lengths.reduce<number>((sum, n) => sum + (n ?? 1), 0);
    const shape = [this.length, width];
    const values = new Float64Array(this.length * width);
    let first = 0;
    columns.forEach((column, c) => {
      const length = lengths[c];
      const toNumber = reader(column, marked);
      const cells = this.values(column);
      for (let row = 0; row < this.length; row++) {
        const cell = cells[row];
        if (length !== undefined) checkList(cell, length, column, row);
        for (let i = 0; i < (length ?? 1); i++) {
          const value = toNumber(
            length === undefined ? cell : (cell as Cell[] | null)?.[i],
            row,
          );
          if (dtype === "int32" && value !== (value | 0)) {
            throw new DataFormatError(
              `Cannot read column ${
                JSON.stringify(column)
              } as int32 as it takes whole numbers from -2147483648 to 2147483647: got ${value} in row ${row}, read it as float32 and cast it`,
            );
          }
          values[row * width + first + i] = value;
        }
      }
      first += length ?? 1;
    });
    return tensor(values, { shape, dtype, ...place });
  }
}

const UTF_8 = new TextDecoder();

/** A value as text. */
function textOf(value: Cell): string {
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array ? UTF_8.decode(value) : `${value ?? ""}`;
}

/** What is printed of a value. */
function shown(value: Cell): string {
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  if (value instanceof Date) return textOf(value).replace("T00:00:00.000Z", "");
  if (typeof value !== "object" || value === null) return String(value);
  if (isList(value)) return `[${Array.from(value, shown).join(", ")}]`;
  return `{ ${Object.keys(value).join(", ")} }`;
}

const isNumber = (value: unknown) =>
  typeof value === "number" || typeof value === "bigint" ||
  typeof value === "boolean";

const isAbsent = (value: unknown) => value === null || value === undefined;

const isList = (value: unknown): value is ArrayLike<Cell> =>
  Array.isArray(value) ||
  ArrayBuffer.isView(value) && !(value instanceof DataView);

/** What makes a number of a cell of a column, or says why it cannot. */
function reader(
  column: string,
  missing: boolean,
): (value: Cell, row: number) => number {
  return (value, row) => {
    if (isNumber(value)) return Number(value);
    if (isAbsent(value) && missing) return NaN;
    const got = isAbsent(value)
      ? `a missing value in row ${row}, pass { missing: "nan" } to read it as NaN`
      : isList(value)
      ? `a list of ${value.length} in row ${row}: read columns of lists of numbers by toTensor, or the lists by values`
      : `${showValue(value)} in row ${row}`;
    throw new DataFormatError(
      `Cannot read column ${JSON.stringify(column)} as numbers: got ${got}`,
    );
  };
}

/** The length of the lists of a column; `undefined` where it holds none. */
function listLength(cells: ArrayLike<Cell>): number | undefined {
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    if (!isAbsent(cell)) return isList(cell) ? cell.length : undefined;
  }
  return undefined;
}

/** Refuses what is no list of a length; a list may be missing. */
function checkList(
  cell: Cell,
  length: number,
  column: string,
  row: number,
): void {
  if (isAbsent(cell) || isList(cell) && cell.length === length) return;
  throw new DataFormatError(
    `Cannot read column ${
      JSON.stringify(column)
    } as lists of ${length} numbers, as its first is: got ${
      isList(cell) ? `a list of ${cell.length}` : showValue(cell)
    } in row ${row}, read the lists by values and pad or cut them`,
  );
}
