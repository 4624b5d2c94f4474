/**
 * A run whose batches are not all finite. Not part of the package.
 *
 * @module
 */
import { manualSeed, randn, type Tensor, tidy } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import type { FitOptions } from "../fit.ts";
import type { Model } from "../model.ts";

/** A batch: input and target. */
export type Pair = readonly [Tensor, Tensor];

/** Batches, of which some hold NaN. */
export function batches(
  count: number,
  poisoned: readonly number[] = [],
): Pair[] {
  manualSeed(4);
  return Array.from({ length: count }, (_, i) =>
    tidy(() => {
      const x = randn([6, 3]);
      const y = x.sum(1, { keepDim: true });
      return [poisoned.includes(i) ? x.mul(NaN) : x, y] as const;
    }));
}

/** A net with buffers, whose running figures a bad batch would spoil. */
export function makeRun(more: Partial<FitOptions> = {}): {
  model: Model;
  options: FitOptions;
} {
  manualSeed(9);
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.Linear(4, 1),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    options: {
      loss: nn.functional.mseLoss,
      optimizer,
      epochs: 3,
      progress: false,
      ...more,
      train: more.train ?? batches(4),
    },
  };
}
