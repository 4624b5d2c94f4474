/**
 * Training and evaluation modes of modules.
 *
 * @module
 */
import type { Model } from "./model.ts";

/** Remembers the mode of each module; the result puts them back. */
export function rememberModes(model: Model): () => void {
  const modes = model.modules().map((module) =>
    [module, module.training] as const
  );
  return () => {
    for (const [module, training] of modes) module.training = training;
  };
}
