/**
 * Functions of one example as functions of a batch.
 *
 * @module
 */
import { ShapeError, showShape } from "../errors.ts";
import { VALUE } from "../members.ts";
import type { Op } from "../op.ts";
import { checkCount } from "../options.ts";
import {
  checkPlain,
  type PlainField,
  type PlainFields,
  text,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim } from "../shape.ts";
import { apply, type Tensor, wrapValue } from "../tensor.ts";
import { type Batched, batched, each } from "./batching.ts";
import { Layer, outside, type Part, partOf } from "./layer.ts";
import { mapTensors, refusePromise } from "./structure.ts";

/**
 * Behaviour of random numbers within {@linkcode vmap}.
 *
 * @example Dropout that differs from example to example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   randn,
 *   type Randomness,
 *   Tensor,
 *   vmap,
 *   zeros,
 * } from "@tenfold/tenfold";
 *
 * const randomness: Randomness = "different";
 * const noisy = vmap((x: Tensor) => x.add(randn([2])), { randomness });
 * assertEquals(noisy(zeros([3, 2])).shape, [3, 2]);
 * ```
 */
export type Randomness = "error" | "same" | "different";

/**
 * Options of {@linkcode vmap}.
 *
 * @example A matrix that all examples share
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, Tensor, vmap, type VmapOptions } from "@tenfold/tenfold";
 *
 * const options: VmapOptions = { inDims: [null, 0] };
 * const apply = vmap((w: Tensor, x: Tensor) => w.matmul(x), options);
 * assertEquals(apply(ones([3, 2]), ones([5, 2])).shape, [5, 3]);
 * ```
 */
export interface VmapOptions {
  /**
   * The dim of each argument that is the batch, null for an argument that all
   * examples share; a number stands for all arguments.
   *
   * @default {0}
   */
  readonly inDims?: number | null | readonly (number | null)[];
  /**
   * The dim of each result that is the batch; a number stands for all results.
   *
   * @default {0}
   */
  readonly outDims?: number | readonly number[];
  /**
   * Whether random numbers are refused, the same for all examples, or different
   * ones for each.
   *
   * @default {"error"}
   */
  readonly randomness?: Randomness;
}

/** A tensor for all examples, or one of them all. */
interface BatchPart extends Part {
  readonly batched: boolean;
}

/** Examples of a batch, as if there were one. */
class BatchLayer extends Layer<BatchPart> {
  readonly transform = "vmap";
  override readonly draws = true;
  readonly size: number;
  readonly #randomness: Randomness;

  constructor(over: Tensor, size: number, randomness: Randomness) {
    super(over.device);
    this.size = size;
    this.#randomness = randomness;
  }

  constant(inner: Tensor): BatchPart {
    return { inner, shape: inner.shape, batched: false };
  }

  /** An example of what has the batch as its first dim; takes it over. */
  example(inner: Tensor): BatchPart {
    return { inner, shape: inner.shape.slice(1), batched: true };
  }

  protected tensorsOf({ inner }: BatchPart): Tensor[] {
    return [inner];
  }

  protected run(op: Op, parts: readonly BatchPart[]): readonly BatchPart[] {
    if (op.name === "random" || op.name === "dropout") {
      return [this.#draw(op, parts[0])];
    }
    const inputs = parts.map(({ inner }) => inner);
    const fresh = (found: Tensor) =>
      inputs.includes(found) ? found.alias() : found;
    if (!parts.some((part) => part.batched)) {
      const device = inputs[0]?.device ?? this.base;
      return apply(op, inputs, device).map((x) => this.constant(fresh(x)));
    }
    return batched(op, parts as readonly Batched[], this.size)
      .map((x) => this.example(fresh(x)));
  }

  /** Random numbers: none, the same ones, or different ones. */
  #draw(
    op: Extract<Op, { name: "random" | "dropout" }>,
    x: BatchPart | undefined,
  ): BatchPart {
    if (this.#randomness === "error") {
      throw new TypeError(
        `Cannot draw random numbers (${op.name}) within vmap as it is not said whether examples share them: pass { randomness: "same" } or "different"`,
      );
    }
    const same = this.#randomness === "same";
    if (op.name === "random") {
      if (same) return this.constant(apply(op, [], this.base)[0]!);
      const shape = [this.size, ...op.shape];
      return this.example(apply({ ...op, shape }, [], this.base)[0]!);
    }
    const { inner, shape, batched } = x!;
    if (same) {
      if (!batched) return this.constant(apply(op, [inner])[0]!);
      // The same key for each example, and so the same places.
      return this.example(each(op, [x!], this.size)[0]!);
    }
    const whole = batched ? inner : inner.expand([this.size, ...shape]);
    return this.example(apply(op, [whole])[0]!);
  }

  /** What a tensor is outside, the batch at a dim; it is always there. */
  leave(tensor: Tensor, dim: number): Tensor {
    const part = partOf<BatchPart>(tensor, this) ?? this.constant(tensor);
    const { inner, shape, batched } = part;
    const all = batched ? inner : inner.expand([this.size, ...shape]);
    const to = normalizeDim(dim, shape.length + 1, "vmap");
    if (to === 0) return all.alias();
    const order = shape.map((_, d) => d + 1);
    order.splice(to, 0, 0);
    return all.permute(order);
  }
}

const dimsField: PlainField = {
  must: "must be a number, null or an array of them",
  safeParse: (value) => ({
    success: value === null || typeof value === "number" ||
      Array.isArray(value) &&
        value.every((d) => d === null || typeof d === "number"),
  }),
};

const OPTIONS: PlainFields = {
  inDims: dimsField,
  outDims: dimsField,
  randomness: text,
};

function checkOptions(options: VmapOptions): void {
  checkPlain(OPTIONS, options, "vmap");
  const { randomness = "error" } = options;
  if (["error", "same", "different"].includes(randomness)) return;
  throw new RangeError(
    `Cannot vmap as randomness must be "error", "same" or "different": got "${randomness}"`,
  );
}

/** The one size of all batches. */
function sizeOfBatch(
  args: readonly unknown[],
  dimOf: (i: number) => number | null,
): { size: number; like: Tensor } {
  let found: { size: number; like: Tensor } | null = null;
  for (const [i, argument] of args.entries()) {
    const dim = dimOf(i);
    if (dim === null) continue;
    mapTensors(argument, (x) => {
      if (x.ndim === 0) {
        throw new ShapeError(
          `Cannot vmap over argument ${i} as it has no dims: give null in inDims for what all examples share`,
        );
      }
      const size = x.shape[normalizeDim(dim, x.ndim, "vmap")]!;
      if (found !== null && found.size !== size) {
        throw new ShapeError(
          `Cannot vmap as the batches differ: got ${found.size} and ${size} examples, the latter of shape ${
            showShape(x.shape)
          } along dim ${dim}`,
        );
      }
      found ??= { size, like: x };
    });
  }
  if (found === null) {
    throw new TypeError(
      "Cannot vmap as no argument has a batch: pass a tensor whose dim in inDims is not null",
    );
  }
  return found;
}

/**
 * Vectorizes a function of one example: returns a function of a batch. Each
 * operation in it runs once, for all examples, by a rule that comes with it.
 *
 * Within the function a tensor has the shape of one example. What it uses from
 * outside (parameters, closures) is shared by all examples. Gradients compose:
 * `grad` within it gives those of each example, also by tensors from outside,
 * and results can be differentiated. It may be nested, and be part of compiled
 * steps. Values cannot be read in it.
 *
 * @param fn A function of tensors, or of arrays and plain objects of them, that
 * gives the same. It may not be async.
 * @param options `inDims`, `outDims` and `randomness`.
 * @returns The function of a batch.
 * @throws {TypeError} If an option is wrong, no argument has a batch, the
 * function is async, or random numbers are drawn without `randomness`.
 * @throws {ShapeError} If the batches of the arguments differ in size.
 * @throws {DeviceError} If the function reads values.
 * @example The gradient of each example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { vmap } from "@tenfold/core/func";
 * import { grad, tensor } from "@tenfold/tenfold";
 * import type { Tensor } from "@tenfold/tenfold";
 *
 * const w = tensor([1, 2], { requiresGrad: true });
 * const perExample = vmap((x: Tensor) => grad(x.mul(w).sum().square(), w)[0]);
 * const x = tensor([[1, 0], [0, 1]]);
 * assertEquals(await perExample(x).toArray(), [[2, 0], [0, 4]]);
 * ```
 * @example All pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { vmap } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 * import type { Tensor } from "@tenfold/tenfold";
 *
 * const dot = (a: Tensor, b: Tensor) => a.mul(b).sum();
 * const pairs = vmap(vmap(dot, { inDims: [null, 0] }), { inDims: [0, null] });
 * const y = pairs(tensor([[1, 2]]), tensor([[3, 4], [5, 6]]));
 * assertEquals(await y.toArray(), [[11, 17]]);
 * ```
 */
export function vmap<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: VmapOptions = {},
): (...args: A) => R {
  checkCount("vmap", arguments.length, 2);
  if (typeof fn !== "function") {
    throw new TypeError(`Cannot vmap as it must be a function: got ${fn}`);
  }
  checkOptions(options);
  const { inDims = 0, outDims = 0, randomness = "error" } = options;
  const list = typeof inDims === "object" ? inDims : null;
  const dimOf = (i: number) =>
    list === null ? inDims as number | null : list[i] ?? null;
  return (...args: A): R => {
    if (list !== null && list.length !== args.length) {
      throw new TypeError(
        `Cannot vmap as inDims must have one dim for each argument: got ${list.length} for ${args.length}`,
      );
    }
    const { size, like } = sizeOfBatch(args, dimOf);
    return tidyNow(() => {
      const layer = new BatchLayer(like, size, randomness);
      try {
        const examples = args.map((argument, i) => {
          const dim = dimOf(i);
          return dim === null
            ? argument
            : mapTensors(argument, (x) => enter(x, dim, layer));
        });
        const result = fn(...examples as unknown as A);
        refusePromise("vmap", result);
        const at = (i: number) =>
          typeof outDims === "number" ? outDims : outDims[i] ?? 0;
        return Array.isArray(result)
          ? result.map((r, i) => mapTensors(r, (x) => layer.leave(x, at(i))))
          : mapTensors(result, (x) => layer.leave(x, at(0)));
      } finally {
        layer.end();
      }
    }) as R;
  };
}

/** An example of a batch along a dim. */
function enter(x: Tensor, dim: number, layer: BatchLayer): Tensor {
  void x[VALUE];
  const from = normalizeDim(dim, x.ndim, "vmap");
  const order = [from, ...x.shape.map((_, d) => d).filter((d) => d !== from)];
  const inner = outside(from === 0 ? x.alias() : x.permute(order));
  return wrapValue(layer, layer.value(layer.example(inner)));
}
