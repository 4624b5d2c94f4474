/**
 * The tensors of safetensors files, read when they are asked for.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import type { ByteRanges } from "./_byte_ranges.ts";
import {
  type HeaderEntry,
  safetensorsError,
  type SafetensorsHeader,
} from "./_safetensors_header.ts";
import { decodedTensor, decodeEntry } from "./_safetensors_tensor.ts";
import { readFields, type TensorReadOptions } from "./_to_tensor.ts";
import type { SafetensorsEntry } from "./safetensors.ts";

/**
 * What is known of a tensor before it is read.
 *
 * @example Shapes without the elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const file = await data.encodeSafetensors({ weight: ones([2, 3]) });
 * const reader = await data.openSafetensors(file);
 * const info: data.SafetensorsInfo = await reader.info("weight");
 * assertEquals(info, { dtype: "F32", shape: [2, 3] });
 * ```
 */
export interface SafetensorsInfo {
  /** The dtype that the file names, such as `"BF16"`. */
  readonly dtype: SafetensorsEntry["dtype"];
  /** The extents, outermost first. */
  readonly shape: readonly number[];
}

/**
 * A safetensors file, or several with an index, whose tensors are read one by
 * one: made by {@linkcode openSafetensors}. A file is open only while it is
 * read, so that nothing needs to be closed.
 *
 * @example The tensors of one layer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, nn } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1));
 * const file = await data.encodeSafetensors(model.stateDict());
 * const reader: data.SafetensorsReader = await data.openSafetensors(file);
 * const names = reader.names.filter((name) => name.startsWith("1."));
 * const layer = await reader.tensors(names);
 * assertEquals(Object.keys(layer), ["1.bias", "1.weight"]);
 * ```
 */
export interface SafetensorsReader {
  /** The names of all tensors. */
  readonly names: readonly string[];
  /** The strings that the file or the index carries beside its tensors. */
  readonly metadata: { readonly [key: string]: string };
  /**
   * Whether there is a tensor of this name.
   *
   * @param name The name.
   */
  has(name: string): boolean;
  /**
   * The dtype and the shape of a tensor; its elements are not read.
   *
   * @param name The name of the tensor.
   * @throws {RangeError} If there is no tensor of this name.
   * @throws {DataFormatError} If the file that holds it is damaged.
   */
  info(name: string): Promise<SafetensorsInfo>;
  /**
   * The bytes of a tensor, of any dtype, and nothing else of the file.
   *
   * @param name The name of the tensor.
   * @throws {RangeError} If there is no tensor of this name.
   * @throws {DataFormatError} If the file that holds it is damaged.
   * @throws {FileError} If it cannot be read.
   */
  entry(name: string): Promise<SafetensorsEntry>;
  /**
   * Reads one tensor; see {@linkcode decodeSafetensors} for what becomes of
   * each dtype.
   *
   * @param name The name of the tensor.
   * @param options `device` and `dtype`.
   * @returns The tensor.
   * @throws {RangeError} If there is no tensor of this name.
   * @throws {DataFormatError} If the file is damaged, the dtype has no
   * counterpart here, or an integer does not fit into 32 bits.
   * @throws {FileError} If it cannot be read.
   */
  tensor(name: string, options?: TensorReadOptions): Promise<Tensor>;
  /**
   * Reads several tensors, such as those of one layer.
   *
   * @param names Their names.
   * @param options `device` and `dtype`.
   * @returns The tensors by name.
   * @throws {RangeError} If there is no tensor of a name.
   * @throws {DataFormatError} If a file is damaged, or a tensor has no
   * counterpart here.
   * @throws {FileError} If a file cannot be read.
   */
  tensors(
    names: Iterable<string>,
    options?: TensorReadOptions,
  ): Promise<{ [name: string]: Tensor }>;
}

/** Tensors that are read at the same time. */
const AT_ONCE = 8;

const placeSchema = z.strictObject(readFields);

/** A file whose header was read. */
export interface OpenFile {
  readonly ranges: ByteRanges;
  readonly header: SafetensorsHeader;
  readonly entries: ReadonlyMap<string, HeaderEntry>;
}

/** The reader of files whose headers are found by the names of tensors. */
export class TensorFiles implements SafetensorsReader {
  readonly names: readonly string[];
  readonly metadata: { readonly [key: string]: string };
  readonly #fileOf: (name: string) => Promise<OpenFile>;
  readonly #known: ReadonlySet<string>;

  constructor(
    names: readonly string[],
    metadata: { readonly [key: string]: string },
    fileOf: (name: string) => Promise<OpenFile>,
  ) {
    this.names = names;
    this.metadata = metadata;
    this.#fileOf = fileOf;
    this.#known = new Set(names);
  }

  has(name: string): boolean {
    checkCount("has", arguments.length, 1);
    return this.#known.has(name);
  }

  async info(name: string): Promise<SafetensorsInfo> {
    checkCount("info", arguments.length, 1);
    const { entry: { dtype, shape } } = await this.#find(name);
    return { dtype, shape: [...shape] };
  }

  async entry(name: string): Promise<SafetensorsEntry> {
    checkCount("entry", arguments.length, 1);
    const { file: { ranges, header }, entry } = await this.#find(name);
    const data = await ranges.read(
      header.start + entry.begin,
      header.start + entry.end,
    );
    return { dtype: entry.dtype, shape: [...entry.shape], data };
  }

  async tensor(name: string, options: TensorReadOptions = {}): Promise<Tensor> {
    const place = parseArguments(
      placeSchema,
      { name },
      options,
      arguments,
      "read a tensor of safetensors data",
    );
    return decodedTensor(decodeEntry(name, await this.entry(name)), place);
  }

  async tensors(
    names: Iterable<string>,
    options: TensorReadOptions = {},
  ): Promise<{ [name: string]: Tensor }> {
    const place = parseArguments(
      placeSchema,
      { names },
      options,
      arguments,
      "read tensors of safetensors data",
    );
    const wanted = [...names];
    for (const name of wanted) this.#check(name);
    const read: [string, Tensor][] = [];
    try {
      for (let at = 0; at < wanted.length; at += AT_ONCE) {
        const some = wanted.slice(at, at + AT_ONCE);
        const entries = await Promise.all(
          some.map((name) => this.entry(name)),
        );
        some.forEach((name, i) => {
          const decoded = decodeEntry(name, entries[i]!);
          read.push([name, decodedTensor(decoded, place)]);
        });
      }
    } catch (error) {
      for (const [, tensor] of read) tensor.dispose();
      throw error;
    }
    return Object.fromEntries(read);
  }

  #check(name: string): void {
    if (this.#known.has(name)) return;
    const some = this.names.slice(0, 5).map((own) => JSON.stringify(own));
    const more = this.names.length > 5 ? ", …" : "";
    throw new RangeError(
      `Cannot read ${
        JSON.stringify(name)
      } as there is no tensor of this name: expected one of ${
        some.join(", ")
      }${more}`,
    );
  }

  async #find(name: string): Promise<{ file: OpenFile; entry: HeaderEntry }> {
    this.#check(name);
    const file = await this.#fileOf(name);
    const entry = file.entries.get(name);
    if (entry === undefined) {
      throw safetensorsError(
        `the file that the index names for ${
          JSON.stringify(name)
        } does not hold it`,
      );
    }
    return { file, entry };
  }
}
