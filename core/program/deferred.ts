/**
 * Deferred gradients: one that a function uses up itself, and that is larger than
 * what it is the product of, is not kept when a plan has run; whoever reads it
 * has it computed then.
 *
 * @module
 */
import { leaveGradient } from "../autograd/late_gradients.ts";
import { type Device, launcherOf } from "../device.ts";
import { CompileError, showShape } from "../errors.ts";
import { copyInto } from "../lower/parts.ts";
import { VALUE } from "../members.ts";
import { unscopedNow } from "../scope.ts";
import { Storage } from "../storage.ts";
import { type Tensor, wrapValue } from "../tensor.ts";
import { Value } from "../value.ts";
import { View } from "../view.ts";
import type { Bindings, Patch } from "./bindings.ts";
import type { Place, RecordedLaunch, RoutineLaunch } from "./launch.ts";
import type { LeafState } from "./ownership.ts";
import {
  currentRecording,
  type LeafGradient,
  outgrows,
  type Recording,
} from "./recording.ts";

/** A gradient that is left out. */
export interface Left {
  /** Whose it is. */
  readonly leaf: LeafGradient;
  /** Where it was when the function was recorded. */
  readonly place: Place;
  /** What computes it again; it writes to memory that stands for nothing else. */
  readonly launch: RoutineLaunch;
}

/** The gradients of a function that may be left out. */
export function leftOut(
  recording: Recording,
  results: readonly Place[],
  gradients: readonly LeafState[],
): Left[] {
  return gradients.flatMap(({ of, before, taken, after }) => {
    // Only what each call replaces without a look is its own affair.
    if (!("leaf" in of) || before !== undefined || taken || !after) return [];
    const { storage } = after;
    if (
      storage.references > 1 ||
      results.some((result) => result.storage === storage)
    ) return [];
    const launch = remade(recording, storage);
    return launch === null ? [] : [{ leaf: of.leaf, place: after, launch }];
  });
}

/** What computes a gradient again after the function, if that is worth it. */
function remade(
  { launches, made, factors, parameters }: Recording,
  storage: Storage,
): RoutineLaunch | null {
  const writes = (place: Place) => place.storage === storage;
  const at = launches.findIndex(({ outputs }) => outputs.some(writes));
  const launch = launches[at];
  if (
    launch?.kind !== "routine" || launch.outputs.length > 1 ||
    launch.late.length > 0 || !outgrows(storage, launch.inputs)
  ) return null;
  const sources = new Set(launch.inputs.map((input) => input.storage));
  for (const source of sources) {
    // What is neither an argument nor made, such as a parameter, may change.
    const stays = made.has(source)
      ? factors.has(source) && source.references === 1
      : parameters.has(source);
    if (!stays) return null;
  }
  const after = launches.slice(at + 1);
  const changes = after.some(({ outputs }) =>
    outputs.some((place) => writes(place) || sources.has(place.storage))
  );
  const used = after.some(({ inputs }) => inputs.some(writes));
  if (changes || !used) return null;
  // A name: it is never written.
  const other = new Storage(storage.backend, storage.dtype, 0);
  other.release();
  const { view } = launch.outputs[0]!;
  return { ...launch, outputs: [{ storage: other, view }] };
}

/** An argument that gradients are computed from, as it was. */
interface Argument extends Place {
  readonly version: number;
  readonly patches: readonly Patch[];
}

/** The gradients that a plan leaves out. */
export class Deferred {
  /** What runs before: the launches of the plan without those of gradients. */
  readonly earlier: readonly RecordedLaunch[];
  readonly #later: readonly RecordedLaunch[];
  readonly #left: readonly Left[];
  readonly #device: Device;
  /** What the function makes of which gradients are computed. */
  readonly #sources: ReadonlySet<Storage>;
  /** Whether those of the recorded call are left out as well. */
  readonly #hands: boolean;
  #bindings: Bindings | null = null;
  /** Those that may still be read, since the plan ran last. */
  readonly #waiting = new Set<LeafGradient>();
  /** A reference to the memory of each is owned. */
  #arguments: readonly Argument[] = [];

  /**
   * Lets go of the gradients of the recorded call, where what they are computed
   * from was held.
   *
   * @param left The gradients.
   * @param launches The launches of the plan, and what computes the gradients.
   * @param device Where it runs.
   * @param recording What the function did.
   */
  constructor(
    left: readonly Left[],
    launches: readonly RecordedLaunch[],
    device: Device,
    { made, factors }: Recording,
  ) {
    this.#left = left;
    this.#device = device;
    const written = new Set(
      left.map(({ launch }) => launch.outputs[0]!.storage),
    );
    const isLater = ({ outputs: [to] }: RecordedLaunch) =>
      written.has(to!.storage);
    this.earlier = launches.filter((launch) => !isLater(launch));
    this.#later = launches.filter(isLater);
    this.#sources = new Set(
      this.#later.flatMap(({ inputs }) =>
        inputs.flatMap(({ storage }) => made.has(storage) ? [storage] : [])
      ),
    );
    this.#hands = [...this.#sources].every((source) => factors.has(source));
    if (this.#hands) { for (const { leaf } of left) leaf.grad = null; }
  }

  /**
   * Binds what computes gradients to the memory of the plan.
   *
   * @param bindings What binds it; nothing is bound there yet.
   * @param memoryOf What stands for a storage.
   * @param others What is still to be computed from what lies there.
   * @returns Whether the gradients of the recorded call are to be read, too.
   */
  bind(
    bindings: Bindings,
    memoryOf: (storage: Storage) => Storage,
    others: Deferred | null,
  ): boolean {
    for (const launch of this.#later) bindings.bind(launch, 0, memoryOf);
    this.#bindings = bindings;
    if (!this.#hands) return false;
    others?.settle();
    for (const source of this.#sources) {
      const view = View.dense([source.size]);
      const to = new Value(memoryOf(source), view);
      copyInto(
        to,
        view,
        new Value(source, view),
        launcherOf(this.#device),
      );
    }
    return true;
  }

  /** Lets go of those that were read; leaves have none until this run is over. */
  begin(values: readonly Value[]): void {
    for (const { leaf } of this.#left) {
      const made = leaf.grad?.[VALUE].storage;
      if (!values.some(({ storage }) => storage === made)) leaf.grad = null;
    }
  }

  /** The plan has run on these: the gradients may be read from now on. */
  ran(values: readonly Place[]): void {
    this.#arguments = this.#bindings!.parameters.flatMap((patches, i) => {
      if (patches.length === 0) return [];
      const { storage, view } = values[i]!;
      storage.retain();
      return [{ storage, view, version: storage.version, patches }];
    });
    this.#left.forEach(({ leaf }, i) => {
      leaf.grad = null;
      this.#waiting.add(leaf);
      leaveGradient(leaf, {
        rows: null,
        fill: (tensor) => {
          if (!this.#waiting.has(leaf) || !this.#intact) throw gone(tensor);
          const fill = () => this.#fill(i);
          const whole = unscopedNow(() =>
            currentRecording()?.pause(fill) ?? fill()
          );
          this.#taken(leaf);
          return whole;
        },
        dispose: () => this.#taken(leaf),
      });
    });
  }

  /** Computes those that wait, as their sources are about to go. */
  settle(): void {
    for (const leaf of this.#waiting) {
      if (this.#intact) leaf.grad;
      else this.#taken(leaf);
    }
  }

  get #intact(): boolean {
    return this.#arguments.every(({ storage, version }) =>
      storage.version === version
    );
  }

  #fill(i: number): Tensor {
    const { storage: { backend, dtype, size }, view } = this.#left[i]!.place;
    const storage = new Storage(backend, dtype, size);
    for (const { storage, view, patches } of this.#arguments) {
      for (const { bound: { call }, at, offset } of patches) {
        call.buffers[at] = storage.buffer;
        call.offsets[at] = view.offset + offset;
      }
    }
    const { label, bound: { launch, call } } = this.#bindings!.launches[i]!;
    call.buffers[0] = storage.buffer;
    backend.enter?.(label);
    launch(call);
    return wrapValue(this.#device, new Value(storage, view));
  }

  /** One was computed, or is not wanted; the last one frees the sources. */
  #taken(leaf: LeafGradient): void {
    this.#waiting.delete(leaf);
    if (this.#waiting.size > 0) return;
    for (const { storage } of this.#arguments) storage.release();
    this.#arguments = [];
  }
}

function gone({ shape }: Tensor): CompileError {
  return new CompileError(
    `Cannot read the gradient of a tensor of shape ${
      showShape(shape)
    } that a compiled function has computed, as an argument of the function was changed in place since: read it before, or compile with { keepGradients: true }`,
  );
}
