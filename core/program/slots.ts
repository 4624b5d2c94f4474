/**
 * Memory of a plan: which temporaries may share a buffer, from the places in
 * the list at which they are written first and read last.
 *
 * @module
 */
import type { Storage } from "../storage.ts";
import { sameElements } from "./combine.ts";
import type { RecordedLaunch } from "./launch.ts";

/** One buffer of the plan. */
export interface Slot {
  /** The element type. */
  readonly dtype: Storage["dtype"];
  /** The number of elements. */
  readonly size: number;
}

/** Which buffer each temporary has. */
export interface Slots {
  /** All buffers. */
  readonly slots: readonly Slot[];
  /** The buffer of each storage. */
  readonly of: ReadonlyMap<Storage, number>;
}

/**
 * A slot is shared by storages that are no more times smaller: what is tiny
 * saves nothing there, and backends could not run its launch beside those that
 * use the slot before.
 */
const NEAR = 16;

/** Temporaries that follow one another in place, and when the buffer is used. */
interface Chain {
  readonly storages: Storage[];
  readonly size: number;
  readonly from: number;
  to: number;
}

/**
 * Gives every temporary a slot; those whose lives do not meet share one. The
 * largest come first, so that a small one never takes a slot that a larger one
 * would have needed.
 */
export function assignSlots(
  launches: readonly RecordedLaunch[],
  temporary: (storage: Storage) => boolean,
): Slots {
  const chains = chainsOf(launches, temporary);
  const slots: Slot[] = [];
  const users: Chain[][] = [];
  const of = new Map<Storage, number>();
  for (const chain of chains.toSorted((a, b) => b.size - a.size)) {
    const { storages, size, from, to } = chain;
    const { dtype } = storages[0]!;
    let slot = slots.findLastIndex((other, s) =>
      other.dtype === dtype && size * NEAR >= other.size &&
      users[s]!.every((user) => user.to < from || user.from > to)
    );
    if (slot < 0) {
      slot = slots.push({ dtype, size }) - 1;
      users.push([]);
    }
    users[slot]!.push(chain);
    for (const storage of storages) of.set(storage, slot);
  }
  return { slots, of };
}

/** All temporaries, those that maps write in place of another one with it. */
function chainsOf(
  launches: readonly RecordedLaunch[],
  temporary: (storage: Storage) => boolean,
): Chain[] {
  const last = new Map<Storage, number>();
  launches.forEach((launch, i) => {
    for (const { storage } of [...launch.outputs, ...launch.inputs]) {
      if (temporary(storage)) last.set(storage, i);
    }
  });
  const chains: Chain[] = [];
  const of = new Map<Storage, Chain>();
  const begin = (storage: Storage, from: number) => {
    const { size } = storage;
    const chain = { storages: [storage], size, from, to: last.get(storage)! };
    chains.push(chain);
    of.set(storage, chain);
  };
  launches.forEach((launch, i) => {
    const donated = donations(launch, i, of);
    // What nobody wrote is empty: it needs a buffer to name, no more.
    for (const { storage } of launch.inputs) {
      if (temporary(storage) && !of.has(storage)) begin(storage, i);
    }
    for (const { storage } of launch.outputs) {
      if (!temporary(storage) || of.has(storage)) continue;
      const gift = donated.findIndex(({ storages: [first], size }) =>
        first!.dtype === storage.dtype && size >= storage.size
      );
      if (gift < 0) {
        begin(storage, i);
        continue;
      }
      const [chain] = donated.splice(gift, 1) as [Chain];
      chain.storages.push(storage);
      chain.to = last.get(storage)!;
      of.set(storage, chain);
    }
  });
  return chains;
}

/** The chains of inputs that end here and lie as the outputs of a map do. */
function donations(
  launch: RecordedLaunch,
  i: number,
  of: ReadonlyMap<Storage, Chain>,
): Chain[] {
  if (launch.kind !== "map") return [];
  const [output] = launch.outputs;
  const { shape } = output!.view;
  if (!launch.outputs.every(({ view }) => view.dense && view.offset === 0)) {
    return [];
  }
  const found: Chain[] = [];
  for (const { storage, view } of launch.inputs) {
    const chain = of.get(storage);
    if (chain === undefined || chain.to !== i) continue;
    // Every read of it has to be of the element that is written.
    const even = launch.inputs.every((p) =>
      p.storage !== storage || sameElements(p.view, output!.view, shape)
    );
    if (even && view.offset === 0 && !found.includes(chain)) found.push(chain);
  }
  return found;
}
