/**
 * Fusion: launches put into one another by substitution of their expressions,
 * where that saves memory traffic and launches without computing much twice.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import type { RoutineName } from "../kernel.ts";
import type { Storage } from "../storage.ts";
import {
  absorb,
  epilogue,
  keeping,
  loopSize,
  merge,
  writesTo,
} from "./combine.ts";
import { sharePositional } from "./positional.ts";
import { isProduct, withAddend } from "./product.ts";
import { lateParts } from "./load_late.ts";
import { costOf } from "./cost.ts";
import { isBounded } from "./expression.ts";
import type {
  MapLaunch,
  Place,
  RecordedLaunch,
  ReduceLaunch,
  RoutineLaunch,
} from "./launch.ts";
import { LaunchOrder } from "./order.ts";
import { share, widens } from "./share.ts";

/** What fusion may do. */
export interface FuseOptions {
  /** Whether nobody needs a storage after the last launch. */
  readonly temporary: (storage: Storage) => boolean;
  /** Memory for what nobody needs after the last launch. */
  readonly fresh: (dtype: DType, size: number) => Storage | null;
  /** How many outputs and inputs a kernel may have. */
  readonly operands: number;
  /** Products that the backend computes with an epilogue. */
  readonly epilogues: ReadonlySet<RoutineName> | undefined;
  /**
   * Whether maps may go into the elements of reductions, whose layout decides
   * in which order a backend sums.
   */
  readonly reorders: boolean;
}

/** Instructions that may be computed again in each of several readers. */
const CHEAP = 4;
/** Instructions that are worth a pass over memory. */
const COSTLY = 8;

/** The fused launches, in order. */
export function fuse(
  launches: readonly RecordedLaunch[],
  options: FuseOptions,
): RecordedLaunch[] {
  const { temporary, operands, epilogues } = options;
  const shared = withoutDead(share(launches, temporary), temporary);
  const fusion = new Fusion(shared, options);
  fusion.absorbAll(false);
  fusion.absorbAll(true);
  sharePositional(fusion.launches, operands, options.fresh);
  fusion.mergeAll();
  fusion.dropOutputs();
  if (epilogues?.size) {
    lateParts()?.joinProducts(fusion.launches, { ...options, epilogues });
  }
  return fusion.launches.all();
}

/** Leaves out launches whose results nobody reads. */
function withoutDead(
  launches: readonly RecordedLaunch[],
  temporary: FuseOptions["temporary"],
): RecordedLaunch[] {
  const needed = new Set<Storage>();
  const kept: RecordedLaunch[] = [];
  for (const launch of launches.toReversed()) {
    const used = launch.outputs.some(({ storage }) =>
      needed.has(storage) || !temporary(storage)
    );
    if (!used) continue;
    kept.push(launch);
    for (const { storage } of launch.inputs) needed.add(storage);
  }
  return kept.reverse();
}

class Fusion {
  readonly launches: LaunchOrder;
  readonly #options: FuseOptions;

  constructor(launches: readonly RecordedLaunch[], options: FuseOptions) {
    this.launches = new LaunchOrder(launches);
    this.#options = options;
  }

  /**
   * Puts maps into their readers, and readers of others into these.
   *
   * @param costly Whether also what takes long goes into reductions, which cannot
   * be joined with maps that have something in common with it.
   */
  absorbAll(costly: boolean): void {
    const { launches } = this;
    for (let a = 0; a < launches.length;) {
      // A producer before may now fit into its reader.
      if (this.#absorb(a, costly)) a = launches.before(a);
      else a++;
    }
  }

  /** Joins maps over one shape of which one reads what the other writes. */
  mergeAll(): void {
    for (let a = 0; a < this.launches.length;) {
      if (!this.#merge(a)) a++;
    }
  }

  /** Leaves out what maps that were joined no longer need to store. */
  dropOutputs(): void {
    const { launches } = this;
    for (let a = 0; a < launches.length; a++) {
      const launch = launches.at(a);
      if (launch?.kind !== "map" || launch.outputs.length < 2) continue;
      const needed = launch.outputs.map(({ storage }) =>
        !this.#options.temporary(storage) ||
        launches.readersAfter(storage, a).length > 0
      );
      if (needed.includes(false)) launches.set(a, keeping(launch, needed));
    }
  }

  /** Has the readers of what `a` makes compute it, if it may be done. */
  #absorb(a: number, costly: boolean): boolean {
    const { launches } = this;
    const producer = launches.at(a);
    if (producer === null || producer.outputs.length !== 1) return false;
    const [output] = producer.outputs as [Place];
    if (!this.#options.temporary(output.storage) || !this.#isWhole(output)) {
      return false;
    }
    const readers = launches.readersAfter(output.storage, a);
    const made = producer.kind === "map"
      ? this.#intoReaders(producer, a, readers, costly)
      : this.#behind(producer, a, readers);
    if (made === null) return false;
    readers.forEach((r, i) => launches.set(r, made[i]!));
    launches.set(a, null);
    return true;
  }

  /** Whether a storage is written once, and all of it. */
  #isWhole({ storage, view }: Place): boolean {
    return view.dense && view.offset === 0 && view.size === storage.size &&
      this.launches.writers(storage) === 1;
  }

  /** The readers of a map with its expression inside of them. */
  #intoReaders(
    producer: MapLaunch,
    a: number,
    readers: readonly number[],
    costly: boolean,
  ): RecordedLaunch[] | null {
    if (readers.length === 0) return null;
    const { operands, reorders } = this.#options;
    const cost = costOf(producer.program.exprs);
    if (readers.length > 1 && cost > CHEAP) return null;
    if (cost >= COSTLY && this.launches.at(readers[0]!)!.kind === "reduce") {
      if (!costly || this.#hasRelative(producer, a, cost)) return null;
    }
    const { size } = producer.outputs[0]!.view;
    let traffic = 0;
    const made: RecordedLaunch[] = [];
    for (const r of readers) {
      const reader = this.launches.at(r)!;
      if (reader.kind === "routine") return null;
      if (reader.kind === "reduce" && !reorders) return null;
      if (this.launches.isWritten(producer.inputs, a, r)) return null;
      // Elements that are computed again.
      const repeats = loopSize(reader) / size;
      if (repeats > 1.5 && cost > CHEAP) return null;
      const fused = absorb(producer, reader, operands);
      if (fused === null || !isBounded(fused)) return null;
      for (const { storage: of, view } of producer.inputs) {
        if (reader.inputs.some((p) => p.storage === of)) continue;
        traffic += Math.min(view.size, of.size) / size;
      }
      made.push(fused);
    }
    const { length } = readers;
    return length > 1 && traffic > length + 1 ? null : made;
  }

  /** Whether a map behind `a` computes much of what the one at `a` does. */
  #hasRelative(map: MapLaunch, a: number, cost: number): boolean {
    return this.#linked(map, a).some((b) => {
      const other = this.launches.at(b)!;
      if (other.kind !== "map" || !this.#movesTo(other, a, b)) return false;
      const both = merge(map, other, [true], this.#options.operands);
      return both?.kind === "map" && isBounded(both) &&
        cost + costOf(other.program.exprs) - costOf(both.program.exprs) >=
          COSTLY;
    });
  }

  /** Where behind `a` something is read that a map there reads or writes. */
  #linked({ inputs, outputs }: MapLaunch, a: number): number[] {
    const readers = [...outputs, ...inputs.filter(({ view }) => view.size > 1)]
      .flatMap(({ storage }) => this.launches.readersAfter(storage, a));
    return [...new Set(readers)].sort((x, y) => x - y);
  }

  /** A reduction or product with what its only reader makes of the result. */
  #behind(
    producer: ReduceLaunch | RoutineLaunch,
    a: number,
    readers: readonly number[],
  ): RecordedLaunch[] | null {
    if (readers.length !== 1) return null;
    const [r] = readers as [number];
    const reader = this.launches.at(r)!;
    if (
      reader.kind !== "map" ||
      this.launches.isWritten(producer.inputs, a, r) ||
      writesTo(reader, producer.inputs)
    ) return null;
    const { operands, reorders } = this.#options;
    const fused = producer.kind === "reduce"
      ? epilogue(producer, reader, operands)
      : reorders && isProduct(producer)
      ? withAddend(producer, reader)
      : null;
    return fused && isBounded(fused) ? [fused] : null;
  }

  #merge(a: number): boolean {
    const { launches } = this;
    const first = launches.at(a);
    if (first?.kind !== "map") return false;
    for (const b of this.#linked(first, a)) {
      const second = launches.at(b)!;
      if (second.kind !== "map" || !this.#movesTo(second, a, b)) continue;
      const needed = first.outputs.map(({ storage }) =>
        !this.#options.temporary(storage) ||
        launches.readersAfter(storage, a).some((reader) => reader !== b)
      );
      const merged = merge(first, second, needed, this.#options.operands);
      if (merged === null || !isBounded(merged)) continue;
      // What is float32 for a while comes when it is needed.
      if (widens(second) && !writesTo(first, second.inputs)) continue;
      launches.set(a, merged);
      launches.set(b, null);
      return true;
    }
    return false;
  }

  /** Whether a launch at `b` may run right behind `a`. */
  #movesTo({ inputs, outputs }: RecordedLaunch, a: number, b: number): boolean {
    const { launches } = this;
    return !launches.isWritten(inputs, a, b) &&
      !launches.isWritten(outputs, a, b) && !launches.isRead(outputs, a, b);
  }
}
