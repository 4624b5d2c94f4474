/**
 * Loss and metrics of a model on batches, without changing anything.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, tidyNow } from "@tenfold/core/internal";
import { iterate, partsOf } from "./_iterate.ts";
import { loadCompile } from "./_load_compile.ts";
import type { NamedMetric } from "./_metrics.ts";
import { withOwnModes } from "./_modes.ts";
import { Pace } from "./_pace.ts";
import { Tally } from "./_tally.ts";
import type { Batch, Batches } from "./batches.ts";
import type { Replica } from "./distributing.ts";
import type { Figures } from "./history.ts";
import type { Model } from "./model.ts";

/** What to compute. */
export interface Assessment {
  readonly loss: ((output: Tensor, target: Tensor) => Tensor) | undefined;
  readonly metrics: readonly NamedMetric[];
  /** Whether the forward pass is compiled. */
  readonly compile?: boolean;
  /** Ends it between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What is computed of one batch. */
interface Assessed {
  readonly loss: Tensor | null;
  readonly output: Tensor;
}

/** Computes loss and metrics of a model. */
export class Assessor {
  readonly #model: Model;
  readonly #metrics: readonly NamedMetric[];
  readonly #signal: AbortSignal | undefined;
  #compiles: boolean;
  #look: ((inputs: Tensor[], target: Tensor) => Assessed) & {
    dispose?(): void;
  };

  /** Computes nothing yet. */
  constructor(model: Model, assessment: Assessment) {
    const { loss, metrics, compile = false, signal } = assessment;
    this.#model = model;
    this.#signal = signal;
    this.#metrics = metrics;
    this.#compiles = compile;
    this.#look = (inputs: Tensor[], target: Tensor): Assessed => {
      const output = model.forward(...inputs as never[]);
      return { output, loss: loss?.(output, target) ?? null };
    };
  }

  /** Goes through the batches once, in evaluation mode. */
  async run(
    batches: Batches,
    operation: string,
    epoch = 0,
    replica?: Replica,
  ): Promise<Figures> {
    const tally = new Tally(this.#metrics);
    const pace = new Pace();
    let number = 0;
    const look = (batch: Batch): void =>
      tidyNow(() => {
        const { inputs, target } = partsOf(batch, operation);
        const { output, loss } = this.#look(inputs, target);
        tally.add(loss, output, target, ++number);
      });
    return await withOwnModes(this.#model, async (task) => {
      try {
        this.#model.eval();
        if (this.#compiles) await this.#compile();
        for await (const batch of iterate(batches, operation, epoch)) {
          this.#signal?.throwIfAborted();
          task.pin(() => noGradNow(() => look(batch)));
          if (pace.due) await pace.breathe(batch[0]!.device);
        }
        // A rank may have none where others have some.
        if (number === 0 && replica === undefined) {
          throw new RangeError(
            `Cannot ${operation} as there is no batch to validate on: check the batches, and dropLast of their loader`,
          );
        }
        return await tally.figures(replica);
      } finally {
        tally.dispose();
      }
    });
  }

  /** Loads what compiles, when the first pass is about to begin. */
  async #compile(): Promise<void> {
    const compile = await loadCompile(this.#model);
    this.#look = compile(this.#look);
    this.#compiles = false;
  }

  /** Gives back what a compiled pass holds. */
  dispose(): void {
    this.#look.dispose?.();
  }
}
