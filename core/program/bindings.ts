/**
 * Bindings: launches with the memory that they will run on, and what of that
 * changes from run to run.
 *
 * @module
 */
import type { BoundLaunch, Launcher } from "../lower/launcher.ts";
import type { Storage } from "../storage.ts";
import { Value } from "../value.ts";
import type { LateNumbers, Place, RecordedLaunch } from "./launch.ts";

/** A buffer of a launch that is another one in each run. */
export interface Patch {
  /** The launch. */
  readonly bound: BoundLaunch;
  /** Which of its buffers. */
  readonly at: number;
  /** Where the view begins, from where the whole does. */
  readonly offset: number;
}

/** A scalar of a launch that late values go to. */
export interface LateTarget {
  /** The scalars of the launch. */
  readonly scalars: number[];
  /** Which of them. */
  readonly at: number;
  /** Which of the late values. */
  readonly part: number;
}

/** A launch with something to do. */
export interface Bound {
  /** Its number among the launches of the plan. */
  readonly number: number;
  /** What it is called in errors and listings. */
  readonly label: string;
  /** The kernel and its arguments. */
  readonly bound: BoundLaunch;
  /** Whether buffers, offsets or scalars change with every run. */
  readonly changes: boolean;
}

/** Binds launches to memory. */
export class Bindings {
  /** The launches that have something to do, in order. */
  readonly launches: Bound[] = [];
  /** What takes the memory of each argument. */
  readonly parameters: readonly Patch[][];
  /** What takes each piece of memory that may be replaced. */
  readonly patches: ReadonlyMap<Storage, Patch[]>;
  /** What takes late values. */
  readonly late: Map<LateNumbers, LateTarget[]> = new Map();
  /** The first of {@linkcode Bindings.launches} that takes them. */
  readonly firstUse: Map<LateNumbers, number> = new Map();
  /** The last of {@linkcode Bindings.launches} that writes a storage. */
  readonly lastWrite: Map<Storage, number> = new Map();
  readonly #launcher: Launcher;
  readonly #arguments: readonly Place[];
  readonly #everyRun: ReadonlySet<Storage>;

  /**
   * Binds nothing yet.
   *
   * @param launcher What binds.
   * @param parameters The memory of each argument, and where its view begins.
   * @param outputs What is another one in every run.
   * @param kept What may be replaced between runs.
   */
  constructor(
    launcher: Launcher,
    parameters: readonly Place[],
    outputs: Iterable<Storage>,
    kept: Iterable<Storage>,
  ) {
    this.#launcher = launcher;
    this.#arguments = parameters;
    this.parameters = parameters.map(() => []);
    this.#everyRun = new Set(outputs);
    this.patches = new Map(
      [...this.#everyRun, ...kept].map((storage) => [storage, []]),
    );
  }

  /** Binds one; `memoryOf` tells what stands for a storage. */
  bind(
    launch: RecordedLaunch,
    number: number,
    memoryOf: (storage: Storage) => Storage,
  ): void {
    const places = [...launch.outputs, ...launch.inputs];
    const values = places.map(({ storage, view }) =>
      new Value(memoryOf(storage), view)
    );
    const bound = bindOne(this.#launcher, launch, values);
    if (bound === null) return;
    const index = this.launches.length;
    let changes = launch.late.length > 0;
    places.forEach(({ storage, view }, at) => {
      const p = this.#arguments.findIndex((q) => q.storage === storage);
      if (p >= 0) {
        const offset = view.offset - this.#arguments[p]!.view.offset;
        this.parameters[p]!.push({ bound, at, offset });
        changes = true;
      }
      this.patches.get(storage)?.push({ bound, at, offset: view.offset });
      if (this.#everyRun.has(storage)) changes = true;
    });
    for (const { storage } of launch.outputs) {
      this.lastWrite.set(storage, index);
    }
    for (const { at, from, part } of launch.late) {
      const to = this.late.get(from) ?? [];
      to.push({ scalars: bound.call.scalars as number[], at, part });
      this.late.set(from, to);
      if (!this.firstUse.has(from)) this.firstUse.set(from, index);
    }
    this.launches.push({ number, label: launch.label, bound, changes });
  }
}

function bindOne(
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
    case "routine": {
      const { name, shape, strides, epilogue } = launch;
      const bound = launcher.bindRoutine(
        name,
        shape,
        count,
        values,
        strides,
        scalars,
        epilogue,
      );
      if (bound === null) {
        throw new Error(`The backend has no ${name} any more`);
      }
      return bound;
    }
  }
}
