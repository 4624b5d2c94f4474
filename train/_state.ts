/**
 * All that the rest of training depends on, taken and put back.
 *
 * @module
 */
import {
  getRandomState,
  isFloating,
  noGrad,
  setRandomState,
  Tensor,
  unscoped,
} from "@tenfold/core";
import { showShape, tensorClass } from "@tenfold/core/internal";
import type { StateDict } from "@tenfold/nn";
import * as z from "./_zod.ts";
import { drawApart, loaderForRanks, tallyOfAllRanks } from "./_rank.ts";
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

const natural = z.int().check(z.gte(0));
const tensor = z.instanceof(tensorClass);
const plain = z.record(z.string(), z.unknown());

/** What is in a state. */
const runState = z.strictObject({
  /** How many ranks trained together. */
  ranks: z.optional(natural),
  epoch: natural,
  batch: natural,
  step: natural,
  stopped: z.boolean(),
  history: z.array(epochRecord),
  random: z.strictObject({ seed: z.int(), draws: natural }),
  model: z.record(z.string(), tensor),
  optimizer: plain,
  scheduler: z.optional(plain),
  /** Of a run in mixed precision; earlier builds leave it out. */
  scaler: z.optional(plain),
  train: z.optional(plain),
  validation: z.optional(plain),
  tally: z.strictObject({
    samples: natural,
    elements: natural,
    sums: z.record(z.string(), tensor),
  }),
  callbacks: z.record(z.string(), z.unknown()),
});

/** The state of a run. */
export function savedState(training: Training): RunState {
  const { model, settings, tally, replica } = training;
  const { optimizer, schedule, train, validation, callbacks } = settings;
  const sums = tally.stateDict();
  const callbackStates = callbacks.flatMap((callback) =>
    callback.stateDict ? [[callback.name, callback.stateDict()] as const] : []
  );
  return {
    ...training.position,
    ...(replica && { ranks: replica.worldSize }),
    random: { ...getRandomState() },
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    scheduler: schedule?.scheduler.stateDict(),
    scaler: training.scaler?.stateDict(),
    train: placeOf(train),
    validation: placeOf(validation),
    tally: replica ? tallyOfAllRanks(replica, sums) : sums,
    callbacks: Object.fromEntries(callbackStates),
  };
}

function placeOf(batches: Batches | undefined): object | undefined {
  return takesState(batches) ? batches.stateDict() : undefined;
}

/**
 * Puts a state back. Everything is parsed and compared first, then each part
 * takes its own; should one refuse, those before it go back to what they were.
 * The tensors of the state are copied.
 *
 * @throws {CheckpointError} If it does not fit; nothing has been changed then.
 */
export function restoreState(training: Training, state: unknown): void {
  const saved = forRanks(parseState(state), training);
  requireSound(saved);
  requireFit(saved, training);
  const { model, tally, replica } = training;
  const copies: Tensor[] = [];
  const undo: (() => void)[] = [];
  const prepareUndo = (part: Part) => {
    const before = copied(part.stateDict(), copies);
    undo.push(() => part.loadStateDict(before));
  };
  try {
    // A schedule may set learning rates: the optimizer's own come back last.
    prepareUndo(training.optimizer as unknown as Part);
    for (const [name, part, next] of partsOf(saved, training)) {
      prepareUndo(part);
      load(name, part, next);
    }
    prepareUndo(model as unknown as Part);
    load("model", model as unknown as Part, saved.model);
    // What follows takes anything that was parsed.
    if ((replica?.rank ?? 0) === 0) tally.loadStateDict(saved.tally);
  } catch (error) {
    for (const back of undo.reverse()) back();
    throw error;
  } finally {
    for (const tensor of copies) tensor.dispose();
  }
  setRandomState(saved.random);
  if (replica !== undefined) drawApart(replica);
  const { epoch, batch, step, stopped, history } = saved;
  training.position = { epoch, batch, step, stopped, history };
}

/** A state whose parts have the right types. */
type SavedState = z.output<typeof runState>;

function parseState(state: unknown): SavedState {
  const { data, error } = runState.safeParse(state);
  if (error === undefined) return data;
  const { path, message } = error.issues[0]!;
  throw damaged(path.join(".") || "the state", message);
}

/** The state as a rank of another number of ranks takes it. */
function forRanks(saved: SavedState, training: Training): SavedState {
  const ranks = training.replica?.worldSize ?? 1;
  const before = saved.ranks ?? 1;
  if (ranks === before) return saved;
  const moved = (state: object | undefined, batches: Batches | undefined) =>
    state && takesState(batches)
      ? loaderForRanks(state, batches.stateDict(), before / ranks)
      : state;
  const { train, validation } = training.settings;
  const own = moved(saved.train, train) as SavedState["train"];
  const batch = (own as { batch?: unknown } | undefined)?.batch;
  return {
    ...saved,
    // Steps within an epoch are those of the batches that are left.
    batch: saved.batch > 0 && typeof batch === "number" ? batch : saved.batch,
    train: own,
    validation: moved(saved.validation, validation) as SavedState["validation"],
  };
}

function damaged(what: string, why: string): CheckpointError {
  return new CheckpointError(`Cannot resume as ${what} is damaged: ${why}`);
}

/** Refuses figures that no run could have saved together. */
function requireSound(saved: SavedState): void {
  const { epoch, batch, step, history, tally } = saved;
  const last = history.at(-1);
  if (history.length !== epoch || history.some((r, i) => r.epoch !== i + 1)) {
    throw damaged(
      "history",
      `it must have one record for each of ${epoch} epochs`,
    );
  }
  if ((batch > 0 && step === 0) || (last !== undefined && last.step > step)) {
    throw damaged("step", `it lies before the steps of the history: ${step}`);
  }
  const { loss } = tally.sums;
  if (loss !== undefined && (loss.size !== 1 || !isFloating(loss.dtype))) {
    throw damaged(
      "tally.sums.loss",
      `it must be one float: got shape ${
        showShape(loss.shape)
      } of ${loss.dtype}`,
    );
  }
}

/** Refuses the state of another kind of run. */
function requireFit(saved: SavedState, training: Training): void {
  const { model, settings } = training;
  requireSameNet(saved.model, model.stateDict());
  requireBoth("a schedule", saved.scheduler, settings.schedule);
  requireBoth(
    "a loader of training batches",
    saved.train,
    placeOf(settings.train),
  );
  requireBoth(
    "a loader of validation batches",
    saved.validation,
    placeOf(settings.validation),
  );
  requireRest(saved.validation, settings.validation);
  if (saved.batch > 0) requireSameMetrics(saved.tally.sums, training);
}

/** Refuses a place from which no batch is left to validate on. */
function requireRest(
  place: SavedState["validation"],
  batches: Batches | undefined,
): void {
  const { batch } = (place ?? {}) as { readonly batch?: unknown };
  const { length } = (batches ?? {}) as { readonly length?: unknown };
  if (
    typeof batch === "number" && typeof length === "number" && batch >= length
  ) {
    throw damaged(
      "validation",
      `nothing is left of its ${length} batches at batch ${batch}`,
    );
  }
}

/** Something that takes what another of its kind has saved. */
interface Part {
  stateDict(): State;
  loadStateDict(state: unknown): void;
}

/** The parts beside the model that have a state of their own, by name. */
function partsOf(
  saved: SavedState,
  { settings, scaler }: Training,
): (readonly [name: string, part: Part, next: unknown])[] {
  const { optimizer, schedule, train, validation, callbacks } = settings;
  const parts: [string, unknown, unknown][] = [
    ["train", train, saved.train],
    ["validation", validation, saved.validation],
    ["scheduler", schedule?.scheduler, saved.scheduler],
    ["scaler", scaler, saved.scaler],
    ...callbacks.map((callback): [string, unknown, unknown] => {
      const own = Object.hasOwn(saved.callbacks, callback.name)
        ? saved.callbacks[callback.name]
        : undefined;
      return [`the callback ${callback.name}`, callback, own];
    }),
    ["optimizer", optimizer, saved.optimizer],
  ];
  return parts.flatMap(([name, part, next]) =>
    next !== undefined && takesState(part)
      ? [[name, part as unknown as Part, next] as const]
      : []
  );
}

/** A copy of nested state whose tensors are copies too, which are listed. */
export function copied(state: unknown, copies: Tensor[]): unknown {
  if (state instanceof Tensor) {
    const copy = unscoped(() => noGrad(() => state.clone()));
    copies.push(copy);
    return copy;
  }
  if (Array.isArray(state)) return state.map((item) => copied(item, copies));
  if (typeof state !== "object" || state === null) return state;
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [key, copied(value, copies)]),
  );
}

/** Loads a part, and says which it is that refuses. */
function load(name: string, part: Part, next: unknown): void {
  try {
    part.loadStateDict(next);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CheckpointError(
      `Cannot resume as the state of ${name} does not fit: ${why}`,
      { cause },
    );
  }
}

/** Refuses the parameters of another net, naming the first that differs. */
function requireSameNet(saved: StateDict, own: StateDict): void {
  const kindIn = (state: StateDict, name: string): string | undefined =>
    Object.hasOwn(state, name)
      ? `shape ${showShape(state[name]!.shape)} of ${state[name]!.dtype}`
      : undefined;
  for (const name of new Set([...Object.keys(own), ...Object.keys(saved)])) {
    const here = kindIn(own, name);
    const there = kindIn(saved, name);
    if (here === there) continue;
    throw new CheckpointError(
      `Cannot resume as the checkpoint is of another net, which differs first in ${name}: got ${
        there ?? "none"
      } in the checkpoint and ${here ?? "none"} in the model`,
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
