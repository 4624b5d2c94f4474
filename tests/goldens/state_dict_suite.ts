/**
 * Loads a PyTorch state dict from safetensors, compares the logits, and saves
 * it again, on one backend.
 *
 * @module
 */
import type { Backend, Tensor } from "@tenfold/core";
import { decodeSafetensors, encodeSafetensors } from "@tenfold/data";
import {
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from "@tenfold/nn";
import { compareTensor, VALUES } from "./compare.ts";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { toTensor } from "./operation.ts";
import {
  decode,
  type Figure,
  readBytes,
  readFigures,
  type TensorFigure,
} from "./read.ts";

/** The PyTorch file with an input and the logits for it. */
interface StateDictCase {
  readonly file: string;
  readonly names: readonly string[];
  readonly input: TensorFigure;
  readonly logits: TensorFigure;
}

/** The models of the files, as in `tests/goldens/generators/state_dict.py`. */
const MODELS: Readonly<Record<string, () => Sequential>> = {
  "mlp.safetensors": () =>
    new Sequential(new Linear(4, 6), new ReLU(), new Linear(6, 3)),
  "cnn.safetensors": () =>
    new Sequential(
      new Conv2d(1, 3, 3),
      new BatchNorm2d(3),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(3, 4, 3, { padding: 1, bias: false }),
      new BatchNorm2d(4),
      new ReLU(),
      new AvgPool2d(2),
      new Flatten(),
      new Linear(16, 5),
      new BatchNorm1d(5),
      new ReLU(),
      new Linear(5, 3),
    ),
};

const figures = await readFigures<StateDictCase>("state_dict");

/**
 * Declares the tests of state dicts.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function stateDictGoldens(
  runner: Runner,
  backend: Backend | string,
): void {
  onBackend(runner, "Goldens of state dicts", backend, () => {
    testCases(runner, figures.cases, (c) => c.file, checkStateDict);
  });
}

async function checkStateDict(expected: StateDictCase): Promise<string[]> {
  const problems: string[] = [];
  const bytes = await readBytes(expected.file);
  const model = () => {
    const made = MODELS[expected.file]!();
    made.eval();
    return made;
  };

  const ours = model();
  const names = Object.keys(ours.stateDict()).join();
  if (names !== expected.names.join()) {
    problems.push(`names ${names} instead of ${expected.names.join()}`);
  }
  ours.loadStateDict(decodeSafetensors(bytes), { strict: true });
  const compare = async (what: string, net: Sequential) => {
    const logits = net.forward(toTensor(expected.input)) as Tensor;
    const wanted = decode(expected.logits);
    const problem = await compareTensor(logits, wanted, VALUES);
    if (problem !== null) problems.push(`${what}: ${problem}`);
    const predicted = await logits.argmax(1).data();
    if (predicted.join() !== classesOf(wanted).join()) {
      problems.push(`${what}: other classes are predicted`);
    }
  };
  await compare("logits", ours);

  // there and back again: what we save holds the same names and bits
  const saved = await encodeSafetensors(ours.stateDict());
  const again = model();
  again.loadStateDict(decodeSafetensors(saved), { strict: true });
  await compare("logits after saving", again);
  const theirs = parse(bytes);
  const found = parse(saved);
  for (const [name, entry] of theirs) {
    if (JSON.stringify(found.get(name)) !== JSON.stringify(entry)) {
      problems.push(`${name} is saved as ${JSON.stringify(found.get(name))}`);
    }
  }
  if (theirs.size !== found.size) problems.push("other names are saved");
  return problems;
}

/** The class of the largest logit in each row. */
function classesOf({ shape, data }: Figure): number[] {
  const [rows, classes] = [shape[0]!, shape[1]!];
  return Array.from({ length: rows }, (_, i) => {
    const row = [...data.subarray(i * classes, (i + 1) * classes)];
    return row.indexOf(Math.max(...row));
  });
}

/**
 * Reads a safetensors file independently: dtype, shape and bytes by name.
 * Integers are numbers: PyTorch counts batches in 64 bits, we in 32.
 */
function parse(bytes: Uint8Array): Map<string, unknown> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header: Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  > = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const integers: Readonly<Record<string, (at: number) => number>> = {
    I32: (at) => view.getInt32(at, true),
    I64: (at) => Number(view.getBigInt64(at, true)),
  };
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
      const integer = integers[dtype];
      if (integer === undefined || shape.length > 0) {
        const data = [...bytes.subarray(start + from, start + to)];
        return [name, { dtype, shape, data }] as const;
      }
      return [name, { shape, value: integer(start + from) }] as const;
    });
  return new Map<string, unknown>(entries);
}
