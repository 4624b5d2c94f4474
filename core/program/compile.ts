/**
 * Compiled functions: recorded once for each signature, then replayed.
 *
 * @module
 */
import { isRecording } from "../autograd/mode.ts";
import { type Device, launcherOf } from "../device.ts";
import { CompileError } from "../errors.ts";
import { checkCount } from "../options.ts";
import {
  checkPlain,
  flag,
  number,
  type PlainFields,
} from "../plain_options.ts";
import { currentDevice } from "../registry.ts";
import { Scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { describe } from "./describe.ts";
import { Plan } from "./plan.ts";
import { Pool } from "./pool.ts";
import {
  type Check,
  currentRecording,
  type LeafGradient,
  type Place,
  Recording,
  recordInto,
} from "./recording.ts";
import { flatten, matches, rebuild, type Structure } from "./signature.ts";

/** Options of {@linkcode compile}. */
export interface CompileOptions {
  /**
   * Run functions that cannot be compiled as they are, and say so once.
   *
   * @default {false}
   */
  readonly fallback?: boolean;
  /**
   * How many signatures are kept; the one that was not used for longest goes.
   *
   * @default {8}
   */
  readonly maxSignatures?: number;
}

/** What a compiled function has done so far. */
export interface CompileStats {
  /** Signatures that are kept. */
  readonly signatures: number;
  /** Calls that ran eagerly and were recorded. */
  readonly recorded: number;
  /** Calls that were replayed. */
  readonly replayed: number;
  /** Launches of the plans before fusion. */
  readonly launchesBefore: number;
  /** Launches of the plans. */
  readonly launches: number;
  /** Bytes of the memory that the plans share for their temporaries. */
  readonly bytes: number;
  /** What all recording and planning took beside running, in milliseconds. */
  readonly milliseconds: number;
}

/** A function made by {@linkcode compile}. */
export interface Compiled<A extends unknown[], R> {
  /** Runs the function, eagerly the first time for a signature. */
  (...args: A): R;
  /** What it has done so far. */
  readonly stats: CompileStats;
  /** A listing of the kernels of every plan. */
  inspect(): string;
  /** Gives the memory of its plans back; a later call records again. */
  dispose(): void;
  /** {@linkcode Compiled.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** A plan with what it is for. */
interface Entry {
  readonly structure: Structure;
  readonly grad: boolean;
  readonly device: Device;
  readonly plan: Plan;
  readonly result: Structure;
}

const OPTIONS: PlainFields = { fallback: flag, maxSignatures: number };

/**
 * Makes a function that is recorded when it is first called with arguments of
 * some shapes, and replayed from then on: its kernels are fused, its memory is
 * planned, and no JavaScript of the function runs again.
 *
 * @param fn The function. It must be synchronous and must not read values.
 * @param options How to go about it.
 * @returns A function with the same arguments and results.
 * @throws {CompileError} When it is called, if it cannot be compiled.
 * @example A training step
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { compile, noGrad, tensor } from "@tenfold/tenfold";
 *
 * const w = tensor([1, 2], { requiresGrad: true });
 * const step = compile((x: ReturnType<typeof tensor>) => {
 *   w.grad = null;
 *   const loss = w.mul(x).square().sum();
 *   loss.backward();
 *   noGrad(() => w.add_(w.grad!.mul(-0.1)));
 *   return loss;
 * });
 * const x = tensor([1, 1]);
 * assertAlmostEquals(step(x).itemSync(), 5);
 * assertAlmostEquals(step(x).itemSync(), 3.2, 1e-6);
 * ```
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  checkCount("compile", arguments.length, 2);
  checkPlain(OPTIONS, options, "compile");
  const { fallback = false, maxSignatures = 8 } = options;
  const state = new State(fn as (...args: unknown[]) => unknown, {
    fallback,
    maxSignatures,
  });
  const compiled = (...args: A): R => state.call(args) as R;
  Object.defineProperty(compiled, "stats", { get: () => state.stats });
  return Object.assign(compiled, {
    inspect: () => state.inspect(),
    dispose: () => state.dispose(),
    [Symbol.dispose]: () => state.dispose(),
  }) as Compiled<A, R>;
}

class State {
  readonly #fn: (...args: unknown[]) => unknown;
  readonly #options: Required<CompileOptions>;
  readonly #entries: Entry[] = [];
  readonly #pool = new Pool();
  #eager = false;
  #recorded = 0;
  #replayed = 0;
  #milliseconds = 0;

  constructor(
    fn: (...args: unknown[]) => unknown,
    options: Required<CompileOptions>,
  ) {
    this.#fn = fn;
    this.#options = options;
  }

  get stats(): CompileStats {
    const plans = this.#entries.map(({ plan }) => plan.facts);
    const sum = (of: (facts: Plan["facts"]) => number) =>
      plans.reduce((total, facts) => total + of(facts), 0);
    return {
      signatures: plans.length,
      recorded: this.#recorded,
      replayed: this.#replayed,
      launchesBefore: sum((facts) => facts.recorded),
      launches: sum((facts) => facts.launches),
      bytes: this.#pool.bytes,
      milliseconds: this.#milliseconds,
    };
  }

  inspect(): string {
    return this.#entries.map(({ plan }) => describe(plan)).join("\n\n");
  }

  dispose(): void {
    for (const { plan } of this.#entries) plan.dispose();
    this.#entries.length = 0;
  }

  call(args: readonly unknown[]): unknown {
    // Inside of another recording it is a part of that one.
    if (this.#eager || currentRecording() !== null) return this.#fn(...args);
    const tensors: Tensor[] = [];
    const grad = isRecording();
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      tensors.length = 0;
      if (entry.grad !== grad || !matches(entry.structure, args, tensors)) {
        continue;
      }
      if (!entry.plan.holds || entry.plan.overlaps(tensors)) {
        // What it was recorded with is gone, or its arguments overlap.
        if (entry.plan.gone) {
          entries.splice(i--, 1);
          entry.plan.dispose();
        }
        continue;
      }
      if (i > 0) {
        entries.splice(i, 1);
        entries.unshift(entry);
      }
      this.#replayed++;
      return replay(entry, tensors);
    }
    return this.#record(args, grad);
  }

  #record(args: readonly unknown[], grad: boolean): unknown {
    const tensors: Tensor[] = [];
    const structure = flatten(args, tensors, "argument");
    const recording = new Recording();
    const scope = new Scope();
    let result: unknown;
    try {
      for (const tensor of tensors) recording.parameter(tensor);
      result = recordInto(recording, () => this.#fn(...args));
      if (result instanceof Promise) {
        throw new CompileError(
          "Cannot compile an async function: leave out await, and read what it returns outside",
        );
      }
      scope.keep(result);
    } catch (error) {
      scope.dispose();
      recording.release();
      if (!(error instanceof CompileError) || !this.#options.fallback) {
        throw error;
      }
      this.#eager = true;
      console.warn(`${error.message}; it runs eagerly from now on`);
      return this.#fn(...args);
    }
    scope.dispose();
    const began = performance.now();
    this.#recorded++;
    const outputs: Tensor[] = [];
    const made = flatten(result, outputs, "result");
    if (outputs.some(isUnfinished)) {
      recording.release();
      throw new CompileError(
        "Cannot compile a function whose result still takes part in recording: call backward inside it, or wrap it in noGrad",
      );
    }
    if (recording.overlaps(tensors)) {
      // A plan would not know which of them a launch means.
      recording.release();
      return result;
    }
    const device = outputs[0]?.device ?? tensors[0]?.device ?? currentDevice();
    const gradients = new Map<LeafGradient, Place | null>();
    for (const leaf of recording.leaves.keys()) {
      const value = leaf.grad?.value;
      gradients.set(leaf, value ?? null);
    }
    const { checks } = recording;
    const plan = new Plan(
      {
        recording,
        parameters: tensors.map(({ value }) => value),
        results: [
          ...outputs.map(({ value }) => value),
          ...checks.map(({ faults }) => faults),
        ],
      },
      gradients,
      device,
      launcherOf(device),
      this.#pool,
    );
    this.#entries.unshift({ structure, grad, device, plan, result: made });
    if (this.#entries.length > this.#options.maxSignatures) {
      this.#entries.pop()!.plan.dispose();
    }
    this.#milliseconds += performance.now() - began;
    settle(device, checks, checks.map(({ faults }) => faults));
    return result;
  }
}

/** Looks at counts of faults, or leaves that to the next read. */
function settle(
  device: Device,
  checks: readonly Check[],
  faults: readonly Value[],
): void {
  checks.forEach(({ operation, error }, i) =>
    device.refuse(operation, faults[i]!, error)
  );
}

/** Whether backward could still run through a tensor. */
function isUnfinished({ edge }: Tensor): boolean {
  return edge !== null && !edge.node.consumed && edge.node.edges.length > 0;
}

function replay(
  { plan, device, result }: Entry,
  tensors: readonly Tensor[],
): unknown {
  const values: Value[] = new Array(tensors.length);
  for (let i = 0; i < tensors.length; i++) values[i] = tensors[i]!.value;
  const made = plan.run(values);
  const { checks } = plan;
  const faults = made.splice(made.length - checks.length);
  for (const { leaf, after } of plan.gradients) {
    if (after === null) leaf.grad = null;
    else if (leaf.grad?.value.storage !== after.storage) {
      const gradient = new Tensor(
        device,
        plan.aliasOf(after),
      );
      gradient.owner = null;
      leaf.grad = gradient;
    }
  }
  const tensorsOf = made.map((value) => new Tensor(device, value));
  try {
    settle(device, checks, faults);
  } catch (error) {
    for (const tensor of tensorsOf) tensor.dispose();
    throw error;
  } finally {
    for (const value of faults) value.release();
  }
  return rebuild(result, tensorsOf);
}
