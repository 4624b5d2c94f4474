/**
 * Memory of a plan: which temporaries may share a buffer, from the places in
 * the list at which they are written first and read last.
 *
 * @module
 */
import { stridesAlong } from "../lower/geometry.ts";
import type { Storage } from "../storage.ts";
import type { RecordedLaunch } from "./launch.ts";

/** One buffer of the plan. */
export interface Slot {
  /** The element type. */
  readonly dtype: Storage["dtype"];
  /** The number of elements. */
  size: number;
}

/** Which buffer each temporary has. */
export interface Slots {
  /** All buffers. */
  readonly slots: readonly Slot[];
  /** The buffer of each storage. */
  readonly of: ReadonlyMap<Storage, number>;
}

/** Gives every temporary a slot; those whose lives do not meet share one. */
export function assignSlots(
  launches: readonly RecordedLaunch[],
  temporary: (storage: Storage) => boolean,
): Slots {
  const last = new Map<Storage, number>();
  launches.forEach((launch, i) => {
    for (const { storage } of [...launch.outputs, ...launch.inputs]) {
      if (temporary(storage)) last.set(storage, i);
    }
  });
  const slots: Slot[] = [];
  const free: number[] = [];
  const of = new Map<Storage, number>();
  /** How many storages that are still needed each slot has. */
  const users: number[] = [];
  const assign = (storage: Storage, slot: number) => {
    of.set(storage, slot);
    users[slot] = (users[slot] ?? 0) + 1;
  };
  launches.forEach((launch, i) => {
    const donated = donations(launch, i, last, of);
    // What nobody wrote is empty: it needs a buffer to name, no more.
    for (const { storage } of launch.inputs) {
      if (!temporary(storage) || of.has(storage)) continue;
      assign(storage, take(slots, free, storage));
    }
    for (const { storage } of launch.outputs) {
      if (!temporary(storage) || of.has(storage)) continue;
      const gift = donated.findIndex((s) =>
        slots[s]!.dtype === storage.dtype && slots[s]!.size >= storage.size
      );
      if (gift >= 0) {
        assign(storage, donated.splice(gift, 1)[0]!);
        continue;
      }
      assign(storage, take(slots, free, storage));
    }
    const ended = new Set<Storage>();
    for (const { storage } of [...launch.inputs, ...launch.outputs]) {
      const slot = of.get(storage);
      if (slot === undefined || last.get(storage) !== i || ended.has(storage)) {
        continue;
      }
      ended.add(storage);
      if (--users[slot]! === 0) free.push(slot);
    }
  });
  return { slots, of };
}

/** Slots of inputs that end here and lie as the outputs of a map do. */
function donations(
  launch: RecordedLaunch,
  i: number,
  last: ReadonlyMap<Storage, number>,
  of: ReadonlyMap<Storage, number>,
): number[] {
  if (launch.kind !== "map") return [];
  const [output] = launch.outputs;
  const { shape } = output!.view;
  if (!launch.outputs.every(({ view }) => view.dense && view.offset === 0)) {
    return [];
  }
  const strides = stridesAlong(output!.view, shape);
  const found: number[] = [];
  for (const { storage, view } of launch.inputs) {
    const slot = of.get(storage);
    if (slot === undefined || last.get(storage) !== i) continue;
    // Every read of it has to be of the element that is written.
    const even = launch.inputs.every((p) =>
      p.storage !== storage ||
      (p.view.offset === 0 &&
        stridesAlong(p.view, shape).every((s, d) =>
          s === strides[d] || shape[d] === 1
        ))
    );
    if (even && view.offset === 0 && !found.includes(slot)) found.push(slot);
  }
  return found;
}

/** A free slot that fits best, a larger one, or a new one. */
function take(slots: Slot[], free: number[], storage: Storage): number {
  let best = -1;
  for (const s of free) {
    if (slots[s]!.dtype !== storage.dtype) continue;
    if (best < 0) best = s;
    const [a, b] = [slots[s]!.size, slots[best]!.size];
    const fits = a >= storage.size;
    const bestFits = b >= storage.size;
    if (fits && bestFits ? a < b : fits || (!bestFits && a > b)) best = s;
  }
  if (best >= 0) {
    free.splice(free.indexOf(best), 1);
    slots[best]!.size = Math.max(slots[best]!.size, storage.size);
    return best;
  }
  slots.push({ dtype: storage.dtype, size: storage.size });
  return slots.length - 1;
}
