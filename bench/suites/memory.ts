/**
 * The most memory that training steps need.
 *
 * @module
 */
import type { ProbeSuite } from "../harness/case.ts";
import { COMPILED, NETS } from "./_nets.ts";

/** The suite. */
export const suite: ProbeSuite = {
  kind: "probe",
  question: "How much memory does a training step need at most?",
  program: "_memory_probe.ts",
  samples: [1, 3],
  probes: NETS.flatMap(({ name }) => [
    {
      name,
      quick: true,
      figures: [
        { key: "tensors", series: `${name}: tensors`, unit: "byte" },
        { key: "process", series: `${name}: process`, unit: "byte" },
      ],
    },
    {
      name: `${name}${COMPILED}`,
      quick: false,
      figures: [
        { key: "tensors", series: `${name}: tensors, compiled`, unit: "byte" },
      ],
    },
  ]),
};
