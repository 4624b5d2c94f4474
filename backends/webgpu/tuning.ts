/**
 * Tile sizes that were measured on an adapter, instead of the default ones.
 *
 * @module
 */
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Memory } from "./device/buffer.ts";
import type { Gpu } from "./device/gpu.ts";

/**
 * The result of `WebgpuBackend.tune`, as plain data that `JSON.stringify` can
 * write.
 *
 * @example What was measured, as text
 * ```ts
 * import type { Tuning } from "@tenfold/backends/webgpu";
 *
 * const tuning: Tuning = { tiles: [2, 4, 8] };
 * const text = JSON.stringify(tuning);
 * ```
 */
export interface Tuning {
  /**
   * Number of rows and columns of a product that one invocation computes: for
   * products of fewer than 2^26 multiplications, of fewer than 2^29, and of
   * more. Null if it was not measured.
   */
  readonly tiles: readonly (number | null)[];
}

/** Sides of the square matrices that each class is measured with. */
const SIDES: readonly number[] = [256, 512, 1024];
/** Multiplications from which on products belong to the next class. */
const BOUNDS: readonly number[] = [2 ** 26, 2 ** 29];
/** The tiles that a processor and a card can have. */
const CANDIDATES = { software: [8, 16], card: [4, 8] } as const;

/** The tile that was measured to be best for so many multiplications. */
export function tunedTile(
  tuning: Tuning | null,
  multiplications: number,
): number | null {
  if (tuning === null) return null;
  const found = BOUNDS.findIndex((bound) => multiplications < bound);
  return tuning.tiles[found < 0 ? BOUNDS.length : found] ?? null;
}

/** Whether something is a tuning for such a device. */
export function isTuning(value: unknown, software: boolean): value is Tuning {
  const { tiles } = (value ?? {}) as Partial<Tuning>;
  const known: readonly (number | null)[] =
    CANDIDATES[software ? "software" : "card"];
  return Array.isArray(tiles) && tiles.length === SIDES.length &&
    tiles.every((tile) => tile === null || known.includes(tile));
}

/** Measures products of each class for about `milliseconds` in all. */
export async function measureTiles(
  gpu: Gpu,
  prepare: (kernel: RoutineKernel) => Launch | null,
  wait: () => Promise<void>,
  milliseconds: number,
): Promise<Tuning> {
  const launch = prepare({
    kind: "routine",
    name: "matmul",
    rank: 3,
    outputs: ["float32"],
    inputs: ["float32", "float32"],
  })!;
  const candidates = CANDIDATES[gpu.profile.software ? "software" : "card"];
  const share = milliseconds / SIDES.length / candidates.length;
  const before = gpu.tuning;
  const tiles: (number | null)[] = SIDES.map(() => null);
  try {
    for (const [i, side] of SIDES.entries()) {
      const run = productOf(gpu, launch, side);
      const times: number[] = [];
      for (const tile of candidates) {
        gpu.tuning = { tiles: SIDES.map(() => tile) };
        times.push(await fastest(run.act, wait, share));
      }
      const least = Math.min(...times);
      tiles[i] = candidates[times.indexOf(least)]!;
      run.free();
      // The next ones take eight times as long.
      if (least > share) break;
    }
  } finally {
    gpu.tuning = before;
  }
  return { tiles };
}

/** A product of square matrices, of whatever their buffers hold. */
function productOf(gpu: Gpu, launch: Launch, side: number) {
  const shape = [side, side, side];
  const buffers = Array.from({ length: 3 }, (): Memory => ({
    block: gpu.pool.take(side * side * 4),
    dtype: "float32",
    size: side * side,
  }));
  return {
    act: () =>
      launch({
        shape,
        buffers,
        offsets: [0, 0, 0],
        strides: [[side, 1, 0], [side, 0, 1], [0, 1, side]],
        scalars: [],
      }),
    free: () => buffers.forEach(({ block }) => gpu.pool.give(block)),
  };
}

/** The least time of a run, once it is compiled. */
async function fastest(
  act: () => void,
  wait: () => Promise<void>,
  milliseconds: number,
): Promise<number> {
  act();
  await wait();
  const start = performance.now();
  let least = Infinity;
  let count = 1;
  do {
    const begin = performance.now();
    for (let i = 0; i < count; i++) act();
    await wait();
    const time = (performance.now() - begin) / count;
    least = Math.min(least, time);
    // So many that waiting for them does not count.
    count = Math.max(1, Math.min(32, Math.floor(milliseconds / 4 / time)));
  } while (performance.now() - start < milliseconds);
  return least;
}
