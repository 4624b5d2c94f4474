/**
 * Runs the lessons the way a reader does, for their tests.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { probeBackends } from "@tenfold/tenfold";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How a lesson ended. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** How to run a lesson. */
export interface Running {
  /** Where it computes; the default where left out. */
  readonly backend?: string;
  /** What stands behind its name on the command line. */
  readonly args?: readonly string[];
  /** What Deno allows it to do. */
  readonly permissions?: readonly string[];
  /** Environment variables beside those of this process. */
  readonly environment?: Record<string, string>;
}

/** The backends that can be opened here: every lesson runs on each. */
export const backends: readonly string[] = (await probeBackends())
  .filter(({ available }) => available)
  .map(({ name }) => name);

/** Runs a lesson with the runtime of this test. */
export function run(script: string, running: Running = {}): Promise<Outcome> {
  const { backend = "", args = [], permissions = [], environment } = running;
  const flags = "Deno" in globalThis
    ? ["--no-prompt", "--no-check", "--allow-env", ...permissions]
    : [];
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["run", ...flags, path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TENFOLD_BACKEND: backend, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => output += bytes);
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** Runs a lesson that must end well: all that it checks about itself holds. */
export async function learn(
  script: string,
  running: Running = {},
): Promise<string> {
  const { code, output } = await run(script, running);
  assertEquals(code, 0, output);
  return output;
}

/** The number behind a text in the output of a lesson. */
export function numberAfter(output: string, text: string): number {
  const at = output.indexOf(text);
  return at < 0 ? NaN : parseFloat(output.slice(at + text.length));
}

/** The folder that MNIST is in here, or null: its files are not committed. */
export const mnistFolder: string | null = [
  process.env["TENFOLD_DATA"],
  fileURLToPath(new URL("../../../shared/data", import.meta.url)),
].flatMap((root) => root ? [root, join(root, "mnist")] : [])
  .find((folder) => existsSync(join(folder, "t10k-labels-idx1-ubyte.gz"))) ??
  null;
