/**
 * The edge to the folder of a checkpoint. Nothing happens when it is imported.
 *
 * @module
 */

/** What this file needs of `node:fs/promises`. */
interface FileSystem {
  readdir(path: string): Promise<string[]>;
  unlink(path: string): Promise<void>;
}

/** What this file needs of `node:path`. */
interface Paths {
  basename(path: string): string;
  dirname(path: string): string;
}

/** What this file needs of the global `process`. */
interface RuntimeProcess {
  getBuiltinModule(name: "node:fs/promises"): FileSystem;
  getBuiltinModule(name: "node:path"): Paths;
  getBuiltinModule(name: "node:url"): { fileURLToPath(url: URL): string };
}

/** The process of the runtime, which wrote a file here before. */
function runtimeProcess(): RuntimeProcess {
  return (globalThis as unknown as { process: RuntimeProcess }).process;
}

/** A path with a suffix before its extension: `a/run-best.safetensors`. */
export function beside(path: string | URL, suffix: string): string {
  const text = path instanceof URL
    ? runtimeProcess().getBuiltinModule("node:url").fileURLToPath(path)
    : path;
  const extension = /\.[^./\\]*$/.exec(text)?.[0] ?? "";
  return text.slice(0, text.length - extension.length) + suffix + extension;
}

/** The numbers N of the files beside a path whose suffix is `-stepN`. */
export async function stepsBeside(path: string | URL): Promise<number[]> {
  const runtime = runtimeProcess();
  const { basename, dirname } = runtime.getBuiltinModule("node:path");
  const { readdir } = runtime.getBuiltinModule("node:fs/promises");
  const names = await readdir(dirname(beside(path, "")));
  return names.flatMap((name) =>
    Array.from(name.matchAll(/-step(\d+)/g), ([suffix, step]) => [suffix, step])
      .filter(([suffix]) => basename(beside(path, suffix!)) === name)
      .map(([, step]) => Number(step))
  );
}

/** Removes a file; one that is gone already is as good. */
export async function removeFile(path: string): Promise<void> {
  const { unlink } = runtimeProcess().getBuiltinModule("node:fs/promises");
  await unlink(path).catch(() => {});
}
