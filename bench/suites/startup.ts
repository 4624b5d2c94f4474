/**
 * From nothing to the first step.
 *
 * @module
 */
import type { ProbeSuite } from "../harness/case.ts";

/** The suite. */
export const suite: ProbeSuite = {
  kind: "probe",
  question: "How long until the library is there, an operation, a step?",
  program: "_startup_probe.ts",
  samples: [3, 15],
  probes: [
    {
      name: "startup",
      quick: true,
      figures: [
        { key: "import", series: "import", unit: "ns" },
        { key: "operation", series: "to the first operation", unit: "ns" },
        { key: "step", series: "to the first training step", unit: "ns" },
      ],
    },
  ],
};
