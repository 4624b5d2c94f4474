/**
 * Notices when modules get other members: what was compiled with the old ones
 * is recorded anew.
 *
 * @module
 */
import { observeRecordings } from "@tenfold/core/internal";
import { placesOf } from "./_members.ts";
import type { AnyModule } from "./module.ts";

/** Every module that may still be in use. */
const modules = new Set<WeakRef<AnyModule>>();

const known = new WeakSet<object>();

function isModule(value: object): value is AnyModule {
  return known.has(value);
}

/** How many of them make it worth looking for those that are gone. */
let many = 1024;

/** Remembers a module, without keeping it. */
export function rememberModule(module: AnyModule): void {
  modules.add(new WeakRef(module));
  known.add(module);
  if (modules.size < many) return;
  for (const ref of modules) if (!ref.deref()) modules.delete(ref);
  many = Math.max(1024, 2 * modules.size);
}

/** A field that a member was found in. */
interface Field {
  readonly container: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly member: unknown;
}

observeRecordings((captured) => {
  const fields: Field[] = [];
  const containers = new Set<object>();
  for (const ref of modules) {
    const module = ref.deref();
    if (module === undefined) {
      modules.delete(ref);
      continue;
    }
    const within = module.namedModules().flatMap(([, m]) =>
      placesOf(m, isModule)
    );
    if (!within.some(({ member }) => captured.has(member))) continue;
    for (
      const { container: object, key, member } of placesOf(module, isModule)
    ) {
      const container = object as Field["container"];
      fields.push({ container, key, member });
      containers.add(container);
    }
  }
  // Nothing may come behind what is numbered either.
  for (const object of containers) {
    const container = object as Field["container"];
    let next = 0;
    while (container[next] !== undefined) next++;
    if (next === 0) continue;
    fields.push({ container, key: String(next), member: undefined });
  }
  if (fields.length === 0) return null;
  return () => {
    for (let i = 0; i < fields.length; i++) {
      const { container, key, member } = fields[i]!;
      if (container[key] !== member) return false;
    }
    return true;
  };
});
