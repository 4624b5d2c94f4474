/**
 * Common subexpressions of launches: what two storages would hold alike is
 * computed once.
 *
 * @module
 */
import type { Storage } from "../storage.ts";
import { showNumber } from "./expression.ts";
import type { Place, RecordedLaunch } from "./launch.ts";

/** How a storage came to hold what it holds. */
interface Made {
  /** The launches that write it, all of them. */
  readonly writers: readonly number[];
  /** What they do, so that equal keys mean equal contents. */
  readonly key: string;
}

/**
 * The launches without those that compute again what an earlier temporary
 * holds.
 */
export function share(
  launches: readonly RecordedLaunch[],
  temporary: (storage: Storage) => boolean,
): RecordedLaunch[] {
  const sharing = new Sharing(launches, temporary);
  return sharing.run();
}

class Sharing {
  readonly #launches: readonly RecordedLaunch[];
  readonly #temporary: (storage: Storage) => boolean;
  readonly #writers = new Map<Storage, number[]>();
  readonly #ids = new Map<object, number>();
  readonly #same = new Map<Storage, Storage>();

  constructor(
    launches: readonly RecordedLaunch[],
    temporary: (storage: Storage) => boolean,
  ) {
    this.#launches = launches;
    this.#temporary = temporary;
    launches.forEach(({ outputs }, i) => {
      for (const { storage } of outputs) {
        const known = this.#writers.get(storage);
        if (known) known.push(i);
        else this.#writers.set(storage, [i]);
      }
    });
  }

  run(): RecordedLaunch[] {
    const first = new Map<string, Storage>();
    const dropped = new Set<number>();
    const out: RecordedLaunch[] = [];
    this.#launches.forEach((launch, i) => {
      if (dropped.has(i)) return;
      const made = this.#madeAt(i);
      const storage = launch.outputs[0]?.storage;
      if (made !== null && storage !== undefined) {
        const known = first.get(made.key);
        if (known !== undefined && this.#unchanged(known, i)) {
          this.#same.set(storage, known);
          for (const writer of made.writers) dropped.add(writer);
          return;
        }
        first.set(made.key, storage);
      }
      out.push(this.#renamed(launch));
    });
    return out;
  }

  /** What launch `i` begins to make, if it is a temporary by itself. */
  #madeAt(i: number): Made | null {
    const launch = this.#launches[i]!;
    if (launch.outputs.length !== 1) return null;
    const { storage } = launch.outputs[0]!;
    if (widens(launch)) return null;
    const writers = this.#writers.get(storage)!;
    if (!this.#temporary(storage) || writers[0] !== i) return null;
    let key = `${storage.dtype} ${storage.size}`;
    for (const writer of writers) {
      const each = this.#launches[writer]!;
      // One after the other, before anybody reads.
      if (each.outputs.length !== 1 || each.late.length > 0) return null;
      if (writer !== i + (writers.indexOf(writer))) return null;
      if (each.inputs.some((p) => p.storage === storage)) return null;
      key += ` | ${this.#keyOf(each)}`;
    }
    return { writers, key };
  }

  #keyOf(launch: RecordedLaunch): string {
    const what = launch.kind === "routine"
      ? `${launch.name} ${launch.shape} ${launch.strides.join(";")}`
      : launch.kind === "reduce"
      ? `${this.#id(launch.program)} ${launch.shape} ${launch.dims}`
      : `${this.#id(launch.program)}`;
    const places = [
      ...launch.outputs.map(({ view }) => showView(view)),
      ...launch.inputs.map(({ storage, view }) =>
        `${this.#id(this.#same.get(storage) ?? storage)} ${showView(view)}`
      ),
    ];
    return `${what} ${places.join(",")} ${launch.scalars.map(showNumber)}`;
  }

  #id(of: object): number {
    let id = this.#ids.get(of);
    if (id === undefined) this.#ids.set(of, id = this.#ids.size);
    return id;
  }

  /** Whether what made `storage` has not been written since, until `i`. */
  #unchanged(storage: Storage, i: number): boolean {
    const writers = this.#writers.get(storage)!;
    const begin = writers[0]!;
    const inputs = writers.flatMap((w) => this.#launches[w]!.inputs);
    return inputs.every(({ storage: input }) =>
      (this.#writers.get(input) ?? []).every((w) => w < begin || w >= i)
    );
  }

  #renamed(launch: RecordedLaunch): RecordedLaunch {
    if (!launch.inputs.some(({ storage }) => this.#same.has(storage))) {
      return launch;
    }
    const inputs: Place[] = launch.inputs.map((place) => ({
      ...place,
      storage: this.#same.get(place.storage) ?? place.storage,
    }));
    return { ...launch, inputs };
  }
}

/**
 * Whether a launch makes float32 of much float16: that takes less than the
 * memory in which it would wait, from the forward pass to the backward one.
 */
export function widens({ kind, inputs, outputs }: RecordedLaunch): boolean {
  const { storage, view } = outputs[0]!;
  return kind === "map" && storage.dtype === "float32" && view.size >= 4096 &&
    inputs.some(({ storage }) => storage.dtype === "float16");
}

function showView(
  { shape, strides, offset }: Place["view"],
): string {
  return `${shape}:${strides}:${offset}`;
}
