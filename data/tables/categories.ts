/**
 * Categorical columns.
 *
 * @module
 */
import { type Tensor, tensor } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { type DeviceOption, deviceOption } from "../_to_tensor.ts";
import { NA_VALUES } from "../csv_table.ts";
import { DataFormatError } from "../errors.ts";

/**
 * A table whose columns can be read as strings: a `CsvTable` or a `Table`.
 *
 * @example A column of any table
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Table, type TextColumns } from "@tenfold/data/tables";
 *
 * function distinct(table: TextColumns, column: string): string[] {
 *   return [...new Set(table.strings(column))];
 * }
 * const table = new Table(new Map([["kind", ["cat", "dog", "cat"]]]));
 * assertEquals(distinct(table, "kind"), ["cat", "dog"]);
 * ```
 */
export interface TextColumns {
  /** The number of rows. */
  readonly length: number;
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** A column as strings. */
  strings(column: string): string[];
}

/**
 * Options of {@linkcode categoryCodes}.
 *
 * @example The classes of the training data
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   categoryCodes,
 *   type CategoryOptions,
 *   Table,
 * } from "@tenfold/data/tables";
 *
 * const options: CategoryOptions = { names: ["cat", "dog"], missing: "code" };
 * const table = new Table(new Map([["kind", ["dog", "cow"]]]));
 * const { codes } = categoryCodes(table, "kind", options);
 * assertEquals(codes, Int32Array.of(1, -1));
 * ```
 */
export interface CategoryOptions {
  /**
   * The classes, in the order of their codes: for new data, for instance, those
   * of the training data.
   *
   * @default {the sorted distinct values of the column}
   */
  readonly names?: readonly string[];
  /**
   * How to treat missing values and those not in `names`: `"code"` encodes them
   * as -1, `"error"` throws and names the row.
   *
   * @default {"error"}
   */
  readonly missing?: "error" | "code";
  /** The strings that mark a missing value. @default {NA_VALUES} */
  readonly naValues?: readonly string[];
}

/**
 * Options of {@linkcode oneHotColumns}.
 *
 * @example Zeros for other classes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import {
 *   oneHotColumns,
 *   type OneHotOptions,
 *   Table,
 * } from "@tenfold/data/tables";
 *
 * const options: OneHotOptions = { names: ["cat", "dog"], missing: "code" };
 * const table = new Table(new Map([["kind", ["dog", "cow"]]]));
 * const columns = oneHotColumns(table, "kind", options);
 * assertEquals(await columns.toArray(), [[0, 1], [0, 0]]);
 * ```
 */
export interface OneHotOptions extends CategoryOptions, DeviceOption {}

/**
 * A column as codes of classes.
 *
 * @example Names and codes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   type CategoryCodes,
 *   categoryCodes,
 *   Table,
 * } from "@tenfold/data/tables";
 *
 * const table = new Table(new Map([["kind", ["dog", "cat"]]]));
 * const { names, codes }: CategoryCodes = categoryCodes(table, "kind");
 * assertEquals(names[codes[0] ?? 0], "dog");
 * ```
 */
export interface CategoryCodes {
  /** The classes; a code is an index into them. */
  readonly names: readonly string[];
  /** The code of each row; -1 for missing values. */
  readonly codes: Int32Array;
}

const texts = z.array(z.string("must be text"), "must be an array of texts");

const fields = {
  names: z.optional(texts),
  missing: z._default(
    z.enum(["error", "code"], 'must be "error" or "code"'),
    "error",
  ),
  naValues: z._default(texts, [...NA_VALUES]),
};

function coded(
  table: TextColumns,
  column: string,
  options: {
    readonly names?: readonly string[] | undefined;
    readonly missing: "error" | "code";
    readonly naValues: readonly string[];
  },
): CategoryCodes {
  const marks = new Set(options.naValues.map((mark) => mark.toLowerCase()));
  const cells = table.strings(column);
  const present = cells.filter((text) => !marks.has(text.toLowerCase()));
  const names = options.names ?? [...new Set(present)].sort();
  const codeOf = new Map(names.map((name, code) => [name, code]));
  const codes = Int32Array.from(cells, (text, row) => {
    const code = codeOf.get(text);
    if (code !== undefined) return code;
    if (options.missing === "code") return -1;
    throw new DataFormatError(
      `Cannot read column ${JSON.stringify(column)} as categories: got ${
        marks.has(text.toLowerCase())
          ? "a missing value"
          : JSON.stringify(text.slice(0, 80))
      } in row ${row}, pass { missing: "code" } to give it -1`,
    );
  });
  return { names, codes };
}

/**
 * A column as codes of classes.
 *
 * @param table A `CsvTable` or a `Table`.
 * @param column Name of the column.
 * @param options `names`, `missing` and `naValues`.
 * @returns The classes, and the code of each row.
 * @throws {RangeError} If there is no such column.
 * @throws {DataFormatError} If a value is missing or unknown and `missing` is
 * `"error"`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example Unknown values are treated as missing
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseCsv } from "@tenfold/data";
 * import { categoryCodes } from "@tenfold/data/tables";
 *
 * const learned = categoryCodes(parseCsv("kind\nb\na\nb"), "kind");
 * assertEquals(learned.names, ["a", "b"]);
 * const { codes } = categoryCodes(parseCsv("kind\nb\nc\n?"), "kind", {
 *   names: learned.names,
 *   missing: "code",
 * });
 * assertEquals([...codes], [1, -1, -1]);
 * ```
 */
export function categoryCodes(
  table: TextColumns,
  column: string,
  options: CategoryOptions = {},
): CategoryCodes {
  const parsed = parseArguments(
    z.strictObject(fields),
    { table, column },
    options,
    arguments,
    "read categories",
  );
  return coded(table, column, parsed);
}

/**
 * One-hot encodes a column: a 1 at the class of each row; the row of a missing
 * value is all zeros.
 *
 * @param table A `CsvTable` or a `Table`.
 * @param column Name of the column.
 * @param options `names`, `missing`, `naValues` and `device`.
 * @returns float32 of shape `[rows, classes]`.
 * @throws {RangeError} If there is no such column.
 * @throws {DataFormatError} If a value is missing or unknown and `missing` is
 * `"error"`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example Three rows of two classes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseCsv } from "@tenfold/data";
 * import { oneHotColumns } from "@tenfold/data/tables";
 * import "@tenfold/tenfold";
 *
 * const x = oneHotColumns(parseCsv("kind\nb\na\n?"), "kind", {
 *   missing: "code",
 * });
 * assertEquals(await x.toArray(), [[0, 1], [1, 0], [0, 0]]);
 * ```
 */
export function oneHotColumns(
  table: TextColumns,
  column: string,
  options: OneHotOptions = {},
): Tensor {
  const { device, ...parsed } = parseArguments(
    z.strictObject({ ...fields, device: deviceOption }),
    { table, column },
    options,
    arguments,
    "read categories",
  );
  const { names, codes } = coded(table, column, parsed);
  const values = new Float32Array(codes.length * names.length);
  codes.forEach((code, row) => {
    if (code >= 0) values[row * names.length + code] = 1;
  });
  return tensor(values, {
    shape: [codes.length, names.length],
    ...device === undefined ? {} : { device },
  });
}
