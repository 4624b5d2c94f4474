/**
 * Exported models run in onnxruntime-node, beside what they give here.
 *
 * `deno run -A tools/onnx/exported_models.ts --folder DIR`
 *
 * DIR holds the packages, as `real_models.ts --folder DIR` installs them.
 *
 * @module
 */
import { resolve } from "node:path";
import { setBackend, type Tensor, tidy } from "@tenfold/core";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { exportOnnx } from "@tenfold/onnx";
import { EXPORTED, exported } from "../../tests/onnx/exported_models.ts";

/** How far outputs may lie apart. */
const TOLERANCE = 1e-5;

// Whole, as the peer runs in that folder.
const folder = resolve(Deno.args[Deno.args.indexOf("--folder") + 1]!);
await Deno.copyFile(
  new URL("./peer.mjs", import.meta.url),
  `${folder}/peer.mjs`,
);
await setBackend(wasmSimd());
let failed = 0;
await tidy(async () => {
  const plan = `${folder}/exported.json`;
  const due = new Map<string, Tensor[]>();
  const models = await Promise.all(EXPORTED.map(async (name) => {
    const { model, inputs } = exported(name);
    const file = `${folder}/exported_${name}.onnx`;
    await Deno.writeFile(file, await exportOnnx(model, inputs));
    const result = (model.forward as (...x: Tensor[]) => Tensor | Tensor[])(
      ...inputs,
    );
    due.set(name, Array.isArray(result) ? result : [result]);
    return {
      name,
      file,
      inputs: await Promise.all(inputs.map(async (input, i) => ({
        name: inputs.length === 1 ? "input" : `input_${i}`,
        type: input.dtype,
        dims: input.shape,
        data: Array.from(await input.data()),
      }))),
    };
  }));
  await Deno.writeTextFile(plan, JSON.stringify({ models }));
  const { success, stdout, stderr } = await new Deno.Command("node", {
    cwd: folder,
    args: ["peer.mjs", "node", plan],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const unheard = new Set<string>(EXPORTED);
  for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
    if (!line.startsWith("{")) continue;
    const { name, outputs, error } = JSON.parse(line);
    unheard.delete(name);
    let off = error ? Infinity : 0;
    for (const [i, { path, dims }] of (outputs ?? []).entries()) {
      const got = new Float32Array((await Deno.readFile(path)).buffer);
      const own = due.get(name)![i]!;
      const values = await own.data();
      if (dims.join() !== own.shape.join()) off = Infinity;
      values.forEach((value, j) => {
        off = Math.max(off, Math.abs(value - got[j]!));
      });
    }
    if (!(off <= TOLERANCE)) failed++;
    console.log(
      `${off <= TOLERANCE ? "ok    " : "FAILED"} ${name.padEnd(14)} off by ${
        off.toExponential(1)
      } ${error ?? ""}`,
    );
  }
  if (unheard.size > 0) {
    throw new Error(`onnxruntime-node said nothing of ${[...unheard]}`);
  }
});
Deno.exit(failed > 0 ? 1 : 0);
