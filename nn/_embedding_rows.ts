/**
 * The first values of a table of vectors.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, tidyNow } from "@tenfold/core/internal";
import { normal_ } from "./init/plain.ts";

/** Standard normal rows, but zeros for the one that pads. */
export function initRows(weight: Tensor, paddingIdx: number | null): void {
  normal_(weight);
  if (paddingIdx === null) return;
  noGradNow(() => tidyNow(() => void weight.select(0, paddingIdx).zero_()));
}
