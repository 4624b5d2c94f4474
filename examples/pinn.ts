/**
 * Solves a differential equation with a net that never sees the solution: a
 * damped oscillator, u″ + 2 d u′ + w² u = 0 with u(0) = 1 and u′(0) = 0. The
 * loss is how far the net is from satisfying the equation:
 *
 *     deno run -A examples/pinn.ts
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
  noGrad,
  optim,
  scope,
  type Tensor,
} from "@tenfold/tenfold";
import { readArguments } from "./_arguments.ts";
import { tryToWrite } from "./_draw.ts";
import { drawPlot } from "./_plot.ts";

const { steps, points, damping: d, frequency: w, lr } = await readArguments({
  steps: 15000,
  points: 60, // where the equation must hold
  damping: 1,
  frequency: 8,
  lr: 1e-2,
});
manualSeed(0);

const net = new nn.Sequential(
  new nn.Linear(1, 32),
  new nn.Tanh(),
  new nn.Linear(32, 32),
  new nn.Tanh(),
  new nn.Linear(32, 1),
);
/** The net's answer, which starts as the oscillator does by construction. */
const u = (t: Tensor) =>
  net.forward(t.sub(1).mul(w)).mul(t.mul(w).square().neg().expm1()).add(1);

const times = linspace(0, 2, points).unsqueeze(1).requiresGrad_();
const optimizer = new optim.Adam(net.parameters(), { lr });
const schedule = new optim.CosineAnnealingLR(optimizer, { tMax: steps });

/** The first and second derivative are gradients that have gradients. */
const step = compile((t: Tensor) => {
  optimizer.zeroGrad();
  const y = u(t);
  const [first] = grad(y.sum(), [t], { createGraph: true }) as [Tensor];
  const [second] = grad(first.sum(), [t], { createGraph: true }) as [Tensor];
  const off = second.add(first.mul(2 * d)).div(w * w).add(y);
  const loss = off.square().mean();
  loss.backward();
  optimizer.step();
  return loss.detach();
});

for (let i = 1; i <= steps; i++) {
  using _ = scope();
  const loss = step(times);
  schedule.step();
  if (i % Math.ceil(steps / 10) === 0) {
    console.log(`step ${i} · residual ${(await loss.item()).toExponential(2)}`);
  }
}

// The solution that school gives, to compare.
const [xs, found] = await Promise.all(noGrad(() => {
  const fine = linspace(0, 2, 201).unsqueeze(1);
  return [fine.data(), u(fine).data()];
}));
const own = Math.sqrt(w * w - d * d);
const truth = Array.from(
  xs,
  (t) => Math.exp(-d * t) * (Math.cos(own * t) + d / own * Math.sin(own * t)),
);
const some = [...truth.keys()].filter((i) => i % 5 === 0);
const picture = drawPlot("A damped oscillator, found by its equation alone", [
  { name: "net", xs, ys: found },
  {
    name: "solution",
    xs: some.map((i) => xs[i]!),
    ys: some.map((i) => truth[i]!),
    points: true,
  },
]);
await tryToWrite("out/pinn.svg", (path) => data.writeFileAtomic(path, picture));
const errors = truth.map((value, i) => Math.abs(value - found[i]!));
console.log(`Largest error: ${Math.max(...errors).toFixed(4)}`);
