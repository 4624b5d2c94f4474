/**
 * Tells the display how training goes.
 *
 * @module
 */
import type { Display } from "./_display.ts";
import type { Tally } from "./_tally.ts";
import type { EpochRecord, Figures } from "./history.ts";

/** Milliseconds between two looks at the figures. */
const INTERVAL = 100;

/** What the reporter watches. */
export interface Watched {
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly train: { readonly length?: number };
  readonly history: { readonly last: EpochRecord | undefined };
  readonly tally: Tally;
}

/** Follows a run, and reads its figures only where somebody looks. */
export class Reporter {
  readonly #display: Display;
  readonly #run: Watched;
  #began = 0;
  #doneAtStart = 0;
  #epochBegan = 0;
  #samplesAtStart = 0;
  #drawn = 0;
  #rate = 0;
  #batches: number | undefined;
  #figures: Figures = {};
  #reading: Promise<void> | null = null;

  constructor(display: Display, run: Watched) {
    this.#display = display;
    this.#run = run;
  }

  /** Before the first epoch of this run, which may not be epoch 1. */
  start(): void {
    this.#batches = this.#run.train.length;
    this.#began = this.#drawn = performance.now();
    this.#doneAtStart = this.#done();
  }

  epochStart(): void {
    this.#epochBegan = performance.now();
    this.#samplesAtStart = this.#run.tally.samples;
  }

  stepEnd(): void {
    if (!this.#display.live) return;
    const now = performance.now();
    if (now - this.#drawn < INTERVAL) return;
    this.#drawn = now;
    this.#draw(now);
    // The next steps do not wait for the figures.
    this.#reading ??= this.#run.tally.figures().then(
      (figures) => {
        this.#figures = figures;
      },
      () => {},
    ).finally(() => {
      this.#reading = null;
    });
  }

  epochEnd(record: EpochRecord): void {
    this.#batches ??= this.#run.batch;
    this.#figures = record.train;
    if (this.#display.live) this.#draw(performance.now());
    this.#display.epoch(record, this.#run.epochs);
  }

  /** Leaves the terminal as it should be. */
  async close(): Promise<void> {
    await this.#reading;
    await this.#display.stop();
  }

  /** The part of all epochs that is done, from 0 to 1. */
  #done(): number {
    const { epoch, epochs, batch, history } = this.#run;
    const whole = history.last?.epoch ?? 0;
    const part = epoch > whole && this.#batches !== undefined
      ? Math.min(1, batch / Math.max(1, this.#batches))
      : 0;
    return (whole + part) / epochs;
  }

  #draw(now: number): void {
    const { epoch, epochs, history, tally } = this.#run;
    const done = this.#done();
    const gained = done - this.#doneAtStart;
    const elapsed = (now - this.#began) / 1000;
    const samples = tally.samples - this.#samplesAtStart;
    if (samples > 0) {
      this.#rate = samples * 1000 / Math.max(1, now - this.#epochBegan);
    }
    this.#display.update({
      epoch: Math.max(1, epoch),
      epochs,
      done,
      figures: this.#figures,
      validation: history.last?.validation,
      rate: this.#rate,
      elapsed,
      remaining: gained > 0 ? elapsed / gained * (1 - done) : undefined,
    });
  }
}
