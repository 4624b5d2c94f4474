/**
 * The WGSL functions of ours, of which a shader takes those that it calls.
 *
 * @module
 */
import { BITS } from "./bits.ts";
import { EXPONENTIAL } from "./exponential.ts";
import { HALF } from "./half.ts";
import { SPECIAL } from "./special.ts";
import { SUBGROUP } from "./subgroup.ts";
import { TRIGONOMETRIC } from "./trigonometric.ts";

/** Every function by name. */
export const LIBRARY: Readonly<Record<string, string>> = {
  ...BITS,
  ...EXPONENTIAL,
  ...HALF,
  ...TRIGONOMETRIC,
  ...SPECIAL,
  ...SUBGROUP,
};

/** The functions that `code` names, and those that they name. */
export function libraryFor(code: string): string {
  const taken = new Set<string>();
  const visit = (text: string): void => {
    for (const [name] of text.matchAll(/\btf_\w+/g)) {
      const source = LIBRARY[name];
      if (source === undefined || taken.has(name)) continue;
      taken.add(name);
      visit(source);
    }
  };
  visit(code);
  return [...taken].map((name) => LIBRARY[name]).join("\n");
}
