/**
 * Reads digits with the net that `deno task demo` has trained:
 * `deno run --allow-read=out examples/digits_predict.ts`, followed by the
 * numbers of digits, from 0 to 1796, to choose which.
 *
 * @module
 */
import process from "node:process";
import { data, nn, noGrad, tensor } from "@tenfold/tenfold";
import { drawDigits } from "./_draw.ts";

const chosen = process.argv.slice(2).map(Number);
if (chosen.length === 0) chosen.push(7, 42, 365, 1000);
const digits = await data.loadDigits();
const odd = chosen.find((i) =>
  !Number.isInteger(i) || i < 0 || i >= digits.target.size
);
if (odd !== undefined) {
  console.error(`There is no digit ${odd}: choose from 0 to 1796`);
  process.exit(1);
}

// The same layers as in digits.ts; the weights are found by their names.
const model = new nn.Sequential(
  new nn.Linear(64, 128),
  new nn.ReLU(),
  new nn.Dropout({ p: 0.2 }),
  new nn.Linear(128, 10),
);
try {
  model.loadStateDict(await data.loadSafetensors("out/digits.safetensors"));
} catch (error) {
  if (!(error instanceof data.FileError)) throw error;
  console.error(`${error.message}\nTrain the net first: deno task demo`);
  process.exit(1);
}

model.eval();
const images = digits.data.div(16)
  .indexSelect(0, tensor(chosen, { dtype: "int32" }));
const probabilities = noGrad(() => model.forward(images)).softmax(1);
const answers = await probabilities.argmax(1).data();
const certainty = await probabilities.max(1).data();
const truth = await digits.target.data();

for (let i = 0; i < chosen.length; i += 4) {
  const row = chosen.slice(i, i + 4);
  console.log(drawDigits(
    await Promise.all(row.map((_, k) => images.select(0, i + k).data())),
    row.map((n, k) =>
      `${answers[i + k]} (${Math.round(100 * certainty[i + k]!)}%), is ${
        truth[n]
      }`
    ),
  ));
}
