/**
 * A plan: a recorded function with its kernels fused, its memory assigned and
 * everything bound, ready to run again.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import type { Device } from "../device.ts";
import type { CallGroup } from "../kernel.ts";
import type { BoundLaunch, Launcher } from "../lower/launcher.ts";
import { DTYPES } from "../dtype.ts";
import { Storage } from "../storage.ts";
import { Value } from "../value.ts";
import { fuse } from "./fuse.ts";
import {
  type Captured,
  type Check,
  currentStructure,
  type LateNumbers,
  type LeafGradient,
  type Place,
  type RecordedLaunch,
  type Recording,
} from "./recording.ts";
import { Pool } from "./pool.ts";
import { Profile } from "./profile.ts";
import { assignSlots } from "./slots.ts";

/** What becomes of a storage from outside of the plan's own memory. */
interface Patch {
  /** The launch. */
  readonly bound: BoundLaunch;
  /** Which of its buffers. */
  readonly at: number;
  /** Where the view begins, from where the argument's does. */
  readonly offset: number;
}

/** A scalar of a launch that late numbers go to. */
interface LateTarget {
  readonly scalars: number[];
  readonly at: number;
  readonly part: number;
}

/** Something between launches. */
type Turn =
  | {
    /** Before which launch. */
    readonly at: number;
    /** Late numbers that go to scalars of launches. */
    readonly from: LateNumbers;
    readonly to: readonly LateTarget[];
  }
  | {
    readonly at: number;
    /** A count of faults that is looked at, by its number. */
    readonly check: number;
  };

/** The gradient that a leaf has after the function has run. */
export interface LeafState {
  /** The leaf, or where it is found among the arguments or the results. */
  readonly of:
    | { readonly leaf: LeafGradient }
    | { readonly argument: number }
    | { readonly result: number };
  /** The gradient that it must have before, if that is read; else undefined. */
  readonly before: Captured | null | undefined;
  /** Where the gradient is after. */
  readonly after: Place | null;
}

/** What the plan needs to know of the function that was recorded. */
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
  /** The gradient of each leaf, in order. */
  readonly gradients: readonly (Value | null)[];
  /** Counts of faults that nobody has looked at. */
  readonly faults: readonly Value[];
}

/** How large a plan is. */
export interface PlanFacts {
  /** Launches that were recorded. */
  readonly recorded: number;
  /** Launches that are left. */
  readonly launches: number;
  /** Bytes of its buffers. */
  readonly bytes: number;
}

/** Where a result is found. */
interface Result {
  /** Which of the memory that is made for each run, or -1. */
  readonly output: number;
  /** Which argument it is a view of, or -1. */
  readonly parameter: number;
  /** Which of the memory that gradients keep from run to run, or -1. */
  readonly kept: number;
  readonly place: Place;
}

/** Memory of gradients that stays from run to run. */
interface Kept {
  /** What it was when the function was recorded. */
  readonly like: Storage;
  /** What it is now. */
  storage: Storage;
  readonly leaves: LeafGradient[];
  readonly patches: Patch[];
}

/** Kernels take as many buffers as every device binds. */
const OPERANDS = 8;

/** How a plan is made. */
export interface PlanOptions {
  /** Whether fusion may change the order of sums. */
  readonly reorders?: boolean;
  /** Whether the time of each kernel is taken. */
  readonly profile?: boolean;
  /** What it is called in listings. */
  readonly title?: string;
}

/** A function that runs again without its JavaScript. */
export class Plan {
  /** The fused launches. */
  readonly launches: readonly RecordedLaunch[];
  /** How large it is. */
  readonly facts: PlanFacts;
  /** What it is called in listings. */
  readonly title: string;
  /** The time of each kernel, where that is taken. */
  readonly profile: Profile | null;
  /** Which launch each bound one is; some have nothing to do. */
  readonly #numbers: number[] = [];
  readonly #bound: BoundLaunch[] = [];
  /** Launches that are joined, by the first of them. */
  readonly #groups = new Map<number, CallGroup>();
  readonly #buffers: Storage[] = [];
  readonly #persistent = new Set<Storage>();
  #turns: Turn[] = [];
  readonly #parameters: Patch[][];
  readonly #outputs: { like: Storage; patches: Patch[] }[] = [];
  readonly #kept: Kept[] = [];
  readonly #results: readonly Result[];
  readonly #faults: readonly Result[];
  readonly #gradients: readonly (Result | null)[];
  readonly #written: Storage[];
  readonly #writtenParameters: number[] = [];
  readonly #recorded: Recorded;
  readonly #device: Device;

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
    { reorders = true, profile = false, title = "plan" }: PlanOptions = {},
  ) {
    this.title = title;
    this.#recorded = recorded;
    this.#device = device;
    const { recording, parameters, results, gradients = [] } = recorded;
    const { made, constants, checks } = recording;
    const faults = checks.map(({ faults }) => faults);
    // What every run makes anew: results, and gradients of leaves that are.
    const output = new Set<Storage>();
    const kept = new Map<Storage, Kept>();
    for (const { storage } of [...results, ...faults]) output.add(storage);
    for (const { of, after } of gradients) {
      if (after && !("leaf" in of)) output.add(after.storage);
    }
    for (const { of, after } of gradients) {
      if (!after || !("leaf" in of)) continue;
      const { storage } = after;
      if (!made.has(storage) || constants.has(storage)) continue;
      output.delete(storage);
      const entry = kept.get(storage) ??
        { like: storage, storage: storage.retain(), leaves: [], patches: [] };
      entry.leaves.push(of.leaf);
      kept.set(storage, entry);
    }
    this.#kept = [...kept.values()];
    // What the function stored elsewhere.
    for (const storage of made) {
      if (!storage.live || output.has(storage) || kept.has(storage)) continue;
      this.#persistent.add(storage.retain());
    }
    const temporary = (storage: Storage) =>
      made.has(storage) && !constants.has(storage) && !output.has(storage) &&
      !kept.has(storage) && !this.#persistent.has(storage);
    try {
      this.launches = fuse(recording.launches, {
        temporary,
        operands: OPERANDS,
        reorders,
      });
      this.profile = profile ? new Profile(this.launches.length) : null;
      const { slots, of } = assignSlots(this.launches, temporary);
      let bytes = 0;
      for (const { dtype, size } of slots) {
        this.#buffers.push(
          pool.take(device.backend, dtype, size, this.#buffers),
        );
        bytes += size * DTYPES[dtype].bytes;
      }
      this.facts = {
        recorded: recording.launches.length,
        launches: this.launches.length,
        bytes,
      };
      this.#parameters = parameters.map(() => []);
      for (const storage of output) {
        if (!made.has(storage) || constants.has(storage)) continue;
        this.#outputs.push({ like: storage, patches: [] });
      }
      this.#bindAll(launcher, of);
    } catch (error) {
      this.dispose();
      throw error;
    }
    const found = (place: Place): Result => ({
      output: this.#outputs.findIndex((o) => o.like === place.storage),
      parameter: parameters.findIndex((p) => p.storage === place.storage),
      kept: this.#kept.findIndex((k) => k.like === place.storage),
      place,
    });
    this.#results = results.map(found);
    this.#faults = faults.map(found);
    this.#gradients = gradients.map(({ after }) => after && found(after));
    const written = new Set(
      this.launches.flatMap((launch) => launch.outputs.map((p) => p.storage)),
    );
    parameters.forEach(({ storage }, i) => {
      if (written.delete(storage)) this.#writtenParameters.push(i);
    });
    this.#written = [...written].filter((storage) => !made.has(storage));
  }

  /** Binds the launches, and finds what changes from run to run. */
  #bindAll(launcher: Launcher, slotOf: ReadonlyMap<Storage, number>): void {
    const { parameters, recording } = this.#recorded;
    const patches = new Map<Storage, Patch[]>();
    for (const { like, patches: of } of this.#outputs) patches.set(like, of);
    for (const { like, patches: of } of this.#kept) patches.set(like, of);
    const lateOf = new Map<LateNumbers, LateTarget[]>();
    const firstUse = new Map<LateNumbers, number>();
    const lastWrite = new Map<Storage, number>();
    for (const [index, launch] of this.launches.entries()) {
      const places = [...launch.outputs, ...launch.inputs];
      const values = places.map(({ storage, view }) => {
        const slot = slotOf.get(storage);
        const memory = slot === undefined ? storage : this.#buffers[slot]!;
        return new Value(memory, view);
      });
      const bound = bind(launcher, launch, values);
      if (bound === null) continue;
      const number = this.#bound.length;
      this.#bound.push(bound);
      this.#numbers.push(index);
      places.forEach(({ storage, view }, at) => {
        const p = parameters.findIndex((q) => q.storage === storage);
        if (p >= 0) {
          const offset = view.offset - parameters[p]!.view.offset;
          this.#parameters[p]!.push({ bound, at, offset });
        }
        patches.get(storage)?.push({ bound, at, offset: view.offset });
      });
      for (const { storage } of launch.outputs) lastWrite.set(storage, number);
      for (const { at, from, part } of launch.late) {
        const to = lateOf.get(from) ?? [];
        to.push({ scalars: bound.call.scalars as number[], at, part });
        lateOf.set(from, to);
        if (!firstUse.has(from)) firstUse.set(from, number);
      }
    }
    // Each as late as can be, so that an error before leaves it out, and in
    // the order of the function.
    let at = this.#bound.length;
    for (const from of recording.late.toReversed()) {
      at = Math.min(at, firstUse.get(from) ?? at);
      this.#turns.push({ at, from, to: lateOf.get(from) ?? [] });
    }
    this.#turns.reverse();
    if (this.profile === null) this.#join();
    if (this.#device.backend.readSync) {
      recording.checks.forEach(({ faults: { storage } }, check) => {
        const at = (lastWrite.get(storage) ?? -1) + 1;
        const before = this.#turns.findIndex((turn) => turn.at >= at);
        this.#turns.splice(
          before < 0 ? this.#turns.length : before,
          0,
          { at, check },
        );
      });
    }
  }

  /** Has the backend join what it can; what goes between comes before. */
  #join(): void {
    const calls = this.#bound.map(({ launch, call }, i) => ({
      label: this.launches[this.#numbers[i]!]!.label,
      launch,
      call,
    }));
    for (const group of this.#device.backend.join?.(calls) ?? []) {
      const { begin, count } = group;
      this.#groups.set(begin, group);
      this.#turns = this.#turns.map((turn) =>
        turn.at > begin && turn.at < begin + count
          ? { ...turn, at: begin }
          : turn
      );
    }
  }

  /**
   * Whether what the function met is still as it was.
   *
   * @param leaves The leaf behind each state of one, among these arguments.
   */
  holds(tensors: readonly LeafGradient[]): boolean {
    const { recording, gradients = [] } = this.#recorded;
    if (recording.structure !== currentStructure()) return false;
    for (const holds of recording.guards.values()) if (!holds()) return false;
    for (const [tensor, { storage, requiresGrad }] of recording.captured) {
      if (
        tensor.released || tensor[VALUE].storage !== storage ||
        tensor.requiresGrad !== requiresGrad
      ) return false;
    }
    for (let i = 0; i < gradients.length; i++) {
      const { of, before } = gradients[i]!;
      if (before === undefined || "result" in of) continue;
      const leaf = "leaf" in of ? of.leaf : tensors[of.argument]!;
      if (leaf.grad !== before) return false;
    }
    return true;
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
      for (const { like } of this.#outputs) {
        storages.push(new Storage(backend, like.dtype, like.size));
      }
      for (const kept of this.#kept) this.#renew(kept);
      this.#patch(values, storages);
      this.#launchAll(values, storages);
      const value = (result: Result) => this.#valueOf(result, values, storages);
      return {
        results: this.#results.map(value),
        gradients: this.#gradients.map((result) => result && value(result)),
        faults: backend.readSync ? [] : this.#faults.map(value),
      };
    } finally {
      for (const storage of storages) storage.release();
    }
  }

  /** Takes other memory for a gradient that somebody still looks at. */
  #renew(kept: Kept): void {
    const { storage } = kept;
    let known = 1;
    for (const { grad } of kept.leaves) {
      if (grad?.[VALUE].storage === storage) known++;
    }
    if (storage.references <= known) return;
    const { backend, dtype, size } = storage;
    kept.storage = new Storage(backend, dtype, size);
    storage.release();
    for (const { bound, at } of kept.patches) {
      bound.call.buffers[at] = kept.storage.buffer;
    }
  }

  #patch(values: readonly Value[], storages: readonly Storage[]): void {
    for (let i = 0; i < values.length; i++) {
      const { storage, view } = values[i]!;
      for (const { bound: { call }, at, offset } of this.#parameters[i]!) {
        call.buffers[at] = storage.buffer;
        call.offsets[at] = view.offset + offset;
      }
    }
    for (let i = 0; i < storages.length; i++) {
      const { buffer } = storages[i]!;
      for (const { bound, at } of this.#outputs[i]!.patches) {
        bound.call.buffers[at] = buffer;
      }
    }
  }

  #launchAll(values: readonly Value[], storages: readonly Storage[]): void {
    let next = 0;
    try {
      for (const turn of this.#turns) {
        this.#launchUntil(turn.at, next);
        next = turn.at;
        if ("check" in turn) this.#look(turn.check, values, storages);
        else {
          const numbers = turn.from.produce();
          for (const { scalars, at, part } of turn.to) {
            scalars[at] = numbers[part]!;
          }
        }
      }
      this.#launchUntil(this.#bound.length, next);
    } finally {
      for (const storage of this.#written) storage.version++;
      for (const i of this.#writtenParameters) values[i]!.storage.version++;
    }
  }

  #launchUntil(end: number, begin: number): void {
    const bound = this.#bound;
    const { profile } = this;
    const { backend } = this.#device;
    for (let i = begin; i < end; i++) {
      const group = this.#groups.get(i);
      if (group !== undefined) {
        group.run();
        i += group.count - 1;
        continue;
      }
      const { launch, call } = bound[i]!;
      backend.enter?.(this.launches[this.#numbers[i]!]!.label);
      if (profile === null) launch(call);
      else profile.time(this.#numbers[i]!, () => launch(call));
    }
  }

  /** Throws where a count of faults is not 0. */
  #look(
    check: number,
    values: readonly Value[],
    storages: readonly Storage[],
  ): void {
    const { operation, error } = this.#recorded.recording.checks[check]!;
    const faults = this.#valueOf(this.#faults[check]!, values, storages);
    try {
      this.#device.refuse(operation, faults, error);
    } finally {
      faults.release();
    }
  }

  #valueOf(
    { output, parameter, kept, place }: Result,
    values: readonly Value[],
    storages: readonly Storage[],
  ): Value {
    if (parameter >= 0) {
      const from = this.#recorded.parameters[parameter]!.view.offset;
      const { storage, view } = values[parameter]!;
      const offset = place.view.offset - from + view.offset;
      return new Value(storage.retain(), place.view.at(offset));
    }
    const storage = output >= 0
      ? storages[output]!
      : kept >= 0
      ? this.#kept[kept]!.storage
      : place.storage;
    return new Value(storage.retain(), place.view);
  }

  /** Whether arguments share memory with what the function uses besides. */
  overlaps(tensors: readonly Captured[]): boolean {
    return this.#recorded.recording.overlaps(tensors);
  }

  /** Whether something that it needs was released for good. */
  get gone(): boolean {
    const { captured, structure } = this.#recorded.recording;
    if (structure !== currentStructure()) return true;
    for (const [tensor, { storage }] of captured) {
      if (tensor.released || !storage.live) return true;
    }
    return false;
  }

  /** The leaves whose gradient the function sets. */
  get leaves(): readonly LeafState[] {
    return this.#recorded.gradients ?? [];
  }

  /** Counts of faults that the function leaves. */
  get checks(): readonly Check[] {
    return this.#recorded.recording.checks;
  }

  /** Gives its memory back. */
  dispose(): void {
    for (const storage of this.#buffers) storage.release();
    this.#buffers.length = 0;
    for (const storage of this.#persistent) storage.release();
    this.#persistent.clear();
    for (const { storage } of this.#kept) storage.release();
    this.#kept.length = 0;
    this.#recorded.recording.release();
  }
}

function bind(
  launcher: Launcher,
  launch: RecordedLaunch,
  values: readonly Value[],
): BoundLaunch | null {
  const count = launch.outputs.length;
  const outputs = values.slice(0, count);
  const inputs = values.slice(count);
  const scalars = [...launch.scalars];
  switch (launch.kind) {
    case "map":
      return launcher.bindMap(launch.program, outputs, inputs, scalars);
    case "reduce":
      return launcher.bindReduce(
        launch.program,
        launch.shape,
        launch.dims,
        outputs[0]!,
        inputs,
        scalars,
      );
    case "routine":
      return launcher.bindRoutine(
        launch.name,
        launch.shape,
        count,
        values,
        launch.strides,
        scalars,
      );
  }
}
