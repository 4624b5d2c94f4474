/**
 * Where a run is made, and with what.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { arch, cpus, platform, release, totalmem } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { output } from "./channel.ts";
import type { Machine } from "./schema.ts";

/** The machine. */
export function machine(): Machine {
  const processors = cpus();
  return {
    system: `${platform()} ${release()}`,
    architecture: arch(),
    processor: processors[0]?.model.trim() || "unknown processor",
    cores: Math.max(processors.length, 1),
    memoryBytes: totalmem(),
  };
}

/** The runtime. */
export function runtime(): { name: string; version: string } {
  const { bun, deno, node } = process.versions as Record<
    string,
    string | undefined
  >;
  if (bun) return { name: "Bun", version: bun };
  if (deno) return { name: "Deno", version: deno };
  return { name: "Node", version: node ?? "unknown" };
}

/** The version of this project, its commit where that is known, and mitata. */
export async function versions(): Promise<Record<string, string>> {
  const root = new URL("../../", import.meta.url);
  const version = async (path: string) =>
    (JSON.parse(await readFile(new URL(path, root), "utf8")) as {
      version: string;
    }).version;
  const git = (...args: string[]) =>
    output(["git", "-C", fileURLToPath(root), ...args]);
  const found: Record<string, string> = {
    tenfold: await version("tenfold/deno.json"),
    mitata: await version("node_modules/mitata/package.json"),
  };
  try {
    const commit = (await git("rev-parse", "--short", "HEAD")).trim();
    const changed = await git("status", "--porcelain", "--untracked-files=no");
    found["commit"] = changed.trim() === "" ? commit : `${commit}, changed`;
  } catch {
    // Copies without a history have no commit.
  }
  return found;
}
