/**
 * Parts of a file, a `Blob` or an address, without the rest.
 *
 * @module
 */
import { readFileRange, sizeOfFile } from "./_fs.ts";
import { FileError, messageOf } from "./errors.ts";
import { type ByteSource, readBytes } from "./source.ts";

/** Bytes that are read part by part. */
export interface ByteRanges {
  /** Bytes in all, or `undefined` where a server does not say. */
  readonly size: number | undefined;
  /** The bytes from `begin` up to `end`. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/** What is asked of a server at first: most headers fit. */
const FIRST_BYTES = 64 * 1024;

/** The address of a source that is fetched, or `null`. */
export function fetchedUrl(source: unknown): URL | null {
  if (source instanceof URL) return source.protocol === "file:" ? null : source;
  return typeof source === "string" && /^(https?|data|blob):/i.test(source)
    ? new URL(source)
    : null;
}

/** The path of a source in the file system, or `null`. */
export function filePath(source: unknown): string | URL | null {
  const isPath = typeof source === "string" || source instanceof URL;
  return isPath && fetchedUrl(source) === null ? source : null;
}

/**
 * Opens a source for reading in parts.
 *
 * @throws {FileError} If it is not there, or a server gives no parts.
 */
export async function openRanges(source: ByteSource): Promise<ByteRanges> {
  const path = filePath(source);
  if (path !== null) {
    const size = await sizeOfFile(path);
    return { size, read: (begin, end) => readFileRange(path, begin, end) };
  }
  const url = fetchedUrl(source);
  if (url !== null && /^https?:$/.test(url.protocol)) return openHttp(url);
  if (Object.prototype.toString.call(source).match(/Blob|File/)) {
    const blob = source as Blob;
    return {
      size: blob.size,
      read: (begin, end) => readBytes(blob.slice(begin, end)),
    };
  }
  const bytes = await readBytes(source);
  return {
    size: bytes.length,
    read: (begin, end) => Promise.resolve(bytes.subarray(begin, end)),
  };
}

/** A part that a server gave. */
interface Part {
  readonly bytes: Uint8Array;
  readonly size: number | undefined;
  readonly tag: string | null;
}

async function openHttp(url: URL): Promise<ByteRanges> {
  const first = await fetchRange(url, 0, FIRST_BYTES);
  const whole = first.bytes.length < FIRST_BYTES
    ? first.bytes.length
    : undefined;
  return {
    size: first.size ?? whole,
    read: async (begin, end) => {
      if (end <= first.bytes.length) return first.bytes.slice(begin, end);
      const { bytes, tag } = await fetchRange(url, begin, end);
      if (tag !== first.tag) {
        throw new FileError(
          `Cannot fetch ${url.href} as it has changed since it was opened: open it again`,
        );
      }
      if (bytes.length !== end - begin) {
        throw new FileError(
          `Cannot fetch bytes ${begin} to ${end} of ${url.href} as the server gave another part: got ${bytes.length} bytes`,
        );
      }
      return bytes;
    },
  };
}

async function fetchRange(url: URL, begin: number, end: number): Promise<Part> {
  try {
    const response = await fetch(url, {
      headers: { range: `bytes=${begin}-${end - 1}` },
    });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new Error(
        response.ok
          ? "the server gives whole files only: read it with loadSafetensors"
          : `the server answers ${response.status}`,
      );
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    const range = response.headers.get("content-range") ?? "";
    const total = /\/(\d+)$/.exec(range)?.[1];
    return {
      bytes,
      size: total === undefined ? undefined : Number(total),
      tag: response.headers.get("etag"),
    };
  } catch (cause) {
    throw new FileError(`Cannot fetch ${url.href}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
