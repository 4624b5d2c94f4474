/**
 * Where bytes come from: memory, a file, or the network.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { asBytes } from "./_bytes.ts";
import { readFile } from "./_fs.ts";
import { isPageFile, type PageFile } from "./_page_file.ts";
import { FileError, messageOf } from "./errors.ts";

export type { PageFile } from "./_page_file.ts";

/**
 * Bytes, or where to find them: a path or a `file:` URL is read from the file
 * system, an `http:`, `https:`, `data:` or `blob:` URL is fetched, and a `Blob`
 * or `File` (from `<input type="file">` or a drop) or a {@linkcode PageFile}
 * gives its contents.
 *
 * @example A function that takes any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * async function lengthOf(source: data.ByteSource): Promise<number> {
 *   return (await data.readBytes(source)).length;
 * }
 * assertEquals(await lengthOf(new Blob(["hello"])), 5);
 * ```
 */
export type ByteSource =
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | PageFile
  | string
  | URL;

/**
 * The bytes of a source. Bytes pass through without a copy, unless other
 * threads share them.
 *
 * @param source Bytes, a `Blob` or `File`, a path or a URL.
 * @returns The bytes.
 * @throws {FileError} If the file cannot be read or the address not fetched;
 * the message says why and, where a permission is missing, which.
 * @throws {TypeError} If the source is of another type.
 *
 * @example Bytes pass through, blobs are read
 * ```ts
 * import { readBytes } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await readBytes(new ArrayBuffer(2)), new Uint8Array(2));
 * assertEquals((await readBytes(new Blob(["x,y"]))).length, 3);
 * ```
 */
export async function readBytes(source: ByteSource): Promise<Uint8Array> {
  checkCount("readBytes", arguments.length, 1);
  if (ArrayBuffer.isView(source)) return unshared(asBytes(source));
  switch (kindOf(source)) {
    case "ArrayBuffer":
    case "SharedArrayBuffer":
      return unshared(asBytes(source as ArrayBuffer));
    case "Blob":
    case "File":
      return await readBlob(source as Blob);
  }
  if (isPageFile(source)) {
    try {
      return await readBlob(await source.getFile());
    } catch (cause) {
      if (cause instanceof FileError) throw cause;
      const why = messageOf(cause);
      throw new FileError(`Cannot read ${source.name}: ${why}`, { cause });
    }
  }
  if (source instanceof URL) {
    return source.protocol === "file:"
      ? await readFile(source)
      : await fetchBytes(source);
  }
  if (typeof source === "string") {
    return /^(https?|data|blob):/i.test(source)
      ? await fetchBytes(new URL(source))
      : await readFile(source);
  }
  throw new TypeError(
    `Cannot read bytes as the source must be bytes, a Blob, a path or a URL: got ${
      source === null ? "null" : typeof source
    }`,
  );
}

/** The class of an object, of whichever realm (a frame, a worker) it is. */
function kindOf(source: unknown): string {
  return Object.prototype.toString.call(source).slice(8, -1);
}

/** Bytes that no other thread changes: text decoders refuse shared ones. */
function unshared(bytes: Uint8Array): Uint8Array {
  return kindOf(bytes.buffer) === "SharedArrayBuffer"
    ? new Uint8Array(bytes)
    : bytes;
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    const { name = "the blob" } = blob as { name?: string };
    throw new FileError(`Cannot read ${name}: ${messageOf(cause)}`, { cause });
  }
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    throw new Error(`the server answers ${response.status}`);
  } catch (cause) {
    throw new FileError(`Cannot fetch ${url.href}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
