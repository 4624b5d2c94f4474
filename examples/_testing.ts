/**
 * Runs the example scripts in a folder of their own, for their tests.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How a script ended. */
export interface Outcome {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly output: string;
}

/** A script that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Settles when it has printed a text, or has ended. */
  printed(text: string): Promise<void>;
  readonly outcome: Promise<Outcome>;
}

/** Starts a script with the runtime of this test. */
export function start(
  script: string,
  args: readonly string[],
  folder: string,
): Running {
  const flags = "Deno" in globalThis ? ["-A", "--no-check"] : [];
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["run", ...flags, path, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => {
      output += bytes;
      heard();
    });
  }
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
  return {
    child,
    outcome,
    output: () => output,
    async printed(text) {
      const said = new Promise<void>((resolve) => {
        heard = () => {
          if (output.includes(text)) resolve();
        };
        heard();
      });
      await Promise.race([said, outcome]);
    },
  };
}

/** Calls a function with a folder that is removed afterwards. */
export async function inFolder<T>(
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
