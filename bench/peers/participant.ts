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
import type { WorkKind, WorkSpec } from "./works.ts";

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
  /** What is checked: a result, or the losses of the first steps. */
  values(): Promise<Float32Array>;
  /** Lets everything go. */
  dispose(): void;
}

/** How a library does each kind of work. */
export type Implementations = Record<
  WorkKind,
  (spec: WorkSpec, inputs: Inputs) => Live | Promise<Live>
>;

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
  }
  | { readonly ask: "warmUp"; readonly budgetMs: number }
  | { readonly ask: "measure"; readonly effort: Effort }
  | { readonly ask: "close" };

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
        const { spec, files, result } = request;
        const inputs = await load(spec, files);
        live = await implementations![spec.kind](spec, inputs);
        const values = await live.values();
        await writeFile(
          result,
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
        );
        return;
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
    async values() {
      const losses = new Float32Array(steps);
      for (let i = 0; i < steps; i++) losses[i] = await step();
      return losses;
    },
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
