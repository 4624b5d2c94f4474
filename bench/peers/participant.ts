/**
 * What the programs of all libraries have in common: they load inputs, compute
 * once for the check, and time calls.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { serve } from "../harness/channel.ts";
import {
  type Effort,
  sample,
  type Warm,
  warmUp,
  watchMachine,
} from "../harness/measure.ts";
import type { NetKind, WorkKind, WorkSpec } from "./works.ts";

/** An input that was loaded. */
export interface Loaded {
  /** Its elements in C order. */
  readonly data: Float32Array | Int32Array;
  /** Its extents. */
  readonly shape: readonly number[];
}

/** The inputs by name. */
export type Inputs = (name: string) => Loaded;

/** Work that is set up. */
export interface Live {
  /** One call, until its result is there. */
  run(): void | Promise<void>;
  /** What is checked: a result, or the loss of each of the first steps. */
  readonly checks: readonly (() => Promise<Float32Array>)[];
  /** Lets everything go. */
  dispose(): void;
}

/** How a library does each kind of work. */
export type Implementations =
  & Record<Exclude<WorkKind, NetKind>, Implementation>
  & Partial<Record<NetKind, Implementation>>;

type Implementation = (
  spec: WorkSpec,
  inputs: Inputs,
) => Live | Promise<Live>;

/** What a participant is asked. */
export type PeerRequest =
  | { readonly ask: "begin" }
  | {
    readonly ask: "open";
    readonly spec: WorkSpec;
    /** Where each input is. */
    readonly files: Readonly<Record<string, string>>;
    /** Where to write what is checked. */
    readonly result: string;
    /** A call that takes longer is not made again. */
    readonly patienceMs: number;
  }
  | { readonly ask: "warmUp"; readonly budgetMs: number }
  | { readonly ask: "measure"; readonly effort: Effort }
  | { readonly ask: "close" };

/** What `open` answers. */
export interface OpenedPeer {
  /** The milliseconds of a call, where they were too many to make another. */
  readonly slowMs: number | null;
}

/** What `begin` answers. */
export interface Begun {
  /** What to know about it, such as versions and threads. */
  readonly notice: string;
}

/**
 * Answers requests until the input ends.
 *
 * @param begin Loads the library.
 */
export async function participate(
  begin: () => Promise<Begun & { implementations: Implementations }>,
): Promise<never> {
  let implementations: Implementations | null = null;
  let live: Live | null = null;
  let warm: Warm | null = null;
  return await serve(async (message) => {
    const request = message as PeerRequest;
    switch (request.ask) {
      case "begin": {
        const begun = await begin();
        implementations = begun.implementations;
        return { notice: begun.notice } satisfies Begun;
      }
      case "open": {
        const { spec, files, result, patienceMs } = request;
        const inputs = await load(spec, files);
        const implementation = implementations![spec.kind];
        if (!implementation) throw new Error("not written for it");
        live = await implementation(spec, inputs);
        return await check(live, result, patienceMs);
      }
      case "warmUp": {
        const { run } = live!;
        warm = await warmUp(run, request.budgetMs);
        return;
      }
      case "measure": {
        const end = watchMachine();
        const samples = await sample(warm!, request.effort);
        return { samples, callsPerSample: warm!.callsPerSample, ...end() };
      }
      case "close":
        live?.dispose();
        live = warm = null;
        return;
    }
  });
}

/** Makes the first calls and writes what they give. */
async function check(
  live: Live,
  result: string,
  patienceMs: number,
): Promise<OpenedPeer> {
  const values: number[] = [];
  let slowMs: number | null = null;
  for (const step of live.checks) {
    const begin = performance.now();
    for (const value of await step()) values.push(value);
    const took = performance.now() - begin;
    if (took > patienceMs) {
      slowMs = took;
      break;
    }
  }
  await writeFile(result, new Uint8Array(Float32Array.from(values).buffer));
  return { slowMs };
}

async function load(
  spec: WorkSpec,
  files: Readonly<Record<string, string>>,
): Promise<Inputs> {
  const loaded = new Map<string, Loaded>();
  for (const { name, shape, values } of spec.inputs) {
    const { buffer } = Uint8Array.from(await readFile(files[name]!));
    const data = values === "classes"
      ? new Int32Array(buffer)
      : new Float32Array(buffer);
    loaded.set(name, { data, shape });
  }
  return (name) => {
    const found = loaded.get(name);
    if (!found) throw new RangeError(`Cannot find the input ${name}`);
    return found;
  };
}

/** A matrix with its rows and columns exchanged. */
export function transposed({ data, shape }: Loaded): Loaded {
  return permuted({ data, shape }, [1, 0]);
}

/** The elements in another order of dims. */
export function permuted(
  { data, shape }: Loaded,
  order: readonly number[],
): Loaded {
  const strides = shape.map((_, d) =>
    shape.slice(d + 1).reduce((product, n) => product * n, 1)
  );
  const target = order.map((d) => shape[d]!);
  const steps = order.map((d) => strides[d]!);
  const moved = data.slice();
  const position = target.map(() => 0);
  for (let i = 0, from = 0; i < data.length; i++) {
    moved[i] = data[from]!;
    for (let d = target.length - 1; d >= 0; d--) {
      position[d]!++;
      from += steps[d]!;
      if (position[d]! < target[d]!) break;
      from -= steps[d]! * target[d]!;
      position[d] = 0;
    }
  }
  return { data: moved, shape: target };
}

/** How many layers an MLP has. */
export function depth(spec: WorkSpec): number {
  return spec.inputs.filter(({ name }) => name.startsWith("w")).length;
}

/** Steps whose losses are checked, and which are then timed. */
export function training(
  steps: number,
  step: () => number | Promise<number>,
  dispose: () => void,
): Live {
  return {
    run() {
      const loss = step();
      if (loss instanceof Promise) return loss.then(() => {});
    },
    checks: Array.from(
      { length: steps },
      () => async () => Float32Array.of(await step()),
    ),
    dispose,
  };
}

/** The version of a package that a peer is installed in. */
export async function versionOf(name: string): Promise<string> {
  const path = new URL("./packages.json", import.meta.url);
  const { imports } = JSON.parse(await readFile(path, "utf8")) as {
    imports: Record<string, string>;
  };
  return imports[name]?.split("@").at(-1) ?? "";
}
