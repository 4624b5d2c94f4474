/**
 * Checks another revision out into a folder of its own, with the benchmarks
 * of this tree in place of its own.
 *
 * @module
 */
import { cp, mkdtemp, realpath, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { errorText, output } from "./channel.ts";
import { BENCH } from "./contender.ts";
import { UsageError } from "./usage.ts";

/** Another revision on disk. */
export interface Checkout {
  /** The commit, as git shortens it. */
  readonly commit: string;
  /** Its folder `bench/`, which holds the files of this tree. */
  readonly bench: URL;
  /** Removes it. */
  remove(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../", BENCH));

function git(...args: string[]): Promise<string> {
  return output(["git", "-C", ROOT, ...args]);
}

/**
 * Checks out a revision as a worktree in a temporary folder. What it imports
 * is its own; what is measured comes from this tree, so both builds do the
 * same work.
 *
 * @throws {UsageError} If there is no such revision, or git is missing.
 */
export async function checkOut(revision: string): Promise<Checkout> {
  const commit = await commitOf(revision);
  const parent = await mkdtemp(
    join(await realpath(tmpdir()), "tenfold-against-"),
  );
  const folder = join(parent, commit);
  const remove = async () => {
    await rm(parent, { recursive: true, force: true });
    await git("worktree", "prune");
  };
  try {
    await git("worktree", "add", "--quiet", "--detach", folder, commit);
    await rm(join(folder, "bench"), { recursive: true, force: true });
    await cp(fileURLToPath(BENCH), join(folder, "bench"), { recursive: true });
    await sharePackages(folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return { commit, bench: pathToFileURL(join(folder, "bench/")), remove };
}

async function commitOf(revision: string): Promise<string> {
  try {
    const name = `${revision}^{commit}`;
    const args = ["--verify", "--quiet", "--short", "--end-of-options", name];
    return (await git("rev-parse", ...args)).trim();
  } catch (error) {
    const reason = errorText(error);
    // Without such a revision git says nothing and ends with 1.
    throw new UsageError(
      `Cannot check out "${revision}": ${
        reason === "exit code 1" ? "there is no such revision" : reason
      }`,
    );
  }
}

/** Deno installs packages for the checkout; Bun needs those of this tree. */
async function sharePackages(folder: string): Promise<void> {
  if ("Deno" in globalThis) return;
  const packages = join(ROOT, "node_modules");
  const there = await stat(packages).then(() => true, () => false);
  if (there) await symlink(packages, join(folder, "node_modules"));
}
