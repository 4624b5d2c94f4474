/**
 * Learns to learn: weights from which one step on ten points of an unknown sine
 * is enough to fit it (Finn and others, 2017). The gradient goes through the
 * step:
 *
 *     deno run -A examples/maml.ts
 *
 * @module
 */
import {
  compile,
  data,
  grad,
  linspace,
  manualSeed,
  nn,
  optim,
  rand,
  scope,
  type Tensor,
} from "@tenfold/tenfold";
import { readArguments } from "./_arguments.ts";
import { tryToWrite } from "./_draw.ts";
import { drawPlot, type Series } from "./_plot.ts";

const { steps, tasks, shots, inner, lr } = await readArguments({
  steps: 6000,
  tasks: 25, // sines in a step
  shots: 10, // points of each that may be seen
  inner: 0.01, // rate of the inner step
  lr: 1e-3,
});
manualSeed(0);

const net = new nn.Sequential(
  new nn.Linear(1, 40),
  new nn.ReLU(),
  new nn.Linear(40, 40),
  new nn.ReLU(),
  new nn.Linear(40, 1),
);
const weights = net.parameters();
const optimizer = new optim.Adam(weights, { lr });

/** The net with weights of its own for each task: [tasks, points, 1] each. */
function predict(own: readonly Tensor[], x: Tensor): Tensor {
  const layer = (x: Tensor, i: number) =>
    x.matmul(own[i]!.transpose(-1, -2)).add(own[i + 1]!.unsqueeze(-2));
  return layer(layer(layer(x, 0).relu(), 2).relu(), 4);
}

/** The loss of each task, summed. */
const lossOf = (own: readonly Tensor[], x: Tensor, y: Tensor) =>
  predict(own, x).sub(y).square().mean([1, 2]).sum();

/** One step of gradient descent by every task for itself. */
function adapt(own: readonly Tensor[], x: Tensor, y: Tensor): Tensor[] {
  const by = grad(lossOf(own, x, y), own, { createGraph: true });
  return own.map((weight, i) => weight.sub(by[i]!.mul(inner)));
}

/** The same weights for each task. */
const spread = (count: number) =>
  weights.map((w) => w.unsqueeze(0).expand([count, ...w.shape]).mul(1));

const step = compile((x: Tensor, y: Tensor, far: Tensor, goal: Tensor) => {
  optimizer.zeroGrad();
  const loss = lossOf(adapt(spread(tasks), x, y), far, goal).div(tasks);
  loss.backward();
  optimizer.step();
  return loss.detach();
});

/** Sines of any height from 0.1 to 5 and any phase. */
function sines(count: number): (x: Tensor) => Tensor {
  const height = rand([count, 1, 1]).mul(4.9).add(0.1);
  const phase = rand([count, 1, 1]).mul(Math.PI);
  return (x) => x.add(phase).sin().mul(height);
}
const places = (count: number) => rand([count, shots, 1]).mul(10).sub(5);

for (let i = 1; i <= steps; i++) {
  using _ = scope();
  const sine = sines(tasks);
  const [seen, unseen] = [places(tasks), places(tasks)];
  const loss = step(seen, sine(seen), unseen, sine(unseen));
  if (i % Math.ceil(steps / 10) === 0) {
    console.log(
      `step ${i} · loss behind a step ${(await loss.item()).toFixed(3)}`,
    );
  }
}

// A sine that it has not seen: before, and after one step and ten.
const sine = sines(1);
const seen = places(1);
const line = linspace(-5, 5, 101).reshape([1, 101, 1]);
const xs = await line.data();
const series: Series[] = [{ name: "sine", xs, ys: await sine(line).data() }];
let own = spread(1);
for (let i = 0; i <= 10; i++) {
  const ys = await predict(own, line).data();
  if ([0, 1, 10].includes(i)) series.push({ name: `net, step ${i}`, xs, ys });
  const off = series[0]!.ys;
  const squares = Array.from(ys, (y, k) => (y - off[k]!) ** 2);
  const error = squares.reduce((a, b) => a + b) / 101;
  console.log(`steps on ten points: ${i} · squared error ${error.toFixed(3)}`);
  own = adapt(own, seen, sine(seen));
}
const [x, y] = [await seen.data(), await sine(seen).data()];
series.push({ name: "the points", xs: x, ys: y, points: true });
const picture = drawPlot("A sine from ten points", series);
await tryToWrite("out/maml.svg", (path) => data.writeFileAtomic(path, picture));
