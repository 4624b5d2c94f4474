/**
 * Atomic writes of files.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { isPageFile, type PageFile, replacePageFile } from "./_page_file.ts";
import { replaceFile } from "./_replace_file.ts";

/**
 * Writes a file as one step. The data goes to a temporary file in the same
 * folder, is flushed to the disk and renamed, so that whoever reads the path
 * finds the old contents or the new ones, whole, even if the program is
 * stopped or the power fails midway. A temporary file that is left behind then
 * is removed by a write of the same path that comes ten minutes later or more.
 * A missing folder is made. The mode of an older file is kept, a symbolic link
 * stays and the file to which it leads is replaced, and a device or a pipe is
 * written to. A file of a page keeps its old contents until the new ones are
 * whole.
 *
 * @param path A path, a `file:` URL or a `FileSystemFileHandle`.
 * @param data The contents; a string is written as UTF-8.
 * @throws {FileError} If the file cannot be written; the old one is as it was.
 *
 * @example Saving a note
 * ```ts
 * import { readBytes, writeFileAtomic } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * await writeFileAtomic("out/note.txt", "loss 0.01");
 * assertEquals((await readBytes("out/note.txt")).length, 9);
 * ```
 */
export async function writeFileAtomic(
  path: string | URL | PageFile,
  data: Uint8Array | string,
): Promise<void> {
  checkCount("writeFileAtomic", arguments.length, 2);
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  if (isPageFile(path)) await replacePageFile(path, bytes);
  else await replaceFile(path, bytes);
}
