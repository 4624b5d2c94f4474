/**
 * What stands for an object on consoles and in notebooks.
 *
 * @module
 */

/**
 * Has Deno, Node and Bun print an object by its `toString`, and notebooks show
 * it. For a prototype, or for an object that is being made: a class with members
 * under computed names stays in every bundle, as bundlers take those for effects.
 *
 * @param object The object.
 * @param display What notebooks show of it, by the type of the media.
 *
 * @example An object that prints as text
 * ```ts
 * import { showAs } from "@tenfold/core/internal";
 *
 * const point = { x: 1, toString: () => "(1)" };
 * showAs(point, (shown) => ({ "text/plain": `${shown}` }));
 * ```
 */
export function showAs<T extends object>(
  object: T,
  display: (
    shown: T,
  ) => Record<string, string> | Promise<Record<string, string>>,
): void {
  const define = (name: string, value: (this: T) => unknown) =>
    Object.defineProperty(object, Symbol.for(name), { value });
  const print = function (this: T) {
    return this.toString();
  };
  define("Deno.customInspect", print);
  define("nodejs.util.inspect.custom", print);
  define("Jupyter.display", function () {
    return display(this);
  });
}
