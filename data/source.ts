/**
 * Where bytes come from: memory, a file, or the network.
 *
 * @module
 */
import { asBytes } from "./_bytes.ts";
import { readFile } from "./_fs.ts";
import { FileError, messageOf } from "./errors.ts";

/**
 * Bytes, or where to find them: a path or a `file:` URL is read from the file
 * system, an `http:` or `https:` URL is fetched.
 */
export type ByteSource = Uint8Array | ArrayBuffer | string | URL;

/**
 * The bytes of a source. Bytes pass through without a copy.
 *
 * @param source Bytes, a path or a URL.
 * @returns The bytes.
 * @throws {FileError} If the file cannot be read or the address not fetched;
 * the message says why and, where a permission is missing, which.
 * @throws {TypeError} If the source is none of these.
 *
 * @example Bytes pass through
 * ```ts
 * import { readBytes } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await readBytes(new ArrayBuffer(2)), new Uint8Array(2));
 * ```
 */
export async function readBytes(source: ByteSource): Promise<Uint8Array> {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return asBytes(source);
  }
  if (source instanceof URL) {
    return source.protocol === "file:"
      ? await readFile(source)
      : await fetchBytes(source);
  }
  if (typeof source === "string") {
    return /^https?:\/\//i.test(source)
      ? await fetchBytes(new URL(source))
      : await readFile(source);
  }
  throw new TypeError(
    `Cannot read bytes as the source must be bytes, a path or a URL: got ${
      source === null ? "null" : typeof source
    }`,
  );
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
