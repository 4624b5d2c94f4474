/**
 * Mixed precision, as a module of its own: it is loaded when it is asked for.
 *
 * @module
 */
import { autocast } from "@tenfold/core/func";
import { GradScaler } from "@tenfold/optim";

/** How steps are computed in mixed precision. */
export interface Mixed {
  /** Calls the forward pass and the loss. */
  readonly autocast: <T>(fn: () => T) => T;
  /** Scales the loss. */
  readonly scaler: GradScaler;
  /** Frees what was made for one run. */
  dispose(): void;
}

/** Mixed precision with a scaler, or one of its own. */
export function mixedWith(scaler: GradScaler | true): Mixed {
  if (scaler !== true) return { autocast, scaler, dispose() {} };
  const own = new GradScaler();
  return { autocast, scaler: own, dispose: () => own.dispose() };
}
