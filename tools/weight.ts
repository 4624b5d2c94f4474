/**
 * What Tenfold weighs in a browser: bundles for it, minified and compressed by
 * gzip, beside the most that each may weigh. Fails where one weighs more.
 *
 * `deno run -A tools/weight.ts`
 *
 * @module
 */

/** A bundle: what it imports, its budget and where it should get, in KB. */
interface Parcel {
  readonly name: string;
  readonly code: string;
  readonly most: number;
  readonly goal: number;
}

const PARCELS: readonly Parcel[] = [
  {
    name: "all of core, wasm-simd, nn and optim",
    code: ["core", "backends/wasm-simd", "nn", "optim"]
      .map((name) => `export * from "@tenfold/${name}";`).join("\n"),
    most: 162,
    goal: 95,
  },
  {
    name: "a program that trains a small net",
    code: `import { setBackend, tensor } from "@tenfold/core";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { CrossEntropyLoss, Linear, ReLU, Sequential } from "@tenfold/nn";
import { Adam } from "@tenfold/optim";
await setBackend(wasmSimd());
const model = new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 3));
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const loss = new CrossEntropyLoss();
const x = tensor([[1, 2, 3, 4]]);
const y = tensor([1], { dtype: "int32" });
for (let step = 0; step < 10; step++) {
  optimizer.zeroGrad();
  loss.forward(model.forward(x), y).backward();
  optimizer.step();
}
console.log(await loss.forward(model.forward(x), y).item());`,
    most: 114,
    goal: 82,
  },
  {
    name: "ONNX in and out, with core, nn and the bytes it reads",
    code: `export * from "@tenfold/onnx";`,
    most: 116,
    goal: 90,
  },
  {
    // What is loaded when it is asked for, such as charts, is not counted.
    name: "the umbrella, as it is loaded at first",
    code: `export * from "@tenfold/tenfold";`,
    most: 265,
    goal: 210,
  },
];

/** `import … from "./chunk-….js"`, as the bundler writes it. */
const STATIC_IMPORT = /\b(?:from|import)\s*"(\.\/chunk-[^"]+\.js)"/g;

const folder = await Deno.makeTempDir();
const entry = "weight_entry.ts";
let heavy = 0;
try {
  for (const { name, code, most, goal } of PARCELS) {
    // In the repository, as its packages are found from there.
    await Deno.writeTextFile(entry, code);
    const weight = await weigh();
    if (weight > most) heavy++;
    console.log(
      `${weight > most ? "too heavy" : "ok"}  ${
        weight.toFixed(1)
      } KB of ${most} (goal ${goal})  ${name}`,
    );
  }
} finally {
  await Deno.remove(entry);
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(heavy > 0 ? 1 : 0);

/** The KB of the entry and of what it imports at once, each compressed. */
async function weigh(): Promise<number> {
  const flags = ["--minify", "--platform=browser", "--code-splitting"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "-q", ...flags, "--outdir", folder, entry],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const files = new Set(["./weight_entry.js"]);
  let bytes = 0;
  for (const file of files) {
    const code = await Deno.readTextFile(`${folder}/${file}`);
    bytes += await packedBytes(code);
    // Chunks begin with their imports; import() is not among them.
    for (const [, chunk] of code.matchAll(STATIC_IMPORT)) files.add(chunk!);
  }
  return bytes / 1000;
}

async function packedBytes(code: string): Promise<number> {
  const packed = new Blob([code]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}
