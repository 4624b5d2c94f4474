/**
 * What callbacks can do, and what they see.
 *
 * @module
 */
import type { Batches } from "./batches.ts";
import type { EpochRecord, History } from "./history.ts";
import type { Optimizing, Scheduling } from "./optimizing.ts";
import type { Model } from "./model.ts";

/** Training that is under way, as callbacks see it. */
export interface Run {
  /** The model that is being trained. */
  readonly model: Model;
  /** What changes its parameters. */
  readonly optimizer: Optimizing;
  /** What changes the learning rate, if anything does. */
  readonly scheduler: Scheduling | undefined;
  /** Where the training batches come from. */
  readonly train: Batches;
  /** Where the validation batches come from, if there are any. */
  readonly validation: Batches | undefined;
  /** The epochs that are over. */
  readonly history: History;
  /** The number of epochs to train for in all. */
  readonly epochs: number;
  /** The epoch that is running, from 1 on, or the last one after its end. */
  readonly epoch: number;
  /** Steps of the optimizer in this epoch. */
  readonly batch: number;
  /** Steps of the optimizer since training began, before a resume too. */
  readonly step: number;
  /** True once somebody has called `stop`. */
  readonly stopped: boolean;
  /** Ends training after this epoch; the validation still takes place. */
  stop(): void;
  /** Says something, on a line of its own beside the progress. */
  note(text: string): void;
  /**
   * All that the rest of training depends on, as a nested object of plain
   * values and tensors. The tensors are the ones in use: read or copy them
   * before the next step.
   */
  stateDict(): RunState;
  /**
   * Goes back to a state that was saved.
   *
   * @throws {CheckpointError} If it does not fit this run; nothing has been
   * changed then.
   */
  loadStateDict(state: unknown): void;
}

/** Plain values, tensors, and arrays and objects of them. */
export type State =
  | null
  | undefined
  | boolean
  | number
  | string
  | object;

/** What {@linkcode Run.stateDict} gives. */
export type RunState = { readonly [part: string]: State };

/**
 * Something that is called as training goes on. Every method may be left out,
 * and may return a promise: training waits for it.
 *
 * @example Stop as soon as it is good enough
 * ```ts
 * import { type Callback } from "@tenfold/train";
 *
 * const goodEnough: Callback = {
 *   name: "goodEnough",
 *   epochEnd(run, record) {
 *     if ((record.validation?.accuracy ?? 0) > 0.99) run.stop();
 *   },
 * };
 * ```
 */
export interface Callback {
  /** Tells the callbacks of a run apart, also in a checkpoint. */
  readonly name: string;
  /** When `fit` begins: forgets what another run has left. */
  start?(run: Run): void | Promise<void>;
  /** Before the first epoch, once all have started: may restore a state. */
  resume?(run: Run): void | Promise<void>;
  /** After each step of the optimizer. */
  stepEnd?(run: Run): void | Promise<void>;
  /** After each epoch and its validation. */
  epochEnd?(run: Run, record: EpochRecord): void | Promise<void>;
  /**
   * After each step and after each epoch, once all callbacks have had their
   * turn: the state is that from which the next step follows.
   */
  save?(run: Run, at: "step" | "epoch"): void | Promise<void>;
  /** After the last epoch, unless training fails. */
  end?(run: Run): void | Promise<void>;
  /** When all is over, also after an error: releases what it holds. */
  close?(): void | Promise<void>;
  /**
   * Where it has saved the state of this run last, and after which step: said
   * where the device of a run is lost.
   */
  lastSave?(): { readonly path: string; readonly step: number } | undefined;
  /** What the callback has to remember, for a checkpoint. */
  stateDict?(): State;
  /** Goes on from what {@linkcode Callback.stateDict} gave; copies tensors. */
  loadStateDict?(state: State): void;
}
