/**
 * Training that is under way: the loop behind `fit`.
 *
 * @module
 */
import type { Task } from "@tenfold/core/internal";
import type { GradScaler } from "@tenfold/optim";
import { Assessor } from "./_assess.ts";
import { type Display, openDisplay, openNothing } from "./_display.ts";
import type { Settings } from "./_fit_options.ts";
import { iterate } from "./_iterate.ts";
import { lostDevice } from "./_lost_device.ts";
import { withOwnModes } from "./_modes.ts";
import { epochError, NonFiniteNotice, stepError } from "./_non_finite.ts";
import { Pace } from "./_pace.ts";
import { Reporter } from "./_reporter.ts";
import { drawApart } from "./_rank.ts";
import { restoreState, savedState, takesState } from "./_state.ts";
import { Stepper } from "./_step.ts";
import { Tally } from "./_tally.ts";
import type { Batch, Batches } from "./batches.ts";
import type { Callback, Run, RunState } from "./callback.ts";
import {
  isSharded,
  type Replica,
  type ShardedOptimizing,
} from "./distributing.ts";
import { type EpochRecord, figureOf, History } from "./history.ts";
import type { Optimizing, Scheduling } from "./optimizing.ts";
import type { Model } from "./model.ts";

const OPERATION = "fit";

/** Milliseconds between two looks for it within an epoch. */
const LOOK = 30_000;

/** How far training has come. */
export interface Position {
  /** Epochs that are over. */
  readonly epoch: number;
  /** Batches of the epoch that is not. */
  readonly batch: number;
  /** Steps of all epochs. */
  readonly step: number;
  /** Whether it was stopped. */
  readonly stopped: boolean;
  /** The history of the epochs so far. */
  readonly history: readonly EpochRecord[];
}

/** The loop of `fit`; callbacks see it as a {@linkcode Run}. */
export class Training implements Run {
  readonly model: Model;
  readonly settings: Settings;
  readonly tally: Tally;
  readonly replica: Replica | undefined;
  readonly #pace = new Pace();
  readonly #stepper: Stepper;
  readonly #assess: Assessor;
  readonly #display: Display;
  readonly #notice = new NonFiniteNotice((text) => this.note(text));
  #looked = performance.now();
  #history = new History();
  #done = 0;
  #running = false;
  #batch = 0;
  #step = 0;
  #stopped = false;
  #learningRate = NaN;
  readonly #stepCallbacks: readonly Callback[];
  /** The optimizer in shards, where it is so for this run alone. */
  #sharded: ShardedOptimizing | null = null;

  constructor(model: Model, settings: Settings) {
    this.model = model;
    this.tally = new Tally(settings.metrics);
    const replica = this.replica = replicaOf(model, settings);
    const callbacks = replica === undefined || replica.rank === 0
      ? settings.callbacks
      : settings.callbacks.filter((callback) => !callback.firstRankOnly);
    const optimizer = replica !== undefined &&
        settings.distributed?.shardOptimizer && !isSharded(settings.optimizer)
      ? this.#sharded = replica.shard(settings.optimizer)
      : settings.optimizer;
    this.settings = settings = { ...settings, callbacks, optimizer };
    this.#stepper = new Stepper(model, settings, this.tally, this.replica);
    this.#assess = new Assessor(model, settings);
    const first = (this.replica?.rank ?? 0) === 0;
    this.#display = first ? openDisplay(settings.progress) : openNothing();
    this.#stepCallbacks = settings.callbacks.filter((callback) =>
      callback.stepEnd !== undefined || callback.save !== undefined
    );
  }

  get optimizer(): Optimizing {
    return this.settings.optimizer;
  }

  get scheduler(): Scheduling | undefined {
    return this.settings.schedule?.scheduler;
  }

  /** What scales the loss, in mixed precision. */
  get scaler(): GradScaler | undefined {
    return this.#stepper.scaler;
  }

  get train(): Batches {
    return this.settings.train;
  }

  get validation(): Batches | undefined {
    return this.settings.validation;
  }

  get history(): History {
    return this.#history;
  }

  get epochs(): number {
    return this.settings.epochs;
  }

  get epoch(): number {
    return this.#done + (this.#running ? 1 : 0);
  }

  get batch(): number {
    return this.#batch;
  }

  get step(): number {
    return this.#step;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Where training stands. */
  get position(): Position {
    return {
      epoch: this.#done,
      batch: this.#running ? this.#batch : 0,
      step: this.#step,
      stopped: this.#stopped,
      history: this.#history.epochs,
    };
  }

  /** Used when a state is restored. */
  set position(position: Position) {
    this.#done = position.epoch;
    this.#batch = position.batch;
    this.#step = position.step;
    this.#stopped = position.stopped;
    this.#history = new History(position.history);
  }

  stateDict(): RunState {
    return savedState(this);
  }

  loadStateDict(state: unknown): void {
    restoreState(this, state);
  }

  /** Trains, and leaves everything as it should be, whatever happens. */
  async run(): Promise<History> {
    return await withOwnModes(this.model, (task) => this.#run(task));
  }

  async #run(task: Task): Promise<History> {
    const { callbacks, compile, mixedPrecision, signal } = this.settings;
    const reporter = new Reporter(this.#display, this);
    let failed = true;
    try {
      signal?.throwIfAborted();
      if (mixedPrecision !== false) await this.#stepper.mix(mixedPrecision);
      if (compile) await this.#stepper.compile();
      if (this.replica !== undefined) {
        if (!this.replica.isOnHost) await this.replica.copyFromFirst();
        drawApart(this.replica);
      }
      for (const callback of callbacks) {
        await task.pin(() => callback.start?.(this));
      }
      for (const callback of callbacks) {
        await task.pin(() => callback.resume?.(this));
      }
      reporter.start();
      if (
        this.settings.progress && this.#done > 0 && this.#done >= this.epochs
      ) {
        this.note(
          `Nothing to train as all ${this.#done} epochs are done: raise epochs to go on`,
        );
      }
      while (this.#done < this.epochs && !this.#stopped) {
        await this.#epoch(reporter, task);
      }
      for (const callback of callbacks) {
        await task.pin(() => callback.end?.(this));
      }
      await this.#sharded?.release();
      failed = false;
      return this.#history;
    } catch (error) {
      this.replica?.fail(error);
      throw lostDevice(error, this, callbacks) ?? error;
    } finally {
      await reporter.close();
      this.tally.dispose();
      this.#stepper.dispose();
      this.#assess.dispose();
      if (this.replica !== this.settings.distributed?.world as unknown) {
        this.replica?.dispose();
      }
      await closeAll(callbacks, failed);
    }
  }

  note(text: string): void {
    this.#display.note(text);
  }

  async #epoch(reporter: Reporter, task: Task): Promise<void> {
    const { callbacks, onNonFinite, schedule, signal, train } = this.settings;
    const began = performance.now();
    // A loader that was taken to its place hands out what is left; of other
    // batches those are passed over that were learned from before a resume.
    let passOver = takesState(train) ? 0 : this.#batch;
    this.#running = true;
    task.pin(() => this.model.train());
    reporter.epochStart();
    const even = this.replica === undefined ||
      sameNumber(this.replica, train.length);
    const source = iterate(
      train,
      OPERATION,
      this.epoch,
      this.#batch - passOver,
    );
    for await (const batch of source) {
      signal?.throwIfAborted();
      if (passOver > 0) {
        passOver--;
        continue;
      }
      if (!even) this.replica!.participants = countBatches(this.replica!, 1);
      if (onNonFinite === "warn") {
        const number = this.#batch + 1;
        const learned = task.pin(() =>
          this.#stepper.learn(batch, number, task)
        );
        if (learned !== undefined) await learned;
      } else await this.#learnChecked(batch, task);
      this.#batch++;
      if (!this.#stepper.waiting) await this.#stepped(task);
      reporter.stepEnd();
      if (this.#pace.due) await this.#breathe(batch);
    }
    if (!even) await this.#joinOthers(task);
    if (this.#stepper.waiting) {
      await this.#stepper.flush(task);
      await this.#stepped(task);
    }
    if (this.#batch === 0) {
      throw new RangeError(
        `Cannot ${OPERATION} as there is no batch in epoch ${this.epoch}: check train, and dropLast of its loader`,
      );
    }
    // The model that is validated is the same on all ranks.
    await this.replica?.syncBuffers();
    const record = await this.#record(began);
    if (schedule?.every === "epoch") {
      schedule.scheduler.step(figureOf(record, schedule.monitor));
    }
    this.#history.push(record);
    this.#done++;
    this.#running = false;
    reporter.epochEnd(record);
    this.tally.dispose();
    for (const callback of callbacks) {
      await task.pin(() => callback.epochEnd?.(this, record));
    }
    if (this.replica !== undefined) {
      const stopped = Float64Array.of(this.#stopped ? 1 : 0);
      this.replica.sum(stopped);
      if (stopped[0]! > 0) this.#stopped = true;
    }
    for (const callback of callbacks) {
      await task.pin(() => callback.save?.(this, "epoch"));
    }
    this.#batch = 0;
  }

  /** Takes part in the steps of ranks that have more batches. */
  async #joinOthers(task: Task): Promise<void> {
    const replica = this.replica!;
    for (;;) {
      const others = countBatches(replica, 0);
      if (others === 0) break;
      replica.participants = others;
      await this.#stepper.join(task);
      this.#batch++;
      if (!this.#stepper.waiting) await this.#stepped(task);
    }
    replica.participants = replica.worldSize;
  }

  /** One step that is refused or left out where it is not finite. */
  async #learnChecked(batch: Batch, task: Task): Promise<void> {
    const number = this.#batch + 1;
    const why = await this.#stepper.learnChecked(batch, number, task);
    if (why === null) return;
    const place = { epoch: this.epoch, step: this.#step + 1 };
    if (this.settings.onNonFinite === "throw") throw stepError(place, why);
    this.#notice.skipped(place, why);
  }

  /** Counts a step, and tells the callbacks. */
  async #stepped(task: Task): Promise<void> {
    const { optimizer, schedule } = this.settings;
    this.#learningRate = optimizer.paramGroups[0]?.lr ?? NaN;
    if (schedule?.every === "step") schedule.scheduler.step();
    this.#step++;
    if (this.#stepCallbacks.length > 0) await this.#stepEnd(task);
  }

  /** Lets others have their turn, and looks at the loss now and then. */
  async #breathe(batch: Batch): Promise<void> {
    await this.#pace.breathe(batch[0]!.device);
    const now = performance.now();
    if (now - this.#looked < LOOK) return;
    this.#looked = now;
    await this.#checkLoss();
  }

  /** Says, once, since when the losses of this epoch are not finite. */
  async #checkLoss(): Promise<void> {
    if (this.#notice.told) return;
    const first = await this.tally.firstNonFinite();
    if (first === null) return;
    const steps = (batches: number) =>
      Math.ceil(batches / this.settings.accumulate);
    const step = this.#step - steps(this.#batch) + steps(first);
    this.#notice.since({ epoch: this.epoch, step });
  }

  async #stepEnd(task: Task): Promise<void> {
    for (const callback of this.#stepCallbacks) {
      const pending = task.pin(() => callback.stepEnd?.(this));
      if (pending !== undefined) await pending;
    }
    for (const callback of this.#stepCallbacks) {
      const pending = task.pin(() => callback.save?.(this, "step"));
      if (pending !== undefined) await pending;
    }
  }

  /** The figures of an epoch whose steps are done. */
  async #record(began: number): Promise<EpochRecord> {
    const { validation } = this.settings;
    const train = await this.tally.figures(this.replica);
    if (this.tally.samples === 0 && this.settings.onNonFinite === "skip") {
      throw epochError({ epoch: this.epoch, step: this.#step });
    }
    if (!Number.isFinite(train["loss"])) await this.#checkLoss();
    const validated = validation === undefined ? {} : {
      validation: await this.#assess.run(
        validation,
        OPERATION,
        this.epoch,
        this.replica,
      ),
    };
    return {
      epoch: this.epoch,
      step: this.#step,
      learningRate: this.#learningRate,
      seconds: (performance.now() - began) / 1000,
      train,
      ...validated,
    };
  }
}

/** The replica of a model where several ranks train it. */
function replicaOf(
  model: Model,
  { distributed }: Settings,
): Replica | undefined {
  const replica = distributed?.world.replicate(model, distributed.options);
  if (replica === undefined || replica.worldSize > 1) return replica;
  if (replica !== distributed?.world as unknown) replica.dispose();
  return undefined;
}

/** Whether all ranks know how many batches they have, and have as many. */
function sameNumber(replica: Replica, length: number | undefined): boolean {
  const lengths = replica.exchange(length ?? -1);
  return lengths.every((other) => other === lengths[0] && other >= 0);
}

/** How many ranks have a batch for the next step. */
function countBatches(replica: Replica, own: 0 | 1): number {
  const count = Float64Array.of(own);
  replica.sum(count);
  return count[0]!;
}

/**
 * Closes all callbacks, also if one fails; its error is thrown in the end,
 * unless another error is on its way.
 */
async function closeAll(
  callbacks: readonly Callback[],
  failed: boolean,
): Promise<void> {
  const results = await Promise.allSettled(
    callbacks.map(async (callback) => await callback.close?.()),
  );
  const rejected = results.find((result) => result.status === "rejected");
  if (rejected !== undefined && !failed) throw rejected.reason;
}
