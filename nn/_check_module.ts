/**
 * What containers hold.
 *
 * @module
 */
import { showValue } from "@tenfold/core/internal";
import { Module } from "./module.ts";

/** Refuses what is not a module, such as its class or an array of them. */
export function checkModule(value: unknown, container: string): void {
  if (value instanceof Module) return;
  throw new TypeError(
    `Cannot make a ${container} as ${showValue(value)} is not a Module`,
  );
}
