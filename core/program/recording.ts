/**
 * Recording: the launches of a function that runs eagerly, as data. What is
 * recorded are programs with their views, storages and run-time scalars, below
 * operations and tensors, so that everything that computes is caught in one
 * place.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import { CompileError } from "../errors.ts";
import type { RoutineName } from "../kernel.ts";
import type { MapProgram, ReduceProgram } from "../lower/program.ts";
import type { Shape } from "../shape.ts";
import type { Storage } from "../storage.ts";
import type { Value } from "../value.ts";
import { LateLedger } from "./late.ts";
import type { LateNumbers, Launched, Place, RecordedLaunch } from "./launch.ts";
import { currentStructure } from "./structure.ts";

/** What a recording is told beforehand. */
export interface RecordingOptions {
  /**
   * Whether the function goes on where it cannot be recorded, and is not
   * recorded then.
   */
  readonly fallback?: boolean;
  /** The number of the next node of the tape. */
  readonly firstNode?: number;
  /** Whether what a large gradient is the product of is held. */
  readonly holdsFactors?: boolean;
}

/** A tensor that recording has to know: handle and memory. */
export interface Captured {
  /** True once its memory was given back. */
  readonly released: boolean;
  /** Its value now. */
  readonly [VALUE]: Value;
  /** Whether operations on it are recorded for backward. */
  readonly requiresGrad: boolean;
}

/** What a tensor from outside was like. */
export interface CapturedState {
  /** Its memory. */
  readonly storage: Storage;
  /** Whether operations on it were recorded for backward. */
  readonly requiresGrad: boolean;
}

/** A count of refused values that must be 0, as {@linkcode Device.refuse} takes it. */
export interface Check {
  /** What found them. */
  readonly operation: string;
  /** The count; the recording owns a reference. */
  readonly refused: Value;
  /** Makes the error from the count. */
  readonly error: (refused: number) => Error;
}

/** What becomes of the gradient of a leaf. */
export interface LeafGradient {
  /** The gradient, or null. */
  grad: Captured | null;
}

/** The gradient that a leaf had. */
export interface GradientBefore {
  /** Its handle. */
  readonly tensor: Captured;
  /** Its value then. */
  readonly value: Value;
}

const place = ({ storage, view }: Value): Place => ({ storage, view });

/** Results of fewer bytes are not worth computing again. */
const LEAST_BYTES = 2 ** 16;

/** Whether a result is large, and larger than all that it is made of. */
export function outgrows(result: Storage, inputs: readonly Place[]): boolean {
  let bytes = 0;
  for (const factor of new Set(inputs.map(({ storage }) => storage))) {
    bytes += factor.bytes;
  }
  return result.bytes >= LEAST_BYTES && result.bytes > bytes;
}

/**
 * Collects what a function does while it runs.
 *
 * @example The launches of a function
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Recording, recordInto } from "@tenfold/core/program";
 *
 * const recording = new Recording();
 * const y = recordInto(recording, () => tensor([1, 2]).neg());
 * assertEquals(recording.launches.length, 1);
 * recording.release();
 * ```
 */
export class Recording {
  /** The launches, in order. */
  readonly launches: RecordedLaunch[] = [];
  /** Storages that were allocated by the function. */
  readonly made: Set<Storage> = new Set();
  /** Storages among them that hold data from outside. */
  readonly constants: Set<Storage> = new Set();
  /** What large gradients are the product of; a reference to each is owned. */
  readonly factors: Set<Storage> = new Set();
  /** Tensors from outside that it used, with their memory. */
  readonly captured: Map<Captured, CapturedState> = new Map();
  /** The memory of those tensors. */
  readonly capturedStorages: Set<Storage> = new Set();
  /** The memory of the arguments. */
  readonly parameters: Set<Storage> = new Set();
  /** Conditions under which a replay does the same. */
  readonly guards: Map<object, () => boolean> = new Map();
  /** Counts of refused values to look at in the end. */
  readonly checks: Check[] = [];
  /** How often modules had been changed when it began. */
  readonly structure: number = currentStructure();
  /**
   * The gradient of each leaf that was touched, as it was when it first was
   * read or replaced; `undefined` where it was replaced unread.
   */
  readonly leaves: Map<LeafGradient, GradientBefore | null | undefined> =
    new Map();
  /** Why it cannot be replayed, where the function goes on nevertheless. */
  failure: CompileError | null = null;
  /** Where it runs, once something has run. */
  device: object | null = null;
  readonly #fallback: boolean;
  readonly #firstNode: number;
  readonly #holdsFactors: boolean;
  readonly #own = new WeakSet<object>();
  readonly #late = new LateLedger();
  #paused = 0;
  #label = "";

  /** Records a function. */
  constructor(
    { fallback = false, firstNode = 0, holdsFactors = false }:
      RecordingOptions = {},
  ) {
    this.#fallback = fallback;
    this.#holdsFactors = holdsFactors;
    this.#firstNode = firstNode;
  }

  /** Values that replays ask for, and what else they do, in order. */
  get late(): readonly LateNumbers[] {
    return this.#late.all;
  }

  /** Names the launches that follow, all of which run on one device. */
  enter(label: string, device: { readonly name: string }): void {
    this.#label = label;
    if (this.#paused > 0) return;
    const known = this.device as { readonly name: string } | null;
    this.device ??= device;
    if (known !== null && known !== device) {
      this.refuse(
        `a function that runs on two devices: got ${known.name} and ${device.name} for ${label}, move what it uses to one of them before`,
      );
    }
  }

  /** The tape is walked backward through a node. */
  node(name: string, sequence: number): void {
    if (this.#paused > 0 || sequence >= this.#firstNode) return;
    this.refuse(
      `backward through ${name}, which ran outside of the function: compute it inside, or pass its result detached`,
    );
  }

  /** Cannot go on: throws, or runs the function to its end unrecorded. */
  refuse(what: string): void {
    const error = new CompileError(`Cannot compile ${what}`);
    if (!this.#fallback) throw error;
    this.failure ??= error;
  }

  /** Does not record what `fn` does: state that is made once. */
  pause<T>(fn: () => T): T {
    this.#paused++;
    try {
      return fn();
    } finally {
      this.#paused--;
    }
  }

  /** A storage was allocated. */
  allocated(storage: Storage): void {
    if (this.#paused === 0) this.made.add(storage);
  }

  /** Data from outside was written to a storage. */
  uploaded(storage: Storage): void {
    if (this.#paused > 0) return;
    this.constants.add(storage.retain());
  }

  /** A tensor is an argument. */
  parameter(tensor: Captured): void {
    this.#own.add(tensor as object);
    this.parameters.add(tensor[VALUE].storage);
  }

  /** A tensor was made. */
  tensor(tensor: object): void {
    if (this.#paused === 0) this.#own.add(tensor);
  }

  /** A tensor was used; those from outside are captured. */
  uses(tensor: Captured): void {
    if (this.#paused > 0 || this.#own.has(tensor)) return;
    const { storage } = tensor[VALUE];
    if (!this.made.has(storage)) {
      const { requiresGrad } = tensor;
      if (!this.captured.has(tensor)) {
        this.captured.set(tensor, { storage, requiresGrad });
      }
      this.capturedStorages.add(storage);
    }
  }

  /** The gradient of a leaf is about to be read or replaced. */
  leaf(leaf: LeafGradient, reads: boolean): void {
    if (this.leaves.has(leaf)) return;
    // To read it is told here as well.
    this.leaves.set(leaf, undefined);
    if (!reads) return;
    const tensor = leaf.grad;
    this.leaves.set(leaf, tensor && { tensor, value: tensor[VALUE] });
  }

  /**
   * Has a gradient from outside stand for the one that its leaf will have; false
   * where something else lies in its memory.
   */
  takes({ tensor, value: { storage } }: GradientBefore): boolean {
    if (this.parameters.has(storage)) return false;
    for (const [other, state] of this.captured) {
      if (other !== tensor && state.storage === storage) return false;
    }
    for (const [_, other] of this.leaves) {
      const same = other?.value.storage === storage;
      if (same && other?.tensor !== tensor) return false;
    }
    this.captured.delete(tensor);
    this.capturedStorages.delete(storage);
    return true;
  }

  /**
   * Values that are asked for again at each replay. Launches whose scalars
   * are the array that this returns take them.
   */
  lateValues(produce: () => readonly number[]): readonly number[] {
    return this.#late.values(produce);
  }

  /** A replay does the same only while this holds; asked once for `of`. */
  guard(of: object, holds: () => boolean): void {
    if (!this.guards.has(of)) this.guards.set(of, holds);
  }

  /** Something besides launches that each replay does as well. */
  effect(run: () => void): void {
    if (this.#paused === 0) this.#late.effect(run);
  }

  /** A random key was drawn; replays draw another one in its place. */
  key(key: readonly number[], draw: () => readonly number[]): void {
    if (this.#paused === 0) this.#late.key(key, draw);
  }

  /** The first scalars of a launch are those of a random key. */
  keyed(scalars: readonly number[], key: readonly number[]): void {
    this.#late.keyed(scalars, key);
  }

  /** A count is to be looked at once the function has run. */
  check({ operation, refused, error }: Check): void {
    if (this.#paused > 0) return;
    this.checks.push({ operation, refused: refused.alias(), error });
  }

  /** Values were asked for, on which the rest could depend. */
  refuseRead(): void {
    if (this.#paused > 0) return;
    this.refuse(
      "a function that reads the values of a tensor: return the tensor and read it outside, or pass { fallback: true }",
    );
  }

  /** A map was launched. */
  map(
    program: MapProgram,
    outputs: readonly Value[],
    inputs: readonly Value[],
    scalars: readonly number[],
  ): void {
    if (this.#paused > 0) return;
    this.launches.push({
      kind: "map",
      program,
      outputs: outputs.map(place),
      inputs: inputs.map(place),
      ...this.#common(scalars),
    });
  }

  /** A reduction was launched. */
  reduce(
    program: ReduceProgram,
    shape: Shape,
    dims: readonly number[],
    output: Value,
    inputs: readonly Value[],
    scalars: readonly number[],
  ): void {
    if (this.#paused > 0) return;
    this.launches.push({
      kind: "reduce",
      program,
      shape,
      dims,
      outputs: [place(output)],
      inputs: inputs.map(place),
      ...this.#common(scalars),
    });
  }

  /** A routine was launched. */
  routine(
    name: RoutineName,
    shape: Shape,
    outputs: number,
    values: readonly Value[],
    strides: readonly (readonly number[])[],
    scalars: readonly number[],
  ): void {
    if (this.#paused > 0) return;
    const places = values.map(place);
    const inputs = places.slice(outputs);
    this.launches.push({
      kind: "routine",
      name,
      shape,
      outputs: places.slice(0, outputs),
      inputs,
      strides,
      ...this.#common(scalars),
    });
    // Where no gradient was touched, none is made either.
    if (
      this.#holdsFactors && this.leaves.size > 0 &&
      outgrows(places[0]!.storage, inputs)
    ) this.#hold(inputs);
  }

  #hold(inputs: readonly Place[]): void {
    for (const { storage } of inputs) {
      if (!this.made.has(storage) || this.factors.has(storage)) continue;
      this.factors.add(storage.retain());
    }
  }

  #common(scalars: readonly number[]): Launched {
    return {
      label: this.#label,
      scalars,
      late: this.#late.of(scalars),
    };
  }

  /** Whether arguments share memory with what the function uses besides. */
  overlaps(tensors: readonly Captured[]): boolean {
    for (let i = 0; i < tensors.length; i++) {
      if (this.capturedStorages.has(tensors[i]![VALUE].storage)) return true;
    }
    return false;
  }

  /** Gives back what gradients are the product of. */
  releaseFactors(): void {
    for (const storage of this.factors) storage.release();
    this.factors.clear();
  }

  /** Gives back what it holds; called where no plan takes it over. */
  release(): void {
    for (const storage of this.constants) storage.release();
    this.constants.clear();
    this.releaseFactors();
    for (const { refused } of this.checks) refused.release();
    this.checks.length = 0;
  }
}

/** What is recorded now; functions that are recorded are synchronous. */
let current: Recording | null = null;

/** The recording that is under way, if any. */
export function currentRecording(): Recording | null {
  return current;
}

/**
 * Calls `fn` while its launches are recorded.
 *
 * @example What a function launches
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Recording, recordInto } from "@tenfold/core/program";
 *
 * const recording = new Recording();
 * const y = recordInto(recording, () => tensor([1, 2]).neg());
 * assertEquals(recording.launches.length, 1);
 * recording.release();
 * ```
 */
export function recordInto<T>(recording: Recording, fn: () => T): T {
  current = recording;
  try {
    return fn();
  } finally {
    current = null;
  }
}
