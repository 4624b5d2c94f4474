/**
 * Files that somebody has published: looked for in folders, checked against
 * their SHA-256, and fetched where that is asked for.
 *
 * @module
 */
import * as z from "./_zod.ts";
import { downloadFile, type DownloadProgress } from "./_download.ts";
import { joinPath, readFileIfThere } from "./_fs.ts";
import { isGzip } from "./_gzip.ts";
import { type ProgressBar, progressBar } from "./_progress_bar.ts";
import { replaceFile } from "./_replace_file.ts";
import { DataFormatError, FileError, messageOf } from "./errors.ts";

/**
 * Options of the functions that fetch files.
 *
 * @example A mirror of one's own
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.DownloadMnistOptions = {
 *   mirrors: ["https://example.org/mnist/"],
 *   timeout: 10_000,
 * };
 * ```
 */
export interface DownloadOptions {
  /**
   * URLs that are tried in order.
   *
   * @default {two public copies}
   */
  mirrors?: readonly string[];
  /**
   * Timeout in milliseconds without a byte, after which the next mirror is tried.
   *
   * @default {30000}
   */
  timeout?: number;
  /**
   * Whether to show a progress bar on a terminal, or a function that is called
   * with the progress.
   *
   * @default {true}
   */
  progress?: boolean | ((progress: DownloadProgress) => void);
}

const HTTP = "must be an http address";

/** Those options as a schema's fields. */
// deno-lint-ignore explicit-function-return-type explicit-module-boundary-types
export const downloadFields = (mirrors: readonly string[]) => ({
  mirrors: z._default(
    z.array(
      z.string(HTTP).check(z.regex(/^https?:\/\/[^\s/]\S*$/i, HTTP)),
      "must be an array of addresses",
    ),
    [...mirrors],
  ),
  timeout: z._default(
    z.number("must be a number of milliseconds").check(
      z.gt(0, "must be positive"),
    ),
    30_000,
  ),
  progress: z._default(
    z.union([
      z.boolean(),
      z.custom<(progress: DownloadProgress) => void>(
        (value) => typeof value === "function",
      ),
    ], "must be true, false or a function"),
    true,
  ),
});

/** Calls a function with what shows its progress. */
export async function withProgress<T>(
  progress: boolean | ((progress: DownloadProgress) => void),
  work: (onProgress: (progress: DownloadProgress) => void) => Promise<T>,
): Promise<T> {
  if (typeof progress === "function") return await work(progress);
  if (!progress) return await work(() => {});
  // The bar is only made once something is downloaded.
  let bar: ProgressBar | undefined;
  try {
    return await work((state) => {
      bar ??= progressBar();
      bar.update(state);
    });
  } finally {
    bar?.stop();
  }
}

/** A file that somebody has published. */
export interface PublishedFile {
  /** Its name without `.gz`. */
  readonly name: string;
  /** The SHA-256 of its contents, decompressed. */
  readonly sha256: string;
  /** Its size, decompressed. */
  readonly bytes: number;
}

/** How files are found and fetched. */
export interface PublishedAccess {
  readonly root: string;
  readonly download: boolean;
  /** The name of the file on the web, for messages. */
  readonly served: string;
  /** Addresses of the file, best first. */
  readonly urls: readonly string[];
  readonly timeout: number;
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Where the file may lie in the root. */
  readonly folders: readonly string[];
  /** Decompresses the bytes, if they are compressed. */
  readonly inflate: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** The command that fetches the file into the root. */
  readonly command: string;
}

/**
 * The contents of a file, from its folder or else, where that is asked for,
 * from a mirror; what is fetched is kept in the root.
 *
 * @throws {FileError} If it is not there, or cannot be fetched or kept.
 * @throws {DataFormatError} If it is there and damaged.
 */
export async function publishedFile(
  file: PublishedFile,
  access: PublishedAccess,
): Promise<Uint8Array> {
  const { name } = file;
  const { command, download, folders, root } = access;
  let damaged: DataFormatError | null = null;
  const places = folders.flatMap((folder) =>
    ["", ".gz"].map((suffix) => joinPath(root, folder, name + suffix))
  );
  for (const path of places) {
    const bytes = await readFileIfThere(path);
    if (bytes === null) continue;
    try {
      return await checkedContents(file, access, bytes);
    } catch (cause) {
      damaged ??= new DataFormatError(
        `Cannot read ${path} as it is not the published file: ${
          messageOf(cause)
        }; fetch it again with ${command}`,
        { cause },
      );
    }
  }
  if (download) return await fetchFile(file, access);
  throw damaged ?? new FileError(
    `Cannot find ${name} or ${name}.gz in ${root}: pass another root, set TENFOLD_DATA, or fetch it with ${command}`,
  );
}

async function fetchFile(
  file: PublishedFile,
  access: PublishedAccess,
): Promise<Uint8Array> {
  let contents: Uint8Array = new Uint8Array();
  const { onProgress, root, served, timeout, urls } = access;
  const bytes = await downloadFile({
    file: served,
    urls,
    maxBytes: file.bytes + 2 ** 16,
    timeout,
    onProgress,
    check: async (received) => {
      contents = await checkedContents(file, access, received);
    },
  });
  // A server may have unpacked it on the way: it is kept under a fitting name.
  const suffix = isGzip(bytes) ? ".gz" : "";
  await replaceFile(joinPath(root, file.name + suffix), bytes);
  return contents;
}

/** The contents, decompressed, if they are those that were published. */
async function checkedContents(
  file: PublishedFile,
  { inflate }: PublishedAccess,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const contents = await inflate(bytes);
  const digest = await sha256(contents);
  if (digest !== file.sha256) {
    throw new DataFormatError(
      `Cannot accept ${file.name} as its SHA-256 is wrong: got ${digest}, expected ${file.sha256}`,
    );
  }
  return contents;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    bytes as Uint8Array<ArrayBuffer>,
  );
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
