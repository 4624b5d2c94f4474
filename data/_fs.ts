/**
 * The edge to the file system, the environment and the terminal: the one file
 * that knows of Deno, Bun and Node. Nothing happens when it is imported; each
 * function reaches for the runtime's `node:` modules as it is called, so that
 * browsers can load it and no permission is asked for before it is needed.
 *
 * @module
 */
import { asBytes } from "./_bytes.ts";
import { FileError, messageOf } from "./errors.ts";

/** What this file needs of `node:fs/promises`. */
interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  open(path: string, flags: string): Promise<FileHandle>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<FileFacts>;
}

interface FileFacts {
  readonly mtimeMs: number;
  isFile(): boolean;
}

interface FileHandle {
  writeFile(data: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface Paths {
  dirname(path: string): string;
  basename(path: string): string;
  join(...parts: string[]): string;
}

interface Urls {
  fileURLToPath(url: URL): string;
}

/** What this file needs of the global `process`. */
interface RuntimeProcess {
  readonly env: { readonly [name: string]: string | undefined };
  readonly stderr?: { readonly isTTY?: boolean };
  getBuiltinModule?(name: "node:fs/promises"): FileSystem;
  getBuiltinModule?(name: "node:path"): Paths;
  getBuiltinModule?(name: "node:url"): Urls;
}

function runtimeProcess(): RuntimeProcess | undefined {
  return (globalThis as { process?: RuntimeProcess }).process;
}

/** The path of a string or of a `file:` URL, for messages. */
export function showPath(path: string | URL): string {
  return typeof path === "string" ? path : path.href;
}

/** The modules of the file system, or an error that says what to do instead. */
function fileModules(
  operation: string,
  path: string | URL,
): { fs: FileSystem; paths: Paths; file: string } {
  const runtime = runtimeProcess();
  if (typeof runtime?.getBuiltinModule !== "function") {
    throw new FileError(
      `Cannot ${operation} ${
        showPath(path)
      } as this runtime has no file system: fetch the bytes and pass them instead of a path`,
    );
  }
  const file = typeof path === "string"
    ? path
    : runtime.getBuiltinModule("node:url").fileURLToPath(path);
  return {
    fs: runtime.getBuiltinModule("node:fs/promises"),
    paths: runtime.getBuiltinModule("node:path"),
    file,
  };
}

/** The code of a system error such as `"ENOENT"`, or the error's name. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  return (thrown as { code?: unknown }).code?.toString() ?? thrown.name;
}

/** What went wrong with a file, in words, with the way out. */
function explain(thrown: unknown, flags: string): string {
  const code = codeOf(thrown);
  if (code === "ENOENT") return "there is no such file or folder";
  if (code === "ENOTDIR") return "part of the path is a file, not a folder";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES" || code === "EPERM") {
    return "the file system does not permit it";
  }
  if (code === "NotCapable" || code === "PermissionDenied") {
    return `the runtime was not given the permission: run again with ${flags}`;
  }
  return `the system says: ${messageOf(thrown)}`;
}

function fileError(
  operation: string,
  path: string,
  cause: unknown,
  flags = `--allow-${operation}=${path}`,
): FileError {
  return new FileError(
    `Cannot ${operation} ${path} as ${explain(cause, flags)}`,
    { cause },
  );
}

/**
 * The bytes of a file.
 *
 * @throws {FileError} If it cannot be read; the message says why.
 */
export async function readFile(path: string | URL): Promise<Uint8Array> {
  const { fs, file } = fileModules("read", path);
  try {
    return asBytes(await fs.readFile(file));
  } catch (cause) {
    throw fileError("read", file, cause);
  }
}

/**
 * The bytes of a file, or `null` where there is none.
 *
 * @throws {FileError} If it is there and cannot be read.
 */
export async function readFileIfThere(
  path: string | URL,
): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof FileError && codeOf(error.cause) === "ENOENT") {
      return null;
    }
    throw error;
  }
}

/** What stands for the random part in the names of temporary files. */
const RANDOM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * How long a temporary file stays as it is before it counts as left behind, by
 * a program that was killed: whoever still writes changes it more often.
 */
const LEFT_BEHIND_MS = 10 * 60 * 1000;

/**
 * Replaces a file with `data` as one step: whoever reads it finds the old
 * contents or the new ones, whole, even if the program is stopped midway. What
 * others that were stopped have left of the same file is removed.
 *
 * @throws {FileError} If it cannot be written; the old file is as it was.
 */
export async function replaceFile(
  path: string | URL,
  data: Uint8Array,
): Promise<void> {
  const { fs, paths, file } = fileModules("write", path);
  const folder = paths.dirname(file);
  const prefix = `.${paths.basename(file)}.`;
  const temporary = paths.join(folder, `${prefix}${crypto.randomUUID()}.tmp`);
  try {
    const handle = await openNew(fs, temporary, folder);
    try {
      try {
        await removeLeftovers(fs, paths, temporary, prefix);
        await handle.writeFile(data);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.rename(temporary, file);
    } catch (error) {
      await fs.unlink(temporary).catch(() => {});
      throw error;
    }
  } catch (cause) {
    // The temporary file lies in the same folder, and renaming reads it.
    const flags = `--allow-read=${folder} --allow-write=${folder}`;
    throw fileError("write", file, cause, flags);
  }
  await syncFolder(fs, folder);
}

/** Opens a file that must not exist yet, making its folder if it is missing. */
async function openNew(
  fs: FileSystem,
  path: string,
  folder: string,
): Promise<FileHandle> {
  try {
    return await fs.open(path, "wx");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await fs.mkdir(folder, { recursive: true });
    return await fs.open(path, "wx");
  }
}

/**
 * Removes temporary files of the same target that are old beside a new one. The
 * clock is that of the file system, which may be another machine's.
 */
async function removeLeftovers(
  fs: FileSystem,
  paths: Paths,
  temporary: string,
  prefix: string,
): Promise<void> {
  try {
    const folder = paths.dirname(temporary);
    const { mtimeMs: now } = await fs.lstat(temporary);
    for (const name of await fs.readdir(folder)) {
      if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
      if (!RANDOM.test(name.slice(prefix.length, -4))) continue;
      const path = paths.join(folder, name);
      const facts = await fs.lstat(path);
      if (!facts.isFile() || now - facts.mtimeMs <= LEFT_BEHIND_MS) continue;
      await fs.unlink(path).catch(() => {});
    }
  } catch {
    // They only take up room, or somebody else has removed them just now.
  }
}

/** Makes a rename durable where the system lets folders be flushed. */
async function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows has no such thing, and a program may write what it may not read:
    // the file is whole all the same.
  }
}

/** A path below a folder, written as the system writes paths. */
export function joinPath(folder: string, ...names: string[]): string {
  return fileModules("look into", folder).paths.join(folder, ...names);
}

/** An environment variable, or `undefined` where it may not be asked for. */
export function environment(name: string): string | undefined {
  try {
    return runtimeProcess()?.env[name];
  } catch {
    return undefined;
  }
}

/** True where progress can be drawn on the terminal. */
export function isTerminal(): boolean {
  try {
    return runtimeProcess()?.stderr?.isTTY === true;
  } catch {
    return false;
  }
}
