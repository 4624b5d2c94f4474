/**
 * What a run has made: where results, gradients of leaves and counts of refused values
 * are found, and their values for the caller.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import type { Storage } from "../storage.ts";
import { Value } from "../value.ts";
import type { Place } from "./launch.ts";
import type { LeafState, Ownership } from "./ownership.ts";

/** What becomes of the memory of a run, as it was recorded. */
export interface ResultPlaces {
  /** The memory of each argument, and where its view begins. */
  readonly parameters: readonly Place[];
  /** The results, in order. */
  readonly results: readonly Place[];
  /** Counts of refused values, in order. */
  readonly refused: readonly Place[];
  /** What leaves have as gradient after the run. */
  readonly leaves: readonly LeafState[];
}

/** The memory of one run. */
export interface RunMemory {
  /** The arguments. */
  readonly values: readonly Value[];
  /** What was made for this run. */
  readonly storages: readonly Storage[];
}

/** Where a value is found. */
interface Found {
  /** Which of the memory that is made for each run, or -1. */
  readonly output: number;
  /** Which argument it is a view of, or -1. */
  readonly parameter: number;
  /** Which of the memory that gradients keep from run to run, or -1. */
  readonly kept: number;
  /** The memory and the view. */
  readonly place: Place;
}

/** Finds what a run has made; the caller owns the values. */
export class Results {
  readonly #places: ResultPlaces;
  readonly #ownership: Ownership;
  readonly #results: readonly Found[];
  readonly #refused: readonly Found[];
  readonly #gradients: readonly (Found | null)[];

  /**
   * @param places What is asked for, as it was recorded.
   * @param ownership What becomes of each piece of memory.
   */
  constructor(places: ResultPlaces, ownership: Ownership) {
    this.#places = places;
    this.#ownership = ownership;
    const { parameters, results, refused, leaves } = places;
    const { outputs, kept } = ownership;
    const found = (place: Place): Found => ({
      output: outputs.indexOf(place.storage),
      parameter: parameters.findIndex((p) => p.storage === place.storage),
      kept: kept.findIndex((k) => k.like === place.storage),
      place,
    });
    this.#results = results.map(found);
    this.#refused = refused.map(found);
    this.#gradients = leaves.map(({ after }) => after && found(after));
  }

  /** The results, in order. */
  all(memory: RunMemory): Value[] {
    return this.#valuesOf(this.#results, memory);
  }

  /** The counts of refused values, in order. */
  refused(memory: RunMemory): Value[] {
    return this.#valuesOf(this.#refused, memory);
  }

  /** One of the counts of refused values. */
  refusedOf(number: number, memory: RunMemory): Value {
    return this.#valueOf(this.#refused[number]!, memory);
  }

  /** The gradient of each leaf; undefined where it has it already. */
  gradients(memory: RunMemory): (Value | null | undefined)[] {
    const { kept } = this.#ownership;
    const { leaves } = this.#places;
    const found: (Value | null | undefined)[] = new Array(leaves.length);
    for (let i = 0; i < found.length; i++) {
      const result = this.#gradients[i]!;
      const { of } = leaves[i]!;
      const stays = result !== null && result.kept >= 0 && "leaf" in of &&
        of.leaf.grad?.[VALUE].storage === kept[result.kept]!.storage;
      found[i] = stays ? undefined : result && this.#valueOf(result, memory);
    }
    return found;
  }

  #valuesOf(places: readonly Found[], memory: RunMemory): Value[] {
    const found: Value[] = new Array(places.length);
    for (let i = 0; i < found.length; i++) {
      found[i] = this.#valueOf(places[i]!, memory);
    }
    return found;
  }

  #valueOf(
    { output, parameter, kept, place }: Found,
    { values, storages }: RunMemory,
  ): Value {
    if (parameter >= 0) {
      const from = this.#places.parameters[parameter]!.view.offset;
      const { storage, view } = values[parameter]!;
      const offset = place.view.offset - from + view.offset;
      return new Value(storage.retain(), place.view.at(offset));
    }
    const storage = output >= 0
      ? storages[output]!
      : kept >= 0
      ? this.#ownership.kept[kept]!.storage
      : place.storage;
    return new Value(storage.retain(), place.view);
  }
}
