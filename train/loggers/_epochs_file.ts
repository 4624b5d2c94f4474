/**
 * A callback that keeps a file of all epochs so far.
 *
 * @module
 */
import { writeFileAtomic } from "@tenfold/data";
import type { Callback } from "../callback.ts";
import type { EpochRecord } from "../history.ts";

/**
 * The file is written anew after each epoch, so that it is whole at any time,
 * and after a resume holds each epoch once.
 */
export function epochsFile(
  name: string,
  path: string | URL,
  format: (epochs: readonly EpochRecord[]) => string,
): Callback {
  return {
    name: `${name} ${path}`,
    readsGradients: false,
    firstRankOnly: true,
    epochEnd: (run) => writeFileAtomic(path, format(run.history.epochs)),
  };
}
