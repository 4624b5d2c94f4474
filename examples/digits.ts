/**
 * Trains a neural net on 1,797 real handwritten digits, which are part of the
 * package: `deno task demo`.
 *
 * @module
 */
import { data, manualSeed, nn, noGrad, optim, train } from "@tenfold/tenfold";
import { drawDigits, drawMatrix, tryToWrite } from "./_draw.ts";

manualSeed(0); // the same numbers, and the same accuracy, every time

// Images of 8×8 pixels from 0 to 16, flattened to 64 numbers from 0 to 1, and
// what they show. A fifth of each digit is held out to test with.
const digits = await data.loadDigits();
const images = digits.data.div(16);
const [[xTrain, yTrain], [xTest, yTest]] = data.trainTestSplit(
  [images, digits.target],
  { testSize: 0.2, stratify: await digits.target.data(), seed: 0 },
);

const model = new nn.Sequential(
  new nn.Linear(64, 128),
  new nn.ReLU(),
  new nn.Dropout({ p: 0.2 }),
  new nn.Linear(128, 10),
);
console.log(
  `Learning from ${yTrain.size} digits, to read ${yTest.size} others`,
);

const history = await train.fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer: new optim.AdamW(model.parameters(), { lr: 0.005 }),
  train: new data.DataLoader(new data.TensorDataset(xTrain, yTrain), {
    batchSize: 32,
    shuffle: true,
    seed: 0,
  }),
  validation: new data.DataLoader(new data.TensorDataset(xTest, yTest), {
    batchSize: 360,
  }),
  epochs: 30,
  metrics: [train.accuracy()],
  // Steps of so small a net are several times as fast when they are replayed.
  compile: true,
});

// How good is it on digits that it has never seen?
model.eval();
const predicted = noGrad(() => model.forward(xTest)).argmax(1);
const answers = await predicted.data();
const truth = await yTest.data();
const matrix = await train.confusionMatrix(predicted, yTest);
console.log("\nRows: what the digit is. Columns: what the net takes it for.");
console.log(drawMatrix(matrix));

// Some that it knows, and one that it does not.
const wrong = answers.findIndex((answer, i) => answer !== truth[i]);
const shown = [0, 1, 2, 3, wrong].filter((i) => i >= 0).slice(-4);
console.log(drawDigits(
  await Promise.all(shown.map((i) => xTest.select(0, i).data())),
  shown.map((i) =>
    answers[i] === truth[i]
      ? `${answers[i]}, right`
      : `${answers[i]}, but it is ${truth[i]}`
  ),
));

const weights = model.stateDict();
const curves = await history.toSvg({ title: "Handwritten digits" });
await tryToWrite(
  "out/digits.safetensors",
  (path) => data.saveSafetensors(path, weights),
);
await tryToWrite(
  "out/digits.svg",
  (path) => data.writeFileAtomic(path, curves),
);

const accuracy = await train.accuracy(predicted, yTest);
console.log(`Test accuracy: ${accuracy.toFixed(4)}`);
