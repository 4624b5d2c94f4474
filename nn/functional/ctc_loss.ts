import {
  DTypeError,
  fused,
  IndexError,
  ShapeError,
  Tensor,
} from "@tenfold/core";
import { call, constant, type Expr, expr } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  showShape,
  showValue,
  tidyNow,
  UPLOAD_LIKE,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, flag, reduction } from "../_options.ts";
import { constantsLike } from "./_constants.ts";
import { reduceLosses } from "./_reduce.ts";
import type { ReductionOptions } from "./regression_losses.ts";

/**
 * The length of each sample: numbers, or an int32 tensor.
 *
 * @example Two samples of 12 and 9 steps
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const inputLengths: nn.Lengths = [12, 9];
 * ```
 */
export type Lengths = number | readonly number[] | Tensor;

/**
 * Options of {@linkcode ctcLoss}.
 *
 * @example One sample of 5 steps and 2 labels
 * ```ts
 * import { nn, randn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.CtcLossOptions = {
 *   inputLengths: [5],
 *   targetLengths: [2],
 * };
 * const loss = nn.functional.ctcLoss(
 *   randn([5, 1, 4]).logSoftmax(2),
 *   tensor([[1, 2]], { dtype: "int32" }),
 *   options,
 * );
 * ```
 */
export interface CtcLossOptions extends ReductionOptions {
  /** Number of steps of each sample. */
  readonly inputLengths: Lengths;
  /** Number of labels of each sample. */
  readonly targetLengths: Lengths;
  /** Class that stands for no label. @default {0} */
  readonly blank?: number;
  /** Whether samples that cannot be aligned cost nothing, instead of infinity. @default {false} */
  readonly zeroInfinity?: boolean;
}

/** How many elements each sample has. */
const lengths = () =>
  z.custom<Lengths>(
    (value) =>
      typeof value === "number" || Array.isArray(value) ||
      value instanceof Tensor,
    "must be an array of integers or an int32 tensor",
  );

const schema = () =>
  z.strictObject({
    inputLengths: lengths(),
    targetLengths: lengths(),
    reduction: z.optional(reduction),
    blank: z.optional(z.int("must be an integer")),
    zeroInfinity: z.optional(flag),
  });

/** What impossible paths weigh: its exponential is 0, differences are finite. */
const NEVER = -1e30;

/** The log of the sum of the exponentials of three numbers, not below NEVER. */
function logSum(parts: readonly Expr[]): { value: Expr; shares: Expr[] } {
  const top = parts.reduce(
    (a, b) => expr.max(a, b),
    constant(NEVER, parts[0]!.dtype),
  );
  const powers = parts.map((part) => expr.exp(expr.sub(part, top)));
  const total = expr.max(powers.reduce((a, b) => expr.add(a, b)), 1e-37);
  return {
    value: expr.add(expr.log(total), top),
    shares: powers.map((power) => expr.div(power, total)),
  };
}

/**
 * One step of the paths: inputs are the weights of the paths that end in each
 * state, in the state before and in the one before that, then the
 * log-probability of its label, 1 where a label may follow another one directly,
 * and 1 where the step counts.
 */
const advance = /* @__PURE__ */ fused(
  "ctcLoss",
  ([stay, next, skip, label, skips, counts]) => {
    const allowed = expr.select(expr.gt(skips, 0.5), skip, NEVER);
    const { value, shares } = logSum([stay, next, allowed]);
    const on = expr.gt(counts, 0.5);
    const [a, b, c] = shares as [Expr, Expr, Expr];
    const within = (g: Expr, share: Expr) =>
      expr.select(on, expr.mul(g, share), 0);
    return {
      value: expr.select(on, expr.add(value, label), stay),
      gradients: (g) => [
        expr.select(on, expr.mul(g, a), g),
        within(g, b),
        within(g, expr.select(expr.gt(skips, 0.5), c, 0)),
        expr.select(on, g, expr.mul(g, 0)),
        null,
        null,
      ],
    };
  },
);

/** The log of the sum of both ends: the last label, and the blank behind it. */
const ends = /* @__PURE__ */ fused("ctcLoss", ([blank, label]) => {
  const { value, shares } = logSum([blank, label]);
  return {
    value,
    gradients: (g) => shares.map((share) => call("mul", g, share)),
  };
});

/** Reads lengths at once. */
function lengthsOf(
  what: string,
  given: Lengths,
  samples: number,
  most: number,
): readonly number[] {
  if (given instanceof Tensor && given.dtype !== "int32") {
    throw new DTypeError(
      `Cannot take the ctcLoss as ${what} must be int32: got ${given.dtype}`,
    );
  }
  const list = given instanceof Tensor
    ? [...given.dataSync() as Int32Array]
    : typeof given === "number"
    ? [given]
    : given;
  if (list.length !== samples) {
    throw new ShapeError(
      `Cannot take the ctcLoss as ${what} must hold one number for each of ${samples} samples: got ${list.length}`,
    );
  }
  for (const length of list) {
    if (Number.isInteger(length) && length >= 0 && length <= most) continue;
    throw new RangeError(
      `Cannot take the ctcLoss as ${what} must be integers from 0 to ${most}: got ${
        showValue(length)
      }`,
    );
  }
  return list;
}

/** Labels `[n, longest]`, out of rows or of one row of all behind each other. */
function rowsOf(
  targets: Tensor,
  samples: number,
  counts: readonly number[],
): Tensor {
  const longest = Math.max(0, ...counts);
  if (targets.ndim === 2) return targets.narrow(1, 0, longest);
  const at = new Int32Array(samples * longest);
  let start = 0;
  for (let i = 0; i < samples; i++) {
    for (let k = 0; k < longest; k++) {
      at[i * longest + k] = k < counts[i]! ? start + k : 0;
    }
    start += counts[i]!;
  }
  const shape = [samples, longest];
  return at.length === 0
    ? targets.narrow(0, 0, 0).reshape(shape)
    : targets.indexSelect(0, targets[UPLOAD_LIKE](at, [at.length], "int32"))
      .reshape(shape);
}

/**
 * Connectionist temporal classification (Graves and others, 2006): the negative
 * log-probability of all ways to spell the labels over the steps, with blanks
 * between them and repetitions. `"mean"` divides the loss of each sample by the
 * number of its labels before it takes the mean.
 *
 * The gradient is that by the log-probabilities. PyTorch gives the one by what
 * stands before `logSoftmax`; behind a `logSoftmax` both are the same.
 *
 * @param logProbs `[steps, n, classes]`, or `[steps, classes]`: the logarithms of
 * probabilities, such as `logSoftmax` gives.
 * @param targets Labels, int32: `[n, most labels]`, or those of all samples behind
 * each other.
 * @param options `inputLengths`, `targetLengths`, `blank`, `reduction` and
 * `zeroInfinity`.
 * @throws {ShapeError} If shapes or lengths do not fit.
 * @throws {RangeError} If a length is out of range.
 * @throws {IndexError} If `blank` is not one of the classes.
 * @example Two steps, one label
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { full, tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const logProbs = full([2, 1, 2], Math.log(0.5));
 * const targets = tensor([[1]], { dtype: "int32" });
 * const loss = functional.ctcLoss(logProbs, targets, {
 *   inputLengths: [2],
 *   targetLengths: [1],
 * });
 * // "a-", "-a" and "aa" out of four spellings
 * assertAlmostEquals(await loss.item(), -Math.log(0.75), 1e-6);
 * ```
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  options: CtcLossOptions,
): Tensor {
  const operation = "take the ctcLoss";
  checkOptions(
    schema,
    options ?? { inputLengths: undefined },
    operation,
    arguments.length - 3,
  );
  checkTensor(logProbs, "the input", operation);
  checkTensor(targets, "the target", operation);
  const { blank = 0, reduction = "mean", zeroInfinity = false } = options;
  if (targets.dtype !== "int32") {
    throw new DTypeError(
      `Cannot ${operation} as labels must be int32: got ${targets.dtype}`,
    );
  }
  const single = logProbs.ndim === 2;
  const [steps, classes] = [logProbs.shape[0]!, logProbs.shape.at(-1)!];
  const samples = single ? 1 : logProbs.shape[1]!;
  const flat = targets.ndim === 1;
  if (
    (logProbs.ndim !== 3 && !single) ||
    (!flat && (targets.ndim !== 2 || targets.shape[0] !== samples))
  ) {
    throw new ShapeError(
      `Cannot ${operation} as log-probabilities must be [steps, n, classes] and labels [n, most labels], or [all labels]: got ${
        showShape(logProbs.shape)
      } and ${showShape(targets.shape)}`,
    );
  }
  if (blank < 0 || blank >= classes) {
    throw new IndexError(
      `Cannot ${operation} as the blank ${blank} is out of range for ${classes} classes`,
    );
  }
  const inputs = lengthsOf(
    "inputLengths",
    options.inputLengths,
    samples,
    steps,
  );
  const counts = lengthsOf(
    "targetLengths",
    options.targetLengths,
    samples,
    targets.shape.at(-1)!,
  );
  const sum = counts.reduce((a, b) => a + b, 0);
  if (flat && sum !== targets.size) {
    throw new ShapeError(
      `Cannot ${operation} as targetLengths must sum up to the number of labels: got ${sum} for ${targets.size}`,
    );
  }
  return tidyNow(() => {
    const batch = single ? logProbs.unsqueeze(1) : logProbs;
    const rows = rowsOf(targets, samples, counts);
    const losses = spellings(batch, rows, inputs, counts, blank, zeroInfinity);
    if (reduction === "none") return single ? losses.squeeze(0) : losses;
    if (reduction === "sum") return losses.sum();
    const divisors = counts.map((count) => Math.max(count, 1));
    return reduceLosses(
      losses.div(constantsLike(losses, divisors, [samples])),
      reduction,
    );
  });
}

/** The loss of each sample. */
function spellings(
  logProbs: Tensor,
  rows: Tensor,
  inputs: readonly number[],
  counts: readonly number[],
  blank: number,
  zeroInfinity: boolean,
): Tensor {
  const [steps, samples] = [logProbs.shape[0]!, logProbs.shape[1]!];
  const longest = rows.shape[1]!;
  const states = 2 * longest + 1;
  // Blanks stand before, between and behind the labels.
  const { labels, skips } = noGradNow(() => {
    const spaced = rows.unsqueeze(-1).pad([1, 0], { value: blank })
      .reshape([samples, 2 * longest]);
    const labels = spaced.pad([0, 1], { value: blank });
    const before = labels.pad([2, 0], { value: blank }).narrow(1, 0, states);
    const skips = labels.ne(before).logicalAnd(labels.ne(blank));
    return { labels, skips: skips.cast(logProbs.dtype) };
  });
  const index = labels.unsqueeze(0).expand([steps, samples, states]);
  const emitted = logProbs.gather(2, index);
  const running = constantsLike(
    logProbs,
    Array.from(
      { length: steps * samples },
      (_, i) => Math.floor(i / samples) < inputs[i % samples]! ? 1 : 0,
    ),
    [steps, samples, 1],
  );
  const start = new Array<number>(samples * states).fill(NEVER);
  for (let i = 0; i < samples; i++) start[i * states] = 0;
  let paths = constantsLike(logProbs, start, [samples, states]);
  const moved = (by: number) =>
    states > by
      ? paths.narrow(1, 0, states - by).pad([by, 0], { value: NEVER })
      : paths.mul(0).add(NEVER);
  for (let t = 0; t < steps; t++) {
    paths = advance.map([
      paths,
      moved(1),
      moved(2),
      emitted.select(0, t),
      skips,
      running.select(0, t),
    ]);
  }
  const last = paths[UPLOAD_LIKE](
    Int32Array.from(counts.flatMap((n) => [2 * n, Math.max(2 * n - 1, 0)])),
    [samples, 2],
    "int32",
  );
  const final = paths.gather(1, last);
  const labelled = constantsLike(
    paths,
    counts.map((count) => count > 0 ? 0 : NEVER),
    [samples],
  );
  const total = ends.map([
    final.select(1, 0),
    final.select(1, 1).add(labelled),
  ]);
  const possible = noGradNow(() => total.gt(NEVER / 10));
  return total.neg().where(possible, zeroInfinity ? 0 : Infinity);
}
