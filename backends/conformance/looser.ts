/**
 * The law of the looser precision: what `setFloat32Precision("high")` lets a
 * backend do still agrees with the reference, if not as closely.
 *
 * @module
 */
import { setFloat32Precision } from "@tenfold/core";
import { checkCase } from "./check.ts";
import { LOOSER_CASES } from "./ops/convolve.ts";
import type { Random } from "./random.ts";
import type { Session } from "./session.ts";

/** Checks convolutions of a name whose errors may be larger. */
export async function checkLooser(
  session: Session,
  name: keyof typeof LOOSER_CASES,
  random: Random,
): Promise<void> {
  for (const one of LOOSER_CASES[name]()) {
    setFloat32Precision("high");
    let checked: Promise<void>;
    try {
      // It applies the operation before it waits for anything.
      checked = checkCase(session, one, random);
    } finally {
      setFloat32Precision("highest");
    }
    await checked;
  }
}
