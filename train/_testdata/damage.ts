/**
 * Damaged checkpoints, and whether a refusal leaves anything changed. Used by
 * the tests with some cases, by tools/fuzz_checkpoints.ts with many.
 *
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { getRandomState, manualSeed, randn, Tensor, tidy } from "@tenfold/core";
import {
  DataLoader,
  parseSafetensors,
  type SafetensorsEntry,
  type SafetensorsFile,
  serializeSafetensors,
  TensorDataset,
} from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { accuracy } from "../accuracy.ts";
import type { Callback } from "../callback.ts";
import { checkpoint } from "../checkpoint.ts";
import { earlyStopping } from "../early_stopping.ts";
import { CheckpointError } from "../errors.ts";
import { fit, type FitOptions } from "../fit.ts";
import type { Model } from "../model.ts";

/** Ends the run whose checkpoint is damaged. */
class PowerCut extends Error {}

/** A run with every part that has a state of its own. */
interface Run {
  readonly model: Model;
  readonly options: FitOptions;
  readonly stopping: Callback;
  dispose(): void;
}

function makeRun(seed: number): Run {
  manualSeed(seed);
  const [x, y] = tidy(() => {
    const x = randn([20, 3]);
    return [x, x.sum(1).gt(0).cast("int32")] as const;
  });
  const dataset = new TensorDataset(x, y);
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.3 }),
    new nn.Linear(4, 2),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    stopping: earlyStopping({ restoreBest: true, patience: 3 }),
    options: {
      loss: nn.functional.crossEntropy,
      optimizer,
      scheduler: new optim.CosineAnnealingLR(optimizer, { tMax: 9 }),
      train: new DataLoader(dataset, { batchSize: 8, shuffle: true, seed }),
      validation: new DataLoader(dataset, { batchSize: 20 }),
      epochs: 3,
      metrics: [accuracy()],
      progress: false,
    },
    dispose() {
      optimizer.dispose();
      model.dispose();
      x.dispose();
      y.dispose();
    },
  };
}

/** Plain values for tensors, so that states compare by their contents. */
function plain(state: unknown): unknown {
  if (state instanceof Tensor) {
    const { shape, dtype } = state;
    return { shape, dtype, values: [...state.dataSync()] };
  }
  if (Array.isArray(state)) return state.map(plain);
  if (typeof state !== "object" || state === null) return String(state);
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [key, plain(value)]),
  );
}

/** All that a refusal must leave alone. */
function picture({ model, options, stopping }: Run): string {
  const { optimizer, scheduler, train, validation } = options as unknown as {
    optimizer: { stateDict(): object };
    scheduler: { stateDict(): object };
    train: { stateDict(): object };
    validation: { stateDict(): object };
  };
  return JSON.stringify([
    plain(model.stateDict()),
    plain(optimizer.stateDict()),
    plain(scheduler.stateDict()),
    plain(train.stateDict()),
    plain(validation.stateDict()),
    plain(stopping.stateDict!()),
    getRandomState(),
  ]);
}

/** One thing that can happen to a checkpoint. */
type Damage = (file: Uint8Array) => Uint8Array;

/** A place in a file, all equally likely. */
const place = fc.integer({ min: 0, max: 2 ** 30 - 1 })
  .map((n) => n / 2 ** 30);

/** Damage to the bytes, wherever they lie. */
const damagedBytes: fc.Arbitrary<Damage> = fc.oneof(
  place.map((p): Damage => (file) => file.slice(0, p * file.length)),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([p, patch]): Damage => (file) => {
      const copy = file.slice();
      const at = Math.floor(p * Math.max(0, copy.length - patch.length));
      copy.set(patch.subarray(0, copy.length - at), at);
      return copy;
    }),
  fc.tuple(place, fc.integer({ min: 1, max: 40 }), fc.boolean())
    .map(([p, length, twice]): Damage => (file) => {
      const at = Math.floor(p * file.length);
      const piece = file.slice(at, at + length);
      const parts = twice
        ? [file.slice(0, at), piece, file.slice(at)]
        : [file.slice(0, at), file.slice(at + length)];
      return new Uint8Array(parts.flatMap((part) => [...part]));
    }),
);

/** A sound safetensors file whose contents are damaged. */
function inside(harm: (file: SafetensorsFile) => SafetensorsFile): Damage {
  return (bytes) => {
    try {
      return serializeSafetensors(harm(parseSafetensors(bytes)));
    } catch {
      return bytes; // Other damage came first.
    }
  };
}

/** Damage to the tensors: gone, renamed, of another shape, dtype or values. */
const damagedTensors: fc.Arbitrary<Damage> = fc.tuple(
  place,
  fc.constantFrom("gone", "renamed", "shape", "dtype", "longer", "scalar"),
).map(([p, how]) =>
  inside(({ tensors, metadata }) => {
    const names = [...tensors.keys()];
    const name = names[Math.floor(p * names.length)]!;
    const entry = tensors.get(name)!;
    const size = entry.shape.reduce((a, b) => a * b, 1);
    const changed: { [how: string]: SafetensorsEntry } = {
      shape: { ...entry, shape: [...entry.shape, 1] },
      dtype: { ...entry, dtype: entry.dtype === "F32" ? "I32" : "U32" },
      longer: {
        ...entry,
        shape: [2, size],
        data: new Uint8Array(2 * entry.data.length),
      },
      scalar: { ...entry, shape: [], data: entry.data.slice(0, 4) },
    };
    const next = new Map(tensors);
    next.delete(name);
    if (how === "renamed") next.set(`${name}x`, entry);
    else if (how !== "gone") next.set(name, changed[how]!);
    return { tensors: next, metadata };
  })
);

const oddValue: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0,
  1,
  7,
  0.5,
  1e300,
  2 ** 53,
  "",
  "loss",
  [],
  {},
  [[]],
  { $tensor: "model.0.weight" },
  { $tensor: "nowhere" },
  { $number: "NaN" },
  { $number: "Infinity" },
  { $number: "-0" },
  { $number: "x" },
);

/** Damage to one value of the state: replaced, left out, or put elsewhere. */
const damagedState: fc.Arbitrary<Damage> = fc.tuple(
  place,
  fc.constantFrom("replaced", "gone", "added"),
  oddValue,
).map(([p, how, value]) =>
  inside(({ tensors, metadata }) => {
    const state = JSON.parse(metadata["state"]!);
    const slots: [Record<string, unknown>, string][] = [];
    const visit = (node: unknown) => {
      if (typeof node !== "object" || node === null) return;
      for (const [key, item] of Object.entries(node)) {
        slots.push([node as Record<string, unknown>, key]);
        visit(item);
      }
    };
    visit(state);
    const [node, key] = slots[Math.floor(p * slots.length)]!;
    if (how === "replaced") node[key] = value;
    else if (how === "added") node[`${key}2`] = value;
    else if (Array.isArray(node)) node.splice(Number(key), 1);
    else delete node[key];
    return {
      tensors,
      metadata: { ...metadata, state: JSON.stringify(state) },
    };
  })
);

const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: damagedBytes },
    { weight: 2, arbitrary: damagedTensors },
    { weight: 4, arbitrary: damagedState },
  ),
  { minLength: 1, maxLength: 2 },
);

/** The outcome of resuming from damaged checkpoints. */
export interface DamageReport {
  /** Those that were refused. */
  refused: number;
  /**
   * Those that were taken, and trained on to the end: sound still, or with
   * other numbers.
   */
  taken: number;
  /** Refusals that left something changed, or of another class. */
  readonly faults: string[];
  /** How often each reason was given. */
  readonly reasons: Map<string, number>;
}

/** A checkpoint as builds wrote it before shapes stood beside the names. */
export function withoutShapes(bytes: Uint8Array): Uint8Array {
  const { tensors, metadata } = parseSafetensors(bytes);
  const state = JSON.stringify(
    JSON.parse(
      metadata["state"]!,
      (_, value) =>
        typeof value === "object" && value !== null && "$tensor" in value
          ? { $tensor: value.$tensor }
          : value,
    ),
  );
  return serializeSafetensors({
    tensors,
    metadata: { ...metadata, version: "1", state },
  });
}

/**
 * Resumes from so many damaged checkpoints.
 *
 * @param written The checkpoint as it was written before it was damaged.
 */
export async function resumeFromDamaged(
  cases: number,
  seed = 20_240_903,
  written: (file: Uint8Array) => Uint8Array = (file) => file,
): Promise<DamageReport> {
  const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
  const path = join(folder, "run.safetensors");
  const report: DamageReport = {
    refused: 0,
    taken: 0,
    faults: [],
    reasons: new Map(),
  };
  const saved = makeRun(1);
  let run = makeRun(2);
  try {
    await fit(saved.model, {
      ...saved.options,
      callbacks: [saved.stopping, checkpoint(path, { everySteps: 1 }), {
        name: "powerCut",
        stepEnd({ step }) {
          if (step > 5) throw new PowerCut();
        },
      }],
    }).catch((error) => {
      if (!(error instanceof PowerCut)) throw error;
    });
    const sound = written(new Uint8Array(await readFile(path)));
    // What a run remembers before it resumes is what `start` leaves.
    const resume = async () => {
      await fit(run.model, {
        ...run.options,
        callbacks: [
          run.stopping,
          checkpoint(path, { resume: true }),
        ],
      });
    };
    for (const list of fc.sample(damages, { numRuns: cases, seed })) {
      const file = list.reduce<Uint8Array>(
        (bytes, harm) => harm(bytes),
        sound,
      );
      await writeFile(path, file);
      const before = picture(run);
      let thrown: unknown;
      await resume().catch((error) => {
        thrown = error;
      });
      if (thrown === undefined) {
        report.taken++;
        run.dispose();
        run = makeRun(2);
        continue;
      }
      report.refused++;
      const reason = String(thrown).replace(path, "PATH").slice(0, 60);
      report.reasons.set(reason, (report.reasons.get(reason) ?? 0) + 1);
      if (!(thrown instanceof CheckpointError)) {
        report.faults.push(`not a CheckpointError: ${thrown}`);
      } else if (picture(run) !== before) {
        report.faults.push(`changed, although: ${thrown.message}`);
      }
    }
    return report;
  } finally {
    saved.dispose();
    run.dispose();
    await rm(folder, { recursive: true });
  }
}
