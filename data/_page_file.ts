/**
 * Files that a browser hands out.
 *
 * @module
 */
import { FileError, messageOf } from "./errors.ts";

/**
 * A file in the browser: the part of `FileSystemFileHandle` that is used here,
 * from `showSaveFilePicker` or from the origin private file system,
 * `navigator.storage.getDirectory()`. It can be sent between a page and its
 * workers.
 *
 * @example Weights into the private files of a page
 * ```ts
 * import { data, nn } from "@tenfold/tenfold";
 *
 * async function save(model: nn.AnyModule): Promise<void> {
 *   const folder = await navigator.storage.getDirectory();
 *   const file: data.PageFile = await folder.getFileHandle(
 *     "model.safetensors",
 *     {
 *       create: true,
 *     },
 *   );
 *   await data.saveSafetensors(file, model.stateDict());
 * }
 * ```
 */
export interface PageFile {
  /** The name of the file, for messages. */
  readonly name: string;
  /** Its contents. */
  getFile(): Promise<Blob>;
  /**
   * Opens a writer of new contents, which replace the old ones when it is
   * closed.
   */
  createWritable(): Promise<{
    /** Appends bytes to the new contents. */
    write(data: Uint8Array<ArrayBuffer>): Promise<void>;
    /** Puts the new contents in place. */
    close(): Promise<void>;
    /** Leaves the old contents in place. */
    abort(): Promise<void>;
  }>;
}

/**
 * Whether a value is a file of a page.
 *
 * @example A path is none
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isPageFile } from "@tenfold/data/internal";
 *
 * assertEquals(isPageFile("model.safetensors"), false);
 * ```
 */
export function isPageFile(value: unknown): value is PageFile {
  const { getFile, createWritable } = Object(value) as Partial<PageFile>;
  return typeof getFile === "function" && typeof createWritable === "function";
}

/** Replaces the contents of a file of a page, once the new ones are whole. */
export async function replacePageFile(
  file: PageFile,
  bytes: Uint8Array,
): Promise<void> {
  try {
    const writable = await file.createWritable();
    try {
      // It takes no memory that other threads share.
      await writable.write(
        bytes.buffer instanceof ArrayBuffer
          ? bytes as Uint8Array<ArrayBuffer>
          : new Uint8Array(bytes),
      );
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
    await writable.close();
  } catch (cause) {
    const why = messageOf(cause);
    throw new FileError(`Cannot write ${file.name}: ${why}`, { cause });
  }
}
