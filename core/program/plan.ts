/**
 * A plan: a recorded function with its kernels fused, its memory assigned and
 * everything bound, ready to run again.
 *
 * @module
 */
import type { Device } from "../device.ts";
import type { Launcher } from "../lower/launcher.ts";
import { type DType, DTYPES } from "../dtype.ts";
import { lateGradients } from "../autograd/node.ts";
import { Storage } from "../storage.ts";
import type { Value } from "../value.ts";
import { Bindings, type Patch } from "./bindings.ts";
import { Conditions } from "./conditions.ts";
import { consume } from "./consume.ts";
import { lateParts } from "./load_late.ts";
import type { Deferred } from "./deferred.ts";
import { fuse } from "./fuse.ts";
import { type LeafState, Ownership } from "./ownership.ts";
import type { Place, RecordedLaunch } from "./launch.ts";
import type { Check, LeafGradient, Recording } from "./recording.ts";
import { Pool } from "./pool.ts";
import { Profile } from "./profile.ts";
import { Results, type RunMemory } from "./run_results.ts";
import { type Joined, Schedule } from "./schedule.ts";
import { assignSlots } from "./slots.ts";

/**
 * What the plan needs to know of the function that was recorded.
 *
 * @example How many arguments a function had
 * ```ts
 * import type { Recorded } from "@tenfold/core/program";
 *
 * function arity({ parameters }: Recorded): number {
 *   return parameters.length;
 * }
 * ```
 */
export interface Recorded {
  /** What it did. */
  readonly recording: Recording;
  /** The memory of each argument, and where its view begins. */
  readonly parameters: readonly Place[];
  /** The results, in order. */
  readonly results: readonly Place[];
  /** What leaves have as gradient after it has run. */
  readonly gradients?: readonly LeafState[];
}

/** What a run has made; the caller owns the values. */
export interface Made {
  /** The results, in order. */
  readonly results: readonly Value[];
  /** The gradient of each leaf, in order; undefined where it has it already. */
  readonly gradients: readonly (Value | null | undefined)[];
  /** Counts of refused values that nobody has looked at. */
  readonly refused: readonly Value[];
}

/**
 * Size of a plan.
 *
 * @example The memory of a plan
 * ```ts
 * import type { PlanFacts } from "@tenfold/core/program";
 *
 * function kilobytes({ bytes }: PlanFacts): number {
 *   return bytes / 1000;
 * }
 * ```
 */
export interface PlanFacts {
  /** Launches that were recorded. */
  readonly recorded: number;
  /** Launches that are left. */
  readonly launches: number;
  /** Bytes of its buffers. */
  readonly bytes: number;
}

/** Kernels take as many buffers as every GPU binds; on processors twice that. */
const OPERANDS = 8;
const NOTHING: readonly Value[] = [];

/** How a plan is made. */
export interface PlanOptions {
  /** Whether gradients may be left out that are computed when they are read. */
  readonly defers?: boolean;
  /** Whether fusion may change the order of sums. */
  readonly reorders?: boolean;
  /** Whether the time of each kernel is taken. */
  readonly profile?: boolean;
  /** Its name in listings. */
  readonly title?: string;
}

/**
 * A function that runs again without its JavaScript.
 *
 * @example How many launches are left of those recorded
 * ```ts
 * import { Plan } from "@tenfold/core/program";
 *
 * function saved({ facts }: Plan): number {
 *   return facts.recorded - facts.launches;
 * }
 * ```
 */
export class Plan {
  /** The fused launches. */
  readonly launches: readonly RecordedLaunch[];
  /** Its size. */
  readonly facts: PlanFacts;
  /** Its name in listings. */
  readonly title: string;
  /** Conditions under which it may run. */
  readonly conditions: Conditions;
  /** The time of each kernel, where that is taken. */
  readonly profile: Profile | null;
  readonly #device: Device;
  readonly #recorded: Recorded;
  readonly #pool: Pool;
  /** The gradients that it leaves out, or null. */
  readonly #deferred: Deferred | null = null;
  /** The leaves whose gradient is replaced, whatever it was. */
  readonly #replaced: readonly LeafGradient[];
  /** The leaves whose gradient is there as soon as it has run. */
  readonly leaves: readonly LeafState[];
  readonly #buffers: Storage[] = [];
  readonly #ownership: Ownership;
  readonly #bindings: Bindings;
  readonly #schedule: Schedule;
  /** What takes each of the outputs, and each of the kept gradients. */
  readonly #outputs: readonly (readonly Patch[])[];
  readonly #kept: readonly (readonly Patch[])[];
  readonly #results: Results;
  /** What it writes besides: tensors from outside, and arguments. */
  readonly #written: readonly Storage[];
  readonly #writtenParameters: readonly number[];

  /**
   * Fuses, assigns and binds.
   *
   * @param recorded The function.
   * @param device Where it runs.
   * @param launcher What binds its launches.
   * @param pool Memory that plans which never run at once share.
   * @param options What else to do.
   */
  constructor(
    recorded: Recorded,
    device: Device,
    launcher: Launcher,
    pool: Pool = new Pool(),
    { defers = false, reorders = true, profile = false, title = "plan" }:
      PlanOptions = {},
  ) {
    this.title = title;
    this.#recorded = recorded;
    this.#device = device;
    this.#pool = pool;
    const { recording, parameters, results, gradients: all = [] } = recorded;
    const { made, checks, factors } = recording;
    const refused = checks.map(({ refused }) => refused);
    const late = defers ? lateParts() : null;
    const left = late?.leftOut(recording, results, all) ?? [];
    const leftStorages = new Set(left.map(({ place }) => place.storage));
    const gradients = all.filter(({ after }) =>
      after === null || !leftStorages.has(after.storage)
    );
    this.leaves = gradients;
    this.#replaced = all.flatMap(({ of, before, taken }) =>
      "leaf" in of && before === undefined && !taken ? [of.leaf] : []
    );
    this.#ownership = new Ownership(
      recording,
      [...results, ...refused].map(({ storage }) => storage),
      gradients,
      new Set([
        ...leftStorages,
        ...[...factors].filter(({ references }) => references === 1),
      ]),
    );
    const { outputs, kept } = this.#ownership;
    const temporary = (storage: Storage) =>
      this.#ownership.isTemporary(storage);
    this.conditions = new Conditions(recording, gradients);
    const { backend } = device;
    try {
      const fresh = (dtype: DType, size: number) =>
        this.#ownership.add(backend, dtype, size);
      const extra = left.map(({ launch }) => launch);
      const fused = fuse([...recording.launches, ...extra], {
        temporary,
        fresh,
        operands: backend.readSync === undefined ? OPERANDS : 2 * OPERANDS,
        epilogues: backend.epilogues,
        reorders,
      });
      const ordered = consume(fused, {
        temporary,
        fresh,
        refused: new Set(refused.map(({ storage }) => storage)),
        // Others work later, and pay for each kernel that they are handed.
        divides: reorders && backend.readSync !== undefined,
      });
      if (late !== null && left.length > 0) {
        this.#deferred = new late.Deferred(left, ordered, device, recording);
      }
      this.launches = this.#deferred?.earlier ?? ordered;
      this.profile = profile ? new Profile(this.launches.length) : null;
      const { slots, of } = assignSlots(ordered, temporary);
      let bytes = 0;
      for (const { dtype, size } of slots) {
        this.#buffers.push(pool.take(backend, dtype, size, this.#buffers));
        bytes += size * DTYPES[dtype].bytes;
      }
      this.facts = {
        recorded: recording.launches.length,
        launches: this.launches.length,
        bytes,
      };
      this.#bindings = new Bindings(
        launcher,
        parameters,
        outputs,
        kept.map(({ like }) => like),
      );
      const memoryOf = (storage: Storage) => {
        const slot = of.get(storage);
        return slot === undefined ? storage : this.#buffers[slot]!;
      };
      for (const [number, launch] of this.launches.entries()) {
        this.#bindings.bind(launch, number, memoryOf);
      }
      const apart = new Bindings(launcher, parameters, [], []);
      if (this.#deferred?.bind(apart, memoryOf, pool.deferred)) {
        this.#ran(parameters);
      }
      recording.releaseFactors();
      this.#schedule = new Schedule(
        backend,
        this.#bindings,
        recording.late,
        refused.map(({ storage }) => storage),
        this.profile,
      );
    } catch (error) {
      this.#free();
      throw error;
    }
    const { patches } = this.#bindings;
    this.#outputs = outputs.map((storage) => patches.get(storage)!);
    this.#kept = kept.map(({ like }) => patches.get(like)!);
    this.#results = new Results(
      { parameters, results, refused, leaves: gradients },
      this.#ownership,
    );
    const written = new Set(
      this.launches.flatMap((launch) => launch.outputs.map((p) => p.storage)),
    );
    this.#writtenParameters = parameters.flatMap(({ storage }, i) =>
      written.delete(storage) ? [i] : []
    );
    this.#written = [...written].filter((storage) => !made.has(storage));
  }

  /**
   * Runs it.
   *
   * @param values The arguments, of the shapes and layouts that were recorded.
   * @returns What it has made.
   */
  run(values: readonly Value[]): Made {
    const storages: Storage[] = [];
    const { backend } = this.#device;
    try {
      for (const { dtype, size } of this.#ownership.outputs) {
        storages.push(new Storage(backend, dtype, size));
      }
      this.#begin(values);
      this.#renew(values);
      this.#patch(values, storages);
      const memory: RunMemory = { values, storages };
      this.#runAll(memory);
      this.#ran(values);
      const results = this.#results;
      return {
        results: results.all(memory),
        gradients: results.gradients(memory),
        refused: backend.readSync ? NOTHING : results.refused(memory),
      };
    } finally {
      for (const storage of storages) storage.release();
    }
  }

  /** Gradients that are left out may be read from now on. */
  #ran(values: readonly Place[]): void {
    this.#deferred?.ran(values);
    this.#pool.deferred = this.#deferred;
  }

  /** Sees to gradients that were left out before, whose sources now go. */
  #begin(values: readonly Value[]): void {
    if (lateGradients !== null) {
      for (const leaf of this.#replaced) lateGradients.drop(leaf);
    }
    this.#pool.deferred?.settle();
    this.#pool.deferred = null;
    this.#deferred?.begin(values);
  }

  /** Takes other memory for gradients that somebody still looks at. */
  #renew(values: readonly Value[]): void {
    const { kept } = this.#ownership;
    let renewed = false;
    for (let i = 0; i < kept.length; i++) {
      if (kept[i]!.renew(this.#kept[i]!, values)) renewed = true;
    }
    if (renewed) this.#schedule.rebind();
  }

  #patch(values: readonly Value[], storages: readonly Storage[]): void {
    const { parameters } = this.#bindings;
    for (let i = 0; i < values.length; i++) {
      const { storage: { buffer }, view } = values[i]!;
      const patches = parameters[i]!;
      for (let j = 0; j < patches.length; j++) {
        const { bound: { call }, at, offset } = patches[j]!;
        call.buffers[at] = buffer;
        call.offsets[at] = view.offset + offset;
      }
    }
    for (let i = 0; i < storages.length; i++) {
      const { buffer } = storages[i]!;
      for (const { bound, at } of this.#outputs[i]!) {
        bound.call.buffers[at] = buffer;
      }
    }
  }

  #runAll(memory: RunMemory): void {
    try {
      this.#schedule.run((check) => this.#look(check, memory));
    } finally {
      for (const storage of this.#written) storage.version++;
      for (const i of this.#writtenParameters) {
        memory.values[i]!.storage.version++;
      }
    }
  }

  /** Throws where a count of refused values is not 0. */
  #look(check: number, memory: RunMemory): void {
    const { operation, error } = this.checks[check]!;
    const refused = this.#results.refusedOf(check, memory);
    try {
      this.#device.refuse(operation, refused, error);
    } finally {
      refused.release();
    }
  }

  /** The launches that the backend has joined. */
  get joined(): readonly Joined[] {
    return this.#schedule.joined;
  }

  /** Counts of refused values that the function leaves. */
  get checks(): readonly Check[] {
    return this.#recorded.recording.checks;
  }

  /** Gives its memory back. */
  dispose(): void {
    this.#schedule.dispose();
    this.#deferred?.settle();
    this.#free();
  }

  #free(): void {
    for (const storage of this.#buffers) storage.release();
    this.#buffers.length = 0;
    this.#ownership.dispose();
    this.#recorded.recording.release();
  }
}
