/**
 * Callbacks.
 *
 * @module
 */
import type { Batches } from "./batches.ts";
import type { Replica } from "./distributing.ts";
import type { EpochRecord, History } from "./history.ts";
import type { Optimizing, Scheduling } from "./optimizing.ts";
import type { Model } from "./model.ts";

/**
 * A training run, as callbacks see it.
 *
 * @example A callback that stops once the loss is small
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const whenSmall: train.Callback = {
 *   name: "whenSmall",
 *   epochEnd(run: train.Run) {
 *     if ((run.history.last?.train.loss ?? 1) < 0.01) run.stop();
 *   },
 * };
 * ```
 */
export interface Run {
  /** The model that is being trained. */
  readonly model: Model;
  /** The optimizer. */
  readonly optimizer: Optimizing;
  /** The learning-rate schedule, if any. */
  readonly scheduler: Scheduling | undefined;
  /** The training batches. */
  readonly train: Batches;
  /** The validation batches, if any. */
  readonly validation: Batches | undefined;
  /** The history of the epochs so far. */
  readonly history: History;
  /** The ranks that train together, if there are several. */
  readonly replica: Replica | undefined;
  /** Number of epochs in all. */
  readonly epochs: number;
  /** The current epoch, from 1 on, or the last one after its end. */
  readonly epoch: number;
  /** Number of batches in this epoch so far. */
  readonly batch: number;
  /** Number of optimizer steps since training began, those before a resume included. */
  readonly step: number;
  /** Whether `stop` has been called. */
  readonly stopped: boolean;
  /** Ends training after this epoch and its validation. */
  stop(): void;
  /** Prints a line beside the progress. */
  note(text: string): void;
  /**
   * The whole state of the run, as a nested object of plain values and tensors.
   * The tensors are the ones in use: read or copy them before the next step.
   * Where several ranks train together, all of them have to call it.
   */
  stateDict(): RunState;
  /**
   * Restores a saved state.
   *
   * @throws {CheckpointError} If it does not fit this run; nothing has been
   * changed then.
   */
  loadStateDict(state: unknown): void;
}

/**
 * Plain values, tensors, and arrays and objects of them.
 *
 * @example What a callback of your own saves
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const state: train.State = { best: 0.25, epoch: 3 };
 * ```
 */
export type State =
  | null
  | undefined
  | boolean
  | number
  | string
  | object;

/**
 * The result of {@linkcode Run.stateDict}.
 *
 * @example The parts of the state of a run
 * ```ts
 * import { assert } from "@std/assert";
 * import { train } from "@tenfold/tenfold";
 *
 * const remember: train.Callback = {
 *   name: "remember",
 *   epochEnd(run) {
 *     const state: train.RunState = run.stateDict();
 *     assert("model" in state && "optimizer" in state);
 *   },
 * };
 * ```
 */
export type RunState = { readonly [part: string]: State };

/**
 * Methods that are called during training. All are optional, and may return a
 * promise, for which training waits.
 *
 * @example Stop as soon as it is good enough
 * ```ts
 * import type { Callback } from "@tenfold/train";
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
  /** Name of the callback, unique in a run; also used in checkpoints. */
  readonly name: string;
  /**
   * Whether rank 0 alone has it where several ranks train together, as a logger
   * that writes a file.
   *
   * @default {false}
   */
  readonly firstRankOnly?: boolean;
  /**
   * Whether it may read gradients of parameters. Where no callback of a run
   * does, compiled steps keep none (see `compile` of `fit`).
   *
   * @default {true}
   */
  readonly readsGradients?: boolean;
  /** Called when `fit` begins; resets the state of an earlier run. */
  start?(run: Run): void | Promise<void>;
  /** Called before the first epoch, once all have started; may restore a state. */
  resume?(run: Run): void | Promise<void>;
  /** Called after each step of the optimizer. */
  stepEnd?(run: Run): void | Promise<void>;
  /** Called after each epoch and its validation. */
  epochEnd?(run: Run, record: EpochRecord): void | Promise<void>;
  /**
   * Called after each step and after each epoch, once all callbacks have been
   * called; the state is the one from which the next step starts.
   */
  save?(run: Run, at: "step" | "epoch"): void | Promise<void>;
  /** Called after the last epoch, unless training fails. */
  end?(run: Run): void | Promise<void>;
  /** Called at the end, also after an error; releases resources. */
  close?(): void | Promise<void>;
  /**
   * Where it has saved the state of this run last, and after which step: said
   * where the device of a run is lost.
   */
  lastSave?(): { readonly path: string; readonly step: number } | undefined;
  /** The state of the callback, for a checkpoint. */
  stateDict?(): State;
  /** Restores a state of {@linkcode Callback.stateDict}; copies tensors. */
  loadStateDict?(state: State): void;
}
