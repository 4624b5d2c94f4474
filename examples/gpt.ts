/**
 * Trains a small GPT on plays of Shakespeare, character by character, and
 * generates text as it learns:
 *
 *     deno run -A examples/gpt.ts --download
 *
 * With `--resume` it continues where it was stopped, with `--text FILE` it
 * learns another text, with `--backend webgpu` it runs on the GPU.
 *
 * @module
 */
import {
  arange,
  currentBackend,
  data,
  manualSeed,
  nn,
  optim,
  type Tensor,
  train,
} from "@tenfold/tenfold";
import { giveUp, readArguments } from "./_arguments.ts";
import { tryToWrite } from "./_draw.ts";
import { openText } from "./_text.ts";

const options = await readArguments({
  text: "",
  data: "text",
  download: false,
  resume: false,
  steps: 2000,
  every: 200, // steps between two samples
  layers: 4,
  width: 128,
  context: 64,
  batch: 12,
  lr: 3e-3,
});
const { batch, context, every, layers, lr, resume, steps, width } = options;
manualSeed(1337);
const { tokenizer, length, ...pieces } = await openText(options, every * batch);

/** Says, for each character of a text, how likely each is to follow. */
class GPT extends nn.Module<[x: Tensor, cache?: nn.KVCache | null], Tensor> {
  token = new nn.Embedding(tokenizer.size, width);
  position = new nn.Embedding(context, width);
  blocks = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(width, Math.ceil(width / 32), {
      dimFeedforward: 4 * width,
      activation: "gelu",
      dropout: 0,
      batchFirst: true,
      normFirst: true,
    }),
    layers,
    { norm: new nn.LayerNorm(width) },
  );
  head = new nn.Linear(width, tokenizer.size);

  forward(x: Tensor, cache: nn.KVCache | null = null): Tensor {
    const seen = cache?.length ?? 0;
    const [, length = 0] = x.shape;
    const places = arange(seen, seen + length);
    const input = this.token.forward(x).add(this.position.forward(places));
    const masks = { isCausal: true, ...cache ? { cache } : {} };
    return this.head.forward(this.blocks.forward(input, masks));
  }
}

const model = new GPT();
for (const weight of model.parameters()) {
  if (weight.ndim > 1) nn.init.normal_(weight, { std: 0.02 });
}

/** Lets the net write. */
async function write(maxNewTokens: number): Promise<string> {
  const start = [0]; // the character that sorts first: the end of a line
  const settings = { maxNewTokens, contextLength: context, temperature: 0.8 };
  return tokenizer.decode(
    await nn.generate((x, cache) => model.forward(x, cache), start, settings),
  );
}

console.log(`Learning ${length} characters on ${currentBackend().name}`);
let [began, took] = [0, 0];
const epochs = Math.ceil(steps / every);
const optimizer = new optim.AdamW(model.parameters(), { lr, weightDecay: 0.1 });
const history = await train.fit(model, {
  loss: (y, x) => nn.functional.crossEntropy(y.flatten(0, 1), x.flatten()),
  optimizer,
  scheduler: new optim.OneCycleLR(
    optimizer,
    { maxLr: lr, totalSteps: epochs * every, pctStart: 0.1 },
  ),
  train: new data.DataLoader(pieces.learn, { batchSize: batch }),
  validation: new data.DataLoader(pieces.test, { batchSize: 4 * batch }),
  epochs,
  clipGradNorm: 1,
  compile: true,
  callbacks: [
    train.checkpoint("out/gpt.checkpoint.safetensors", { resume }),
    {
      name: "sample",
      stepEnd({ batch }) {
        if (batch === 1) began = performance.now();
        took = performance.now() - began;
      },
      async epochEnd(run) {
        const speed = 1000 * (every - 1) * batch * context / took;
        run.note(`${speed.toFixed()} tokens/s\n${await write(150)}\n`);
      },
    },
  ],
}).catch(giveUp);

console.log(await write(600));
const curves = await history.toSvg({ title: "A GPT reads Shakespeare" });
await tryToWrite("out/gpt.svg", (path) => data.writeFileAtomic(path, curves));
console.log(`Validation loss: ${history.last?.validation?.loss?.toFixed(3)}`);
