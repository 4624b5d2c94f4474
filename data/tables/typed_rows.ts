/**
 * Rows checked and typed by a schema.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { NA_VALUES } from "../csv_table.ts";
import { DataFormatError } from "../errors.ts";
import type { TextColumns } from "./categories.ts";
import { Table } from "./table.ts";

/**
 * A schema of zod, or of another library with this method.
 *
 * @example A schema of zod
 * ```ts
 * import type { RowSchema } from "@tenfold/data/tables";
 * import * as z from "zod";
 *
 * const person: RowSchema<{ name: string; age: number }> = z.object({
 *   name: z.string(),
 *   age: z.coerce.number(),
 * });
 * ```
 */
export interface RowSchema<Row> {
  /** Returns the parsed value, or the issues found in it. */
  safeParse(value: unknown):
    | { readonly success: true; readonly data: Row }
    | {
      readonly success: false;
      readonly error: {
        readonly issues: readonly {
          readonly path: readonly PropertyKey[];
          readonly message: string;
        }[];
      };
    };
}

/**
 * Options of {@linkcode typedRows}.
 *
 * @example A word for what is missing
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 * import { typedRows, type TypedRowsOptions } from "@tenfold/data/tables";
 * import * as z from "zod";
 *
 * const options: TypedRowsOptions = { naValues: ["none"] };
 * const table = data.parseCsv("age\n7\nnone\n");
 * const schema = z.object({ age: z.coerce.number().optional() });
 * assertEquals(typedRows(table, schema, options).length, 2);
 * ```
 */
export interface TypedRowsOptions {
  /**
   * The strings of a CSV file that mark a missing value.
   *
   * @default {NA_VALUES}
   */
  readonly naValues?: readonly string[];
}

/**
 * The rows of a table as objects, checked and typed by a schema, such as one of
 * zod. Fields of a CSV file are strings: `z.coerce.number()` converts them to
 * numbers. A missing value is left out of its object: `z.optional` allows it.
 *
 * @typeParam Row The type of a row.
 * @param table A `CsvTable` or a `Table`.
 * @param schema The schema of a row.
 * @param options `naValues`.
 * @returns The rows.
 * @throws {DataFormatError} If a row does not match the schema; the message
 * names the row, the column and what is wrong.
 * @throws {TypeError} If `schema` has no `safeParse`, or an option is unknown.
 *
 * @example A number, a class and an optional value
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseCsv } from "@tenfold/data";
 * import { typedRows } from "@tenfold/data/tables";
 * import * as z from "zod";
 *
 * const table = parseCsv("age,kind,note\n3,cat,\n5,dog,old");
 * const rows = typedRows(
 *   table,
 *   z.object({
 *     age: z.coerce.number(),
 *     kind: z.enum(["cat", "dog"]),
 *     note: z.string().optional(),
 *   }),
 * );
 * assertEquals(rows, [
 *   { age: 3, kind: "cat" },
 *   { age: 5, kind: "dog", note: "old" },
 * ]);
 * ```
 */
export function typedRows<Row>(
  table: TextColumns,
  schema: RowSchema<Row>,
  options: TypedRowsOptions = {},
): Row[] {
  const operation = "read typed rows";
  const { naValues } = parseArguments(
    z.strictObject({
      naValues: z._default(
        z.array(z.string("must be text"), "must be an array of texts"),
        [...NA_VALUES],
      ),
    }),
    { table, schema },
    options,
    arguments,
    operation,
  );
  if (typeof schema?.safeParse !== "function") {
    throw new TypeError(
      `Cannot ${operation} as the schema must have a method safeParse, as those of zod have`,
    );
  }
  const marks = new Set(naValues.map((mark) => mark.toLowerCase()));
  const typed = table instanceof Table;
  const columns = table.columns.map((name) =>
    [name, typed ? table.values(name) : table.strings(name)] as const
  );
  return Array.from({ length: table.length }, (_, row) => {
    const fields: Record<string, unknown> = {};
    for (const [name, cells] of columns) {
      const cell = cells[row];
      const missing = cell === null || cell === undefined ||
        (!typed && marks.has(String(cell).trim().toLowerCase()));
      // Defined, as a column may be called __proto__.
      if (!missing) {
        Object.defineProperty(fields, name, {
          value: cell,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
    }
    const result = schema.safeParse(fields);
    if (result.success) return result.data;
    const { path, message } = result.error.issues[0]!;
    throw new DataFormatError(
      `Cannot ${operation} as row ${row} does not fit the schema: ${
        path.length > 0 ? `column ${JSON.stringify(path.join("."))}, ` : ""
      }${message}`,
    );
  });
}
