/**
 * Loads a PyTorch state dict from safetensors, compares the logits, and saves
 * it again, on one backend.
 *
 * @module
 */
import type { Backend, Tensor } from "@tenfold/core";
import { decodeSafetensors, encodeSafetensors } from "@tenfold/data";
import { Linear, ReLU, Sequential } from "@tenfold/nn";
import { compareTensor, VALUES } from "./compare.ts";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { toTensor } from "./operation.ts";
import { decode, readBytes, readFigures, type TensorFigure } from "./read.ts";

/** The PyTorch file with an input and the logits for it. */
interface StateDictCase {
  readonly file: string;
  readonly names: readonly string[];
  readonly input: TensorFigure;
  readonly logits: TensorFigure;
}

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
  const model = () =>
    new Sequential(new Linear(4, 6), new ReLU(), new Linear(6, 3));

  const ours = model();
  const names = Object.keys(ours.stateDict()).join();
  if (names !== expected.names.join()) {
    problems.push(`names ${names} instead of ${expected.names.join()}`);
  }
  ours.loadStateDict(decodeSafetensors(bytes), { strict: true });
  const compare = async (what: string, net: Sequential) => {
    const logits = net.forward(toTensor(expected.input)) as Tensor;
    const problem = await compareTensor(
      logits,
      decode(expected.logits),
      VALUES,
    );
    if (problem !== null) problems.push(`${what}: ${problem}`);
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

/** Reads a safetensors file independently: dtype, shape and bytes by name. */
function parse(bytes: Uint8Array): Map<string, unknown> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header: Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  > = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, { dtype, shape, data_offsets: [from, to] }]) =>
      [name, {
        dtype,
        shape,
        data: [...bytes.subarray(start + from, start + to)],
      }] as const
    );
  return new Map(entries);
}
