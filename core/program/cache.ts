/**
 * The plans of one compiled function, by what it was called with.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import { isRecording } from "../autograd/mode.ts";
import { castingOf } from "../casting.ts";
import type { DType } from "../dtype.ts";
import { nextSequence } from "../autograd/node.ts";
import { type Device, launcherOf } from "../device.ts";
import { CompileError, showShape } from "../errors.ts";
import { chosenDevice, currentDevice } from "../registry.ts";
import { Scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { Admission } from "./admission.ts";
import { lateParts } from "./load_late.ts";
import { describe } from "./describe.ts";
import {
  addGradients,
  dropGradients,
  gradientsOf,
  type TakenGradient,
  takenOf,
} from "./gradients.ts";
import { observed } from "./hooks.ts";
import { Plan } from "./plan.ts";
import { Pool } from "./pool.ts";
import { currentRecording, Recording, recordInto } from "./recording.ts";
import { type Output, replay, type Replayed } from "./replay.ts";
import { asyncError, checkResult, isAsync } from "./result.ts";
import {
  equal,
  flatten,
  matches,
  sharing,
  type Structure,
} from "./signature.ts";
import { trace } from "./trace.ts";

/**
 * What a compiled function has done so far.
 *
 * @example How many calls were replayed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   compile,
 *   type CompileStats,
 *   tensor,
 *   Tensor,
 * } from "@tenfold/tenfold";
 *
 * using double = compile((x: Tensor) => x.mul(2));
 * for (let i = 0; i < 3; i++) double(tensor([1, 2]));
 * const stats: CompileStats = double.stats;
 * assertEquals([stats.recorded, stats.replayed], [1, 2]);
 * ```
 */
export interface CompileStats {
  /** Signatures that are kept. */
  readonly signatures: number;
  /** Calls that ran eagerly and were recorded. */
  readonly recorded: number;
  /** Calls that were replayed. */
  readonly replayed: number;
  /**
   * Calls that ran as they are: with further signatures than are kept, with
   * arguments that share memory, or where the function cannot be compiled.
   */
  readonly eager: number;
  /** Launches of the plans before fusion. */
  readonly launchesBefore: number;
  /** Launches of the plans. */
  readonly launches: number;
  /** Bytes of the memory that the plans share for their temporaries. */
  readonly bytes: number;
  /** Time spent on recording and planning, in milliseconds. */
  readonly milliseconds: number;
}

/** How plans are made and kept. */
export interface CacheOptions {
  /** Whether functions that cannot be compiled run eagerly. */
  readonly fallback: boolean;
  /**
   * Whether leaves from outside have their gradients after a call; if undefined,
   * some are computed when they are read.
   */
  readonly keepGradients: boolean | undefined;
  /** Maximum number of signatures that are kept. */
  readonly maxSignatures: number;
  /** Whether the time of every kernel is taken. */
  readonly profile: boolean;
}

/** A plan with what it is for. */
interface Entry extends Replayed {
  readonly structure: Structure;
  /** The number of the call that used it last. */
  used: number;
  /** The gradients that it takes, like arguments behind the others. */
  readonly taken: readonly TakenGradient[];
  /** Which arguments are at the same place, as `sharing` tells. */
  readonly shared: readonly number[];
  readonly grad: boolean;
  /** The dtype of products, where there is one beside that of their inputs. */
  readonly casting: DType | null;
  /** The device in use, where the function makes tensors. */
  readonly current: Device | null;
}

/** So many calls run eagerly, as others are used more often, before it says so. */
const WARN_AT = 8;

/** Records a function for each signature, and replays it. */
export class PlanCache {
  readonly #fn: (...args: unknown[]) => unknown;
  readonly #options: CacheOptions;
  readonly #entries: Entry[] = [];
  readonly #pool = new Pool();
  readonly #admission: Admission;
  #gaveUp = false;
  #recorded = 0;
  #replayed = 0;
  #eager = 0;
  /** Calls that were not recorded as others are used more often. */
  #waited = 0;
  /** Calls that found a plan for arguments like theirs, of another state. */
  #stale = 0;
  #milliseconds = 0;

  constructor(
    fn: (...args: unknown[]) => unknown,
    options: CacheOptions,
  ) {
    this.#fn = fn;
    this.#options = options;
    this.#admission = new Admission(options.maxSignatures);
  }

  get stats(): CompileStats {
    const plans = this.#entries.map(({ plan }) => plan.facts);
    const sum = (of: (facts: Plan["facts"]) => number) =>
      plans.reduce((total, facts) => total + of(facts), 0);
    return {
      signatures: plans.length,
      recorded: this.#recorded,
      replayed: this.#replayed,
      eager: this.#eager,
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
    if (currentRecording() !== null) return this.#fn(...args);
    if (this.#gaveUp) {
      this.#eager++;
      return this.#fn(...args);
    }
    const tensors: Tensor[] = [];
    const grad = isRecording();
    const casting = castingOf("matmul");
    const current = chosenDevice();
    let shared: readonly number[] | null = null;
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      tensors.length = 0;
      if (
        entry.grad !== grad || entry.current !== current ||
        entry.casting !== casting ||
        !matches(entry.structure, args, tensors) ||
        !addGradients(entry.taken, tensors)
      ) continue;
      const same = entry.taken.length > 0
        ? sharing(tensors)
        : shared ??= sharing(tensors);
      if (same === null || !equal(same, entry.shared)) continue;
      const { conditions } = entry.plan;
      if (!conditions.hold(tensors) || conditions.overlap(tensors)) {
        // What it was recorded with is gone, or its arguments overlap.
        this.#stale++;
        if (conditions.gone) {
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
      this.#admission.pays();
      entry.used = this.#calls;
      return replay(entry, tensors);
    }
    return this.#record(args, grad);
  }

  get #defers(): boolean {
    return this.#options.keepGradients === undefined && lateParts() !== null;
  }

  /** Calls so far. */
  get #calls(): number {
    return this.#recorded + this.#replayed + this.#eager;
  }

  #record(
    args: readonly unknown[],
    grad: boolean,
  ): unknown {
    const tensors: Tensor[] = [];
    const structure = flatten(args, tensors, "argument");
    for (const tensor of tensors) tensor[VALUE]; // Throws if it was released.
    const shared = sharing(tensors);
    if (isAsync(this.#fn)) {
      if (!this.#options.fallback) throw asyncError();
      return this.#giveUp(asyncError(), this.#fn(...args));
    }
    const { maxSignatures } = this.#options;
    const entries = this.#entries;
    const admitted = this.#admission.admits(
      entries.length,
      this.#calls - (entries.at(-1)?.used ?? 0),
      titleOf(tensors),
    );
    const recording = new Recording({
      fallback: this.#options.fallback,
      firstNode: nextSequence(),
      holdsFactors: this.#defers,
    });
    const began = this.#run(recording, args, tensors);
    if ("failure" in began) return this.#giveUp(began.failure, began.result);
    const { result, outputs, made } = began;
    const outside = new Set<object>([
      ...recording.captured.keys(),
      ...[...recording.leaves.values()].flatMap((had) => had?.tensor ?? []),
    ]);
    const values = outputs.filter((tensor) =>
      !tensors.includes(tensor) && !outside.has(tensor)
    );
    const gradients = gradientsOf(recording, tensors, values);
    const taken = gradients.flatMap(takenOf);
    // A plan would not know which of them a launch means: what the function uses
    // besides may be one of the arguments.
    if (shared === null || recording.overlaps(tensors) || !admitted) {
      this.#eager++;
      if (!admitted) this.#warn(tensors);
      forget(recording, outputs);
      return result;
    }
    const start = performance.now();
    this.#recorded++;
    this.#admission.recorded();
    const device = recording.device as Device | null ?? outputs[0]?.device ??
      tensors[0]?.device ?? currentDevice();
    const all = [...tensors, ...taken.map(({ tensor }) => tensor)];
    const found = outputs.map((tensor): Output => {
      const argument = all.indexOf(tensor);
      if (argument >= 0) return argument;
      return outside.has(tensor)
        ? tensor
        : { leaf: tensor.requiresGrad && tensor.isLeaf };
    });
    const plan = new Plan(
      {
        recording,
        parameters: [
          ...tensors.map(({ [VALUE]: value }) => value),
          ...taken.map(({ value }) => value),
        ],
        results: values.map(({ [VALUE]: value }) => value),
        gradients,
      },
      device,
      launcherOf(device),
      this.#pool,
      {
        defers: this.#defers,
        profile: this.#options.profile,
        title: titleOf(tensors),
      },
    );
    entries.unshift({
      structure,
      used: this.#calls,
      taken,
      // No gradient lies where anything else does.
      shared: [...shared, ...taken.map((_, i) => shared.length + i)],
      grad,
      casting: castingOf("matmul"),
      // The function may have opened it.
      current: chosenDevice(),
      device,
      plan,
      result: made,
      outputs: found,
    });
    if (entries.length > maxSignatures) entries.pop()!.plan.dispose();
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
      if (tensors.some(({ released }) => released)) {
        recording.refuse(
          "a function that disposes of its argument: dispose of it after the call",
        );
      }
      for (const holds of observed(recording.captured.keys())) {
        recording.guard(holds, holds);
      }
      if (recording.failure === null) {
        if (this.#options.keepGradients === false) {
          dropGradients(recording, [...tensors, ...outputs]);
        }
        scope.keep(outputs);
        return { result, outputs, made };
      }
      // A promise may still need what the function has made.
      scope.surrender();
      forget(recording, outputs);
      return { result, failure: recording.failure };
    } catch (error) {
      recording.release();
      throw error;
    } finally {
      scope.dispose();
    }
  }

  /** Says once that many calls are not recorded, and what to do. */
  #warn(tensors: readonly Tensor[]): void {
    const { maxSignatures } = this.#options;
    if (++this.#waited !== WARN_AT) return;
    const called = titleOf(tensors);
    console.warn(
      2 * this.#stale > this.#recorded
        ? `Compiled ${called} met other tensors or modes besides its arguments in each call, and runs eagerly: pass what you replace, such as a hidden state, as an argument`
        : `Compiled ${called} is one more than the ${maxSignatures} signatures that are kept, and runs eagerly: pad batches to fewer shapes, pass numbers that change as tensors, or raise maxSignatures`,
    );
  }

  /** Runs eagerly from now on. */
  #giveUp(error: CompileError, result: unknown): unknown {
    this.#gaveUp = true;
    this.#eager++;
    console.warn(`${error.message}; it runs eagerly from now on`);
    return result;
  }
}

/** Names a plan after its arguments. */
function titleOf(tensors: readonly Tensor[]): string {
  const shapes = tensors.map(({ shape }) => showShape(shape));
  return `f(${shapes.join(", ")})`;
}

/** Gives back what a recording holds of which no plan is made. */
function forget(recording: Recording, outputs: readonly Tensor[]): void {
  settle(recording, outputs[0]?.device ?? currentDevice());
  recording.release();
}

/** Leaves counts of refused values that were not looked at yet to the next read. */
function settle({ checks }: Recording, device: Device): void {
  if (device.backend.readSync) return;
  for (const { operation, refused, error } of checks) {
    device.refuse(operation, refused, error);
  }
}
