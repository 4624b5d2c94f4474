/**
 * What the two threads of a job say to each other.
 *
 * @module
 */
import type { ErrorParts } from "@tenfold/data/internal";

/** To the worker. */
export type ToWorker =
  | { readonly tenfold: "start"; readonly input: unknown }
  | { readonly tenfold: "abort"; readonly reason: ErrorParts };

/** From the worker. */
export type FromWorker =
  | { readonly tenfold: "ready" }
  | { readonly tenfold: "event"; readonly event: unknown }
  | { readonly tenfold: "result"; readonly result: unknown }
  /** The job threw the reason of its signal. */
  | { readonly tenfold: "aborted" }
  | { readonly tenfold: "error"; readonly error: ErrorParts };
