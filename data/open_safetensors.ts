/**
 * safetensors read tensor by tensor, of one file or of many.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  type ByteRanges,
  fetchedUrl,
  filePath,
  openRanges,
} from "./_byte_ranges.ts";
import { parseAs } from "./_foreign_format.ts";
import { besidePath, isFolder, joinPath, readFileIfThere } from "./_fs.ts";
import { parseShardIndex, type ShardIndex } from "./_safetensors_index.ts";
import {
  MAX_HEADER_BYTES,
  parseSafetensorsHeader,
  safetensorsStart,
} from "./_safetensors_header.ts";
import {
  type OpenFile,
  type SafetensorsReader,
  TensorFiles,
} from "./_safetensors_reader.ts";
import { DataFormatError } from "./errors.ts";
import type { ByteSource } from "./source.ts";

export type {
  SafetensorsInfo,
  SafetensorsReader,
} from "./_safetensors_reader.ts";

/**
 * Options of {@linkcode openSafetensors}.
 *
 * @example Files that a page has in memory
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const files = new Map<string, Blob>();
 * const options: data.OpenSafetensorsOptions = {
 *   shards: (file) => files.get(file) ?? new Blob(),
 * };
 * ```
 */
export interface OpenSafetensorsOptions {
  /**
   * Returns the source of a file that an index names. By default, the files are
   * read from the folder of the index, which an index from bytes or a `Blob`
   * does not have.
   */
  readonly shards?: (file: string) => ByteSource;
}

/** Bytes of a file that are read at first: most headers fit. */
const FIRST_BYTES = 64 * 1024;

const schema = z.strictObject({
  shards: z.exactOptional(z.custom<(file: string) => ByteSource>(
    (value) => typeof value === "function",
    "must be a function from the name of a file to its source",
  )),
});

/**
 * Opens a safetensors file, reading its header alone: tensors are read one by
 * one when they are asked for, by parts of a file, slices of a `Blob` or ranges
 * of an address.
 *
 * An index of several files (`model.safetensors.index.json`) opens them all, as
 * one; each is opened when the first of its tensors is asked for. A folder is
 * opened by its `model.safetensors.index.json` or `model.safetensors`.
 *
 * Writers in Python may store an array in Fortran order as if it were in C
 * order, and no reader can tell: call `numpy.ascontiguousarray` before
 * `safetensors.numpy.save_file` (seen in safetensors 0.8.0).
 *
 * @param source A file or its index: a path, a URL, a `Blob` or `File`, or
 * bytes; or the path of a folder.
 * @param options `shards`.
 * @returns A reader of its tensors.
 * @throws {DataFormatError} If the header or the index is damaged.
 * @throws {FileError} If the source cannot be read, or a server gives whole
 * files only.
 *
 * @example One tensor of a file
 * ```ts
 * import { data, nn } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(64, 10);
 * await data.saveSafetensors("out/lazy.safetensors", model.stateDict());
 *
 * const file = await data.openSafetensors("out/lazy.safetensors");
 * assertEquals(file.names, ["bias", "weight"]);
 * assertEquals((await file.info("weight")).shape, [10, 64]);
 * const bias = await file.tensor("bias");
 * assertEquals(bias.shape, [10]);
 * ```
 */
export async function openSafetensors(
  source: ByteSource,
  options: OpenSafetensorsOptions = {},
): Promise<SafetensorsReader> {
  const { shards } = parseArguments(
    schema,
    { source },
    options,
    arguments,
    "open safetensors data",
  );
  const chosen = await inFolder(source);
  const ranges = await openRanges(chosen);
  const head = await readHead(ranges);
  if (isJson(head)) {
    const index = parseShardIndex(await readIndex(ranges, head));
    return openShards(index, shards ?? besideOf(chosen));
  }
  const file = await openFile(ranges, head);
  const names = [...file.entries.keys()];
  return new TensorFiles(
    names,
    file.header.metadata,
    () => Promise.resolve(file),
  );
}

/** The index or the only file of a folder; any other source as it is. */
async function inFolder(source: ByteSource): Promise<ByteSource> {
  const path = filePath(source);
  if (path === null || !await isFolder(path)) return source;
  const folder = String(path instanceof URL ? path.href : path);
  const inside = (name: string) =>
    path instanceof URL
      ? new URL(name, folder.endsWith("/") ? folder : `${folder}/`)
      : joinPath(folder, name);
  const index = inside("model.safetensors.index.json");
  return await readFileIfThere(index) !== null
    ? index
    : inside("model.safetensors");
}

/** Finds files beside an index. */
function besideOf(index: ByteSource): (file: string) => ByteSource {
  const url = fetchedUrl(index);
  if (url !== null && /^https?:$/.test(url.protocol)) {
    return (file) => new URL(encodeURIComponent(file), url);
  }
  const path = filePath(index);
  if (path !== null) return (file) => besidePath(path, file);
  throw new TypeError(
    "Cannot open the files that the safetensors index names as an index from bytes has nothing beside it: pass { shards: (file) => source }",
  );
}

function openShards(
  { names, metadata, fileOf }: ShardIndex,
  shards: (file: string) => ByteSource,
): SafetensorsReader {
  const open = new Map<string, Promise<OpenFile>>();
  return new TensorFiles(names, metadata, (name) => {
    const file = fileOf.get(name)!;
    let opening = open.get(file);
    if (opening === undefined) {
      opening = openRanges(shards(file)).then(async (ranges) =>
        openFile(ranges, await readHead(ranges))
      );
      // A failure may pass: the next call tries again.
      opening.catch(() => open.delete(file));
      open.set(file, opening);
    }
    return opening;
  });
}

function readHead(ranges: ByteRanges): Promise<Uint8Array> {
  return ranges.read(0, Math.min(ranges.size ?? FIRST_BYTES, FIRST_BYTES));
}

/** Whether bytes begin as JSON does, which as a length would be absurd. */
function isJson(head: Uint8Array): boolean {
  const first = head.find((byte) => byte > 0x20);
  return first === 0x7b && head.subarray(4, 8).some((byte) => byte !== 0);
}

async function readIndex(
  ranges: ByteRanges,
  head: Uint8Array,
): Promise<Uint8Array> {
  const { size } = ranges;
  if (size === undefined || size > MAX_HEADER_BYTES) {
    throw new DataFormatError(
      `Cannot read the safetensors index as it is longer than ${MAX_HEADER_BYTES} bytes: got ${size}`,
    );
  }
  return size > head.length ? await ranges.read(0, size) : head;
}

async function openFile(
  ranges: ByteRanges,
  head: Uint8Array,
): Promise<OpenFile> {
  const what = "safetensors data";
  const start = parseAs(head, what, "safetensors", safetensorsStart);
  const size = ranges.size ?? Infinity;
  const front = start > head.length && start <= size
    ? await ranges.read(0, start)
    : head;
  const header = parseAs(
    front,
    what,
    "safetensors",
    (bytes) => parseSafetensorsHeader(bytes, ranges.size ?? null),
  );
  const entries = new Map(header.entries.map((entry) => [entry.name, entry]));
  return { ranges, header, entries };
}
