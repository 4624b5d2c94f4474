/**
 * What `fit` says of a loss that is not finite.
 *
 * @module
 */
import { NonFiniteError } from "./errors.ts";

/** A step, counted since training began, and its epoch, both from 1 on. */
export interface Place {
  readonly epoch: number;
  readonly step: number;
}

/** What to do about it. */
const WAYS_OUT =
  "lower the learning rate, set clipGradNorm, or look for NaN in the data";

/** Says once what is not finite. */
export class NonFiniteNotice {
  readonly #note: (text: string) => void;
  #told = false;

  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  /** True once it has said something. */
  get told(): boolean {
    return this.#told;
  }

  #tell(text: string): void {
    if (!this.#told) this.#note(text);
    this.#told = true;
  }

  /** Training goes on with what came of it. */
  since({ epoch, step }: Place): void {
    this.#tell(
      `The loss is not finite since step ${step} of epoch ${epoch}: ${WAYS_OUT}, or pass onNonFinite: "throw" or "skip"`,
    );
  }

  /** A step was left out. */
  skipped({ epoch, step }: Place, why: string): void {
    this.#tell(
      `Skipped step ${step} of epoch ${epoch} as ${why} and will skip others like it without a message: ${WAYS_OUT}`,
    );
  }
}

/** The error of a step that was not taken. */
export function stepError(place: Place, why: string): NonFiniteError {
  const { epoch, step } = place;
  return new NonFiniteError(
    `Cannot fit as ${why} in step ${step} of epoch ${epoch}: ${WAYS_OUT}, or pass onNonFinite: "skip"`,
    place,
  );
}

/** The error of an epoch of which no step was left. */
export function epochError(place: Place): NonFiniteError {
  return new NonFiniteError(
    `Cannot fit as every step of epoch ${place.epoch} was skipped, none was finite: ${WAYS_OUT}`,
    place,
  );
}
