/**
 * Loss and metrics of a model on batches, without changing anything.
 *
 * @module
 */
import { noGrad, scope, type Tensor } from "@tenfold/core";
import { iterate, makesBatches, own, partsOf } from "./_iterate.ts";
import type { NamedMetric } from "./_metrics.ts";
import { rememberModes } from "./_modes.ts";
import { Pace } from "./_pace.ts";
import { Tally } from "./_tally.ts";
import type { Batches } from "./batches.ts";
import type { Figures } from "./history.ts";
import type { Model } from "./model.ts";

/** What to compute. */
export interface Assessment {
  readonly loss: ((output: Tensor, target: Tensor) => Tensor) | undefined;
  readonly metrics: readonly NamedMetric[];
}

/** Goes through the batches once, in evaluation mode. */
export async function assess(
  model: Model,
  batches: Batches,
  { loss, metrics }: Assessment,
  operation: string,
  epoch = 0,
): Promise<Figures> {
  const restoreModes = rememberModes(model);
  const tally = new Tally(metrics);
  const pace = new Pace();
  const owned = makesBatches(batches);
  try {
    model.eval();
    for await (const batch of iterate(batches, operation, epoch)) {
      {
        using inner = scope();
        using _ = noGrad();
        if (owned) own(inner, batch);
        const { inputs, target } = partsOf(batch, operation);
        const output = model.forward(...inputs as never[]);
        tally.add(loss?.(output, target) ?? null, output, target);
      }
      if (pace.due) await pace.breathe(batch[0]!.device);
    }
    return await tally.figures();
  } finally {
    tally.dispose();
    restoreModes();
  }
}
