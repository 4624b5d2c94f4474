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

/** Tells modules apart; this file is loaded before their class. */
type IsModule = (value: object) => value is AnyModule;

/** The members in the public fields of a module, not those of its modules. */
export function membersOf(
  module: AnyModule,
  isModule: IsModule,
): Named<Member>[] {
  return placesOf(module, isModule).map(({ name, member }) => [name, member]);
}

/** A member with the object and the field that hold it. */
export interface MemberPlace {
  /** Its name in the module. */
  readonly name: string;
  /** What it is. */
  readonly member: Member;
  /** The module, array or plain object that holds it. */
  readonly container: object;
  /** The field of that. */
  readonly key: string;
}

/** The members in the public fields of a module, with where they are held. */
export function placesOf(
  module: AnyModule,
  isModule: IsModule,
): MemberPlace[] {
  const found: MemberPlace[] = [];
  const seen = new Set<object>([module]);
  const visit = (
    name: string,
    value: unknown,
    container: object,
    key: string,
  ): void => {
    if (typeof value !== "object" || value === null) return;
    if (
      isModule(value) || value instanceof Parameter || value instanceof Buffer
    ) {
      found.push({ name, member: value, container, key });
    } else if (isContainer(value) && !seen.has(value)) {
      seen.add(value);
      visitFields(`${name}.`, value);
      seen.delete(value);
    }
  };
  const visitFields = (prefix: string, container: object): void => {
    const fields = container as { readonly [key: string]: unknown };
    for (const key in fields) {
      if (Object.hasOwn(fields, key)) {
        visit(prefix + key, fields[key], container, key);
      }
    }
  };
  visitFields("", module);
  return found;
}

/** True for arrays and plain objects. */
export function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
