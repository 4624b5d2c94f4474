/**
 * Whole training steps: forward, loss, backward, update.
 *
 * @module
 */
import type { Case, TimedSuite } from "../harness/case.ts";
import { NETS, trainingStep } from "./_nets.ts";

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How long does a training step take?",
  cases: () =>
    NETS.map((net): Case => ({
      series: net.name,
      quick: true,
      essential: net.optimizer === "SGD",
      work: { amount: net.batch, unit: "sample" },
      // The loss of the third step depends on two updates before it.
      stepsToCheck: 3,
      tolerance: 1e-3,
      open: () => trainingStep(net),
    })),
};
