/**
 * safetensors, the file format in which trained weights travel: a checked
 * header and raw bytes, nothing that could run.
 *
 * @module
 */
import { isFloating, Tensor } from "@tenfold/core";
import { checkCount, parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { encodeElements } from "./_element.ts";
import { parseAs } from "./_foreign_format.ts";
import { isPageFile } from "./_page_file.ts";
import {
  parseSafetensorsHeader,
  SAFETENSORS_BITS,
  type SafetensorsDType,
} from "./_safetensors_header.ts";
import { layOutSafetensors } from "./_safetensors_layout.ts";
import {
  decodedTensor,
  decodeEntry,
  ELEMENT_OF,
  elementOf,
  nameOf,
} from "./_safetensors_tensor.ts";
import { readFields, type TensorReadOptions } from "./_to_tensor.ts";
import { type ByteSource, type PageFile, readBytes } from "./source.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

export type { SafetensorsDType } from "./_safetensors_header.ts";

/**
 * One tensor of a safetensors file, as bytes.
 *
 * @example A tensor of two bytes
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const entry: data.SafetensorsEntry = {
 *   dtype: "U8",
 *   shape: [2],
 *   data: Uint8Array.of(1, 2),
 * };
 * ```
 */
export interface SafetensorsEntry {
  /**
   * The dtype that the file names, such as `"F32"`. It may be one that came to
   * the format later, whose elements are bytes to this package.
   */
  readonly dtype: SafetensorsDType | (string & Record<never, never>);
  /** The extents, outermost first. */
  readonly shape: number[];
  /** The elements: little-endian, C order. */
  readonly data: Uint8Array;
}

/**
 * The contents of a safetensors file, as bytes.
 *
 * @example The names in a file
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const bytes = await data.encodeSafetensors({ weight: ones([2]) });
 * const file: data.SafetensorsFile = data.parseSafetensors(bytes);
 * assertEquals([...file.tensors.keys()], ["weight"]);
 * ```
 */
export interface SafetensorsFile {
  /** The tensors by name. */
  readonly tensors: Map<string, SafetensorsEntry>;
  /** The strings that the file carries beside its tensors. */
  readonly metadata: { [key: string]: string };
}

/**
 * Options of {@linkcode saveSafetensors} and {@linkcode encodeSafetensors}.
 *
 * @example Half the size, with a note
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const options: data.SafetensorsOptions = {
 *   dtype: "F16",
 *   metadata: { epoch: "12" },
 * };
 * const bytes = await data.encodeSafetensors({ weight: ones([2]) }, options);
 * assertEquals(data.parseSafetensors(bytes).metadata, { epoch: "12" });
 * ```
 */
export interface SafetensorsOptions {
  /**
   * Strings to carry beside the tensors.
   *
   * @default {{}}
   */
  metadata?: { [key: string]: string };
  /**
   * The dtype in the file: one for every floating tensor (`"F16"` halves the
   * size), or one for each tensor that is named. Without it, float16 is
   * written as F16, float32 as F32, float64 as F64, int32 as I32 and bool as
   * BOOL.
   */
  dtype?: SafetensorsDType | { [name: string]: SafetensorsDType };
}

/**
 * Options of {@linkcode loadSafetensors} and {@linkcode decodeSafetensors}.
 *
 * @example Everything in float32
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const bytes = await data.encodeSafetensors({ weight: ones([2]) }, {
 *   dtype: "F16",
 * });
 * const options: data.LoadSafetensorsOptions = { dtype: "float32" };
 * const tensors = data.decodeSafetensors(bytes, options);
 * assertEquals(tensors.weight?.dtype, "float32");
 * ```
 */
export interface LoadSafetensorsOptions extends TensorReadOptions {
  /**
   * How to treat tensors of a dtype that is not supported, such as C64:
   * `"error"` throws, `"skip"` leaves them out.
   *
   * @default {"error"}
   */
  readonly unsupported?: "error" | "skip";
}

const dtypeSchema = z.enum(
  Object.keys(SAFETENSORS_BITS) as [SafetensorsDType, ...SafetensorsDType[]],
  "must be a dtype of the format",
);

const optionsSchema = z.strictObject({
  metadata: z._default(
    z.record(z.string(), z.string("must be text"), "must be an object"),
    {},
  ),
  dtype: z._default(
    z.union(
      [dtypeSchema, z.record(z.string(), dtypeSchema)],
      "must be a dtype of the format",
    ),
    {},
  ),
});

const loadSchema = z.strictObject({
  ...readFields,
  unsupported: z._default(
    z.enum(["error", "skip"], 'must be "error" or "skip"'),
    "error",
  ),
});

/**
 * Refuses what is not tensors by name, such as the state of an optimizer.
 *
 * @throws {TypeError} If it is not an object of tensors; the message says what
 * to write.
 */
function checkTensors(tensors: unknown): void {
  const refuse = (why: string, wayOut: string): never => {
    throw new TypeError(
      `Cannot write safetensors data as ${why}: ${wayOut}`,
    );
  };
  if (
    typeof tensors !== "object" || tensors === null || tensors instanceof Tensor
  ) {
    refuse(
      `the tensors must be an object of tensors by name, got ${
        showValue(tensors)
      }`,
      "pass such as { weight } or model.stateDict()",
    );
  }
  for (const [name, value] of Object.entries(tensors as object)) {
    if (value instanceof Tensor) continue;
    const optimizer = "paramGroups" in (tensors as object);
    refuse(
      `${JSON.stringify(name)} is not a tensor, got ${showValue(value)}`,
      optimizer
        ? "this is the state of an optimizer, which holds plain values too; save it together with its model by the callback checkpoint(path) of fit, and pass model.stateDict() here"
        : "pass tensors by name, without nesting, such as model.stateDict()",
    );
  }
}

/**
 * Reads the bytes of a safetensors file without making tensors. The data of
 * each entry is a view of the bytes, not a copy.
 *
 * @param bytes The whole file.
 * @returns The entries by name, in the order of their place, and the metadata.
 * @throws {DataFormatError} If the header is damaged, longer than 100 MB or
 * names a tensor twice, or the tensors do not fill the data exactly.
 *
 * @example Looking into a file
 * ```ts
 * import { parseSafetensors, serializeSafetensors } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Uint8Array([0x80, 0x3f]); // 1 in bfloat16
 * const file = serializeSafetensors({
 *   tensors: new Map([["scale", { dtype: "BF16", shape: [], data }]]),
 *   metadata: { epoch: "3" },
 * });
 * const { tensors, metadata } = parseSafetensors(file);
 * assertEquals(tensors.get("scale")?.data, data);
 * assertEquals(metadata, { epoch: "3" });
 * ```
 */
export function parseSafetensors(bytes: Uint8Array): SafetensorsFile {
  checkCount("parseSafetensors", arguments.length, 1);
  const { entries, metadata, start } = parseAs(
    bytes,
    "safetensors data",
    "safetensors",
    parseSafetensorsHeader,
  );
  const tensors = new Map<string, SafetensorsEntry>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const data = bytes.subarray(start + begin, start + end);
    tensors.set(name, { dtype, shape, data });
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file, laid out as the reference implementation
 * does: widest elements first, then by name.
 *
 * @param file The entries by name and the metadata.
 * @returns The whole file.
 * @throws {RangeError} If an entry's bytes do not fit its shape, or the header
 * would be longer than the format allows.
 *
 * @example A file with one tensor
 * ```ts
 * import { parseSafetensors, serializeSafetensors } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Uint8Array([1, 2, 3]);
 * const tensors = new Map([["x", { dtype: "U8" as const, shape: [3], data }]]);
 * const file = serializeSafetensors({ tensors, metadata: {} });
 * assertEquals(parseSafetensors(file).tensors, tensors);
 * ```
 */
export function serializeSafetensors(file: SafetensorsFile): Uint8Array {
  checkCount("serializeSafetensors", arguments.length, 1);
  return layOutSafetensors(file.tensors, file.metadata);
}

/**
 * Decodes the bytes of a safetensors file into tensors. Integers of every width
 * become int32; BF16 and F8_E4M3, F8_E5M2 and their FNUZ forms become float32;
 * F16 and F64 stay float16 and float64 where the device has them and become
 * float32 elsewhere; BOOL becomes bool. `dtype` makes all floats one dtype.
 *
 * @param bytes The whole file.
 * @param options `device`, `dtype` and `unsupported`.
 * @returns The tensors by name.
 * @throws {DataFormatError} If the file is damaged, an integer does not fit
 * into 32 bits, or a dtype has no counterpart here (C64, F4, F6, F8_E8M0, or
 * one that came to the format later) and `unsupported` is not `"skip"`.
 *
 * @example From bytes to tensors
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = await data.encodeSafetensors({ bias: tensor([1, 2]) });
 * const { bias } = data.decodeSafetensors(bytes);
 * assertEquals(await bias?.toArray(), [1, 2]);
 * ```
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  options: LoadSafetensorsOptions = {},
): { [name: string]: Tensor } {
  const { unsupported, ...place } = parseArguments(
    loadSchema,
    { bytes },
    options,
    arguments,
    "read safetensors data",
  );
  const { tensors } = parseSafetensors(bytes);
  const values = [...tensors].flatMap(([name, entry]) => {
    const skip = unsupported === "skip" && elementOf(entry.dtype) === undefined;
    return skip ? [] : [decodeEntry(name, entry)];
  });
  return Object.fromEntries(
    values.map((value) => [value.name, decodedTensor(value, place)]),
  );
}

/**
 * The bytes of a safetensors file that holds these tensors.
 *
 * @param tensors The tensors by name, such as a module's state dict.
 * @param options `metadata` and `dtype`.
 * @returns The whole file.
 * @throws {TypeError} If something is not a tensor.
 * @throws {RangeError} If a value does not fit into the dtype asked for, or
 * the format cannot write that dtype from a tensor.
 *
 * @example Half the bytes for the weights
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = { weight: tensor([[0.5, -2]]) };
 * const bytes = await data.encodeSafetensors(weights, { dtype: "F16" });
 * const { weight } = data.decodeSafetensors(bytes);
 * assertEquals(await weight?.toArray(), [[0.5, -2]]);
 * ```
 */
export async function encodeSafetensors(
  tensors: { readonly [name: string]: Tensor },
  options: SafetensorsOptions = {},
): Promise<Uint8Array> {
  const { metadata, dtype } = parseArguments(
    optionsSchema,
    { tensors },
    options,
    arguments,
    "write safetensors data",
  );
  checkTensors(tensors);
  const chosen = typeof dtype === "string" ? {} : dtype;
  const floats = typeof dtype === "string" ? dtype : undefined;
  const entries = Object.entries(tensors).map(async ([name, tensor]) => {
    const own = Object.hasOwn(chosen, name) ? chosen[name] : undefined;
    const target = own ??
      (isFloating(tensor.dtype) ? floats : undefined) ??
      nameOf(tensor.dtype);
    const type = ELEMENT_OF[target];
    if (type === undefined) {
      throw new RangeError(
        `Cannot write ${
          JSON.stringify(name)
        } as a tensor cannot become ${target}`,
      );
    }
    const shape = [...tensor.shape];
    const values = await tensor.data();
    const data = encodeElements(values, type, JSON.stringify(name));
    return [name, { dtype: target, shape, data }] as const;
  });
  return layOutSafetensors(new Map(await Promise.all(entries)), metadata);
}

/**
 * Writes tensors to a safetensors file, as one step: the file is whole or as
 * it was before.
 *
 * @param path A path, a `file:` URL or a `FileSystemFileHandle` of the browser.
 * @param tensors The tensors by name, such as a module's state dict.
 * @param options `metadata` and `dtype`.
 * @throws {FileError} If the file cannot be written.
 * @throws {TypeError} If something is not a tensor.
 * @throws {RangeError} If a value does not fit into the dtype asked for.
 *
 * @example Saving a model's weights
 * ```ts
 * import { data, nn } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(64, 10);
 * await data.saveSafetensors("out/model.safetensors", model.stateDict());
 * const saved = await data.loadSafetensors("out/model.safetensors");
 * assertEquals(saved["weight"]?.shape, [10, 64]);
 * ```
 */
export async function saveSafetensors(
  path: string | URL | PageFile,
  tensors: { readonly [name: string]: Tensor },
  options: SafetensorsOptions = {},
): Promise<void> {
  checkCount("saveSafetensors", arguments.length, 3);
  if (
    typeof path !== "string" && !(path instanceof URL) && !isPageFile(path)
  ) {
    throw new TypeError(
      `Cannot write safetensors data as the first argument must be a path or a URL: got ${
        showValue(path)
      }, write saveSafetensors("model.safetensors", tensors)`,
    );
  }
  await writeFileAtomic(path, await encodeSafetensors(tensors, options));
}

/**
 * Reads the tensors of a safetensors file; see
 * {@linkcode decodeSafetensors} for what becomes of each dtype.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `device`, `dtype` and `unsupported`.
 * @returns The tensors by name.
 * @throws {DataFormatError} If the file is damaged or holds what no tensor can.
 * @throws {FileError} If the file cannot be read.
 *
 * @example Loading a model's weights
 * ```ts
 * import { data, nn } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const trained = new nn.Linear(4, 1);
 * await data.saveSafetensors("out/linear.safetensors", trained.stateDict());
 *
 * const model = new nn.Linear(4, 1);
 * model.loadStateDict(await data.loadSafetensors("out/linear.safetensors"));
 * assertEquals(await model.bias?.item(), await trained.bias?.item());
 * ```
 */
export async function loadSafetensors(
  source: ByteSource,
  options: LoadSafetensorsOptions = {},
): Promise<{ [name: string]: Tensor }> {
  checkCount("loadSafetensors", arguments.length, 2);
  return decodeSafetensors(await readBytes(source), options);
}
