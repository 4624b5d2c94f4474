/**
 * Learns to balance a pole on a cart by trial and error (deep Q-learning; Mnih
 * and others, 2015), and shows how it does so:
 *
 *     deno run -A examples/dqn_cartpole.ts
 *
 * @module
 */
import {
  compile,
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/tenfold";
import { readArguments } from "./_arguments.ts";
import { begin, drawCart, falls, push, type State } from "./_cartpole.ts";
import { tryToWrite } from "./_draw.ts";
import { drawPlot } from "./_plot.ts";

const { episodes, batch, gamma, lr } = await readArguments({
  episodes: 400, // at most: it stops where 20 lasted 450 steps
  batch: 128,
  gamma: 0.99,
  lr: 5e-4,
});
manualSeed(0);
const chances = await rand([1 << 20]).data();
let draws = 0;
const chance = () => chances[draws++ % chances.length]!;

/** An episode is over where it falls, or after so many steps. */
const MOST = 500;

const makeNet = () =>
  new nn.Sequential(
    new nn.Linear(4, 64),
    new nn.ReLU(),
    new nn.Linear(64, 64),
    new nn.ReLU(),
    new nn.Linear(64, 2),
  );
const [net, target] = [makeNet(), makeNet()];
target.loadStateDict(net.stateDict());
const optimizer = new optim.Adam(net.parameters(), { lr });

type Four = [Tensor, Tensor, Tensor, Tensor];
/** Rows: state, action, next state, and 1 where that is no fall. */
const step = compile((rows: Tensor) => {
  optimizer.zeroGrad();
  const [state, action, next, alive] = rows.split([4, 1, 4, 1], 1) as Four;
  // What the net thinks best, at the price that its older self gives to it.
  const best = noGrad(() => net.forward(next)).argmax(1, { keepDim: true });
  const later = noGrad(() => target.forward(next)).gather(1, best);
  const goal = later.mul(alive).mul(gamma).add(1);
  const found = net.forward(state).gather(1, action.cast("int32"));
  const loss = nn.functional.huberLoss(found, goal);
  loss.backward();
  optimizer.step();
  return loss.detach();
});

/** What the net does; a share of its actions is left to chance. */
async function act(state: State, share: number): Promise<number> {
  if (chance() < share) return chance() < 0.5 ? 0 : 1;
  using _ = scope();
  const [left, right] = await noGrad(() => net.forward(tensor([state]))).data();
  return left! > right! ? 0 : 1;
}

const memory: number[][] = [];
const lengths: number[] = [];
let steps = 0;
for (let episode = 1; episode <= episodes; episode++) {
  let [state, length] = [begin(chance), 0];
  while (length < MOST && !falls(state)) {
    const action = await act(state, Math.max(0.02, 1 - steps / 3000));
    const next = push(state, action);
    const row = [...state, action, ...next, falls(next) ? 0 : 1];
    memory[steps++ % 50_000] = row;
    [state, length] = [next, length + 1];
    if (memory.length < batch) continue;
    using _ = scope();
    step(tensor(Array.from(
      { length: batch },
      () => memory[Math.floor(chance() * memory.length)]!,
    )));
    if (steps % 200 === 0) target.loadStateDict(net.stateDict());
  }
  lengths.push(length);
  const mean = lengths.slice(-20).reduce((a, b) => a + b, 0) / 20;
  if (episode % 20 === 0) {
    console.log(`episode ${episode} · ${mean.toFixed()} steps until it falls`);
  }
  if (mean >= 450) break;
}

// One more, without chance, as a strip of pictures.
let [state, length] = [begin(chance), 0];
for (; length < MOST && !falls(state); length++) {
  if (length % 50 === 0) console.log(drawCart(state));
  state = push(state, await act(state, 0));
}
const picture = drawPlot("Steps until the pole falls", [
  { name: "episodes", xs: lengths.map((_, i) => i + 1), ys: lengths },
]);
await tryToWrite(
  "out/dqn_cartpole.svg",
  (path) => data.writeFileAtomic(path, picture),
);
console.log(`Balanced for ${length} of ${MOST} steps`);
