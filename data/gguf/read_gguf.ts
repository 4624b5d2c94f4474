/**
 * GGUF, the format of llama.cpp.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { type ByteRanges, openRanges } from "../_byte_ranges.ts";
import { parseAs } from "../_foreign_format.ts";
import { readFields, type TensorReadOptions, toTensor } from "../_to_tensor.ts";
import { DataFormatError } from "../errors.ts";
import type { ByteSource } from "../source.ts";
import {
  CutShort,
  type GgufEntry,
  ggufError,
  type GgufHeader,
  type GgufValue,
  parseGgufHeader,
} from "./_header.ts";
import { GGUF_TYPES } from "./_types.ts";

export type { GgufValue } from "./_header.ts";

/**
 * Options of {@linkcode readGguf}.
 *
 * @example The tensors of the first block
 * ```ts
 * import type { ReadGgufOptions } from "@tenfold/data/gguf";
 *
 * const options: ReadGgufOptions = {
 *   filter: (name) => name.startsWith("blk.0."),
 *   unsupported: "skip",
 * };
 * ```
 */
export interface ReadGgufOptions extends TensorReadOptions {
  /**
   * Selects the tensors to read by name; the bytes of the others are not read.
   *
   * @default {all}
   */
  readonly filter?: (name: string) => boolean;
  /**
   * How to treat tensors of a type that is not supported, such as IQ2_XS:
   * `"error"` throws, `"skip"` leaves them out.
   *
   * @default {"error"}
   */
  readonly unsupported?: "error" | "skip";
}

/**
 * Contents of a GGUF file.
 *
 * @example The architecture that a file names
 * ```ts
 * import type { GgufFile } from "@tenfold/data/gguf";
 *
 * function architecture({ metadata }: GgufFile): string {
 *   return String(metadata["general.architecture"]);
 * }
 * ```
 */
export interface GgufFile {
  /** The version of the format, 2 or 3. */
  readonly version: number;
  /** Metadata of the model, such as `"general.architecture"`. */
  readonly metadata: { readonly [key: string]: GgufValue };
  /** The tensors by name. */
  readonly tensors: { [name: string]: Tensor };
}

/** The names of the types that are read. */
const READ_TYPES = [...GGUF_TYPES.values()]
  .filter((type) => type.numbers !== null)
  .map((type) => type.name)
  .join(", ");

/** Bytes of a file that are read at first. */
const FIRST_BYTES = 64 * 1024;

const schema = z.strictObject({
  ...readFields,
  filter: z.exactOptional(z.custom<(name: string) => boolean>(
    (value) => typeof value === "function",
    "must be a function from the name of a tensor to a boolean",
  )),
  unsupported: z._default(
    z.enum(["error", "skip"], 'must be "error" or "skip"'),
    "error",
  ),
});

/**
 * Reads the weights of a GGUF file. F32, BF16 and the quantised Q4_0 to
 * Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS and MXFP4 become float32; integers become
 * int32; F16 and F64 stay float16 and float64 where the device supports them. `dtype` casts all floats to one
 * dtype. Shapes are in PyTorch's order, outermost first, so that the weight of
 * a linear layer is `[out, in]`.
 *
 * Quantised weights need four to twelve times as many bytes in float32; use
 * `filter` to read only some tensors. For a file, a `Blob` or a URL whose
 * server supports range requests, the bytes of the others are not read.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `device`, `dtype`, `filter` and `unsupported`.
 * @returns The metadata and the tensors.
 * @throws {DataFormatError} If the file is damaged, of version 1 or big-endian,
 * or a tensor is of a type that is not supported.
 * @throws {FileError} If the file cannot be read.
 *
 * @example The message for a file of another kind
 * ```ts
 * import { readGguf } from "@tenfold/data/gguf";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => readGguf(new Uint8Array(9)), RangeError, "GGUF");
 * ```
 */
export async function readGguf(
  source: ByteSource,
  options: ReadGgufOptions = {},
): Promise<GgufFile> {
  const { filter = () => true, unsupported, ...place } = parseArguments(
    schema,
    { source },
    options,
    arguments,
    "read GGUF data",
  );
  const ranges = await openRanges(source);
  const { version, metadata, entries } = await readHeader(ranges);
  const wanted = entries.filter((entry) => filter(entry.name))
    .filter((entry) => checkType(entry, unsupported));
  const tensors: [string, Tensor][] = [];
  try {
    for (const { name, type, shape, begin, end } of wanted) {
      const elements = type!.decode(await ranges.read(begin, end));
      const what = JSON.stringify(name);
      tensors.push([
        name,
        toTensor(elements, type!.numbers!, shape, what, place),
      ]);
    }
  } catch (error) {
    for (const [, tensor] of tensors) tensor.dispose();
    throw error;
  }
  return { version, metadata, tensors: Object.fromEntries(tensors) };
}

/** Whether a tensor is read; one that cannot be is refused, or passed over. */
function checkType(
  { name, type, typeName }: GgufEntry,
  unsupported: "error" | "skip",
): boolean {
  if (type !== undefined && type.numbers !== null) return true;
  if (unsupported === "skip") return false;
  throw ggufError(
    `${
      JSON.stringify(name.slice(0, 80))
    } is of a type that is not read here: got ${typeName}, expected one of ${READ_TYPES}; convert the file to one of these, or pass { unsupported: "skip" } to read the other tensors`,
  );
}

/** The header, however long it is: a vocabulary takes megabytes. */
async function readHeader(ranges: ByteRanges): Promise<GgufHeader> {
  const { size } = ranges;
  if (size === undefined) {
    throw new DataFormatError(
      "Cannot read GGUF data as the server does not say how long the file is",
    );
  }
  for (let length = FIRST_BYTES;; length *= 4) {
    const bytes = await ranges.read(0, Math.min(length, size));
    try {
      return parseAs(
        bytes,
        "GGUF data",
        "gguf",
        () => parseGgufHeader(bytes, size),
      );
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
    }
  }
}
