/**
 * Trains the same small nets on two backends: a page of the browser test, and a
 * program that Deno, Bun and Node run (`tools/try_dawn.ts`).
 *
 * @module
 */
import {
  listBackends,
  manualSeed,
  memory,
  nn,
  optim,
  rand,
  scope,
  setBackend,
  type Tensor,
  tensor,
} from "@tenfold/tenfold";

/** What a runtime reports. */
export interface Report {
  /** The backends, as the runtime sees them. */
  readonly backends: readonly string[];
  /** The loss of each step, by backend. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
  /** Accuracy at the end, by backend. */
  readonly accuracy: Readonly<Record<string, number>>;
  /** Bytes that training added after its first steps, by backend. */
  readonly growth: Readonly<Record<string, number>>;
  /** The loss of each step of a convolutional net, by backend. */
  readonly convolution: Readonly<Record<string, readonly number[]>>;
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

/** The losses of some steps, and the bytes that they added after the tenth. */
async function losses(
  model: nn.Sequential,
  x: Tensor,
  y: Tensor,
  steps: number,
): Promise<{ losses: number[]; growth: number }> {
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.03 });
  const losses: number[] = [];
  let settled = 0;
  for (let step = 0; step < steps; step++) {
    if (step === 10) settled = memory().bytes;
    using _ = scope();
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return { losses, growth: memory().bytes - settled };
}

/** Trains a perceptron on one backend. */
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
  const run = await losses(model, x, y, STEPS);
  const right = model.forward(x).argmax(1).eq(y).cast("float32").mean();
  return { ...run, accuracy: await right.item() };
}

/** Trains a convolutional net to tell rows of bars from columns of them. */
async function convolve(name: string): Promise<number[]> {
  await setBackend(name);
  manualSeed(3);
  const bars = Array.from(
    { length: 32 },
    (_, i) =>
      Array.from(
        { length: 8 },
        (_, y) =>
          Array.from({ length: 8 }, (_, x) =>
            ((i % 2 === 0 ? y : x) + (i >> 1)) % 3 === 0 ? 1 : 0),
      ),
  );
  const x = tensor(bars).add(rand([32, 8, 8])).reshape([32, 1, 8, 8]);
  const y = tensor(bars.map((_, i) => i % 2), { dtype: "int32" });
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(128, 2),
  );
  return (await losses(model, x, y, 20)).losses;
}

/** Trains on both backends. */
export async function curves(): Promise<Report> {
  const backends = ["webgpu", "wasm-simd"];
  const runs: Record<string, Awaited<ReturnType<typeof train>>> = {};
  const convolution: Record<string, number[]> = {};
  for (const name of backends) {
    runs[name] = await train(name);
    convolution[name] = await convolve(name);
  }
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
    convolution,
  } as Report;
}

/** The largest relative difference of two curves. */
export function differenceOf(
  there: readonly number[],
  here: readonly number[],
): number {
  if (there.length !== here.length) return Infinity;
  return Math.max(
    ...there.map((loss, step) =>
      Number.isFinite(loss)
        ? Math.abs(loss - here[step]!) / Math.abs(here[step]!)
        : Infinity
    ),
  );
}
