/**
 * Mixed precision: which operations are computed in half precision, and which
 * in single.
 *
 * @module
 */
import { type Casting, setCasting } from "../casting.ts";
import { checkDType, type DType, isFloating } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { isRecording } from "../autograd/mode.ts";
import { record } from "../autograd/record.ts";
import { VALUE } from "../members.ts";
import { checkCount } from "../options.ts";
import { checkPlain, flag, type PlainFields, text } from "../plain_options.ts";
import { currentRecording } from "../program/recording.ts";
import { currentTask, ownTask, type Task, within } from "../task.ts";
import { type Tensor, wrapValue } from "../tensor.ts";
import type { Value } from "../value.ts";

/**
 * Options of {@linkcode autocast}.
 *
 * @example A part in full precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { autocast, type AutocastOptions, eye, ones } from "@tenfold/tenfold";
 *
 * const options: AutocastOptions = { enabled: false };
 * const y = autocast(() => {
 *   const a = ones([2, 2]).matmul(ones([2, 2])); // float16
 *   return autocast(() => a.cast("float32").matmul(eye(2)), options);
 * });
 * assertEquals(y.dtype, "float32");
 * ```
 */
export interface AutocastOptions {
  /** The dtype of products and convolutions. @default {"float16"} */
  readonly dtype?: "float16";
  /**
   * Whether autocasting is enabled; false excludes a part of a region.
   *
   * @default {true}
   */
  readonly enabled?: boolean;
  /**
   * Whether the cast of a parameter is cached for the region.
   *
   * @default {true}
   */
  readonly cacheEnabled?: boolean;
}

const OPTIONS: PlainFields = {
  dtype: text,
  enabled: flag,
  cacheEnabled: flag,
};

/** What is computed in half precision: the work is in it, and the sums are not. */
const HALF = "matmul linear conv2d conv2dInput conv2dWeight";

/**
 * What is computed in single precision: what float16 is too narrow or too coarse
 * for. Operations, and functions that run as one kernel, by their names.
 */
const SINGLE = "exp expm1 log log1p log2 pow square reciprocal rsqrt tan " +
  "softplus softmax logSoftmax logsumexp cumsum cumprod sum prod norm linalg " +
  "layerNorm groupNorm cosineSimilarity " +
  "mseLoss l1Loss smoothL1Loss huberLoss klDivLoss crossEntropy ctcLoss " +
  "binaryCrossEntropy binaryCrossEntropyWithLogits gaussianNllLoss " +
  "poissonNllLoss hingeEmbeddingLoss cosineEmbeddingLoss marginRankingLoss " +
  "tripletMarginLoss softMarginLoss multiLabelSoftMarginLoss";

/**
 * The classes of operations. Of an operation that is in none, the inputs say
 * what it is computed in: the widest of their dtypes.
 */
const CLASSES: ReadonlyMap<string, "half" | "single"> = /* @__PURE__ */ new Map(
  [
    ...HALF.split(" ").map((name) => [name, "half"] as const),
    ...SINGLE.split(" ").map((name) => [name, "single"] as const),
  ],
);

/** A call of `autocast`. */
class Region {
  readonly dtype: DType | null;
  /** What is cast once, with the version that was; null once it is over. */
  #cached: Map<Tensor, { half: Value; version: number }> | null;
  readonly #recording = currentRecording();

  constructor(dtype: DType | null, caches: boolean) {
    this.dtype = dtype;
    this.#cached = caches ? new Map() : null;
  }

  /** What a tensor is in the region. */
  cast(x: Tensor, dtype: DType): Tensor {
    const cached = this.#cached;
    const keeps = cached !== null && dtype === this.dtype && x.requiresGrad &&
      x.isLeaf && this.#recording === currentRecording();
    if (!keeps) return x.cast(dtype);
    const { [VALUE]: { storage: { version } } } = x;
    const known = cached.get(x);
    if (known?.version !== version) {
      const tensor = x.cast(dtype);
      known?.half.release();
      cached.set(x, { half: tensor[VALUE].alias(), version });
      return tensor;
    }
    // Each use has its own place on the tape, as backward takes each once.
    const half = known.half.alias();
    const node = isRecording()
      ? record({ name: "cast", dtype }, [x], [half])
      : null;
    return wrapValue(x.device, half, node && { node, output: 0 });
  }

  end(): void {
    for (const { half } of this.#cached?.values() ?? []) half.release();
    this.#cached = null;
  }
}

function regionNow(): Region | null {
  return currentTask().casting as Region | null;
}

const CASTING: Casting = {
  through(name, inputs, run) {
    const region = regionNow();
    if (region === null) return null;
    const dtype = CASTING.dtypeOf(name);
    // float64 is there for its digits.
    if (dtype === null || inputs.some((x) => x?.dtype === "float64")) {
      return null;
    }
    const stays = (x: Tensor) => !isFloating(x.dtype) || x.dtype === dtype;
    if (inputs.every(stays)) return null;
    const cast = inputs.map((x) => stays(x) ? x : region.cast(x, dtype));
    try {
      return run(cast);
    } finally {
      cast.forEach((x, i) => x === inputs[i] || x.dispose());
    }
  },
  dtypeOf(name) {
    const half = regionNow()?.dtype ?? null;
    const kind = half === null ? undefined : CLASSES.get(name);
    return kind === undefined ? null : kind === "half" ? half : "float32";
  },
};

/**
 * Calls a function in mixed precision, as PyTorch's `autocast` does: products
 * and convolutions are computed of float16 inputs, and give float16; sums,
 * exponentials, powers, softmax, norms and losses are computed in float32; all
 * else takes the widest dtype of its inputs. Parameters stay float32, and so do
 * their gradients; each is cast once in a region.
 *
 * The forward pass and the loss belong into it, and `backward` behind it.
 * Gradients that float16 cannot hold become 0, so that scale the loss by a
 * `GradScaler` of `@tenfold/optim`. It holds for the function, async ones until
 * their promise settles, and for what `compile` records in it.
 *
 * @param fn The function.
 * @param options `dtype`, `enabled` and `cacheEnabled`.
 * @returns What the function returns.
 * @throws {DTypeError} If the dtype is not float16.
 * @example A product in float16, a sum in float32
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { autocast } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const w = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * const [y, loss] = autocast(() => {
 *   const y = tensor([[1, 1]]).matmul(w);
 *   return [y, y.sum()];
 * });
 * assertEquals([y.dtype, loss.dtype], ["float16", "float32"]);
 * loss.backward();
 * assertEquals(w.grad?.dtype, "float32");
 * ```
 */
export function autocast<T>(fn: () => T, options: AutocastOptions = {}): T {
  checkCount("autocast", arguments.length, 2);
  checkPlain(OPTIONS, options, "autocast");
  const { dtype = "float16", enabled = true, cacheEnabled = true } = options;
  if (checkDType(dtype, "autocast") !== "float16") {
    throw new DTypeError(
      `Cannot autocast to ${dtype}: it is float16 that products are computed in`,
    );
  }
  const task: Task = ownTask();
  const before = task.casting;
  const region = new Region(enabled ? dtype : null, cacheEnabled);
  const end = () => {
    region.end();
    if (task.casting === region) task.casting = before;
  };
  setCasting(CASTING);
  task.casting = region;
  return within(task, fn, { done: end, failed: end });
}
