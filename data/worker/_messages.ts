/**
 * What the two threads of a dataset in a worker say to each other.
 *
 * @module
 */
import type { ErrorParts } from "../_worker_messages.ts";

/** What is asked of the worker; each has an answer. */
export type Request =
  | { readonly ask: "open"; readonly input: unknown }
  | { readonly ask: "sample"; readonly index: number; readonly epoch: number }
  | {
    readonly ask: "batch";
    readonly indices: Int32Array;
    readonly epoch: number;
  }
  /** Begins the stream anew. */
  | { readonly ask: "begin" }
  | { readonly ask: "next" }
  | { readonly ask: "close" };

/** To the worker. */
export interface Question {
  readonly tenfold: "ask";
  readonly id: number;
  readonly request: Request;
}

/** From the worker. */
export type Answer =
  | { readonly tenfold: "dataset" }
  | { readonly tenfold: "answer"; readonly id: number; readonly value: unknown }
  | {
    readonly tenfold: "refusal";
    readonly id: number;
    readonly error: ErrorParts;
  };

/** What a dataset says when it was opened: the number of its samples. */
export interface Opened {
  /** Null where it is a stream. */
  readonly length: number | null;
}

/** What a stream gives when it is asked for the next batch. */
export interface Next {
  readonly done: boolean;
  readonly value?: unknown;
}
