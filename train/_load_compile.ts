/**
 * Loads what compiles steps, and what the backend has for it.
 *
 * @module
 */
import { loadRoutines } from "@tenfold/core/internal";
import type { Model } from "./model.ts";

/** `compile`, once the backend of the model has loaded its part. */
export async function loadCompile(
  model: Model,
): Promise<typeof import("./_compile.ts").compile> {
  const { compile } = await import("./_compile.ts");
  const [parameter] = model.parameters();
  if (parameter !== undefined) await loadRoutines(parameter.device.backend);
  return compile;
}
