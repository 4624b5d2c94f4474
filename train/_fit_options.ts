/**
 * The options of `fit`, checked.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { parseOptions, showShape, showValue } from "@tenfold/core/internal";
import type { GradScaler } from "@tenfold/optim";
import * as z from "./_zod.ts";
import { listMetrics, type NamedMetric } from "./_metrics.ts";
import {
  abortSignal,
  flag,
  passing,
  positiveInt,
  text,
  withMethods,
} from "./_options.ts";
import type { Batches } from "./batches.ts";
import type { Callback } from "./callback.ts";
import type { Distributing, ReplicaOptions } from "./distributing.ts";
import type { FitOptions, Loss } from "./fit.ts";
import type { Optimizing, Scheduling } from "./optimizing.ts";

/** A schedule, and when it steps. */
export interface Schedule {
  readonly scheduler: Scheduling;
  readonly every: "epoch" | "step";
  readonly monitor: string;
}

/** The options of `fit` as training uses them. */
export interface Settings {
  readonly loss: (output: Tensor, target: Tensor) => Tensor;
  readonly optimizer: Optimizing;
  readonly train: Batches;
  readonly validation: Batches | undefined;
  readonly epochs: number;
  readonly metrics: readonly NamedMetric[];
  readonly schedule: Schedule | undefined;
  readonly callbacks: readonly Callback[];
  readonly clipGradNorm: number | undefined;
  readonly accumulate: number;
  readonly onNonFinite: NonNullable<FitOptions["onNonFinite"]>;
  readonly signal: AbortSignal | undefined;
  readonly progress: boolean;
  readonly compile: boolean;
  readonly mixedPrecision: boolean | GradScaler;
  readonly distributed: Distribution | undefined;
}

/** Options of training on several ranks. */
export interface Distribution {
  readonly world: Distributing;
  readonly shardOptimizer: boolean;
  /** Options of the replica; none for one that is there. */
  readonly options: ReplicaOptions | undefined;
}

/** The schema of a loss. */
export const lossOption: z.ZodMiniType<Loss> = passing<Loss>(
  (value) =>
    typeof value === "function" ||
    typeof (value as { forward?: unknown } | null)?.forward === "function",
  "must be a function of output and target, or a loss module",
);

const batches = passing<Batches>(
  (value) =>
    typeof value === "object" && value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value),
  "must be a DataLoader or batches that can be iterated: make one with new DataLoader(dataset, { batchSize })",
);

const scheduler = withMethods<Scheduling>(
  "a schedule, or { schedule, every, monitor }",
  "step",
  "stateDict",
  "loadStateDict",
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
  train: batches,
  validation: z.optional(batches),
  epochs: positiveInt,
  metrics: z.optional(passing<FitOptions["metrics"]>(
    (value) => typeof value === "object" && value !== null,
    "must be a list of metrics, or an object of them",
  )),
  scheduler: z.optional(z.unknown()),
  callbacks: z._default(
    z.array(
      passing<Callback>(
        (value) => typeof (value as Callback | null)?.name === "string",
        "must be a callback, with a name",
      ),
      "must be a list of callbacks",
    ),
    [],
  ),
  // Infinity only measures.
  clipGradNorm: z.optional(z.custom<number>(
    (value) => typeof value === "number" && value > 0,
    "must be a positive number",
  )),
  accumulate: z._default(positiveInt, 1),
  onNonFinite: z._default(
    z.enum(
      ["warn", "throw", "skip"],
      'must be "warn", "throw" or "skip"',
    ),
    "warn",
  ),
  signal: z.optional(abortSignal),
  progress: z._default(flag, true),
  compile: z._default(flag, false),
  mixedPrecision: z._default(
    passing<boolean | GradScaler>(
      (value) =>
        typeof value === "boolean" ||
        typeof (value as GradScaler | null)?.unscale_ === "function",
      "must be true, false or a GradScaler",
    ),
    false,
  ),
  distributed: z.optional(z.unknown()),
});

const world = withMethods<Distributing>(
  "what init() of @tenfold/distributed returns",
  "replicate",
);

/** The world's own options are checked by what makes the replica. */
const distributionSchema = z.looseObject({
  world,
  shardOptimizer: z._default(flag, false),
});

const scheduleSchema = z.strictObject({
  schedule: scheduler,
  every: z.optional(z.enum(["epoch", "step"], 'must be "epoch" or "step"')),
  monitor: z.optional(text),
});

/**
 * Checks the options of `fit`.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 */
export function fitSettings(options: FitOptions, operation: string): Settings {
  const parsed = parseOptions(optionsSchema, options, operation);
  const names = new Set<string>();
  for (const { name } of parsed.callbacks) {
    if (names.has(name)) {
      throw new RangeError(
        `Cannot ${operation} as two callbacks have the name ${name}: give one another name`,
      );
    }
    names.add(name);
  }
  if (parsed.mixedPrecision !== false && parsed.onNonFinite !== "warn") {
    throw new RangeError(
      `Cannot ${operation} with mixedPrecision and onNonFinite ${parsed.onNonFinite} as steps that are not finite are how the scale is found: leave onNonFinite out`,
    );
  }
  return {
    loss: lossFunction(parsed.loss, operation),
    optimizer: parsed.optimizer,
    train: parsed.train,
    validation: parsed.validation,
    epochs: parsed.epochs,
    metrics: listMetrics(parsed.metrics, operation),
    schedule: scheduleOf(
      options.scheduler,
      parsed.validation !== undefined,
      operation,
    ),
    callbacks: parsed.callbacks,
    clipGradNorm: parsed.clipGradNorm,
    accumulate: parsed.accumulate,
    onNonFinite: parsed.onNonFinite,
    signal: parsed.signal,
    progress: parsed.progress,
    compile: parsed.compile,
    mixedPrecision: parsed.mixedPrecision,
    distributed: distributionOf(options.distributed, operation),
  };
}

function distributionOf(
  option: FitOptions["distributed"],
  operation: string,
): Distribution | undefined {
  if (option === undefined) return undefined;
  const isWorld = typeof option !== "object" || option === null ||
    !("world" in option) || "replicate" in option;
  if (isWorld) {
    const { distributed } = parseOptions(
      z.object({ distributed: world }),
      { distributed: option },
      operation,
    );
    return { world: distributed, shardOptimizer: false, options: undefined };
  }
  const { distributed } = parseOptions(
    z.object({ distributed: distributionSchema }),
    { distributed: option },
    operation,
  );
  const { world: found, shardOptimizer, ...options } = distributed;
  const given = Object.keys(options).length > 0;
  return { world: found, shardOptimizer, options: given ? options : undefined };
}

/** A loss as a function, whether it is one or a module. */
export function lossFunction(
  loss: Loss,
  operation: string,
): (output: Tensor, target: Tensor) => Tensor {
  return (output, target) => {
    const made: unknown = typeof loss === "function"
      ? loss(output, target)
      : loss.forward(output, target);
    if (made instanceof Tensor && made.size === 1) return made;
    throw new TypeError(
      `Cannot ${operation} as the loss must be a tensor of one element: got ${
        made instanceof Tensor
          ? `shape ${showShape(made.shape)}`
          : showValue(made)
      }`,
    );
  };
}

function scheduleOf(
  option: FitOptions["scheduler"],
  validated: boolean,
  operation: string,
): Schedule | undefined {
  if (option === undefined) return undefined;
  const plain = typeof option === "object" && option !== null &&
    "schedule" in option;
  const { schedule, every, monitor } = parseOptions(
    z.object({ scheduler: scheduleSchema }),
    { scheduler: plain ? option : { schedule: option } },
    operation,
  ).scheduler;
  return {
    scheduler: schedule,
    every: every ?? schedule.every ?? "epoch",
    monitor: monitor ?? (validated ? "validation.loss" : "train.loss"),
  };
}
