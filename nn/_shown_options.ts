/**
 * Options as text.
 *
 * @module
 */

/** Every option that is given, such as `kernelSize=2, stride=[1, 2]`. */
export function shownOptions(options: object): string {
  return Object.entries(options).filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      `${name}=${Array.isArray(value) ? `[${value.join(", ")}]` : value}`
    ).join(", ");
}
