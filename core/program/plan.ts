/**
 * A plan: a recorded function with its kernels fused, its memory assigned and
 * everything bound, ready to run again.
 *
 * @module
 */
import type { Device } from "../device.ts";
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

/** Late numbers that go to scalars of launches. */
interface LatePatch {
  readonly from: LateNumbers;
  readonly to: readonly {
    readonly scalars: number[];
    readonly at: number;
    readonly part: number;
  }[];
}

/** The gradient that a leaf has after the plan has run. */
interface FinalGradient {
  readonly leaf: LeafGradient;
  /** The handle that it must have before, if that is read; else undefined. */
  readonly before: Captured | null | undefined;
  /** What it has after. */
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

/** Kernels take as many buffers as every device binds. */
const OPERANDS = 8;

/** A function that runs again without its JavaScript. */
export class Plan {
  /** The fused launches. */
  readonly launches: readonly RecordedLaunch[];
  /** How large it is. */
  readonly facts: PlanFacts;
  readonly #bound: BoundLaunch[] = [];
  readonly #buffers: Storage[] = [];
  readonly #persistent = new Set<Storage>();
  readonly #late: LatePatch[] = [];
  readonly #parameters: Patch[][];
  readonly #outputs: { like: Storage; patches: Patch[] }[] = [];
  readonly #results: readonly {
    output: number;
    parameter: number;
    place: Place;
  }[];
  readonly #written: Storage[];
  readonly #recorded: Recorded;
  readonly #gradients: FinalGradient[];
  readonly #device: Device;

  /**
   * Fuses, assigns and binds.
   *
   * @param recorded The function.
   * @param gradients What leaves have as gradient after it has run.
   * @param device Where it runs.
   * @param launcher What binds its launches.
   * @param pool Memory that plans which never run at once share.
   * @param reorders Whether fusion may change the order of sums.
   */
  constructor(
    recorded: Recorded,
    gradients: ReadonlyMap<LeafGradient, Place | null>,
    device: Device,
    launcher: Launcher,
    pool: Pool = new Pool(),
    reorders = true,
  ) {
    this.#recorded = recorded;
    this.#device = device;
    const { recording, parameters, results } = recorded;
    const made = recording.made;
    const output = new Set(results.map((p) => p.storage));
    // What outlives the function besides its results: gradients of leaves,
    // and what it stored elsewhere.
    const isOwn = (storage: Storage) =>
      made.has(storage) && !recording.constants.has(storage);
    for (const place of gradients.values()) {
      if (place) output.delete(place.storage);
    }
    for (const storage of made) {
      if (storage.live && !output.has(storage)) {
        this.#persistent.add(storage.retain());
      }
    }
    const persistent = (storage: Storage) => this.#persistent.has(storage);
    const temporary = (storage: Storage) =>
      isOwn(storage) && !output.has(storage) && !persistent(storage);
    this.launches = fuse(recording.launches, {
      temporary,
      operands: OPERANDS,
      reorders,
    });
    const { slots, of } = assignSlots(this.launches, temporary);
    let bytes = 0;
    try {
      for (const { dtype, size } of slots) {
        this.#buffers.push(
          pool.take(device.backend, dtype, size, this.#buffers),
        );
        bytes += size * DTYPES[dtype].bytes;
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.facts = {
      recorded: recording.launches.length,
      launches: this.launches.length,
      bytes,
    };
    this.#parameters = parameters.map(() => []);
    const outputs = new Map<Storage, { like: Storage; patches: Patch[] }>();
    for (const storage of output) {
      if (!isOwn(storage)) continue;
      const entry = { like: storage, patches: [] };
      outputs.set(storage, entry);
      this.#outputs.push(entry);
    }
    const lateOf = new Map<LateNumbers, LatePatch["to"][number][]>();
    for (const launch of this.launches) {
      const places = [...launch.outputs, ...launch.inputs];
      const values = places.map(({ storage, view }) => {
        const slot = of.get(storage);
        const memory = slot === undefined ? storage : this.#buffers[slot]!;
        return new Value(memory, view);
      });
      const bound = bind(launcher, launch, values);
      if (bound === null) continue;
      this.#bound.push(bound);
      places.forEach(({ storage, view }, at) => {
        const p = parameters.findIndex((q) => q.storage === storage);
        if (p >= 0) {
          const offset = view.offset - parameters[p]!.view.offset;
          this.#parameters[p]!.push({ bound, at, offset });
        }
        outputs.get(storage)?.patches.push({
          bound,
          at,
          offset: view.offset,
        });
      });
      for (const { at, from, part } of launch.late) {
        const to = lateOf.get(from) ?? [];
        to.push({ scalars: bound.call.scalars as number[], at, part });
        lateOf.set(from, to);
      }
    }
    for (const from of recording.late) {
      this.#late.push({ from, to: lateOf.get(from) ?? [] });
    }
    this.#results = results.map((place) => ({
      output: this.#outputs.findIndex((o) => o.like === place.storage),
      parameter: parameters.findIndex((p) => p.storage === place.storage),
      place,
    }));
    this.#written = [
      ...new Set(
        this.launches.flatMap((launch) => launch.outputs.map((p) => p.storage))
          .filter((storage) => !made.has(storage)),
      ),
    ];
    this.#gradients = [...gradients].map(([leaf, after]) => ({
      leaf,
      before: recording.leaves.get(leaf),
      after,
    }));
  }

  /** Whether what the function met is still as it was. */
  get holds(): boolean {
    const { recording } = this.#recorded;
    if (recording.structure !== currentStructure()) return false;
    for (const holds of recording.guards.values()) if (!holds()) return false;
    for (const [tensor, storage] of recording.captured) {
      if (tensor.released || tensor.value.storage !== storage) return false;
    }
    for (const { leaf, before } of this.#gradients) {
      if (before !== undefined && leaf.grad !== before) return false;
    }
    return true;
  }

  /**
   * Runs it.
   *
   * @param values The arguments, of the shapes and layouts that were recorded.
   * @returns The results, owned by the caller.
   */
  run(values: readonly Value[]): Value[] {
    const storages: Storage[] = [];
    try {
      for (const { like } of this.#outputs) {
        storages.push(new Storage(this.#device.backend, like.dtype, like.size));
      }
    } catch (error) {
      for (const storage of storages) storage.release();
      throw error;
    }
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
    for (const { from, to } of this.#late) {
      const numbers = from.produce();
      for (const { scalars, at, part } of to) scalars[at] = numbers[part]!;
    }
    for (const { launch, call } of this.#bound) launch(call);
    for (const storage of this.#written) storage.version++;
    const results = this.#results.map(({ output, parameter, place }) => {
      if (parameter >= 0) {
        const from = this.#recorded.parameters[parameter]!.view.offset;
        const { storage, view } = values[parameter]!;
        const offset = place.view.offset - from + view.offset;
        return new Value(storage.retain(), place.view.at(offset));
      }
      const storage = output < 0 ? place.storage : storages[output]!;
      return new Value(storage.retain(), place.view);
    });
    for (const storage of storages) storage.release();
    return results;
  }

  /**
   * Whether arguments share memory with one another or with what the function
   * uses, so that changes in place could be seen through them.
   */
  overlaps(tensors: readonly Captured[]): boolean {
    return this.#recorded.recording.overlaps(tensors);
  }

  /** Whether something that it needs was released for good. */
  get gone(): boolean {
    const { captured, structure } = this.#recorded.recording;
    if (structure !== currentStructure()) return true;
    for (const tensor of captured.keys()) if (tensor.released) return true;
    return false;
  }

  /** A value on memory that the plan holds. */
  aliasOf({ storage, view }: Place): Value {
    return new Value(storage.retain(), view);
  }

  /** The leaves whose gradient the function sets, with its memory. */
  get gradients(): readonly FinalGradient[] {
    return this.#gradients;
  }

  /** Counts of faults; they are the last results of a run. */
  get checks(): readonly Check[] {
    return this.#recorded.recording.checks;
  }

  /** Gives its memory back. */
  dispose(): void {
    for (const storage of this.#buffers) storage.release();
    this.#buffers.length = 0;
    for (const storage of this.#persistent) storage.release();
    this.#persistent.clear();
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
