import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { scope } from "@tenfold/core";
import { decodeCheckpoint } from "./_checkpoint_file.ts";
import "./_testing.ts";

const script = fileURLToPath(
  new URL("./_testdata/endless.ts", import.meta.url),
);

/** Starts training in a process of its own, with the runtime of this one. */
function start(path: string): ChildProcess {
  const flags = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["run"];
  return spawn(process.execPath, [...flags, script, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Waits until it has saved for the first time. */
function saved(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once("data", () => resolve());
    child.once(
      "exit",
      (code) => reject(new Error(`ended early, with ${code}`)),
    );
  });
}

/** Presses Ctrl-C, and waits for the end. */
function interrupt(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGINT");
  });
}

describe("Ctrl-C in fit", () => {
  it("leaves the last checkpoint whole, whenever it comes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    const path = join(folder, "run.safetensors");
    try {
      let steps = 0;
      for (const delay of [0, 3, 11, 29, 47]) {
        const child = start(path);
        await saved(child);
        await new Promise((resolve) => setTimeout(resolve, delay));
        await interrupt(child);
        using _ = scope();
        const state = decodeCheckpoint(await readFile(path), path) as {
          step: number;
          model: Record<string, { shape: readonly number[] }>;
        };
        // Each run went on from what the one before had saved.
        assert(state.step > steps, `${state.step} after ${steps}`);
        assertEquals(state.model["2.weight"]!.shape, [100, 300]);
        steps = state.step;
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
