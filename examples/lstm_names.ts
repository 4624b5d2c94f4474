/**
 * Learns how first names of four languages are spelt, in packed batches of
 * unequal length, and invents new ones:
 *
 *     deno run -A examples/lstm_names.ts
 *
 * @module
 */
import {
  cat,
  data,
  manualSeed,
  multinomial,
  nn,
  noGrad,
  optim,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/tenfold";
import { readArguments } from "./_arguments.ts";
import { isKnown, LANGUAGES, LETTERS, SPELLINGS } from "./_names.ts";

const { epochs, batch, hidden, lr, temperature, count } = await readArguments({
  epochs: 25,
  batch: 32,
  hidden: 96,
  lr: 5e-3,
  temperature: 0.7,
  count: 6, // names to make up
});
manualSeed(0);

/** A pair of tensors: the state of an LSTM, and its cell. */
type State = [Tensor, Tensor];

/** Elements are a letter and a language. */
class Speller extends nn.Module<[nn.PackedSequence, State?], [Tensor, State]> {
  letter = new nn.Embedding(LETTERS.length, 16);
  language = new nn.Embedding(LANGUAGES.length, 16);
  lstm = new nn.LSTM(32, hidden);
  out = new nn.Linear(hidden, LETTERS.length);

  forward(names: nn.PackedSequence, before?: State): [Tensor, State] {
    const [letter, language] = names.data.unbind(1) as State;
    const x = cat([
      this.letter.forward(letter),
      this.language.forward(language),
    ], 1);
    const [y, state] = this.lstm.forward(
      new nn.PackedSequence(x, names.batchSizes, names.sortedIndices),
      before,
    );
    return [this.out.forward(y.data), state];
  }
}

const net = new Speller();
const optimizer = new optim.AdamW(net.parameters(), { lr, weightDecay: 0.05 });
const batches = new data.DataLoader(
  { length: SPELLINGS.length, get: (i) => SPELLINGS[i]! },
  { batchSize: batch, shuffle: true, seed: 0, collate: (names) => names },
);
for (let epoch = 1; epoch <= epochs; epoch++) {
  let sum = 0;
  for await (const names of batches) {
    using _ = scope();
    const packed = nn.packSequence(
      names.map((name) => tensor(name, { dtype: "int32" })),
      { enforceSorted: false },
    );
    optimizer.zeroGrad();
    const [logits] = net.forward(packed);
    const loss = nn.functional.crossEntropy(logits, packed.data.select(1, 2));
    loss.backward();
    optimizer.step();
    sum += await loss.item() / batches.length;
  }
  if (epoch % Math.ceil(epochs / 8) === 0) {
    console.log(`epoch ${epoch} · ${sum.toFixed(3)} nats a letter`);
  }
}

/** Makes up a name. */
async function spell(language: number): Promise<string> {
  let [word, token, state] = ["", 0, undefined as State | undefined];
  do {
    const element = tensor([[token, language]], { dtype: "int32" });
    const one = new nn.PackedSequence(element, [1]);
    const [logits, after] = noGrad(() => net.forward(one, state));
    const chances = logits.div(temperature).softmax(1);
    token = await multinomial(chances, 1).item();
    [word, state] = [word + LETTERS[token]!, after];
  } while (token !== 0 && word.length < 12);
  return word.charAt(0).toUpperCase() + word.slice(1).trim();
}

console.log("\nNames that it has not seen:");
for (const [language, name] of LANGUAGES.entries()) {
  const made: string[] = [];
  while (made.length < count) {
    const word = await spell(language);
    if (word.length > 2 && !isKnown(word)) {
      made.push(word);
    }
  }
  console.log(`${name.padEnd(9)} ${made.join(", ")}`);
}
