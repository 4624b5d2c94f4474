/**
 * Routines that few programs use, which backends load while they are opened:
 * only where a module that applies them is part of the program.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import type { RoutineName } from "./kernel.ts";

/**
 * Routines, what joins the kernels of compiled functions, or a module of the
 * library, which its function loads.
 */
type Late = RoutineName | "join" | (() => Promise<unknown>);

const asked: Set<Late> = new Set();

/**
 * Has backends load routines while they are opened, and gives `owner` back.
 * Called where a module is evaluated, with a pure comment before it, it is part
 * of a bundle only with what uses `owner`.
 */
export function withRoutines<T>(
  names: readonly Late[],
  owner: T,
): T {
  for (const name of names) asked.add(name);
  return owner;
}

/**
 * Waits until a backend has what the program may ask it for.
 *
 * @example Before a program asks for int8
 * ```ts
 * import { tensor } from "@tenfold/tenfold";
 * import { loadRoutines } from "@tenfold/core/internal";
 *
 * await loadRoutines(tensor([1]).device.backend);
 * ```
 */
export async function loadRoutines(backend: Backend): Promise<void> {
  await Promise.all(
    [...asked].map((late) =>
      typeof late === "function" ? late() : backend.load?.(late)
    ),
  );
}
