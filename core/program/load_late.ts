/**
 * What only some plans need is loaded while a backend is opened, as a program
 * that does not compile needs none of it.
 *
 * @module
 */
import { withRoutines } from "../late_routines.ts";

type LateParts = typeof import("./late_parts.ts");

let loaded: LateParts | null = null;

/**
 * What leaves gradients out, and what joins products with maps; null before a
 * backend was opened.
 */
export const lateParts: () => LateParts | null = /* @__PURE__ */ withRoutines(
  [async () => void (loaded = await import("./late_parts.ts"))],
  () => loaded,
);
