/**
 * What attention remembers of the tokens before.
 *
 * @module
 */
import { isGradEnabled, type Tensor, zeros } from "@tenfold/core";
import { checkCount, noGradNow, unscopedNow } from "@tenfold/core/internal";

/** Keys and values of one layer, in buffers that have room for more. */
interface Kept {
  keys: Tensor;
  values: Tensor;
  length: number;
}

/**
 * Keys and values of every attention layer for the tokens that a model has seen,
 * so that each further token costs its own computation alone. It is passed to
 * {@linkcode MultiheadAttention.forward}, or to an encoder beside its masks, in
 * evaluation without gradients; {@linkcode generate} does so.
 *
 * @example Token after token, as if at once
 * ```ts
 * import { assert } from "@std/assert";
 * import { nn, noGrad, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.TransformerEncoderLayer(8, 2, { batchFirst: true }).eval();
 * const x = randn([1, 3, 8]);
 * const cache = new nn.KVCache();
 * const [whole, last] = noGrad(() => {
 *   const whole = layer.forward(x, { isCausal: true });
 *   layer.forward(x.narrow(1, 0, 2), { isCausal: true, cache });
 *   return [whole, layer.forward(x.narrow(1, 2, 1), { isCausal: true, cache })];
 * });
 * const far = whole.narrow(1, 2, 1).sub(last).abs().max();
 * assert(await far.item() < 1e-5);
 * ```
 */
export class KVCache implements Disposable {
  readonly #layers = new Map<object, Kept>();

  /** Creates an empty cache. */
  constructor() {
    checkCount("make a KVCache", arguments.length, 0);
  }

  /** Number of cached tokens. */
  get length(): number {
    for (const { length } of this.#layers.values()) return length;
    return 0;
  }

  /** Number of cached tokens of a layer. */
  lengthOf(layer: object): number {
    checkCount("lengthOf", arguments.length, 1);
    return this.#layers.get(layer)?.length ?? 0;
  }

  /**
   * Adds keys and values of further tokens.
   *
   * @param layer Whose they are.
   * @param keys `[N, heads, T, E]`.
   * @param values Laid out like the keys.
   * @returns Those of all tokens so far; views that hold until more are added.
   * @throws {TypeError} If gradients are recorded, as it keeps none.
   */
  append(layer: object, keys: Tensor, values: Tensor): [Tensor, Tensor] {
    checkCount("append", arguments.length, 3);
    if (isGradEnabled() && (keys.requiresGrad || values.requiresGrad)) {
      throw new TypeError(
        "Cannot append to a KVCache while gradients are recorded as it keeps none: use noGrad(() => ...)",
      );
    }
    const kept = this.#roomFor(layer, keys, values);
    const added = keys.shape[2]!;
    noGradNow(() => {
      kept.keys.narrow(2, kept.length, added).copy_(keys);
      kept.values.narrow(2, kept.length, added).copy_(values);
    });
    kept.length += added;
    return [
      kept.keys.narrow(2, 0, kept.length),
      kept.values.narrow(2, 0, kept.length),
    ];
  }

  #roomFor(layer: object, keys: Tensor, values: Tensor): Kept {
    const known = this.#layers.get(layer);
    const length = known?.length ?? 0;
    const needed = length + keys.shape[2]!;
    if (known && known.keys.shape[2]! >= needed) return known;
    const grown = (old: Tensor | undefined, { shape, dtype, device }: Tensor) =>
      noGradNow(() =>
        unscopedNow(() => {
          const [count, heads, , size] = shape as [
            number,
            number,
            number,
            number,
          ];
          const room = Math.max(64, 2 * needed);
          const next = zeros([count, heads, room, size], { dtype, device });
          if (old) {
            const [from, to] = [
              old.narrow(2, 0, length),
              next.narrow(2, 0, length),
            ];
            to.copy_(from);
            for (const t of [from, to, old]) t.dispose();
          }
          return next;
        })
      );
    const kept = {
      keys: grown(known?.keys, keys),
      values: grown(known?.values, values),
      length,
    };
    this.#layers.set(layer, kept);
    return kept;
  }

  /** Forgets all tokens, and releases the memory for them. */
  reset(): void {
    checkCount("reset", arguments.length, 0);
    for (const { keys, values } of this.#layers.values()) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.clear();
  }

  /** {@linkcode KVCache.reset} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.reset();
  }
}
