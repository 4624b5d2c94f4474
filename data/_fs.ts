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
export interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<FileFacts>;
  stat(path: string): Promise<FileFacts>;
  readlink(path: string): Promise<string>;
}

/** What this file needs of the facts about a file. */
export interface FileFacts {
  readonly mtimeMs: number;
  readonly mode: number;
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** What this file needs of an open file. */
export interface FileHandle {
  writeFile(data: Uint8Array): Promise<void>;
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }>;
  chmod(mode: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What this file needs of `node:path`. */
export interface Paths {
  dirname(path: string): string;
  basename(path: string): string;
  join(...parts: string[]): string;
  resolve(...parts: string[]): string;
}

interface Urls {
  fileURLToPath(url: URL): string;
}

/** What this file needs of the global `process`. */
interface RuntimeProcess {
  readonly env: { readonly [name: string]: string | undefined };
  readonly stderr?: {
    readonly isTTY?: boolean;
    write?(text: string): unknown;
  };
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
export function fileModules(
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
export function codeOf(thrown: unknown): string {
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

/** The error of a file that could not be read or written. */
export function fileError(
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
 * The bytes of a file from `begin` up to `end`, as many as there are. It is
 * open only meanwhile.
 *
 * @throws {FileError} If it cannot be read, or is shorter.
 */
export async function readFileRange(
  path: string | URL,
  begin: number,
  end: number,
): Promise<Uint8Array> {
  const { fs, file } = fileModules("read", path);
  const bytes = new Uint8Array(end - begin);
  let length = 0;
  try {
    const handle = await fs.open(file, "r");
    try {
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(
          bytes,
          length,
          bytes.length - length,
          begin + length,
        );
        if (bytesRead === 0) break;
        length += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError("read", file, cause);
  }
  if (length < bytes.length) {
    throw new FileError(
      `Cannot read ${file} as it has become shorter since it was opened: got ${length} bytes at ${begin}, expected ${bytes.length}`,
    );
  }
  return bytes;
}

/**
 * The size of a file in bytes.
 *
 * @throws {FileError} If it is not there.
 */
export async function sizeOfFile(path: string | URL): Promise<number> {
  const { fs, file } = fileModules("read", path);
  try {
    return (await fs.stat(file)).size;
  } catch (cause) {
    throw fileError("read", file, cause);
  }
}

/** Whether a path leads to a folder. */
export async function isFolder(path: string | URL): Promise<boolean> {
  const { fs, file } = fileModules("read", path);
  try {
    return (await fs.stat(file)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * What a folder holds; links count as what they lead to.
 *
 * @throws {FileError} If it cannot be read.
 */
export async function listFolder(
  path: string,
): Promise<{ name: string; isFolder: boolean }[]> {
  const { fs, paths } = fileModules("read", path);
  try {
    const names = await fs.readdir(path);
    return await Promise.all(names.map(async (name) => ({
      name,
      isFolder: (await fs.stat(paths.join(path, name))).isDirectory(),
    })));
  } catch (cause) {
    throw fileError("read", path, cause);
  }
}

/**
 * The path of a file beside another one.
 *
 * @example A shard beside its index
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { besidePath } from "@tenfold/data/internal";
 *
 * assertEquals(besidePath("models/index.json", "a.bin"), "models/a.bin");
 * ```
 */
export function besidePath(path: string | URL, name: string): string {
  const { paths, file } = fileModules("look beside", path);
  return paths.join(paths.dirname(file), name);
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

/** Writes on the terminal, where there is one. */
export function writeTerminal(text: string): void {
  runtimeProcess()?.stderr?.write?.(text);
}
