/**
 * `.npz` files, several NumPy arrays in one archive.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { parseArguments, showValue } from "@tenfold/core/internal";
import { zipSync } from "fflate";
import * as z from "../_zod.ts";
import { parseAs } from "../_foreign_format.ts";
import type { NpyType } from "../_npy_header.ts";
import { readFields, type TensorReadOptions, toTensor } from "../_to_tensor.ts";
import { openZip } from "../_zip.ts";
import { DataFormatError } from "../errors.ts";
import { type NpyArray, parseNpy, serializeNpy } from "../npy.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { writeFileAtomic } from "../write_file_atomic.ts";

/**
 * Options of {@linkcode readNpz}.
 *
 * @example Weights in half precision, without texts
 * ```ts
 * import type { ReadNpzOptions } from "@tenfold/data/npz";
 *
 * const options: ReadNpzOptions = { dtype: "float16", unsupported: "skip" };
 * ```
 */
export interface ReadNpzOptions extends TensorReadOptions {
  /**
   * How to treat arrays that are not numeric, such as text: `"error"` throws,
   * `"skip"` leaves them out.
   *
   * @default {"error"}
   */
  readonly unsupported?: "error" | "skip";
}

/**
 * Options of {@linkcode writeNpz}.
 *
 * @example A compressed file
 * ```ts
 * import { ones } from "@tenfold/tenfold";
 * import { writeNpz, type WriteNpzOptions } from "@tenfold/data/npz";
 *
 * const options: WriteNpzOptions = { compressed: true };
 * const path = `${await Deno.makeTempDir()}/arrays.npz`;
 * await writeNpz(path, { x: ones([100]) }, options);
 * ```
 */
export interface WriteNpzOptions {
  /**
   * Whether to compress the arrays, as `numpy.savez_compressed` does.
   *
   * @default {false}
   */
  readonly compressed?: boolean;
}

const readSchema = z.strictObject({
  ...readFields,
  unsupported: z._default(
    z.enum(["error", "skip"], 'must be "error" or "skip"'),
    "error",
  ),
});

const writeSchema = z.strictObject({
  compressed: z._default(z.boolean("must be a boolean"), false),
});

/** What a zip archive without 64-bit fields can hold, in bytes and in files. */
const MAX_BYTES = 2 ** 32 - 1;
const MAX_FILES = 2 ** 16 - 1;
const MAX_NAME_BYTES = 2 ** 16 - 1;

/** The same for each file, so that equal tensors give equal bytes. */
const TIME = "1980-01-02T00:00:00";

const SUFFIX = ".npy";

function fail(why: string): DataFormatError {
  return new DataFormatError(`Cannot read npz data as ${why}`);
}

/** The arrays of an archive, by name. */
function parse(
  bytes: Uint8Array,
  unsupported: "error" | "skip",
): [string, NpyArray][] {
  const zip = openZip(bytes, fail);
  const arrays: [string, NpyArray][] = [];
  for (const file of zip.names) {
    // NumPy gives the bytes of other files; they are not arrays.
    if (!file.endsWith(SUFFIX)) continue;
    const name = file.slice(0, -SUFFIX.length);
    const contents = zip.read(file)!;
    try {
      arrays.push([name, parseNpy(contents)]);
    } catch (cause) {
      if (!(cause instanceof DataFormatError)) throw cause;
      if (unsupported === "skip") continue;
      throw new DataFormatError(
        fail(
          `the array ${JSON.stringify(name.slice(0, 80))} is not sound: ${
            cause.message.slice(0, 400)
          }`,
        ).message,
        { cause },
      );
    }
  }
  return arrays;
}

/**
 * Reads an `.npz` file, compressed or not. Integers of every width become
 * int32; float16 and float64 are kept where the device supports them and become
 * float32 elsewhere, or the `dtype` that is given.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `device`, `dtype` and `unsupported`.
 * @returns The tensors by name.
 * @throws {DataFormatError} If the file is damaged, an array is not numeric, or
 * an integer does not fit into 32 bits.
 * @throws {FileError} If the file cannot be read.
 *
 * @example Arrays from NumPy
 * ```ts
 * import { tensor } from "@tenfold/tenfold";
 * import { readNpz, writeNpz } from "@tenfold/data/npz";
 * import { assertEquals } from "@std/assert";
 *
 * await writeNpz("out/read.npz", { x: tensor([[1, 2]]), y: tensor([3]) });
 * const { x, y } = await readNpz("out/read.npz");
 * assertEquals(await x?.toArray(), [[1, 2]]);
 * assertEquals(await y?.toArray(), [3]);
 * ```
 */
export async function readNpz(
  source: ByteSource,
  options: ReadNpzOptions = {},
): Promise<{ [name: string]: Tensor }> {
  const { unsupported, ...place } = parseArguments(
    readSchema,
    { source },
    options,
    arguments,
    "read npz data",
  );
  const bytes = await readBytes(source);
  const arrays = parseAs(
    bytes,
    "npz data",
    "npz",
    () => parse(bytes, unsupported),
  );
  const tensors: [string, Tensor][] = [];
  try {
    for (const [name, { type, shape, data }] of arrays) {
      const what = JSON.stringify(name);
      tensors.push([name, toTensor(data, type, shape, what, place)]);
    }
  } catch (error) {
    for (const [, tensor] of tensors) tensor.dispose();
    throw error;
  }
  return Object.fromEntries(tensors);
}

/**
 * Writes tensors to an `.npz` file atomically: the file is either complete or
 * unchanged. `numpy.load` reads it.
 *
 * @param path A path or a `file:` URL.
 * @param tensors The tensors by name; each array has the dtype and the shape of
 * its tensor.
 * @param options `compressed`.
 * @throws {FileError} If the file cannot be written.
 * @throws {TypeError} If a value is not a tensor.
 * @throws {RangeError} If the file would be larger than 4 GiB or hold more than
 * 65,535 arrays, or a name is longer than the format allows.
 *
 * @example Arrays for NumPy
 * ```ts
 * import { tensor } from "@tenfold/tenfold";
 * import { readNpz, writeNpz } from "@tenfold/data/npz";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = tensor([0.5, 0.25]);
 * await writeNpz("out/curves.npz", { loss }, { compressed: true });
 * const curves = await readNpz("out/curves.npz");
 * assertEquals(await curves["loss"]?.toArray(), [0.5, 0.25]);
 * ```
 */
export async function writeNpz(
  path: string | URL,
  tensors: { readonly [name: string]: Tensor },
  options: WriteNpzOptions = {},
): Promise<void> {
  const { compressed } = parseArguments(
    writeSchema,
    { path, tensors },
    options,
    arguments,
    "write npz data",
  );
  const files = checkFiles(tensors);
  const arrays = await Promise.all(files.map(async ([file, tensor]) => {
    const shape = [...tensor.shape];
    const type = tensor.dtype satisfies NpyType;
    const bytes = serializeNpy({ type, shape, data: await tensor.data() });
    return [file, bytes] as const;
  }));
  const size = arrays.reduce(
    (sum, [file, bytes]) => sum + 256 + 6 * file.length + bytes.length,
    0,
  );
  if (size > MAX_BYTES) {
    throw new RangeError(
      `Cannot write npz data as it would be larger than 4 GiB: got ${size} bytes, write each tensor with writeNpy`,
    );
  }
  const zip = zipSync(Object.fromEntries(arrays), {
    level: compressed ? 6 : 0,
    mtime: TIME,
  });
  await writeFileAtomic(path, zip);
}

/** The tensors by the names of their files. */
function checkFiles(tensors: unknown): [string, Tensor][] {
  if (
    typeof tensors !== "object" || tensors === null || tensors instanceof Tensor
  ) {
    throw new TypeError(
      `Cannot write npz data as the tensors must be an object of tensors by name: got ${
        showValue(tensors)
      }, pass such as { x, y }`,
    );
  }
  const entries = Object.entries(tensors);
  if (entries.length > MAX_FILES) {
    throw new RangeError(
      `Cannot write npz data as it would hold more than ${MAX_FILES} arrays: got ${entries.length}`,
    );
  }
  return entries.map(([name, tensor]) => {
    if (!(tensor instanceof Tensor)) {
      throw new TypeError(
        `Cannot write npz data as ${
          JSON.stringify(name)
        } is not a tensor: got ${showValue(tensor)}`,
      );
    }
    const file = name + SUFFIX;
    const length = new TextEncoder().encode(file).length;
    if (length > MAX_NAME_BYTES) {
      throw new RangeError(
        `Cannot write npz data as a name is longer than ${MAX_NAME_BYTES} bytes: got ${length}`,
      );
    }
    return [file, tensor];
  });
}
