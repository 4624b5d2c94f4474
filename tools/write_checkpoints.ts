/**
 * Writes the checkpoints and figures of a build, for the tests of later ones.
 * In a checkout of the build, to which this file and `train/_testdata/builds`
 * were copied:
 *
 * `deno run -A tools/write_checkpoints.ts REVISION`
 *
 * @module
 */
import { saveSafetensors } from "@tenfold/data";
import { setBackend } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import {
  CutOff,
  figuresOf,
  RECIPES,
  train,
} from "../train/_testdata/builds/runs.ts";

await setBackend(cpuTypedArray());
const folder = new URL(
  `../train/_testdata/builds/${Deno.args[0]}/`,
  import.meta.url,
);
await Deno.mkdir(folder, { recursive: true });
const figures: Record<string, unknown> = {};
for (const name of Object.keys(RECIPES)) {
  const path = new URL(`${name}.safetensors`, folder);
  await Deno.remove(path).catch(() => {});
  try {
    await train(name, path, true);
  } catch (error) {
    if (!(error instanceof CutOff)) throw error;
  }
  const saved = await Deno.readFile(path);
  const outcome = await train(name, path, false);
  figures[name] = await figuresOf(outcome);
  await Deno.writeFile(path, saved); // As it was before the run went on.
  if (name === "sgd") {
    const state = new URL("state_dict.safetensors", folder);
    await saveSafetensors(state, outcome.model.stateDict());
  }
}
await Deno.writeTextFile(
  new URL("figures.json", folder),
  JSON.stringify(figures),
);
