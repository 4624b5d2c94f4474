/**
 * Generated code: whether it is allowed, and how it is made.
 *
 * @module
 */

/**
 * True where the runtime lets a program make functions from text; pages with a
 * content security policy without `unsafe-eval` forbid it.
 */
export function canGenerateCode(): boolean {
  try {
    return new Function("return 1")() === 1;
  } catch {
    return false;
  }
}

/**
 * The value that the body of a function returns, with `helpers` in scope by
 * their names.
 */
export function generate(
  body: string,
  helpers: { readonly [name: string]: unknown },
): unknown {
  const make = new Function(...Object.keys(helpers), `"use strict";\n${body}`);
  return make(...Object.values(helpers));
}
