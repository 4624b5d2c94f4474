/**
 * Two nets compete: one generates handwritten digits, the other tells them from
 * 1,797 real ones (a DCGAN; Radford and others, 2015):
 *
 *     deno run -A examples/dcgan_digits.ts
 *
 * @module
 */
import {
  cat,
  compile,
  data,
  manualSeed,
  nn,
  noGrad,
  onesLike,
  optim,
  randn,
  scope,
  type Tensor,
  train,
  zerosLike,
} from "@tenfold/tenfold";
import { readArguments } from "./_arguments.ts";
import { drawDigits, tryToWrite } from "./_draw.ts";

const { epochs, batch, size, width, lr } = await readArguments({
  epochs: 60,
  batch: 64,
  size: 16, // numbers that a digit is made of
  width: 32, // channels
  lr: 1e-3,
});
manualSeed(0);

// Images of 8×8 pixels from -1 to 1.
const digits = await data.loadDigits();
const images = digits.data.div(8).sub(1).reshape([-1, 1, 8, 8]);

/** [n, size, 1, 1] → [n, 1, 8, 8], by convolutions that spread out. */
const maker = new nn.Sequential(
  new nn.ConvTranspose2d(size, 2 * width, 2, { bias: false }),
  new nn.BatchNorm2d(2 * width),
  new nn.ReLU(),
  new nn.ConvTranspose2d(2 * width, width, 4, {
    stride: 2,
    padding: 1,
    bias: false,
  }),
  new nn.BatchNorm2d(width),
  new nn.ReLU(),
  new nn.ConvTranspose2d(width, 1, 4, { stride: 2, padding: 1 }),
  new nn.Tanh(),
);
/** [n, 1, 8, 8] → [n, 1]: positive where it takes an image for a real one. */
const judge = new nn.Sequential(
  new nn.Conv2d(1, width, 4, { stride: 2, padding: 1 }),
  new nn.LeakyReLU({ negativeSlope: 0.2 }),
  new nn.Dropout({ p: 0.3 }),
  new nn.Conv2d(width, 2 * width, 4, { stride: 2, padding: 1 }),
  new nn.LeakyReLU({ negativeSlope: 0.2 }),
  new nn.Dropout({ p: 0.3 }),
  new nn.Flatten(),
  new nn.Linear(8 * width, 1),
);
const options: optim.AdamOptions = { lr, betas: [0.5, 0.999] };
const makes = new optim.Adam(maker.parameters(), options);
const judges = new optim.Adam(judge.parameters(), options);
const bce = nn.functional.binaryCrossEntropyWithLogits;

const step = compile((real: Tensor) => {
  const drawn = maker.forward(randn([batch, size, 1, 1]));
  // The judge shall tell them apart; of the real ones it may not be too sure.
  judges.zeroGrad();
  const [yes, no] = [judge.forward(real), judge.forward(drawn.detach())];
  const wrong = bce(yes, onesLike(yes).mul(0.9)).add(bce(no, zerosLike(no)));
  wrong.backward();
  judges.step();
  // The maker shall be taken for real.
  makes.zeroGrad();
  const verdict = judge.forward(drawn);
  const caught = bce(verdict, onesLike(verdict));
  caught.backward();
  makes.step();
  return cat([wrong.detach().unsqueeze(0), caught.detach().unsqueeze(0)]);
});

const batches = new data.DataLoader(new data.TensorDataset(images), {
  batchSize: batch,
  shuffle: true,
  seed: 0,
  dropLast: true,
});
for (let epoch = 1; epoch <= epochs; epoch++) {
  let losses: readonly number[] = [];
  for await (const [real] of batches) {
    using _ = scope();
    losses = Array.from(await step(real).data());
  }
  if (epoch % Math.ceil(epochs / 6) > 0) continue;
  const [judged, made] = losses.map((loss) => loss.toFixed(2));
  console.log(`epoch ${epoch} · judge's loss ${judged}, maker's ${made}`);
}

maker.eval();
const made = noGrad(() => maker.forward(randn([100, size, 1, 1])));
const large = made.reshape([-1, 1, 8, 1, 8, 1]).repeat([1, 1, 1, 4, 1, 4]);
const picture = await train.imageGridPng(large.reshape([-1, 1, 32, 32]), {
  columns: 10,
  range: [-1, 1],
});
const path = "out/dcgan_digits.png";
await tryToWrite(path, (path) => data.writeFileAtomic(path, picture));
const some = [0, 1, 2, 3].map((i) => made.select(0, i).add(1).div(2).data());
console.log(drawDigits(await Promise.all(some), some.map(() => "made up")));
