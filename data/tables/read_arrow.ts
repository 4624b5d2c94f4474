/**
 * Arrow files.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import { loadOptional } from "../_optional.ts";
import * as z from "../_zod.ts";
import { parseAs } from "../_foreign_format.ts";
import { DataFormatError, messageOf } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { withCodecs } from "./_arrow_codecs.ts";
import { Table } from "./table.ts";

/**
 * Options of {@linkcode readArrow}.
 *
 * @example Two columns
 * ```ts
 * import type { ReadArrowOptions } from "@tenfold/data/tables";
 *
 * const options: ReadArrowOptions = { columns: ["age", "income"] };
 * ```
 */
export interface ReadArrowOptions {
  /** The columns to read. @default {all} */
  readonly columns?: readonly string[];
}

/**
 * Reads an Arrow file (`.arrow`, Feather version 2) or stream.
 *
 * 64-bit integers are returned as bigints, float16 as numbers, dates and
 * timestamps as milliseconds, binary values as `Uint8Array`s, and missing values
 * as null. The npm package `@uwdata/flechette` is loaded in the first call, and
 * `lz4js` or `fzstd` if the file is compressed by LZ4, as pandas and pyarrow
 * write Feather files, or by zstd.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `columns`.
 * @returns The table.
 * @throws {DataFormatError} If it is not an Arrow file, or is damaged.
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
  const flechette = await loadOptional(
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
    parseAs(bytes, "the Arrow file", "arrow", () => {
      throw new DataFormatError(
        "Cannot read the Arrow file as it is neither an Arrow file nor a stream",
      );
    });
  }
  // Batches must begin at multiples of eight bytes.
  const aligned = bytes.slice();
  const cells = await withCodecs(
    flechette,
    () => {
      const table = flechette.tableFromIPC(aligned, { useBigInt: true });
      const wanted = (table.names as string[])
        .filter((name) => columns?.includes(name) ?? true);
      return new Map(
        wanted.map((name) => [
          name,
          table.getChild(name)!.toArray() as ArrayLike<unknown>,
        ]),
      );
    },
    (cause) =>
      new DataFormatError(
        `Cannot read the Arrow file as it is damaged: ${messageOf(cause)}`,
        { cause },
      ),
  );
  const table = new Table(cells);
  // One that is missing is named.
  for (const name of columns ?? []) table.values(name);
  return table;
}
