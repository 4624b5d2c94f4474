/**
 * How often modules got other parameters or layers: what was recorded before may
 * no longer do the same.
 *
 * @module
 */
let structure = 0;

/**
 * Says that a module may have got another parameter: plans record anew.
 *
 * @example Before a module gets another parameter
 * ```ts
 * import { structureChanged } from "@tenfold/core/internal";
 *
 * structureChanged();
 * ```
 */
export function structureChanged(): void {
  structure++;
}

/** How often modules were changed so far. */
export function currentStructure(): number {
  return structure;
}
