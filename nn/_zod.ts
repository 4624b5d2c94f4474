/**
 * zod/mini, the library of schemas, by one door: Deno resolves a package of npm
 * anew for every file that imports it, which takes longer than to load a file.
 *
 * @module
 */
export * from "zod/mini";
