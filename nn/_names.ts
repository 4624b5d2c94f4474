/**
 * Names of tensors, chosen by patterns and renamed.
 *
 * @module
 */
import { showValue } from "@tenfold/core/internal";

/**
 * Selects names: a name, or the name of a module for all names in it, with `*`
 * for any text (`"encoder"`, `"*.bias"`); a regular expression; or a function.
 *
 * @example All biases
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const biases: nn.NamePattern = "*bias";
 * const model = new nn.Sequential(new nn.Linear(2, 2));
 * model.freeze(biases);
 * ```
 */
export type NamePattern = string | RegExp | ((name: string) => boolean);

/**
 * Renames tensors: an object that maps names or prefixes of names to new ones,
 * or a function that returns the new name, or null to leave a tensor out.
 *
 * @example A prefix that is taken off
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const rename: nn.Rename = { "module.": "" };
 * ```
 */
export type Rename =
  | { readonly [from: string]: string }
  | ((name: string) => string | null);

/**
 * Whether a pattern chooses a name.
 *
 * @throws {TypeError} If it is not a pattern.
 */
export function matcher(
  pattern: NamePattern,
  operation: string,
): (name: string) => boolean {
  if (typeof pattern === "function") return (name) => pattern(name);
  // A copy: one with the flag g or y remembers where it stopped.
  if (pattern instanceof RegExp) {
    return (name) => new RegExp(pattern).test(name);
  }
  if (typeof pattern !== "string") {
    throw new TypeError(
      `Cannot ${operation} as the pattern must be a string, a regular expression or a function: got ${
        showValue(pattern)
      }`,
    );
  }
  const text = pattern.split("*").map(escapeText).join(".*");
  const whole = new RegExp(`^${text}(?:\\..*)?$`, "s");
  return (name) => whole.test(name);
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/**
 * The new name of each.
 *
 * @throws {TypeError} If it is neither a map of names nor a function.
 */
export function renamer(rename: Rename): (name: string) => string | null {
  if (typeof rename === "function") return rename;
  if (typeof rename !== "object" || rename === null) {
    throw new TypeError(
      `Cannot load a state dict as rename must be an object of names or a function: got ${
        showValue(rename)
      }`,
    );
  }
  // The longest part that fits is the one that is meant.
  const parts = Object.entries(rename)
    .sort(([a], [b]) => b.length - a.length);
  return (name) => {
    for (const [from, to] of parts) {
      if (name === from) return to;
      if (from === "") return `${to}.${name}`;
      if (!name.startsWith(`${from}.`)) continue;
      const rest = name.slice(from.length + 1);
      return to === "" ? rest : `${to}.${rest}`;
    }
    return name;
  };
}
