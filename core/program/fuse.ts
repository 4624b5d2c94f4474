/**
 * Fusion: launches put into one another by substitution of their expressions,
 * where that saves memory traffic and launches without computing much twice.
 *
 * @module
 */
import type { Storage } from "../storage.ts";
import { absorb, epilogue, loopSize, merge, writesTo } from "./combine.ts";
import { isProduct, withAddend } from "./product.ts";
import { costOf } from "./expression.ts";
import { useIdentities } from "./identities.ts";
import type { Place, RecordedLaunch } from "./launch.ts";
import { share } from "./share.ts";

/** What fusion may do. */
export interface FuseOptions {
  /** Whether nobody needs a storage after the last launch. */
  readonly temporary: (storage: Storage) => boolean;
  /** How many outputs and inputs a kernel may have. */
  readonly operands: number;
  /**
   * Whether maps may go into the elements of reductions, whose layout decides
   * in which order a backend sums.
   */
  readonly reorders: boolean;
}

/** Instructions that may be computed again in each of several readers. */
const CHEAP = 4;

/** The fused launches, in order. */
export function fuse(
  launches: readonly RecordedLaunch[],
  options: FuseOptions,
): RecordedLaunch[] {
  const shared = share(launches, options.temporary);
  const all = useIdentities(shared, options.operands);
  const fusion = new Fusion(all, options);
  fusion.dropDead();
  fusion.absorbAll();
  fusion.mergeAll();
  return fusion.launches;
}

class Fusion {
  launches: RecordedLaunch[];
  readonly #options: FuseOptions;

  constructor(launches: readonly RecordedLaunch[], options: FuseOptions) {
    this.launches = [...launches];
    this.#options = options;
  }

  /** Leaves out launches whose results nobody reads. */
  dropDead(): void {
    const needed = new Set<Storage>();
    const kept: RecordedLaunch[] = [];
    for (const launch of this.launches.toReversed()) {
      const used = launch.outputs.some(({ storage }) =>
        needed.has(storage) || !this.#options.temporary(storage)
      );
      if (!used) continue;
      kept.push(launch);
      for (const { storage } of launch.inputs) needed.add(storage);
    }
    this.launches = kept.reverse();
  }

  /** Puts maps into their readers, and readers of reductions into these. */
  absorbAll(): void {
    for (let a = 0; a < this.launches.length;) {
      if (
        this.#intoReaders(a) || this.#intoEpilogue(a) || this.#intoProduct(a)
      ) {
        // A producer before may now fit into its reader.
        a = Math.max(0, a - 1);
      } else a++;
    }
  }

  /** Joins maps over one shape of which one reads what the other writes. */
  mergeAll(): void {
    for (let a = 0; a < this.launches.length;) {
      if (!this.#merge(a)) a++;
    }
  }

  /** The launches behind `a` that read a storage. */
  #readers(storage: Storage, a: number): number[] {
    const found: number[] = [];
    for (let i = a + 1; i < this.launches.length; i++) {
      if (this.launches[i]!.inputs.some((p) => p.storage === storage)) {
        found.push(i);
      }
    }
    return found;
  }

  /** Whether the only writer of a storage is `a`, and writes all of it. */
  #isWhole({ storage, view }: Place, a: number): boolean {
    return view.dense && view.offset === 0 && view.size === storage.size &&
      this.launches.every((launch, i) =>
        i === a || launch.outputs.every((p) => p.storage !== storage)
      ) &&
      this.launches[a]!.outputs.filter((p) => p.storage === storage).length ===
        1;
  }

  /** Whether a launch behind `a` and before `b` writes to one of these. */
  #overwritten(places: readonly Place[], a: number, b: number): boolean {
    for (let i = a + 1; i < b; i++) {
      if (writesTo(this.launches[i]!, places)) return true;
    }
    return false;
  }

  #intoReaders(a: number): boolean {
    const producer = this.launches[a]!;
    if (producer.kind !== "map" || producer.outputs.length !== 1) return false;
    const [output] = producer.outputs as [Place];
    const { storage } = output;
    if (!this.#options.temporary(storage) || !this.#isWhole(output, a)) {
      return false;
    }
    const readers = this.#readers(storage, a);
    if (readers.length === 0) return false;
    const cost = costOf(producer.program.exprs);
    const size = output.view.size;
    let traffic = 0;
    const made: RecordedLaunch[] = [];
    for (const r of readers) {
      const reader = this.launches[r]!;
      if (reader.kind === "routine") return false;
      if (reader.kind === "reduce" && !this.#options.reorders) return false;
      if (this.#overwritten(producer.inputs, a, r)) return false;
      const fused = absorb(producer, reader, this.#options.operands);
      if (fused === null) return false;
      // Elements that are computed again.
      const repeats = loopSize(reader) / size;
      if (repeats > 1.5 && cost > CHEAP) return false;
      for (const { storage: of, view } of producer.inputs) {
        if (reader.inputs.some((p) => p.storage === of)) continue;
        traffic += Math.min(view.size, of.size) / size;
      }
      made.push(fused);
    }
    if (readers.length > 1) {
      if (cost > CHEAP || traffic > readers.length + 1) return false;
    }
    readers.forEach((r, i) => this.launches[r] = made[i]!);
    this.launches.splice(a, 1);
    return true;
  }

  #intoEpilogue(a: number): boolean {
    const producer = this.launches[a]!;
    if (producer.kind !== "reduce") return false;
    const [output] = producer.outputs;
    const { storage } = output;
    if (!this.#options.temporary(storage) || !this.#isWhole(output, a)) {
      return false;
    }
    const readers = this.#readers(storage, a);
    if (readers.length !== 1) return false;
    const [r] = readers as [number];
    const reader = this.launches[r]!;
    if (
      reader.kind !== "map" || this.#overwritten(producer.inputs, a, r) ||
      writesTo(reader, producer.inputs)
    ) return false;
    const fused = epilogue(producer, reader, this.#options.operands);
    if (fused === null) return false;
    this.launches[r] = fused;
    this.launches.splice(a, 1);
    return true;
  }

  /** Has a product begin with what its only reader adds to it. */
  #intoProduct(a: number): boolean {
    const producer = this.launches[a]!;
    if (!this.#options.reorders || !isProduct(producer)) return false;
    const [output] = producer.outputs as [Place];
    if (!this.#options.temporary(output.storage) || !this.#isWhole(output, a)) {
      return false;
    }
    const readers = this.#readers(output.storage, a);
    if (readers.length !== 1) return false;
    const [r] = readers as [number];
    const reader = this.launches[r]!;
    if (
      reader.kind !== "map" || this.#overwritten(producer.inputs, a, r) ||
      writesTo(reader, producer.inputs)
    ) return false;
    const fused = withAddend(producer, reader);
    if (fused === null) return false;
    this.launches[r] = fused;
    this.launches.splice(a, 1);
    return true;
  }

  #merge(a: number): boolean {
    const first = this.launches[a]!;
    if (first.kind !== "map") return false;
    for (let b = a + 1; b < this.launches.length; b++) {
      const second = this.launches[b]!;
      if (second.kind !== "map") continue;
      const linked = second.inputs.some((p) =>
        first.outputs.some((o) => o.storage === p.storage) ||
        first.inputs.some((q) => q.storage === p.storage && q.view.size > 1)
      );
      if (!linked || !this.#movesTo(a, b)) continue;
      const merged = merge(first, second, this.#options.operands);
      if (merged === null) continue;
      this.launches[a] = merged;
      this.launches.splice(b, 1);
      return true;
    }
    return false;
  }

  /** Whether launch `b` may run right behind `a`. */
  #movesTo(a: number, b: number): boolean {
    const moved = this.launches[b]!;
    for (let i = a + 1; i < b; i++) {
      const between = this.launches[i]!;
      if (
        writesTo(between, moved.inputs) || writesTo(between, moved.outputs) ||
        writesTo(moved, between.inputs)
      ) return false;
    }
    return true;
  }
}
