import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { type Backend, memory, scope, setBackend } from "@tenfold/core";
import { loadSafetensors } from "@tenfold/data";
import {
  figuresOf,
  makeModel,
  RECIPES,
  train,
} from "./_testdata/builds/runs.ts";

// Checkpoints that earlier builds wrote in the midst of an epoch, and what they
// came to as those builds went on from them: `tools/write_checkpoints.ts`.
const BUILDS = ["4f1479c", "b149ca1"];
const BACKENDS: { readonly [name: string]: () => Backend } = {
  "cpu-typedarray": () => cpuTypedArray(),
  "wasm-simd": () => wasmSimd(),
};

interface Figures {
  readonly state: number[];
  readonly losses: number[];
}

const fileOf = (build: string, file: string) =>
  new URL(`./_testdata/builds/${build}/${file}`, import.meta.url);

async function figures(
  build: string,
): Promise<{ [name: string]: Figures }> {
  return JSON.parse(await readFile(fileOf(build, "figures.json"), "utf8"));
}

for (const build of BUILDS) {
  // Vectors sum in an order of their own, and engines fuse products with sums:
  // the bits of a run are those of one order on one backend.
  describe(`checkpoints that build ${build} wrote`, () => {
    for (const name of Object.keys(RECIPES)) {
      it(`resume with ${name} to the bits of that build`, async () => {
        const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
        await setBackend(cpuTypedArray());
        const before = memory().tensors;
        try {
          using _ = scope();
          const path = join(folder, "run.safetensors");
          await copyFile(fileOf(build, `${name}.safetensors`), path);
          const { model, optimizer, data, history } = await train(
            name,
            path,
            false,
          );
          assertEquals(
            await figuresOf({ model, history }),
            (await figures(build))[name]!,
          );
          optimizer.dispose();
          model.dispose();
          data.forEach((tensor) => tensor.dispose());
        } finally {
          await rm(folder, { recursive: true });
        }
        assertEquals(memory().tensors, before);
      });
    }
  });

  describe(`checkpoints that build ${build} wrote, on wasm-simd`, () => {
    // Steps that do not divide by what rounding leaves of a gradient of 0.
    for (const name of ["sgd", "sgd_nesterov"]) {
      it(`resume with ${name} to the same but for rounding`, async () => {
        const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
        await setBackend(wasmSimd());
        try {
          using _ = scope();
          const path = join(folder, "run.safetensors");
          await copyFile(fileOf(build, `${name}.safetensors`), path);
          const { model, optimizer, data, history } = await train(
            name,
            path,
            false,
          );
          const { state } = await figuresOf({ model, history });
          (await figures(build))[name]!.state.forEach((value, i) =>
            assertAlmostEquals(state[i]!, value, 1e-5)
          );
          optimizer.dispose();
          model.dispose();
          data.forEach((tensor) => tensor.dispose());
        } finally {
          await rm(folder, { recursive: true });
        }
      });
    }
  });

  describe(`state dicts that build ${build} wrote`, () => {
    for (const [backend, open] of Object.entries(BACKENDS)) {
      it(`load bit for bit on ${backend}`, async () => {
        await setBackend(open());
        const before = memory().tensors;
        {
          using _ = scope();
          const file = fileOf(build, "state_dict.safetensors");
          const model = makeModel();
          model.loadStateDict(await loadSafetensors(file));
          const state: number[] = [];
          for (const tensor of Object.values(model.stateDict())) {
            state.push(...Array.from(await tensor.data(), Number));
          }
          assertEquals(state, (await figures(build))["sgd"]!.state);
          model.dispose();
        }
        assertEquals(memory().tensors, before);
      });
    }
  });
}
