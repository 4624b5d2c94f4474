/**
 * A test of learning rates.
 *
 * @module
 */
import {
  getRandomState,
  noGrad,
  setRandomState,
  type Tensor,
  tidy,
  unscoped,
} from "@tenfold/core";
import { checkCount, parseOptions, showAs } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { lossFunction, lossOption } from "./_fit_options.ts";
import { iterate, partsOf } from "./_iterate.ts";
import { withOwnModes } from "./_modes.ts";
import { abortSignal, passing, positiveInt, withMethods } from "./_options.ts";
import { copied, takesState } from "./_state.ts";
import type { Batches } from "./batches.ts";
import type { Loss } from "./fit.ts";
import type { ChartOptions } from "./history.ts";
import type { Model } from "./model.ts";
import type { Optimizing } from "./optimizing.ts";

/**
 * Options of {@linkcode lrFinder}.
 *
 * @example Thirty learning rates up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const batches = [[randn([8, 2]), randn([8, 1])]];
 * const options: train.LrFinderOptions = {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: batches,
 *   to: 1,
 *   steps: 30,
 * };
 * const { rates } = await train.lrFinder(model, options);
 * assertEquals(rates.length, 30);
 * ```
 */
export interface LrFinderOptions {
  /** The loss to minimise. */
  loss: Loss;
  /** The optimizer; the learning rates of all its groups are set. */
  optimizer: Optimizing;
  /** Training batches, `[inputs, targets]` each; they begin anew if they end. */
  train: Batches;
  /**
   * The first learning rate.
   *
   * @default {1e-6}
   */
  from?: number;
  /**
   * The last learning rate.
   *
   * @default {10}
   */
  to?: number;
  /**
   * Number of learning rates, a step of the optimizer each.
   *
   * @default {100}
   */
  steps?: number;
  /** Ends the test between two steps; everything is put back. */
  signal?: AbortSignal;
}

/**
 * The result of {@linkcode lrFinder}.
 *
 * @example The rate that it suggests
 * ```ts
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const batches = [[randn([8, 2]), randn([8, 1])]];
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * const result: train.LrFinderResult = await train.lrFinder(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer,
 *   train: batches,
 *   steps: 30,
 * });
 * optimizer.paramGroups[0].lr = result.suggestion ?? 0.1;
 * ```
 */
export interface LrFinderResult {
  /** The learning rate of each step. */
  readonly rates: readonly number[];
  /** The loss of each step, before its update. */
  readonly losses: readonly number[];
  /** The losses smoothed: a moving average, corrected for its beginning. */
  readonly smoothed: readonly number[];
  /**
   * The rate at which the smoothed loss falls fastest, or null if it falls
   * nowhere.
   */
  readonly suggestion: number | null;
  /** Draws the losses over the rates, as SVG. */
  toSvg(options?: Pick<ChartOptions, "title">): Promise<string>;
  /** The suggestion as text. */
  toString(): string;
}

const positive = z.number("must be a positive number").check(
  z.refine((n) => n > 0 && n < Infinity, "must be a positive number"),
);

const optionsSchema = z.strictObject({
  loss: lossOption,
  optimizer: withMethods<Optimizing>(
    "an optimizer",
    "step",
    "zeroGrad",
    "stateDict",
    "loadStateDict",
  ),
  train: passing<Batches>(
    (value) =>
      typeof value === "object" && value !== null &&
      (Symbol.asyncIterator in value || Symbol.iterator in value),
    "must be a DataLoader or batches that can be iterated",
  ),
  from: z._default(positive, 1e-6),
  to: z._default(positive, 10),
  steps: z._default(positiveInt, 100),
  signal: z.optional(abortSignal),
});

const chartSchema = z.strictObject({
  title: z._default(z.string("must be text"), "Loss by learning rate"),
});

const operation = "test learning rates";

/** The weight of the losses before, in the moving average. */
const MEMORY = 0.9;
/** The test ends where the smoothed loss is so many times its least. */
const DIVERGED = 4;

/**
 * Trains with a learning rate that rises from step to step and watches the
 * loss, to find a rate to train with: a good one is where the loss falls
 * fastest, some way before it rises. It ends early once the loss diverges.
 * Afterwards the parameters, buffers, the state of the optimizer, the order of
 * a `DataLoader` and the random numbers are as before; gradients are null.
 *
 * @param model The model.
 * @param options `loss`, `optimizer` and `train`; the range of rates and the
 * number of steps.
 * @returns Rates and losses, and a suggestion.
 * @throws {RangeError} If `from` is not below `to`, or another option has a
 * wrong value.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {BatchError} If there are no batches, or the loader fails.
 *
 * @example A rate for a small net
 * ```ts
 * import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold";
 * import { assert } from "@std/assert";
 *
 * manualSeed(0);
 * const iris = await data.loadIris();
 * const model = new nn.Linear(4, 3);
 * const found = await train.lrFinder(model, {
 *   loss: nn.functional.crossEntropy,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: new data.DataLoader(
 *     new data.TensorDataset(iris.data, iris.target),
 *     { batchSize: 25, shuffle: true, seed: 0 },
 *   ),
 * });
 * const { suggestion } = found;
 * assert(suggestion !== null && suggestion > 1e-4 && suggestion < 1);
 * ```
 */
export async function lrFinder(
  model: Model,
  options: LrFinderOptions,
): Promise<LrFinderResult> {
  checkCount("lrFinder", arguments.length, 2);
  const { loss, optimizer, train, from, to, steps, signal } = parseOptions(
    optionsSchema,
    options,
    operation,
  );
  if (from >= to) {
    throw new RangeError(
      `Cannot ${operation} as from must be below to: got ${from} and ${to}`,
    );
  }
  signal?.throwIfAborted();
  const putBack = remember(model, optimizer, train);
  const rates: number[] = [];
  const losses: number[] = [];
  const smoothed: number[] = [];
  try {
    await withOwnModes(model, async (task) => {
      task.pin(() => model.train());
      const lossOf = lossFunction(loss, operation);
      for await (const batch of endlessly(train)) {
        signal?.throwIfAborted();
        const rate = from *
          (to / from) ** (rates.length / Math.max(1, steps - 1));
        const { inputs, target } = partsOf(batch, operation);
        for (const group of optimizer.paramGroups) {
          (group as { lr?: number }).lr = rate;
        }
        const value = task.pin(() =>
          tidy(() => {
            optimizer.zeroGrad();
            const value = lossOf(model.forward(...inputs as never[]), target);
            value.backward();
            optimizer.step();
            return value.detach();
          })
        );
        const figure = Number(await value.item());
        value.dispose();
        if (!Number.isFinite(figure)) break;
        rates.push(rate);
        losses.push(figure);
        smoothed.push(average(losses, smoothed));
        const diverges = smoothed.at(-1)! > DIVERGED * Math.min(...smoothed);
        if (rates.length >= steps || diverges) break;
      }
    });
  } finally {
    putBack();
  }
  return result(rates, losses, smoothed);
}

/** The batches again and again. */
async function* endlessly(train: Batches) {
  while (true) {
    let some = false;
    for await (const batch of iterate(train, operation, 0)) {
      some = true;
      yield batch;
    }
    if (!some) {
      throw new RangeError(
        `Cannot ${operation} as there are no batches, or they can be iterated once only`,
      );
    }
  }
}

/** A moving average that gives the first losses their whole weight. */
function average(
  losses: readonly number[],
  smoothed: readonly number[],
): number {
  const count = losses.length;
  const before = (smoothed.at(-1) ?? 0) * (1 - MEMORY ** (count - 1));
  return (MEMORY * before + (1 - MEMORY) * losses.at(-1)!) /
    (1 - MEMORY ** count);
}

/** What puts back everything that training changes. */
function remember(
  model: Model,
  optimizer: Optimizing,
  train: Batches,
): () => void {
  const random = { ...getRandomState() };
  const place = takesState(train) ? train.stateDict() : undefined;
  const tensors = [...model.parameters(), ...model.buffers()];
  const copies: Tensor[] = [];
  const before = unscoped(() => noGrad(() => tensors.map((t) => t.clone())));
  const state = copied(optimizer.stateDict(), copies);
  return () => {
    noGrad(() => tensors.forEach((tensor, i) => tensor.copy_(before[i]!)));
    optimizer.zeroGrad();
    optimizer.loadStateDict(state as never);
    if (takesState(train)) train.loadStateDict(place!);
    setRandomState(random);
    for (const copy of [...before, ...copies]) copy.dispose();
  };
}

/** Losses at the beginning whose average still jumps. */
const BEGINNING = 10;

/** The rate where the smoothed loss falls fastest over the logarithm of rates. */
function steepest(
  rates: readonly number[],
  smoothed: readonly number[],
): number | null {
  const least = smoothed.indexOf(Math.min(...smoothed));
  // Over a twentieth of the range to both sides, as losses of batches differ.
  const reach = Math.max(1, Math.round(rates.length / 20));
  let [found, fall] = [null as number | null, 0];
  const first = Math.max(reach, Math.min(BEGINNING, rates.length / 4));
  for (let i = Math.ceil(first); i + reach <= least; i++) {
    const slope = smoothed[i + reach]! - smoothed[i - reach]!;
    if (slope < fall) [found, fall] = [rates[i]!, slope];
  }
  return found;
}

function result(
  rates: readonly number[],
  losses: readonly number[],
  smoothed: readonly number[],
): LrFinderResult {
  const suggestion = steepest(rates, smoothed);
  const toSvg: LrFinderResult["toSvg"] = async (options = {}) => {
    const { title } = parseOptions(
      chartSchema,
      options,
      "draw a test of learning rates",
    );
    const { drawRates } = await import("./_rates_chart.ts");
    return drawRates({ rates, losses, smoothed, suggestion }, title);
  };
  const toString = () => `suggested learning rate: ${suggestion ?? "none"}`;
  const found = { rates, losses, smoothed, suggestion, toSvg, toString };
  showAs(found, async () => ({
    "text/plain": toString(),
    "image/svg+xml": await toSvg(),
  }));
  return found;
}
