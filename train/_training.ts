/**
 * Training that is under way: the loop behind `fit`.
 *
 * @module
 */
import { scope, type Task } from "@tenfold/core";
import { clipGradNorm_ } from "@tenfold/optim";
import { assess } from "./_assess.ts";
import { openDisplay } from "./_display.ts";
import type { Settings } from "./_fit_options.ts";
import { iterate, partsOf } from "./_iterate.ts";
import { withOwnModes } from "./_modes.ts";
import { Pace } from "./_pace.ts";
import { Reporter } from "./_reporter.ts";
import { restoreState, savedState, takesState } from "./_state.ts";
import { Tally } from "./_tally.ts";
import type { Batch, Batches } from "./batches.ts";
import type { Callback, Run, RunState } from "./callback.ts";
import { type EpochRecord, figureOf, History } from "./history.ts";
import type { Optimizing, Scheduling } from "./optimizing.ts";
import type { Model } from "./model.ts";

const OPERATION = "fit";

/** How far training has come. */
export interface Position {
  /** Epochs that are over. */
  readonly epoch: number;
  /** Steps of the epoch that is not. */
  readonly batch: number;
  /** Steps of all epochs. */
  readonly step: number;
  /** Whether it was stopped. */
  readonly stopped: boolean;
  /** The epochs that are over. */
  readonly history: readonly EpochRecord[];
}

/** The loop of `fit`; callbacks see it as a {@linkcode Run}. */
export class Training implements Run {
  readonly model: Model;
  readonly settings: Settings;
  readonly tally: Tally;
  readonly #pace = new Pace();
  #history = new History();
  #done = 0;
  #running = false;
  #batch = 0;
  #step = 0;
  #stopped = false;
  #learningRate = NaN;
  readonly #stepCallbacks: readonly Callback[];

  constructor(model: Model, settings: Settings) {
    this.model = model;
    this.settings = settings;
    this.tally = new Tally(settings.metrics);
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
    const { callbacks, progress } = this.settings;
    const reporter = new Reporter(openDisplay(progress), this);
    try {
      for (const callback of callbacks) {
        await task.pin(() => callback.start?.(this));
      }
      for (const callback of callbacks) {
        await task.pin(() => callback.resume?.(this));
      }
      reporter.start();
      while (this.#done < this.epochs && !this.#stopped) {
        await this.#epoch(reporter, task);
      }
      for (const callback of callbacks) {
        await task.pin(() => callback.end?.(this));
      }
      return this.#history;
    } finally {
      await reporter.close();
      this.tally.dispose();
      await closeAll(callbacks);
    }
  }

  async #epoch(reporter: Reporter, task: Task): Promise<void> {
    const { callbacks, schedule, train } = this.settings;
    const began = performance.now();
    // A loader that was taken to its place hands out what is left; of other
    // batches those are passed over that were learned from before a resume.
    let passOver = takesState(train) ? 0 : this.#batch;
    this.#running = true;
    task.pin(() => this.model.train());
    reporter.epochStart();
    const source = iterate(
      train,
      OPERATION,
      this.epoch,
      this.#batch - passOver,
    );
    for await (const batch of source) {
      if (passOver > 0) {
        passOver--;
        continue;
      }
      task.pin(() => this.#learn(batch));
      if (this.#stepCallbacks.length > 0) await this.#stepEnd(task);
      reporter.stepEnd();
      if (this.#pace.due) await this.#pace.breathe(batch[0]!.device);
    }
    if (this.#batch === 0) {
      throw new RangeError(
        `Cannot ${OPERATION} as there is no batch in epoch ${this.epoch}: check train, and dropLast of its loader`,
      );
    }
    const record = await this.#assess(began);
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
    for (const callback of callbacks) {
      await task.pin(() => callback.save?.(this, "epoch"));
    }
    this.#batch = 0;
  }

  /** One step of the optimizer. */
  #learn(batch: Batch): void {
    const { loss: lossOf, optimizer, clipGradNorm, schedule } = this.settings;
    using _ = scope();
    const { inputs, target } = partsOf(batch, OPERATION);
    optimizer.zeroGrad();
    const output = this.model.forward(...inputs as never[]);
    const loss = lossOf(output, target);
    loss.backward();
    if (clipGradNorm !== undefined) {
      clipGradNorm_(this.model.parameters(), clipGradNorm);
    }
    optimizer.step();
    this.tally.add(loss, output, target);
    this.#learningRate = optimizer.paramGroups[0]?.lr ?? NaN;
    if (schedule?.every === "step") schedule.scheduler.step();
    this.#batch++;
    this.#step++;
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
  async #assess(began: number): Promise<EpochRecord> {
    const { loss, metrics, validation } = this.settings;
    const train = await this.tally.figures();
    const validated = validation === undefined ? {} : {
      validation: await assess(
        this.model,
        validation,
        { loss, metrics },
        OPERATION,
        this.epoch,
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

/** Closes all callbacks, also if one fails; its error is thrown in the end. */
async function closeAll(callbacks: readonly Callback[]): Promise<void> {
  const results = await Promise.allSettled(
    callbacks.map(async (callback) => await callback.close?.()),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
