/**
 * What leaves gradients out is loaded while a backend is opened, as a program
 * that does not compile needs none of it.
 *
 * @module
 */
import { withRoutines } from "../late_routines.ts";

type Deferral = typeof import("./deferred.ts");

let loaded: Deferral | null = null;

/** What leaves gradients out, or null before a backend was opened. */
export const deferral: () => Deferral | null = /* @__PURE__ */ withRoutines(
  [async () => void (loaded = await import("./deferred.ts"))],
  () => loaded,
);
