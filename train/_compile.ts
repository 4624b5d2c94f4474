/**
 * What compiles steps, as a module of its own: it is loaded when it is asked
 * for, also by a program whose bundle has `compile` from the beginning, where
 * bundlers would warn of a module that is loaded in both ways.
 *
 * @module
 */
export { compile } from "@tenfold/core/compile";
