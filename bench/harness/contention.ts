/**
 * Whether other programs stood in the way of a measurement.
 *
 * @module
 */
import { digits } from "./format.ts";
import type { Result, ResultsFile } from "./schema.ts";
import { mean } from "./stats.ts";

/** Others that take less of a core do no harm. */
const HARMLESS_CORES = 0.35;
/** With so much of the processor idle, nobody had to wait for it. */
const IDLE_CORES = 0.25;

/** Whether others took the processor while this was measured and wanted it. */
export function isContended(
  { own = 0, others = 0 }: Result,
  cores: number,
): boolean {
  return others > HARMLESS_CORES && own + others > cores - IDLE_CORES;
}

/** A warning where that holds for many results, or nothing. */
export function contentionWarning(
  { results, machine }: Pick<ResultsFile, "results" | "machine">,
): string | null {
  const measured = results.filter(({ others }) => others !== undefined);
  const contended = measured.filter((each) => isContended(each, machine.cores));
  if (contended.length < 0.1 * measured.length || contended.length === 0) {
    return null;
  }
  const cores = digits(mean(measured.map(({ others }) => others ?? 0)));
  return `Other programs took ${cores} cores, and stood in the way of ${contended.length} of ${measured.length} measurements: take them with caution`;
}
