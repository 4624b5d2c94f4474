/**
 * Finds what a module is made of.
 *
 * @module
 */
import type { AnyModule } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

/** Anything that traversal finds in a field. */
export type Member = Parameter | Buffer | AnyModule;

/** A member under its name, such as `"layers.1"`. */
export type Named<M> = [name: string, member: M];

/**
 * The members in the public fields of a module, not those of its modules.
 *
 * @param isModule Tells modules apart; this file is loaded before their class.
 */
export function membersOf(
  module: AnyModule,
  isModule: (value: object) => value is AnyModule,
): Named<Member>[] {
  const found: Named<Member>[] = [];
  const seen = new Set<object>([module]);
  const visit = (name: string, value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (
      isModule(value) || value instanceof Parameter || value instanceof Buffer
    ) {
      found.push([name, value]);
    } else if (isContainer(value) && !seen.has(value)) {
      seen.add(value);
      visitFields(`${name}.`, value);
      seen.delete(value);
    }
  };
  const visitFields = (prefix: string, container: object): void => {
    const fields = container as { readonly [key: string]: unknown };
    for (const key in fields) {
      if (Object.hasOwn(fields, key)) visit(prefix + key, fields[key]);
    }
  };
  visitFields("", module);
  return found;
}

/** True for arrays and plain objects. */
function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
