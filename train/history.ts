/**
 * The history of training.
 *
 * @module
 */
import { checkCount, parseOptions, showAs } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { positiveInt } from "./_options.ts";

/**
 * Loss and metrics by name.
 *
 * @example The figures of an epoch by name
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const figures: train.Figures = { loss: 0.31, accuracy: 0.92 };
 * ```
 */
export type Figures = { readonly [name: string]: number };

/**
 * One epoch.
 *
 * @example A record as a line of text
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * function line({ epoch, seconds, train }: train.EpochRecord): string {
 *   return `${epoch}: loss ${train.loss}, ${seconds.toFixed(1)} s`;
 * }
 * ```
 */
export interface EpochRecord {
  /** The number of the epoch, from 1 on. */
  readonly epoch: number;
  /** Number of optimizer steps since training began. */
  readonly step: number;
  /** The learning rate of the first parameter group in the last step. */
  readonly learningRate: number;
  /** Duration of the epoch in seconds, validation included. */
  readonly seconds: number;
  /** Loss and metrics of the training batches, during the epoch. */
  readonly train: Figures;
  /** Loss and metrics of the validation batches, after the epoch. */
  readonly validation?: Figures;
}

/**
 * Options of {@linkcode History.toSvg}.
 *
 * @example A title of its own
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const batches = [[randn([8, 2]), randn([8, 1])]];
 * const history = await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: batches,
 *   epochs: 2,
 *   progress: false,
 * });
 * const options: train.ChartOptions = { title: "Two epochs" };
 * assertStringIncludes(await history.toSvg(options), "Two epochs");
 * ```
 */
export interface ChartOptions {
  /**
   * Title above the charts.
   *
   * @default {"Training"}
   */
  title?: string;
  /**
   * Width in pixels.
   *
   * @default {440 for each chart}
   */
  width?: number;
  /**
   * Height in pixels.
   *
   * @default {400}
   */
  height?: number;
}

/** The schema of numbers that may be infinite or NaN. */
export const anyNumber: z.ZodMiniCustom<number, number> = z.custom<number>(
  (value) => typeof value === "number",
  "must be a number",
);

const figures = z.record(z.string(), anyNumber);

/** The schema of one epoch, for what comes from a file. */
export const epochRecord: z.ZodMiniType<EpochRecord> = z.strictObject({
  epoch: positiveInt,
  step: z.int(),
  learningRate: anyNumber,
  seconds: anyNumber,
  train: figures,
  validation: z.optional(figures),
}) as z.ZodMiniType<EpochRecord>;

const chartOptions = z.strictObject({
  title: z._default(z.string("must be text"), "Training"),
  width: z.optional(positiveInt),
  height: z._default(positiveInt, 400),
});

/**
 * The loss and metrics of each epoch, as `fit` returns them.
 *
 * @example The loss of each epoch
 * ```ts
 * import { History } from "@tenfold/train";
 * import { assertEquals } from "@std/assert";
 *
 * const history = new History([
 *   {
 *     epoch: 1,
 *     step: 10,
 *     learningRate: 0.1,
 *     seconds: 2,
 *     train: { loss: 0.5 },
 *   },
 *   {
 *     epoch: 2,
 *     step: 20,
 *     learningRate: 0.1,
 *     seconds: 2,
 *     train: { loss: 0.3 },
 *   },
 * ]);
 * assertEquals(history.figures("train.loss"), [0.5, 0.3]);
 * ```
 */
export class History {
  readonly #epochs: EpochRecord[];

  /**
   * Creates a history.
   *
   * @param epochs The epochs so far.
   */
  constructor(epochs: readonly EpochRecord[] = []) {
    checkCount("make a History", arguments.length, 1);
    this.#epochs = [...epochs];
    showAs(this, async () => ({
      "text/plain": this.toString(),
      "image/svg+xml": await this.toSvg(),
    }));
  }

  /** The epochs, in order. */
  get epochs(): readonly EpochRecord[] {
    return this.#epochs;
  }

  /** The last epoch, if there is one. */
  get last(): EpochRecord | undefined {
    return this.#epochs.at(-1);
  }

  /** Used by `fit`: adds an epoch. */
  push(record: EpochRecord): void {
    checkCount("push", arguments.length, 1);
    this.#epochs.push(record);
  }

  /**
   * One value of each epoch.
   *
   * @param name The path of the value, such as `"train.loss"`,
   * `"validation.accuracy"` or `"learningRate"`.
   * @returns The value of each epoch.
   * @throws {RangeError} If an epoch has none of that name; the message lists
   * the names.
   */
  figures(name: string): number[] {
    checkCount("figures", arguments.length, 1);
    return this.#epochs.map((record) => figureOf(record, name));
  }

  /**
   * Draws the curves: one chart for the loss and one for each metric, each with
   * a line for training and one for validation. The scales of D3 are
   * loaded when this is called.
   *
   * @param options `title`, `width` and `height`.
   * @returns An SVG document as text.
   * @throws {RangeError} If an option has a wrong value.
   *
   * @example Curves as a file
   * ```ts
   * import { History } from "@tenfold/train";
   * import { assert } from "@std/assert";
   *
   * const history = new History([
   *   { epoch: 1, step: 1, learningRate: 1, seconds: 1, train: { loss: 0.5 } },
   *   { epoch: 2, step: 2, learningRate: 1, seconds: 1, train: { loss: 0.3 } },
   * ]);
   * const svg = await history.toSvg({ title: "A first try" });
   * assert(svg.startsWith("<svg") && svg.includes("A first try"));
   * ```
   */
  async toSvg(options: ChartOptions = {}): Promise<string> {
    checkCount("toSvg", arguments.length, 1);
    const { title, width, height } = parseOptions(
      chartOptions,
      options,
      "draw the history",
    );
    const { drawCurves } = await import("./_chart.ts");
    return drawCurves(this.#epochs, { title, width, height });
  }

  /** How many epochs there are, and the figures of the last one. */
  toString(): string {
    checkCount("toString", arguments.length, 0);
    const { length } = this.#epochs;
    const parts = [`${length} epoch${length === 1 ? "" : "s"}`];
    const add = (before: string, figures: Figures = {}) => {
      for (const [name, figure] of Object.entries(figures)) {
        parts.push(`${before}${name} ${+figure.toPrecision(4)}`);
      }
    };
    add("", this.last?.train);
    add("validation ", this.last?.validation);
    return `History(${parts.join(", ")})`;
  }

  /** The epochs, for `JSON.stringify`. */
  toJSON(): readonly EpochRecord[] {
    return this.#epochs;
  }
}

/**
 * A figure of an epoch by its path.
 *
 * @throws {RangeError} If there is none; the message lists those there are.
 */
export function figureOf(record: EpochRecord, name: string): number {
  const figures = new Map<string, number>();
  for (const part of ["train", "validation"] as const) {
    for (const [key, figure] of Object.entries(record[part] ?? {})) {
      figures.set(`${part}.${key}`, figure);
    }
  }
  figures.set("learningRate", record.learningRate);
  figures.set("seconds", record.seconds);
  const found = figures.get(name);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot find the figure ${
      JSON.stringify(name)
    } in epoch ${record.epoch}: there are ${[...figures.keys()].join(", ")}`,
  );
}
