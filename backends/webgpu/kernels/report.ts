/**
 * How a shader reports an index out of range.
 *
 * @module
 */
/** The type of the words of a report. */
export const REPORT_TYPE = "atomic<u32>";

/**
 * Statements that write a report, unless there is one already. All are names of
 * the shader; `reporter` is the number of the operation.
 */
export function reportIndex(
  report: string,
  reporter: string,
  index: string,
  bound: string,
): string[] {
  return [
    `if (atomicAdd(&${report}[3], 1u) == 0u) {`,
    `atomicStore(&${report}[0], ${reporter});`,
    `atomicStore(&${report}[1], bitcast<u32>(${index}));`,
    `atomicStore(&${report}[2], bitcast<u32>(${bound}));`,
    "}",
  ];
}
