/**
 * The example on several ranks learns what it learns on one process with the
 * same global batch.
 *
 * @module
 */
import { join } from "node:path";
import {
  type JobOptions,
  type LauncherName,
  launchersHere,
  runJob,
  type RuntimeName,
} from "../../distributed/_testing.ts";
import { notTried, type Row, type Setting } from "./rows.ts";

const EXAMPLE = new URL("../../examples/distributed_mnist.ts", import.meta.url);

/** What the example writes. */
export interface Curve {
  readonly steps: readonly number[];
  readonly epochs: readonly {
    readonly train: { readonly loss: number; readonly accuracy: number };
    readonly validation: { readonly loss: number; readonly accuracy: number };
  }[];
}

/** A way to train, and how far the losses may be from those of one process. */
interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly within: number;
}

/** Samples of this many steps, whose last one is as large as the others. */
const steps = (count: number) => ["--samples", `${128 * count}`];

const CASES: readonly Case[] = [
  ...["SGD", "Adam"].flatMap((optimizer) => [
    {
      name: `float64 ${optimizer}, 200 steps`,
      args: [
        ...["--dtype", "float64", "--epochs", "1", ...steps(200)],
        ...["--optimizer", optimizer, "--lr", lrOf(optimizer)],
      ],
      within: 1e-9,
    },
    {
      name: `float32 ${optimizer}, 20 steps`,
      args: [
        ...["--epochs", "1", ...steps(20)],
        ...["--optimizer", optimizer, "--lr", lrOf(optimizer)],
      ],
      within: 1e-5,
    },
  ]),
  {
    name: "float64 Adam, compiled, 20 epochs of 10 steps",
    args: ["--dtype", "float64", "--compile", "--epochs", "20", ...steps(10)],
    within: 1e-9,
  },
];
/** On the digits of the package, of which a batch need not be full. */
const QUICK: readonly Case[] = [
  {
    name: "float64 Adam, digits, first epoch",
    args: ["--dtype", "float64", "--epochs", "1"],
    within: 1e-9,
  },
];

function lrOf(optimizer: string): string {
  return optimizer === "SGD" ? "0.1" : "0.002";
}

/** Runs the example, and reads its curve; 0 ranks are one without `mpirun`. */
export async function curveOf(
  args: readonly string[],
  options: JobOptions,
): Promise<Curve> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "curve.json");
    const job = await runJob(EXAMPLE, [...args, "--curve", file], {
      limit: 400,
      ...options,
    });
    if (job.code !== 0) {
      throw new Error(`The example ended with ${job.code}: ${job.stderr}`);
    }
    return JSON.parse(await Deno.readTextFile(file));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Without the last step, for which ranks fill up what is missing. */
export function firstSteps({ steps }: Curve): Curve {
  return { steps: steps.slice(0, -1), epochs: [] };
}

/** How far the losses of two curves are apart, as a part of the first ones. */
export function distance(expected: Curve, found: Curve): number {
  const of = ({ steps, epochs }: Curve) => [
    ...steps,
    ...epochs.flatMap(({ train, validation }) => [train.loss, validation.loss]),
  ];
  const [a, b] = [of(expected), of(found)];
  if (a.length !== b.length || a.length === 0) return Infinity;
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!) / Math.abs(x)));
}

/** The settings in which jobs are run. */
function* worlds(
  { quick, runtimes }: Setting,
): Generator<[LauncherName, RuntimeName, number]> {
  for (const launcher of launchersHere()) {
    for (const runtime of runtimes) {
      for (const ranks of quick ? [2] : [2, 4]) {
        yield [launcher, runtime, ranks];
      }
    }
  }
}

/** The losses of each step, and the accuracy after three epochs. */
export async function* curves(setting: Setting): AsyncGenerator<Row> {
  const { quick, data } = setting;
  const what = "the curves of MNIST";
  if (!quick && data === undefined) {
    yield notTried("curves", what, "give the folder by --data");
    return;
  }
  const folder = quick ? [] : ["--data", data!];
  const alone = new Map<string, Curve>();
  for (const { name, args, within } of quick ? QUICK : CASES) {
    for (const [launcher, runtime, ranks] of worlds(setting)) {
      const all = [...folder, ...args];
      const key = `${runtime} ${name}`;
      const expected = alone.get(key) ??
        await curveOf(all, { runtime, ranks: 0 });
      alone.set(key, expected);
      const found = await curveOf(all, { launcher, runtime, ranks });
      const apart = distance(
        quick ? firstSteps(expected) : expected,
        quick ? firstSteps(found) : found,
      );
      yield {
        proof: "curves",
        what: `${launcher}, ${runtime}, ${ranks} ranks, ${name}`,
        found: apart.toExponential(1),
        bound: `within ${within}`,
        holds: apart <= within,
        figures: { apart, steps: found.steps.length },
      };
    }
  }
  if (!quick) yield* accuracies(data!);
}

async function* accuracies(data: string): AsyncGenerator<Row> {
  const args = ["--data", data, "--epochs", "3"];
  const after = ({ epochs }: Curve) => epochs.at(-1)!.validation.accuracy;
  const expected = after(await curveOf(args, { ranks: 0 }));
  for (const launcher of launchersHere()) {
    for (const ranks of [2, 4]) {
      const found = after(await curveOf(args, { launcher, ranks }));
      const apart = Math.abs(found - expected);
      yield {
        proof: "curves",
        what: `${launcher}, ${ranks} ranks, accuracy after 3 epochs`,
        found: `${found.toFixed(4)}, one process ${expected.toFixed(4)}`,
        bound: "within 0.002",
        holds: apart <= 0.002,
        figures: { found, expected },
      };
    }
  }
}
