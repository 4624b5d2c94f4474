/**
 * Compresses images of 1,797 handwritten digits into two numbers each, and
 * generates digits from any two numbers (a variational autoencoder; Kingma and
 * Welling, 2014):
 *
 *     deno run -A examples/vae_digits.ts
 *
 * @module
 */
import {
  compile,
  data,
  linspace,
  manualSeed,
  meshgrid,
  nn,
  noGrad,
  optim,
  randn,
  scope,
  stack,
  type Tensor,
  train,
} from "@tenfold/tenfold";
import { readArguments } from "./_arguments.ts";
import { drawDigits, tryToWrite } from "./_draw.ts";
import { drawPlot } from "./_plot.ts";

const { epochs, batch, lr } = await readArguments({
  epochs: 80,
  batch: 128,
  lr: 2e-3,
});
manualSeed(0);

const digits = await data.loadDigits();
const images = digits.data.div(16);

class VAE extends nn.Module<[Tensor], Tensor> {
  encoder = new nn.Sequential(
    new nn.Linear(64, 256),
    new nn.ReLU(),
    new nn.Linear(256, 4), // two means, two logarithms of deviations
  );
  decoder = new nn.Sequential(
    new nn.Linear(2, 256),
    new nn.ReLU(),
    new nn.Linear(256, 64),
  );

  /** The images of places of the plane. */
  forward(z: Tensor): Tensor {
    return this.decoder.forward(z).sigmoid();
  }

  /** A bound of how unlikely the images are, by drawn places. */
  loss(x: Tensor): Tensor {
    const [mean, log] = this.encoder.forward(x).chunk(2, 1) as [Tensor, Tensor];
    const drawn = mean.add(log.exp().mul(randn(mean.shape)));
    const wrong = nn.functional.binaryCrossEntropyWithLogits(
      this.decoder.forward(drawn),
      x,
      { reduction: "sum" },
    );
    const far = mean.square().add(log.mul(2).exp()).sub(log.mul(2)).sub(1);
    return wrong.add(far.sum().div(2)).div(x.shape[0]!);
  }
}

const model = new VAE();
const optimizer = new optim.Adam(model.parameters(), { lr });
const step = compile((x: Tensor) => {
  optimizer.zeroGrad();
  const loss = model.loss(x);
  loss.backward();
  optimizer.step();
  return loss.detach();
});
const batches = new data.DataLoader(new data.TensorDataset(images), {
  ...{ batchSize: batch, shuffle: true, seed: 0, dropLast: true },
});
for (let epoch = 1; epoch <= epochs; epoch++) {
  let [sum, count] = [0, 0];
  for await (const [x] of batches) {
    using _ = scope();
    sum += await step(x).item();
    count++;
  }
  if (epoch % Math.ceil(epochs / 8) === 0) {
    console.log(`epoch ${epoch} · ${(sum / count).toFixed(2)} nats an image`);
  }
}

// Where the digits lie in the plane, a colour for each of the first five kinds.
const [places] = noGrad(() => model.encoder.forward(images)).chunk(2, 1);
const [all, kinds] = [await places!.data(), await digits.target.data()];
const map = [0, 1, 2, 3, 4].map((kind) => {
  const of = [...kinds.keys()].filter((i) => kinds[i] === kind);
  const [xs, ys] = [0, 1].map((c) => of.map((i) => all[2 * i + c]!));
  return { name: `${kind}`, xs: xs!, ys: ys!, points: true };
});
const plot = drawPlot("0 to 4 in the latent space of a VAE", map);
await tryToWrite("out/vae_map.svg", (path) => data.writeFileAtomic(path, plot));

// What the net makes of the whole plane, as tiles.
const side = 20;
const line = linspace(-2.5, 2.5, side);
const [rows, columns] = meshgrid([line, line]);
const grid = stack([columns, rows], 2).reshape([side * side, 2]);
const drawn = noGrad(() => model.forward(grid));
const large = drawn.reshape([-1, 1, 8, 1, 8, 1]).repeat([1, 1, 1, 4, 1, 4]);
const picture = await train.imageGridPng(large.reshape([-1, 1, 32, 32]), {
  ...{ columns: side, padding: 0, range: [0, 1] },
});
const plane = "out/vae_plane.png";
await tryToWrite(plane, (path) => data.writeFileAtomic(path, picture));
const some = [63, 67, 71, 75].map((i) => drawn.select(0, i).data());
console.log(drawDigits(await Promise.all(some), some.map(() => "made up")));
