/**
 * The file of results: what `--json` writes, and `bench:compare` and
 * `bench:report` read.
 *
 * @module
 */
import * as z from "zod";

const positive = z.number().positive();
const natural = z.int().min(0);

const RESULT = z.strictObject({
  suite: z.string().min(1),
  /** The line of the table: series and size. */
  case: z.string().min(1),
  series: z.string(),
  size: positive.optional(),
  backend: z.string().min(1),
  /** What the figures count; less is better. */
  unit: z.enum(["ns", "byte"]),
  median: positive,
  p25: positive,
  p75: positive,
  min: positive,
  /** The median of each round; rounds lie apart in time, and in processes. */
  rounds: z.array(positive).min(1),
  /** The lower quartile of each round, which disturbances reach last. */
  quartiles: z.array(positive).optional(),
  /** How many cores it kept busy in each round. */
  busy: z.array(z.number().min(0)).optional(),
  /** At most 60 of the samples, evenly spread over their order by size. */
  samples: z.array(positive).min(1),
  /** How many samples there were. */
  count: z.int().min(1),
  /** How many calls each sample is the mean of. */
  callsPerSample: z.int().min(1),
  /** How many cores it kept busy meanwhile, on average. */
  own: z.number().min(0).optional(),
  /** How many cores other programs kept busy meanwhile, on average. */
  others: z.number().min(0).optional(),
  /** What a call gets through. */
  work: z.strictObject({
    amount: positive,
    unit: z.enum(["FLOP", "byte", "element", "sample"]),
  }).optional(),
  /** The kernels that ran. */
  kernels: z.array(z.string()).optional(),
  /** The most bytes that tensors held. */
  peakBytes: natural.optional(),
  /** What the device counted during one call. */
  counted: z.record(z.string(), z.number()).optional(),
});

/** A line that could not be measured. */
export const FAILURE = z.strictObject({
  suite: z.string().min(1),
  case: z.string().min(1),
  backend: z.string().min(1),
  error: z.string(),
});

/** A backend, and whether it took part. */
export const BACKEND = z.strictObject({
  name: z.string().min(1),
  available: z.boolean(),
  reason: z.string().optional(),
});

/** Where a run was made. */
export const MACHINE = z.strictObject({
  system: z.string(),
  architecture: z.string(),
  processor: z.string(),
  cores: z.int().min(1),
  memoryBytes: positive,
});

/** A whole file. */
export const RESULTS_FILE = z.strictObject({
  format: z.literal("tenfold-bench"),
  version: z.literal(1),
  /** When the run began. */
  date: z.iso.datetime(),
  quick: z.boolean(),
  machine: MACHINE,
  runtime: z.strictObject({ name: z.string(), version: z.string() }),
  /** Versions of what took part; `commit` is that of this project. */
  versions: z.record(z.string(), z.string()),
  /** The kernel that was slowed on purpose, if any. */
  slowed: z.string().optional(),
  backends: z.array(BACKEND),
  results: z.array(RESULT),
  failures: z.array(FAILURE),
});

/** One line of a table on one backend. */
export type Result = z.infer<typeof RESULT>;
/** A line that could not be measured. */
export type Failure = z.infer<typeof FAILURE>;
/** A backend, and whether it took part. */
export type BackendLine = z.infer<typeof BACKEND>;
/** Where a run was made. */
export type Machine = z.infer<typeof MACHINE>;
/** All of a run. */
export type ResultsFile = z.infer<typeof RESULTS_FILE>;
