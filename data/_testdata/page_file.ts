/**
 * A file handle as browsers have it, in memory.
 *
 * @module
 */
import type { PageFile } from "../source.ts";

/** Keeps its old contents until new ones are whole. */
export class MemoryFile implements PageFile {
  readonly name = "run.safetensors";
  contents = new Uint8Array();
  /** Makes the next write fail midway. */
  full = false;

  getFile(): Promise<Blob> {
    return Promise.resolve(new Blob([this.contents]));
  }

  createWritable(): ReturnType<PageFile["createWritable"]> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    return Promise.resolve({
      write: (data: Uint8Array<ArrayBuffer>) => {
        parts.push(data.slice());
        return this.full
          ? Promise.reject(new Error("the quota is used up"))
          : Promise.resolve();
      },
      close: async () => {
        this.contents = new Uint8Array(await new Blob(parts).arrayBuffer());
      },
      abort: () => Promise.resolve(),
    });
  }
}
