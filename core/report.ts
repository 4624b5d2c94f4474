/**
 * Which place of a program made each live tensor: a help against leaks that is
 * switched on when it is first asked for.
 *
 * @module
 */
import { VALUE } from "./members.ts";
import { type Place, showPlace } from "./place.ts";

/**
 * One entry of the report: the tensors made at one place in the program.
 *
 * @example Where the most bytes were made
 * ```ts
 * import { memory, type MemoryPlace, zeros } from "@tenfold/tenfold";
 *
 * memory({ report: true });
 * const x = zeros([1000]);
 * const place: MemoryPlace | undefined = memory().report?.[0];
 * memory({ report: false });
 * x.dispose();
 * ```
 */
export interface MemoryPlace {
  /** The file, line and column. */
  readonly place: string;
  /** Live tensors that were made there. */
  readonly tensors: number;
  /** Bytes of their buffers; a buffer counts where its first tensor was made. */
  readonly bytes: number;
}

/** A tensor, as far as the report needs to know it. */
export interface Reported {
  /** True once its memory has been given back. */
  readonly released: boolean;
  /** Its memory. */
  readonly [VALUE]: {
    readonly storage: { readonly bytes: number };
  };
}

interface Entry {
  readonly tensor: WeakRef<Reported>;
  readonly place: Place;
}

let entries: Entry[] = [];
let sweepAt = 1024;

/** Notes a new tensor; null as long as nobody has asked for a report. */
export let noteTensor: ((tensor: Reported) => void) | null = null;

/** Begins to note tensors, or forgets those that were noted. */
export function noteTensors(on: boolean): void {
  if (on === (noteTensor !== null)) return;
  entries = [];
  sweepAt = 1024;
  noteTensor = on ? note : null;
}

function note(tensor: Reported): void {
  entries.push({ tensor: new WeakRef(tensor), place: placeNow() });
  if (entries.length < sweepAt) return;
  entries = entries.filter((entry) => live(entry) !== null);
  sweepAt = Math.max(1024, 2 * entries.length);
}

function live({ tensor }: Entry): Reported | null {
  const held = tensor.deref();
  return held === undefined || held.released ? null : held;
}

/** The live tensors that were noted, by place, those with most bytes first. */
export function placesOfTensors(): MemoryPlace[] {
  const places = new Map<string, { tensors: number; bytes: number }>();
  const seen = new Set<unknown>();
  for (const entry of entries) {
    const tensor = live(entry);
    if (tensor === null) continue;
    const place = showPlace(entry.place).replace(/^ at /, "") ||
      "an unknown place";
    let sum = places.get(place);
    if (sum === undefined) places.set(place, sum = { tensors: 0, bytes: 0 });
    const { storage } = tensor[VALUE];
    sum.tensors++;
    if (!seen.has(storage)) sum.bytes += storage.bytes;
    seen.add(storage);
  }
  return [...places]
    .map(([place, sum]) => ({ place, ...sum }))
    .sort((a, b) => b.bytes - a.bytes || b.tensors - a.tensors);
}

/** Frames of the stack in which the program is looked for. */
const FRAMES = 50;

/** The stack as it is, far enough down to reach the program. */
function placeNow(): Place {
  const settings = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = settings;
  settings.stackTraceLimit = FRAMES;
  const place = new Error();
  if (stackTraceLimit === undefined) delete settings.stackTraceLimit;
  else settings.stackTraceLimit = stackTraceLimit;
  return place;
}
