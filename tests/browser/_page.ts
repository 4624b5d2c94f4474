/**
 * What the browser runs: trains the same small net on two backends, and sends
 * the losses back to the server that the page came from.
 *
 * @module
 */
import {
  listBackends,
  manualSeed,
  memory,
  nn,
  optim,
  scope,
  setBackend,
  tensor,
} from "@tenfold/tenfold";

/** What the page reports. */
export interface Report {
  /** The backends, as the browser sees them. */
  readonly backends: readonly string[];
  /** The loss of each step, by backend. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
  /** Accuracy at the end, by backend. */
  readonly accuracy: Readonly<Record<string, number>>;
  /** Bytes that training added after its first steps, by backend. */
  readonly growth: Readonly<Record<string, number>>;
}

const STEPS = 60;

/** Points on two half circles that reach into each other. */
function moons(): { points: number[][]; classes: number[] } {
  const points: number[][] = [];
  const classes: number[] = [];
  for (let i = 0; i < 128; i++) {
    const angle = Math.PI * (i >> 1) / 63;
    const upper = i % 2 === 0;
    points.push(
      upper
        ? [Math.cos(angle), Math.sin(angle)]
        : [1 - Math.cos(angle), 0.5 - Math.sin(angle)],
    );
    classes.push(upper ? 0 : 1);
  }
  return { points, classes };
}

/** Trains on one backend. */
async function train(
  name: string,
): Promise<{ losses: number[]; accuracy: number; growth: number }> {
  await setBackend(name);
  manualSeed(7);
  const { points, classes } = moons();
  const x = tensor(points);
  const y = tensor(classes, { dtype: "int32" });
  const model = new nn.Sequential(
    new nn.Linear(2, 32),
    new nn.Tanh(),
    new nn.Linear(32, 2),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.03 });
  const losses: number[] = [];
  let settled = 0;
  for (let step = 0; step < STEPS; step++) {
    if (step === 10) settled = memory().bytes;
    using _ = scope();
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  const growth = memory().bytes - settled;
  const right = model.forward(x).argmax(1).eq(y).cast("float32").mean();
  return { losses, accuracy: await right.item(), growth };
}

async function report(): Promise<Report> {
  const runs = Object.fromEntries([
    ["webgpu", await train("webgpu")],
    ["wasm-simd", await train("wasm-simd")],
  ]);
  const pick = <K extends "losses" | "accuracy" | "growth">(key: K) =>
    Object.fromEntries(
      Object.entries(runs).map(([name, run]) => [name, run[key]]),
    );
  return {
    backends: listBackends().map(({ name, available, reason }) =>
      `${name}: ${available} (${reason ?? ""})`
    ),
    losses: pick("losses"),
    accuracy: pick("accuracy"),
    growth: pick("growth"),
  } as Report;
}

const answer = await report().catch((error: Error) => ({
  error: `${error.message}\n${error.stack}`,
}));
await fetch("/report", { method: "POST", body: JSON.stringify(answer) });
