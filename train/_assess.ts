/**
 * Loss and metrics of a model on batches, without changing anything.
 *
 * @module
 */
import { noGradNow, scope, type Tensor } from "@tenfold/core";
import { iterate, partsOf } from "./_iterate.ts";
import type { NamedMetric } from "./_metrics.ts";
import { withOwnModes } from "./_modes.ts";
import { Pace } from "./_pace.ts";
import { Tally } from "./_tally.ts";
import type { Batch, Batches } from "./batches.ts";
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
  const tally = new Tally(metrics);
  const pace = new Pace();
  let number = 0;
  const look = (batch: Batch): void => {
    using _ = scope();
    const { inputs, target } = partsOf(batch, operation);
    const output = model.forward(...inputs as never[]);
    tally.add(loss?.(output, target) ?? null, output, target, ++number);
  };
  return await withOwnModes(model, async (task) => {
    try {
      model.eval();
      for await (const batch of iterate(batches, operation, epoch)) {
        task.pin(() => noGradNow(() => look(batch)));
        if (pace.due) await pace.breathe(batch[0]!.device);
      }
      return await tally.figures();
    } finally {
      tally.dispose();
    }
  });
}
