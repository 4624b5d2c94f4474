/**
 * Reads and writes files of results.
 *
 * @module
 */
import {
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorText } from "./channel.ts";
import { RESULTS_FILE, type ResultsFile } from "./schema.ts";
import { UsageError } from "./usage.ts";

/**
 * Makes sure, before anything is measured, that a file can be written there.
 *
 * @throws {UsageError} If it cannot.
 */
export async function checkWritable(path: string): Promise<void> {
  const refuse = (reason: string) =>
    new UsageError(`Cannot write results to ${path}: ${reason}`);
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) throw refuse("it is a folder");
  const folder = dirname(path);
  const parent = await stat(folder).catch(() => null);
  if (!parent?.isDirectory()) throw refuse(`there is no folder ${folder}`);
  try {
    await rm(await mkdtemp(join(folder, ".bench-")), { recursive: true });
    if (there) await writeFile(path, "", { flag: "a" });
  } catch (error) {
    throw refuse(errorText(error));
  }
}

/** Writes a text whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), ".bench-"));
  try {
    const temporary = join(folder, "file");
    await writeFile(temporary, text);
    await rename(temporary, path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes results; they are checked against the schema first. */
export async function writeResults(
  path: string,
  results: ResultsFile,
): Promise<void> {
  const checked = RESULTS_FILE.parse(results);
  await writeWhole(path, `${JSON.stringify(checked, null, 1)}\n`);
}

/**
 * Reads results.
 *
 * @throws {UsageError} If the file is not there, is not JSON, or is not what
 * `--json` writes; the message names the field.
 */
export async function readResults(path: string): Promise<ResultsFile> {
  const refuse = (reason: string) =>
    new UsageError(`Cannot read results from ${path}: ${reason}`);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    throw refuse(missing ? "there is no such file" : errorText(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("it is not JSON");
  }
  const parsed = RESULTS_FILE.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.join(".") || "the file";
  throw refuse(`${field}: ${issue.message}`);
}
