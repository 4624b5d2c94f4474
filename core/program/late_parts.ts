/**
 * The parts of plans that are loaded while a backend is opened.
 *
 * @module
 */
export { Deferred, leftOut } from "./deferred.ts";
export { joinProducts } from "./epilogues.ts";
