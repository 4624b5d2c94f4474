/**
 * All that the rest of training depends on, taken and put back.
 *
 * @module
 */
import {
  getRandomState,
  setRandomState,
  showShape,
  Tensor,
} from "@tenfold/core";
import type { StateDict } from "@tenfold/nn";
import * as z from "zod";
import type { Training } from "./_training.ts";
import type { Batches } from "./batches.ts";
import type { RunState, State } from "./callback.ts";
import { CheckpointError } from "./errors.ts";
import { epochRecord } from "./history.ts";

/** Something whose place can be saved, such as a loader. */
interface Stateful {
  stateDict(): object;
  loadStateDict(state: object): void;
}

/** Whether batches can be taken to a place. */
export function takesState(batches: unknown): batches is Stateful {
  return typeof batches === "object" && batches !== null &&
    typeof (batches as Stateful).stateDict === "function" &&
    typeof (batches as Stateful).loadStateDict === "function";
}

const natural = z.int().min(0);
const tensor = z.instanceof(Tensor);
const plain = z.record(z.string(), z.unknown());

/** What is in a state. */
const runState = z.strictObject({
  epoch: natural,
  batch: natural,
  step: natural,
  stopped: z.boolean(),
  history: z.array(epochRecord),
  random: z.strictObject({ seed: z.int(), draws: natural }),
  model: z.record(z.string(), tensor),
  optimizer: plain,
  scheduler: plain.optional(),
  train: plain.optional(),
  validation: plain.optional(),
  tally: z.strictObject({
    samples: natural,
    elements: natural,
    sums: z.record(z.string(), tensor),
  }),
  callbacks: z.record(z.string(), z.unknown()),
});

/** The state of a run. */
export function savedState(training: Training): RunState {
  const { model, settings, tally } = training;
  const { optimizer, schedule, train, validation, callbacks } = settings;
  const callbackStates = callbacks.flatMap((callback) =>
    callback.stateDict ? [[callback.name, callback.stateDict()] as const] : []
  );
  return {
    ...training.position,
    random: { ...getRandomState() },
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    scheduler: schedule?.scheduler.stateDict(),
    train: placeOf(train),
    validation: placeOf(validation),
    tally: tally.stateDict(),
    callbacks: Object.fromEntries(callbackStates),
  };
}

function placeOf(batches: Batches | undefined): object | undefined {
  return takesState(batches) ? batches.stateDict() : undefined;
}

/**
 * Puts a state back. What belongs together is compared first; the tensors of
 * the state are copied.
 *
 * @throws {CheckpointError} If it does not fit; nothing has been changed then.
 */
export function restoreState(training: Training, state: unknown): void {
  const { data: saved, error } = runState.safeParse(state);
  if (error !== undefined) {
    const { path, message } = error.issues[0]!;
    throw new CheckpointError(
      `Cannot resume as ${
        path.join(".") || "the state"
      } is damaged: ${message}`,
    );
  }
  const { model, settings, tally } = training;
  const { optimizer, schedule, train, validation, callbacks } = settings;
  requireSameNet(saved.model, model.stateDict());
  requireBoth("a schedule", saved.scheduler, schedule);
  requireBoth("a loader of training batches", saved.train, placeOf(train));
  requireBoth(
    "a loader of validation batches",
    saved.validation,
    placeOf(validation),
  );
  if (saved.batch > 0) requireSameMetrics(saved.tally.sums, training);
  // Each of these checks before it changes anything; should one refuse, those
  // before it go back. Only the last of them holds tensors.
  const undo: (() => void)[] = [];
  for (
    const [name, part, next] of [
      ["train", train, saved.train],
      ["validation", validation, saved.validation],
      ["scheduler", schedule?.scheduler, saved.scheduler],
      ["optimizer", optimizer, saved.optimizer],
    ] as const
  ) {
    if (next === undefined || !takesState(part)) continue;
    const before = name === "optimizer" ? {} : part.stateDict();
    try {
      (part as Stateful).loadStateDict(next);
    } catch (cause) {
      for (const back of undo) back();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CheckpointError(
        `Cannot resume as the state of ${name} does not fit: ${why}`,
        { cause },
      );
    }
    undo.push(() => (part as Stateful).loadStateDict(before));
  }
  model.loadStateDict(saved.model);
  tally.loadStateDict(saved.tally);
  for (const callback of callbacks) {
    const own = saved.callbacks[callback.name];
    if (own !== undefined) callback.loadStateDict?.(own as State);
  }
  setRandomState(saved.random);
  const { epoch, batch, step, stopped, history } = saved;
  training.position = { epoch, batch, step, stopped, history };
}

/** Refuses the parameters of another net, naming the first that differs. */
function requireSameNet(saved: StateDict, own: StateDict): void {
  const shapeIn = (state: StateDict, name: string): string | undefined =>
    Object.hasOwn(state, name) ? showShape(state[name]!.shape) : undefined;
  for (const name of new Set([...Object.keys(own), ...Object.keys(saved)])) {
    const here = shapeIn(own, name);
    const there = shapeIn(saved, name);
    if (here === there) continue;
    throw new CheckpointError(
      `Cannot resume as the checkpoint is of another net, which differs first in ${name}: got ${
        there === undefined ? "none" : `shape ${there}`
      } in the checkpoint and ${
        here === undefined ? "none" : `shape ${here}`
      } in the model`,
    );
  }
}

/** Refuses a part that only one of checkpoint and run has. */
function requireBoth(what: string, saved: unknown, own: unknown): void {
  if ((saved === undefined) === (own === undefined)) return;
  throw new CheckpointError(
    saved === undefined
      ? `Cannot resume as the checkpoint was saved without ${what}, which this run has`
      : `Cannot resume as the checkpoint was saved with ${what}, which this run has not`,
  );
}

/** Refuses sums of other metrics in the middle of an epoch. */
function requireSameMetrics(
  saved: { readonly [name: string]: unknown },
  { settings }: Training,
): void {
  const before = Object.keys(saved).sort().join(", ");
  const now = ["loss", ...settings.metrics.map(({ name }) => name)]
    .sort().join(", ");
  if (before === now) return;
  throw new CheckpointError(
    `Cannot resume within an epoch with other metrics: got ${before} in the checkpoint and ${now} in this run`,
  );
}
