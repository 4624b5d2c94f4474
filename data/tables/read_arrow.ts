/**
 * Arrow files.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import { loadOptional } from "../_optional.ts";
import * as z from "../_zod.ts";
import { DataFormatError, messageOf } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { Table } from "./table.ts";

/** Options of {@linkcode readArrow}. */
export interface ReadArrowOptions {
  /** The columns to read. @default {all} */
  readonly columns?: readonly string[];
}

/**
 * Reads an Arrow file (`.arrow`, Feather version 2) or stream.
 *
 * 64-bit integers are returned as bigints, float16 as numbers, dates and
 * timestamps as milliseconds, and missing values as null. The npm package
 * `@uwdata/flechette` is loaded in the first call.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `columns`.
 * @returns The table.
 * @throws {DataFormatError} If it is not an Arrow file, is damaged, or its
 * buffers are compressed.
 * @throws {FileError} If the source cannot be read.
 * @throws {RangeError} If there is no such column.
 * @throws {Error} If the package cannot be loaded.
 *
 * @example A column of a file
 * ```ts ignore
 * import { readArrow } from "@tenfold/data/tables";
 *
 * const table = await readArrow("measurements.arrow");
 * console.log(table.columns, table.numbers("height", { missing: "nan" }));
 * ```
 */
export async function readArrow(
  source: ByteSource,
  options: ReadArrowOptions = {},
): Promise<Table> {
  const { columns } = parseArguments(
    z.strictObject({
      columns: z.optional(
        z.array(z.string("must be text"), "must be an array of names"),
      ),
    }),
    { source },
    options,
    arguments,
    "read an Arrow file",
  );
  const { tableFromIPC } = await loadOptional(
    "@uwdata/flechette",
    "read an Arrow file",
    () => import("@uwdata/flechette"),
  );
  const bytes = await readBytes(source);
  const sound = String.fromCharCode(...bytes.subarray(0, 6)) === "ARROW1" ||
    new DataView(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.length))
            .byteLength === 4 &&
      bytes.subarray(0, 4).every((byte) => byte === 255);
  if (!sound) {
    throw new DataFormatError(
      "Cannot read the Arrow file as it is neither an Arrow file nor a stream",
    );
  }
  const cells = new Map<string, ArrayLike<unknown>>();
  try {
    // Batches must begin at multiples of eight bytes.
    const table = tableFromIPC(bytes.slice(), { useBigInt: true });
    for (const name of table.names as string[]) {
      if (columns !== undefined && !columns.includes(name)) continue;
      cells.set(name, table.getChild(name)!.toArray() as ArrayLike<unknown>);
    }
  } catch (cause) {
    throw new DataFormatError(
      `Cannot read the Arrow file as it is damaged: ${messageOf(cause)}`,
      { cause },
    );
  }
  const table = new Table(cells);
  // One that is missing is named.
  for (const name of columns ?? []) table.values(name);
  return table;
}
