/**
 * What the scalers share.
 *
 * @module
 */
import { isFloating, ShapeError, type Tensor, where } from "@tenfold/core";
import {
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";

/** Figures that a scaler has learned, by name, each of shape `[features]`. */
export type Figures = { readonly [name: string]: Tensor };

/** Figures of a scaler: learned, saved, loaded, released. */
export class FittedFigures<Name extends string> {
  readonly #scaler: string;
  readonly #names: readonly Name[];
  #figures: { readonly [N in Name]: Tensor } | null = null;

  /** No figures yet, for the scaler of this name. */
  constructor(scaler: string, names: readonly Name[]) {
    this.#scaler = scaler;
    this.#names = names;
  }

  /** The figures, or an error that says how to get them. */
  get(): { readonly [N in Name]: Tensor } {
    if (this.#figures === null) {
      throw new TypeError(
        `Cannot use a ${this.#scaler} as it is not fitted yet: call fit or loadStateDict first`,
      );
    }
    return this.#figures;
  }

  /** Takes figures of its own in place of those that were there. */
  set(compute: () => { readonly [N in Name]: Tensor }): void {
    // What is made belongs to the scaler, not to a scope, and has no gradient.
    const figures = unscopedNow(() => tidyNow(() => noGradNow(compute)));
    this.dispose();
    this.#figures = figures;
  }

  /** Takes copies of saved figures. */
  load(saved: Figures): void {
    const features = saved[this.#names[0]!]?.shape[0];
    for (const name of this.#names) {
      const figure = saved[name];
      if (figure?.ndim !== 1 || figure.shape[0] !== features) {
        throw new ShapeError(
          `Cannot load the state of a ${this.#scaler} as ${name} must have shape [${
            features ?? "features"
          }]: got ${figure === undefined ? "none" : showShape(figure.shape)}`,
        );
      }
    }
    this.set(() =>
      Object.fromEntries(
        this.#names.map((name) => [name, saved[name]!.clone()]),
      ) as { [N in Name]: Tensor }
    );
  }

  /** Checks that a tensor is a table with the features that were learned. */
  check(x: Tensor, operation: string): void {
    const features = this.get()[this.#names[0]!].shape[0]!;
    checkTable(x, `${operation} with a ${this.#scaler}`, features);
  }

  /** Releases the fitted statistics. */
  dispose(): void {
    const figures: Figures = this.#figures ?? {};
    for (const figure of Object.values(figures)) figure.dispose();
    this.#figures = null;
  }
}

/** Checks that a tensor is a table of samples, with so many features. */
export function checkTable(
  x: Tensor,
  operation: string,
  features?: number,
): void {
  checkTensor(x, "the data", operation);
  if (x.ndim !== 2 || (features !== undefined && x.shape[1] !== features)) {
    throw new ShapeError(
      `Cannot ${operation} as the data must have shape [samples, ${
        features ?? "features"
      }]: got ${showShape(x.shape)}`,
    );
  }
  if (features === undefined && x.shape[0] === 0) {
    throw new ShapeError(
      `Cannot ${operation} as there is no sample: got ${showShape(x.shape)}`,
    );
  }
}

/** A floating tensor: itself, or its numbers as float32. */
export function floating(x: Tensor): Tensor {
  return isFloating(x.dtype) ? x : x.cast("float32");
}

/** The least and the greatest number of each column; NaN does not count. */
export function bounds(x: Tensor): { low: Tensor; high: Tensor } {
  const missing = x.isNan();
  return {
    low: where(missing, Infinity, x).min(0),
    high: where(missing, -Infinity, x).max(0),
  };
}
