/**
 * zod/mini, the library of schemas, by one door: one file of the package says
 * which library that is.
 *
 * @module
 */
export * from "zod/mini";
