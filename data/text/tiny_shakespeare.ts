/**
 * The Tiny Shakespeare data set: 40,000 lines of plays.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { environment } from "../_fs.ts";
import { gunzip, isGzip } from "../_gzip.ts";
import {
  downloadFields,
  type DownloadOptions,
  publishedFile,
  withProgress,
} from "../_published.ts";
import { FileError } from "../errors.ts";

export type { DownloadProgress } from "../_download.ts";
export type { DownloadOptions } from "../_published.ts";

/**
 * Options of {@linkcode tinyShakespeare}.
 *
 * @example From a folder, downloaded once
 * ```ts
 * import type { TinyShakespeareOptions } from "@tenfold/data/text";
 *
 * const options: TinyShakespeareOptions = { root: "data", download: true };
 * ```
 */
export interface TinyShakespeareOptions extends DownloadOptions {
  /**
   * The folder that contains `tiny-shakespeare.txt`, gzipped or not, itself or
   * in its subfolder `text`.
   *
   * @default {the environment variable TENFOLD_DATA}
   */
  root?: string;
  /** Whether to download it if it is missing or damaged. @default {false} */
  download?: boolean;
}

/** The file; its text is in the public domain. */
const FILE = {
  name: "tiny-shakespeare.txt",
  sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
  bytes: 1_115_394,
};

/** Where the file is on the web. */
const MIRRORS = [
  "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
  "https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
];

const schema = () =>
  z.strictObject({
    ...downloadFields(MIRRORS),
    root: z.optional(
      z.string("must be a path").check(z.minLength(1, "must be a path")),
    ),
    download: z._default(z.boolean("must be true or false"), false),
  });

/** Decompresses the text; it cannot be longer than it is. */
function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return isGzip(bytes)
    ? gunzip(bytes, "gzipped text", () => FILE.bytes)
    : Promise.resolve(bytes);
}

/**
 * 40,000 lines of plays by Shakespeare: 1,115,394 characters, 65 of them
 * distinct, as compiled by Karpathy for char-rnn in 2015. The plays are in the
 * public domain.
 *
 * The file is read from a folder and checked against the SHA-256 of the
 * published file. Nothing is downloaded unless `download` is true.
 *
 * @param options `root`, `download`, `mirrors` (addresses of the file),
 * `timeout` and `progress`.
 * @returns The text.
 * @throws {FileError} If the file is missing or cannot be downloaded; the
 * message names the file, where it was looked for, and the command that
 * downloads it.
 * @throws {DataFormatError} If the file is damaged.
 *
 * @example The first words
 * ```ts ignore
 * import { tinyShakespeare } from "@tenfold/data/text";
 *
 * const text = await tinyShakespeare({ root: "text", download: true });
 * console.log(text.slice(0, 14)); // First Citizen:
 * ```
 */
export async function tinyShakespeare(
  options: TinyShakespeareOptions = {},
): Promise<string> {
  const { progress, mirrors, ...request } = parseArguments(
    schema,
    {},
    options,
    arguments,
    "open Tiny Shakespeare",
  );
  const root = request.root ?? environment("TENFOLD_DATA");
  if (root === undefined || root === "") {
    throw new FileError(
      "Cannot open Tiny Shakespeare as no folder is named: pass { root }, or set TENFOLD_DATA and let the program read it (--allow-env=TENFOLD_DATA)",
    );
  }
  const bytes = await withProgress(
    progress,
    (onProgress) =>
      publishedFile(FILE, {
        ...request,
        root,
        served: FILE.name,
        urls: mirrors,
        onProgress,
        folders: ["", "text"],
        inflate,
        command:
          `deno eval 'import { tinyShakespeare } from "@tenfold/data/text"; await tinyShakespeare({ root: ${
            JSON.stringify(root)
          }, download: true })'`,
      }),
  );
  return new TextDecoder().decode(bytes);
}
