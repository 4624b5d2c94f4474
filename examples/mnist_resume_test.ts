import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { inFolder, type Running, start } from "./_testing.ts";
import { mnistFolder } from "./foundations/_testing.ts";

/** How often training is to be killed; the full run asks for 20. */
const asked = env["TENFOLD_KILLS"];
const KILLS = Number(asked ?? 5);
// Who asks for kills is told that the files of MNIST are missing.
const itWithDigits = mnistFolder || asked ? it : it.ignore;

const SCRIPT = "mnist_cnn.ts";
/** 400 steps, of which every third is saved. */
const args = [
  ...["--data", mnistFolder ?? "", "--limit", "800", "--batch-size", "8"],
  ...["--epochs", "4", "--save-every", "3"],
];

/** The weights that a run has ended with. */
function weightsIn(folder: string): Promise<Uint8Array> {
  return readFile(join(folder, "out", "mnist_cnn.safetensors"));
}

/** Waits so many milliseconds. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a run has saved so many checkpoints, or has ended. */
async function saved(
  count: number,
  running: Running,
  folder: string,
): Promise<void> {
  const path = join(folder, "out", "mnist_cnn.checkpoint.safetensors");
  // Each is another file, which is renamed.
  const file = () => stat(path).then(({ ino }) => ino, () => null);
  let ended = false;
  running.outcome.finally(() => ended = true);
  let last = await file();
  for (let seen = 0; seen < count && !ended; await wait(1)) {
    const now = await file();
    if (now !== last) seen++;
    last = now;
  }
}

describe("mnist_cnn.ts --resume", () => {
  itWithDigits(
    `ends in the same weights after ${KILLS} kills at random`,
    async () => {
      const undisturbed = await inFolder(async (folder) => {
        const { code, output } = await start(SCRIPT, args, folder).outcome;
        assertEquals(code, 0, output);
        return await weightsIn(folder);
      });
      await inFolder(async (folder) => {
        const steps: number[] = [];
        for (let kill = 0; kill < KILLS; kill++) {
          const running = start(SCRIPT, [...args, "--resume"], folder);
          // Some die before they learn, others wherever they are by then.
          if (kill % 7 === 6) await wait(1000 * Math.random());
          else {
            await saved(1 + Math.floor(4 * Math.random()), running, folder);
            await wait(30 * Math.random());
          }
          running.child.kill("SIGKILL");
          const { code, output } = await running.outcome;
          assert(code !== 0 && code !== 1, output);
          const step = output.match(/Going on after step (\d+)/)?.[1];
          if (step !== undefined) steps.push(Number(step));
        }
        // Each went on where the one before had come to.
        assertEquals(steps, steps.toSorted((a, b) => a - b));
        assert(new Set(steps).size >= Math.floor(0.75 * KILLS), steps.join());

        const last = start(SCRIPT, [...args, "--resume"], folder);
        const { code, output } = await last.outcome;
        assertEquals(code, 0, output);
        assertEquals(await weightsIn(folder), undisturbed, steps.join());
      });
    },
  );
});
