/**
 * The operation behind a NaN.
 *
 * @module
 */
import "../dispose_symbol.ts";
import { type Anomaly, setAnomaly, type TapeNode } from "../autograd/node.ts";
import { GradientError } from "../errors.ts";
import { checkCount } from "../options.ts";
import { showPlace } from "../place.ts";
import { refuseValues } from "../refuse.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Ends the mode of {@linkcode detectAnomaly} at the end of a `using` block.
 *
 * @example Up to the end of a block
 * ```ts
 * import {
 *   type AnomalyDetection,
 *   detectAnomaly,
 *   tensor,
 * } from "@tenfold/tenfold";
 *
 * using _: AnomalyDetection = detectAnomaly();
 * const x = tensor(1, { requiresGrad: true });
 * x.log().backward();
 * ```
 */
export interface AnomalyDetection {
  /** Ends it. */
  [Symbol.dispose](): void;
}

/** Where each operation ran. */
const places = new WeakMap<TapeNode, Error>();

/** How many frames stacks have, on engines that cut them off. */
const STACKS = Error as { stackTraceLimit?: number | undefined };

const DETECTION: Anomaly = {
  recorded(node) {
    const { stackTraceLimit } = STACKS;
    STACKS.stackTraceLimit = 60;
    places.set(node, new Error(`The forward of ${node.name}`));
    STACKS.stackTraceLimit = stackTraceLimit;
  },
  gave(node: TapeNode, gradient: Tensor, input: number) {
    const { name, sequence } = node;
    const { size } = gradient;
    if (size === 0) return;
    refuseValues(
      // Each for itself, so that the first one is found where reads are late.
      `detectAnomaly ${sequence} ${input}`,
      () => gradient.isNan().cast("int32").sum(),
      (count) => {
        const place = places.get(node) ?? null;
        const text = showPlace(place);
        return new GradientError(
          `Cannot go on with backward as ${name} gave NaN for ${count} of ${size} elements of the gradient of its input ${input}${
            text === ""
              ? ": call detectAnomaly around the forward as well to learn where it ran"
              : `; it ran${text}`
          }`,
          { cause: place },
        );
      },
    );
  },
};

let depth = 0;

function begin(): AnomalyDetection {
  if (depth++ === 0) setAnomaly(DETECTION);
  let ended = false;
  return {
    [Symbol.dispose]() {
      if (ended) return;
      ended = true;
      if (--depth === 0) setAnomaly(null);
    },
  };
}

/**
 * Checks each gradient that backward computes for NaN, and throws at the first
 * with the operation that gave it and the place where its forward ran, whose
 * stack is the cause of the error: as a call around a function (async ones
 * count until their promise settles), or until the end of the block with
 * `using`.
 *
 * It holds for the whole program, keeps the stack of every operation and reads
 * every gradient, so it is for finding faults alone. On webgpu the error comes
 * out of the next read.
 *
 * @throws {GradientError} In backward, where a gradient holds NaN.
 * @example A root at 0
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { detectAnomaly } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0, 4], { requiresGrad: true });
 * assertThrows(
 *   () => detectAnomaly(() => x.sqrt().mul(0).sum().backward()),
 *   Error,
 *   "as sqrt gave NaN",
 * );
 * ```
 */
export function detectAnomaly(): AnomalyDetection;
/**
 * Calls `fn` while gradients are checked, and returns its result.
 *
 * @example Values that are as they should be
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { detectAnomaly, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 4], { requiresGrad: true });
 * detectAnomaly(() => x.sqrt().sum().backward());
 * assertEquals(await x.grad?.toArray(), [0.5, 0.25]);
 * ```
 */
export function detectAnomaly<T>(fn: () => T): T;
export function detectAnomaly<T>(fn?: () => T): T | AnomalyDetection {
  checkCount("detectAnomaly", arguments.length, 1);
  const detection = begin();
  if (!fn) return detection;
  const end = () => detection[Symbol.dispose]();
  let result: T;
  try {
    result = fn();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.finally(end) as T;
  end();
  return result;
}
