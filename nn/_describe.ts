/**
 * Modules as text.
 *
 * @module
 */
import type { AnyModule } from "./module.ts";

/** The name and options of a module, and its parts below each other. */
export function describeModule(
  module: AnyModule,
  path: readonly AnyModule[] = [],
): string {
  const { name } = module.constructor;
  if (path.includes(module)) return `${name}(...)`;
  const children = module.namedChildren();
  const options = module.describe();
  if (children.length === 0) return `${name}(${options})`;
  const lines = children.map(([title, child]) =>
    `  (${title}): ${
      describeModule(child, [...path, module]).replaceAll("\n", "\n  ")
    }`
  );
  return [`${name}(${options}`, ...lines, ")"].join("\n");
}
