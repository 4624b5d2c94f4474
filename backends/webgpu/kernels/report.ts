/**
 * How a shader says that an index is out of range.
 *
 * @module
 */
import { type Reporter, reporterNumber } from "../device/faults.ts";

/** The type of the words of a report. */
export const REPORT_TYPE = "atomic<u32>";

/** Statements that write a report, unless there is one already. */
export function reportIndex(
  name: Reporter,
  report: string,
  index: string,
  bound: string,
): string[] {
  return [
    `if (atomicAdd(&${report}[3], 1u) == 0u) {`,
    `atomicStore(&${report}[0], ${reporterNumber(name)}u);`,
    `atomicStore(&${report}[1], bitcast<u32>(${index}));`,
    `atomicStore(&${report}[2], bitcast<u32>(${bound}));`,
    "}",
  ];
}
