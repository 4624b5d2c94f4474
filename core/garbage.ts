/**
 * Helps the collector of garbage, which sees small handles and not the memory
 * of devices behind them: makes it look when much has come together, and gives
 * way to it where a program waits anyway.
 *
 * A loop that never awaits can't be helped: handles are told to be garbage
 * only after the current task of the event loop.
 *
 * @module
 */

/** Held bytes below which nobody looks for garbage. */
const LEAST = 2 ** 28;
/** So many asynchronous reads after a turn of the event loop it may be time. */
const READS = 16;
/** After so many it is, whatever is held: timers and others wait as well. */
const MOST_READS = 256;
/** Address space that is taken and dropped, so that the collector looks. */
const BALLAST = 2 ** 28;

/** So often the collector is made to look before all counts as in use. */
const TRIES = 6;

let least = LEAST;
/** The least from which looking is worth it. */
let floor = LEAST;
/** Held bytes at which the collector is made to look next. */
let limit = LEAST;
/** How often it has looked and not found much, and the bytes it has found. */
let tries = 0;
let found = 0;
let due = false;
let reads = 0;

/** Tells how much a device can hold, so that small ones are not filled up. */
export function expectDevice(maxBufferBytes: number): void {
  least = Math.min(least, Math.max(maxBufferBytes / 4, 2 ** 20));
  floor = Math.min(floor, least);
  limit = Math.min(limit, least);
}

/** Tells that so many bytes were found to be garbage. */
export function collected(bytes: number): void {
  found += bytes;
}

/** Makes the collector look if so many held bytes are many. */
export function hold(bytes: number): void {
  if (bytes > limit) press(bytes);
}

function press(bytes: number): void {
  due = true;
  found = 0;
  // Engines begin to look and end later, so once is not enough. What is still
  // there after several times is in use: then not before there is much more.
  if (++tries <= TRIES) limit = 1.125 * bytes;
  else {
    tries = 0;
    limit = floor = 1.5 * bytes;
  }
  provoke();
}

/** What takes address space that the engine counts, and no memory. */
const ballast: () => unknown = Object.hasOwn(new Error(), "line")
  // JavaScriptCore fills array buffers at once, but not memories.
  ? () => new WebAssembly.Memory({ initial: BALLAST / 2 ** 14 })
  : () => new ArrayBuffer(BALLAST);

function provoke(): void {
  try {
    // The first makes engines begin to look, the second go on with it.
    ballast();
    ballast();
  } catch {
    // The engine has just looked for garbage to make room.
  }
}

/**
 * A turn of the event loop, in which what was found to be garbage is freed, or
 * null where it is not time for one.
 *
 * @param grown Tells whether more is held than when it was last asked.
 * @param bytes Tells the bytes that are held.
 */
export function turnOfReads(
  grown: () => boolean,
  bytes: () => number,
): Promise<void> | null {
  const early = ++reads % READS !== 0 || (reads < MOST_READS && !grown());
  if (early && !due) return null;
  return turn().then(() => turned(bytes()));
}

/** Tells that the event loop has turned, and how many bytes are held now. */
export function turned(bytes: number): void {
  due = false;
  reads = 0;
  const above = Math.max(least, 1.5 * bytes);
  if (found > 0 && found * 8 >= bytes) {
    found = tries = 0;
    floor = least;
    limit = above;
  } else if (tries === 0) limit = Math.min(limit, Math.max(floor, above));
}

type Later = (then: () => void) => unknown;

/** Not looked for while undefined: Deno loads much of Node for it. */
let later: Later | undefined;

/** What runs a function in a later turn: rather at once than after a while. */
function findLater(): Later {
  const { setImmediate } = globalThis as { setImmediate?: Later };
  if (setImmediate !== undefined) return setImmediate;
  if (typeof MessageChannel === "undefined") return (then) => setTimeout(then);
  return (then) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      then();
    };
    port2.postMessage(null);
  };
}

function turn(): Promise<void> {
  const run = later ??= findLater();
  return new Promise((resolve) => run(resolve));
}
