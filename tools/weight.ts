/**
 * What Tenfold weighs in a browser: bundles for it, minified and compressed by
 * gzip, beside the most that each may weigh. Fails where one weighs more.
 *
 * `deno run -A tools/weight.ts`; with `--table` a table in Markdown in place of
 * the budgets, as `bench/results` keeps it.
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
    most: 197.3,
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
    most: 115.8,
    goal: 82,
  },
  {
    name: "ONNX in and out, with core, nn and the bytes it reads",
    code: `export * from "@tenfold/onnx";`,
    most: 119.8,
    goal: 90,
  },
  {
    // What is loaded when it is asked for, such as charts, is not counted.
    name: "the umbrella, as it is loaded at first",
    code: `export * from "@tenfold/tenfold";`,
    most: 347.8,
    goal: 210,
  },
];

/** What the table has beside the bundles with a budget. */
const CORE = {
  name: "all of core",
  code: `export * from "@tenfold/core";`,
};

/** `import … from "./chunk-….js"`, as the bundler writes it. */
const STATIC_IMPORT = /\b(?:from|import)\s*"(\.\/chunk-[^"]+\.js)"/g;

const folder = await Deno.makeTempDir();
const entry = "weight_entry.ts";
let heavy = 0;
try {
  if (Deno.args.includes("--table")) await printTable();
  else await compare();
} finally {
  await Deno.remove(entry).catch(() => {});
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(heavy > 0 ? 1 : 0);

/** Holds each bundle against its budget. */
async function compare(): Promise<void> {
  for (const { name, code, most, goal } of PARCELS) {
    // In the repository, as its packages are found from there.
    await Deno.writeTextFile(entry, code);
    const weight = (await weigh()).first.packed;
    if (weight > most) heavy++;
    console.log(
      `${weight > most ? "too heavy" : "ok"}  ${
        weight.toFixed(1)
      } KB of ${most} (goal ${goal})  ${name}`,
    );
  }
}

/** Prints what each bundle weighs at first, and with all that loads late. */
async function printTable(): Promise<void> {
  const cells = ({ plain, packed }: Weight) =>
    `${plain.toFixed(0)} / ${packed.toFixed(0)}`;
  for (const { name, code } of [CORE, ...PARCELS]) {
    await Deno.writeTextFile(entry, code);
    const { first, all } = await weigh();
    console.log(`| ${name} | ${cells(first)} | ${cells(all)} |`);
  }
}

/** KB, minified and compressed. */
interface Weight {
  readonly plain: number;
  readonly packed: number;
}

/** The entry with what it imports at once, and with all its chunks. */
async function weigh(): Promise<{ first: Weight; all: Weight }> {
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.remove(`${folder}/${name}`);
  }
  const flags = ["--minify", "--platform=browser", "--code-splitting"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "-q", ...flags, "--outdir", folder, entry],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const files = new Set(["./weight_entry.js"]);
  for (const file of files) {
    const code = await Deno.readTextFile(`${folder}/${file}`);
    // Chunks begin with their imports; import() is not among them.
    for (const [, chunk] of code.matchAll(STATIC_IMPORT)) files.add(chunk!);
  }
  const all: string[] = [];
  for await (const { name } of Deno.readDir(folder)) all.push(name);
  return { first: await weightOf(files), all: await weightOf(all) };
}

async function weightOf(files: Iterable<string>): Promise<Weight> {
  let [plain, packed] = [0, 0];
  for (const file of files) {
    const code = await Deno.readTextFile(`${folder}/${file}`);
    plain += new TextEncoder().encode(code).length / 1000;
    packed += await packedBytes(code) / 1000;
  }
  return { plain, packed };
}

async function packedBytes(code: string): Promise<number> {
  const packed = new Blob([code]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}
