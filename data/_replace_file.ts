/**
 * Replacing a file as one step, at the edge to the file system.
 *
 * @module
 */
import {
  codeOf,
  fileError,
  type FileFacts,
  type FileHandle,
  fileModules,
  type FileSystem,
  type Paths,
} from "./_fs.ts";

/** What stands for the random part in the names of temporary files. */
const RANDOM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * How long a temporary file stays as it is before it counts as left behind, by
 * a program that was killed: whoever still writes changes it more often.
 */
const LEFT_BEHIND_MS = 10 * 60 * 1000;

/** The bits of a file's mode that say who may do what. */
const PERMISSIONS = 0o7777;

/** How many symbolic links may lead to one file, as on Linux. */
const MAX_LINKS = 40;

/**
 * Replaces a file with `data` as one step: whoever reads it finds the old
 * contents or the new ones, whole, even if the program is stopped midway. The
 * mode of an older file is kept, and a symbolic link stays: the file to which
 * it leads is replaced. What is not a file, such as a device or a pipe, is written
 * to. What others that were stopped have left of the same file is removed.
 *
 * @throws {FileError} If it cannot be written; the old file is as it was.
 */
export async function replaceFile(
  path: string | URL,
  data: Uint8Array,
): Promise<void> {
  const { fs, paths, file } = fileModules("write", path);
  let folder = paths.dirname(file);
  try {
    const target = await followLinks(fs, paths, file);
    folder = paths.dirname(target);
    const old = await factsOf(fs, target);
    if (old !== null && !old.isFile() && !old.isDirectory()) {
      return await writeThrough(fs, target, data);
    }
    const prefix = `.${paths.basename(target)}.`;
    const temporary = paths.join(folder, `${prefix}${crypto.randomUUID()}.tmp`);
    const mode = old === null ? undefined : old.mode & PERMISSIONS;
    const handle = await openNew(fs, temporary, folder, mode);
    try {
      await closing(handle, async () => {
        if (mode !== undefined) await keepMode(handle, mode);
        await removeLeftovers(fs, paths, temporary, prefix);
        await handle.writeFile(data);
        await handle.sync();
      });
      await fs.rename(temporary, target);
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

/** Works with an open file and closes it; of two errors the first counts. */
async function closing(
  handle: FileHandle,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
  await handle.close();
}

/** The path to which a path leads, whether or not there is a file. */
async function followLinks(
  fs: FileSystem,
  paths: Paths,
  path: string,
): Promise<string> {
  let target = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const facts = await lookedUp(fs.lstat(target));
    if (!facts?.isSymbolicLink()) return target;
    target = paths.resolve(paths.dirname(target), await fs.readlink(target));
  }
  throw new Error("too many symbolic links");
}

/** What is known of a file, or `null` where there is none. */
function factsOf(fs: FileSystem, path: string): Promise<FileFacts | null> {
  return lookedUp(fs.stat(path));
}

async function lookedUp(facts: Promise<FileFacts>): Promise<FileFacts | null> {
  try {
    return await facts;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Writes to a device or a pipe, which cannot be replaced. */
async function writeThrough(
  fs: FileSystem,
  path: string,
  data: Uint8Array,
): Promise<void> {
  const handle = await fs.open(path, "w");
  await closing(handle, () => handle.writeFile(data));
}

/** Sets a mode where the file system has modes. */
async function keepMode(handle: FileHandle, mode: number): Promise<void> {
  try {
    await handle.chmod(mode);
  } catch {
    // Some have none, and there nothing is lost.
  }
}

/** Opens a file that must not exist yet, making its folder if it is missing. */
async function openNew(
  fs: FileSystem,
  path: string,
  folder: string,
  mode?: number,
): Promise<FileHandle> {
  try {
    return await fs.open(path, "wx", mode);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await fs.mkdir(folder, { recursive: true });
    return await fs.open(path, "wx", mode);
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
    await closing(handle, () => handle.sync());
  } catch {
    // Windows has no such thing, and a program may write what it may not read:
    // the file is whole all the same.
  }
}
