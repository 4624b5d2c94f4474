/**
 * Compiled functions: recorded once for each signature, then replayed.
 *
 * @module
 */
import { EDGE, OWNER, VALUE } from "../members.ts";
import { isRecording } from "../autograd/mode.ts";
import { nextSequence } from "../autograd/node.ts";
import { type Device, launcherOf } from "../device.ts";
import { CompileError, showShape } from "../errors.ts";
import { checkCount } from "../options.ts";
import {
  checkPlain,
  flag,
  number,
  type PlainFields,
} from "../plain_options.ts";
import { chosenDevice, currentDevice } from "../registry.ts";
import { Scope } from "../scope.ts";
import { Tensor, wrapValue } from "../tensor.ts";
import type { Value } from "../value.ts";
import { describe } from "./describe.ts";
import type { LeafState } from "./ownership.ts";
import { Plan } from "./plan.ts";
import { Pool } from "./pool.ts";
import { observed } from "./hooks.ts";
import {
  currentRecording,
  type LeafGradient,
  Recording,
  recordInto,
} from "./recording.ts";
import {
  equal,
  flatten,
  matches,
  rebuild,
  sharing,
  type Structure,
} from "./signature.ts";
import { trace } from "./trace.ts";

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
  /**
   * Takes the time of every kernel, for `inspect` and `trace`. On devices that
   * work later, such as webgpu, that is the time that the processor takes to
   * hand the kernel over.
   *
   * @default {false}
   */
  readonly profile?: boolean;
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
  /**
   * A listing of the kernels of every plan: expressions, shapes, bytes, and with
   * `profile: true` the mean time of each and its share of the whole.
   */
  inspect(): string;
  /**
   * With `profile: true`, the replays so far as a file for trace viewers
   * (ui.perfetto.dev, chrome://tracing): a row for each signature with its
   * kernels over time, the last 65,536 of them.
   *
   * @throws {CompileError} If nothing was profiled.
   */
  trace(): string;
  /** Gives the memory of its plans back; a later call records again. */
  dispose(): void;
  /** {@linkcode Compiled.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** A plan with what it is for. */
interface Entry {
  readonly structure: Structure;
  /** Which arguments are at the same place, as `sharing` tells. */
  readonly shared: readonly number[];
  readonly grad: boolean;
  /** The device in use, where the function makes tensors. */
  readonly current: Device | null;
  readonly device: Device;
  readonly plan: Plan;
  readonly result: Structure;
  /** Where each tensor of the result is found. */
  readonly outputs: readonly Output[];
}

/**
 * A tensor of a result: itself, the argument of that number, or the next value
 * that the plan makes; a leaf if it requires gradients.
 */
type Output = Tensor | number | { readonly leaf: boolean };

const OPTIONS: PlainFields = {
  fallback: flag,
  maxSignatures: number,
  profile: flag,
};

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
  const { fallback = false, maxSignatures = 8, profile = false } = options;
  if (!Number.isSafeInteger(maxSignatures) || maxSignatures < 1) {
    throw new RangeError(
      `Cannot compile with maxSignatures ${maxSignatures}: give an integer from 1 on`,
    );
  }
  const state = new State(fn as (...args: unknown[]) => unknown, {
    fallback,
    maxSignatures,
    profile,
  });
  const compiled = (...args: A): R => state.call(args) as R;
  Object.defineProperty(compiled, "stats", { get: () => state.stats });
  return Object.assign(compiled, {
    inspect: () => state.inspect(),
    trace: () => state.trace(),
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

  trace(): string {
    if (!this.#options.profile) {
      throw new CompileError(
        "Cannot trace a function that was compiled without { profile: true }",
      );
    }
    return trace(
      this.#fn.name || "compiled function",
      this.#entries.map(({ plan }) => plan),
    );
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
    const current = chosenDevice();
    let shared: readonly number[] | null = null;
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      tensors.length = 0;
      if (
        entry.grad !== grad || entry.current !== current ||
        !matches(entry.structure, args, tensors)
      ) continue;
      shared ??= sharing(tensors);
      if (shared === null || !equal(shared, entry.shared)) continue;
      if (!entry.plan.holds(tensors) || entry.plan.overlaps(tensors)) {
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

  #record(
    args: readonly unknown[],
    grad: boolean,
  ): unknown {
    const tensors: Tensor[] = [];
    const structure = flatten(args, tensors, "argument");
    for (const tensor of tensors) tensor[VALUE]; // Throws if it was released.
    const shared = sharing(tensors);
    // A plan would not know which of them a launch means.
    if (shared === null) return this.#fn(...args);
    if (isAsync(this.#fn)) {
      if (!this.#options.fallback) throw asyncError();
      return this.#giveUp(asyncError(), this.#fn(...args));
    }
    const recording = new Recording({
      fallback: this.#options.fallback,
      firstNode: nextSequence(),
    });
    const began = this.#run(recording, args, tensors);
    if ("failure" in began) return this.#giveUp(began.failure, began.result);
    const { result, outputs, made } = began;
    // What the function uses besides may be one of the arguments.
    if (recording.overlaps(tensors)) {
      settle(recording, outputs[0]?.device ?? currentDevice());
      recording.release();
      return result;
    }
    const start = performance.now();
    this.#recorded++;
    const device = recording.device as Device | null ?? outputs[0]?.device ??
      tensors[0]?.device ?? currentDevice();
    const found = outputs.map((tensor): Output => {
      const argument = tensors.indexOf(tensor);
      if (argument >= 0) return argument;
      return recording.captured.has(tensor)
        ? tensor
        : { leaf: tensor.requiresGrad && tensor.isLeaf };
    });
    const values = outputs.filter((_, i) => isValue(found[i]!));
    const plan = new Plan(
      {
        recording,
        parameters: tensors.map(({ [VALUE]: value }) => value),
        results: values.map(({ [VALUE]: value }) => value),
        gradients: gradientsOf(recording, tensors, values),
      },
      device,
      launcherOf(device),
      this.#pool,
      { profile: this.#options.profile, title: titleOf(tensors) },
    );
    this.#entries.unshift({
      structure,
      shared,
      grad,
      // The function may have opened it.
      current: chosenDevice(),
      device,
      plan,
      result: made,
      outputs: found,
    });
    if (this.#entries.length > this.#options.maxSignatures) {
      this.#entries.pop()!.plan.dispose();
    }
    this.#milliseconds += performance.now() - start;
    settle(recording, device);
    return result;
  }

  /** Runs the function while it is recorded; leaves nothing where it fails. */
  #run(
    recording: Recording,
    args: readonly unknown[],
    tensors: readonly Tensor[],
  ):
    | { result: unknown; outputs: Tensor[]; made: Structure }
    | { result: unknown; failure: CompileError } {
    const scope = new Scope();
    try {
      for (const tensor of tensors) recording.parameter(tensor);
      const result = recordInto(recording, () => this.#fn(...args));
      const outputs: Tensor[] = [];
      const made = checkResult(recording, result, outputs);
      for (const holds of observed(recording.captured.keys())) {
        recording.guard(holds, holds);
      }
      if (recording.failure === null) {
        scope.keep(outputs);
        return { result, outputs, made };
      }
      // A promise may still need what the function has made.
      scope.surrender();
      settle(recording, outputs[0]?.device ?? currentDevice());
      recording.release();
      return { result, failure: recording.failure };
    } catch (error) {
      recording.release();
      throw error;
    } finally {
      scope.dispose();
    }
  }

  /** Runs eagerly from now on. */
  #giveUp(error: CompileError, result: unknown): unknown {
    this.#eager = true;
    console.warn(`${error.message}; it runs eagerly from now on`);
    return result;
  }
}

/** The structure of a result; refuses what cannot be made again. */
function checkResult(
  recording: Recording,
  result: unknown,
  outputs: Tensor[],
): Structure {
  if (result instanceof Promise) {
    // What becomes of it no longer matters, unless it is given back.
    if (recording.failure === null) result.catch(() => {});
    recording.refuse(ASYNC);
    return { kind: "value", value: result };
  }
  try {
    const made = flatten(result, outputs, "result");
    if (recording.failure === null && outputs.some(isUnfinished)) {
      recording.refuse(
        "a function whose result still takes part in recording: call backward inside it, or wrap it in noGrad",
      );
    }
    return made;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    recording.refuse(error.message.replace(/^Cannot compile /, ""));
    return { kind: "value", value: result };
  }
}

const ASYNC =
  "an async function: leave out await, and read what it returns outside";

function asyncError(): CompileError {
  return new CompileError(`Cannot compile ${ASYNC}`);
}

/** Whether a function is known to give a promise before it is called. */
function isAsync(fn: (...args: unknown[]) => unknown): boolean {
  return Object.prototype.toString.call(fn) === "[object AsyncFunction]";
}

/** What leaves have as gradient after the function has run. */
function gradientsOf(
  recording: Recording,
  tensors: readonly Tensor[],
  values: readonly Tensor[],
): LeafState[] {
  const states: LeafState[] = [];
  for (const [leaf, before] of recording.leaves) {
    const argument = tensors.indexOf(leaf as Tensor);
    const result = values.indexOf(leaf as Tensor);
    // A leaf that was made inside and has gone.
    if (argument < 0 && result < 0 && (leaf as Tensor).released) continue;
    const of = argument >= 0
      ? { argument }
      : result >= 0
      ? { result }
      : { leaf };
    states.push({ of, before, after: leaf.grad?.[VALUE] ?? null });
  }
  return states;
}

/** Names a plan after its arguments. */
function titleOf(tensors: readonly Tensor[]): string {
  const shapes = tensors.map(({ shape }) => showShape(shape));
  return `f(${shapes.join(", ")})`;
}

/** Leaves counts of faults that were not looked at yet to the next read. */
function settle({ checks }: Recording, device: Device): void {
  if (device.backend.readSync) return;
  for (const { operation, faults, error } of checks) {
    device.refuse(operation, faults, error);
  }
}

/** Whether backward could still run through a tensor. */
function isUnfinished({ [EDGE]: edge }: Tensor): boolean {
  return edge !== null && !edge.node.consumed && edge.node.edges.length > 0;
}

function isValue(output: Output): output is { readonly leaf: boolean } {
  return typeof output === "object" && !(output instanceof Tensor);
}

function replay(
  { plan, device, result, outputs }: Entry,
  tensors: readonly Tensor[],
): unknown {
  const values: Value[] = new Array(tensors.length);
  for (let i = 0; i < tensors.length; i++) values[i] = tensors[i]![VALUE];
  const { results, gradients, faults } = plan.run(values);
  const made: Tensor[] = new Array(results.length);
  for (let i = 0; i < made.length; i++) {
    made[i] = wrapValue(device, results[i]!);
  }
  const { leaves, checks } = plan;
  for (let i = 0; i < leaves.length; i++) {
    const { of } = leaves[i]!;
    const leaf = "leaf" in of
      ? of.leaf
      : "argument" in of
      ? tensors[of.argument]!
      : made[of.result]!;
    setGradient(leaf, device, gradients[i]!);
  }
  for (let i = 0; i < faults.length; i++) {
    const { operation, error } = checks[i]!;
    device.refuse(operation, faults[i]!, error);
    faults[i]!.release();
  }
  let next = 0;
  const given = outputs.map((output) => {
    if (typeof output === "number") return tensors[output]!;
    if (!isValue(output)) return output;
    const tensor = made[next++]!;
    return output.leaf ? tensor.requiresGrad_() : tensor;
  });
  return rebuild(result, given);
}

/** Gives a leaf its gradient; the handle that it has stays if it may. */
function setGradient(
  leaf: LeafGradient,
  device: Device,
  gradient: Value | null,
): void {
  if (gradient === null) {
    if (leaf.grad !== null) leaf.grad = null;
  } else if (leaf.grad?.[VALUE].storage === gradient.storage) {
    gradient.release();
  } else {
    const tensor = wrapValue(device, gradient);
    tensor[OWNER] = null;
    leaf.grad = tensor;
  }
}
