/**
 * The edge to a file that grows. Nothing happens when this file is imported.
 *
 * @module
 */
import { FileError } from "@tenfold/data";

interface RuntimeProcess {
  readonly pid?: number;
  getBuiltinModule?(name: "node:fs/promises"): {
    mkdir(path: string, options: { recursive: true }): Promise<unknown>;
    appendFile(path: string, data: Uint8Array): Promise<void>;
  };
  getBuiltinModule?(name: "node:path"): {
    join(...parts: string[]): string;
  };
  getBuiltinModule?(name: "node:url"): { fileURLToPath(url: URL): string };
}

/** A file in a folder; both are made with the first bytes. */
export class GrowingFile {
  readonly #process: Required<RuntimeProcess>;
  readonly #folder: string;
  /** Its path. */
  readonly path: string;
  #made = false;

  /** @throws {FileError} If the runtime has no files. */
  constructor(folder: string | URL, name: string) {
    const { process } = globalThis as { process?: RuntimeProcess };
    if (typeof process?.getBuiltinModule !== "function") {
      throw new FileError(
        `Cannot write ${name} as this runtime has no file system`,
      );
    }
    this.#process = process as Required<RuntimeProcess>;
    this.#folder = folder instanceof URL
      ? this.#process.getBuiltinModule("node:url").fileURLToPath(folder)
      : folder;
    this.path = this.#process.getBuiltinModule("node:path")
      .join(this.#folder, name);
  }

  /** @throws {FileError} If it cannot be written. */
  async append(bytes: Uint8Array): Promise<void> {
    const fs = this.#process.getBuiltinModule("node:fs/promises");
    try {
      if (!this.#made) await fs.mkdir(this.#folder, { recursive: true });
      this.#made = true;
      await fs.appendFile(this.path, bytes);
    } catch (cause) {
      const { message } = cause as Error;
      throw new FileError(`Cannot write ${this.path}: ${message}`, { cause });
    }
  }
}
