/**
 * Text out of a model: one token after the other.
 *
 * @module
 */
import { noGrad, type Tensor, tensor, tidy } from "@tenfold/core";
import { threefry } from "@tenfold/core/backend";
import { checkCount, parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  flag,
  nonNegative,
  positiveInteger,
  positiveNumber,
} from "./_options.ts";
import { KVCache } from "./kv_cache.ts";

/**
 * Options of the sampling of a token.
 *
 * @example Nucleus sampling
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.SampleOptions = { temperature: 0.8, topP: 0.9 };
 * ```
 */
export interface SampleOptions {
  /** Divisor of the logits; 0 takes the largest one. @default {1} */
  readonly temperature?: number;
  /** Number of most likely tokens to sample from. @default {all} */
  readonly topK?: number;
  /**
   * Samples from the most likely tokens whose probabilities add up to this.
   * @default {1}
   */
  readonly topP?: number;
  /**
   * Divides positive logits of tokens that occurred before, and multiplies
   * negative ones (Keskar and others, 2019).
   *
   * @default {1}
   */
  readonly repetitionPenalty?: number;
}

/**
 * Options of {@linkcode generate}.
 *
 * @example Twenty tokens, printed as they come
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.GenerateOptions = {
 *   maxNewTokens: 20,
 *   topK: 40,
 *   onToken: (token) => console.log(token),
 * };
 * ```
 */
export interface GenerateOptions extends SampleOptions {
  /** Number of tokens to generate. @default {100} */
  readonly maxNewTokens?: number;
  /** Largest number of tokens that the model accepts. @default {no limit} */
  readonly contextLength?: number;
  /** Seed of the sampling. @default {0} */
  readonly seed?: number;
  /** Token after which generation stops. @default {none} */
  readonly stopToken?: number;
  /** Whether keys and values of earlier tokens are kept. @default {true} */
  readonly cache?: boolean;
  /** Called with each token as it is drawn. */
  readonly onToken?: (token: number) => void;
}

const sampleFields = () => ({
  temperature: z._default(nonNegative, 1),
  topK: z.optional(positiveInteger),
  topP: z._default(positiveNumber, 1),
  repetitionPenalty: z._default(positiveNumber, 1),
});
const schema = () =>
  z.strictObject({
    ...sampleFields(),
    maxNewTokens: z._default(positiveInteger, 100),
    contextLength: z.optional(positiveInteger),
    seed: z._default(z.int("must be an integer"), 0),
    stopToken: z.optional(z.int("must be an integer")),
    cache: z._default(flag, true),
    onToken: z.optional(z.custom<(token: number) => void>(
      (value) => typeof value === "function",
      "must be a function",
    )),
  });

interface SampleFacts {
  readonly temperature: number;
  readonly topK?: number | undefined;
  readonly topP: number;
  readonly repetitionPenalty: number;
}

/** Chooses a token by its logits; `u` is from [0, 1). */
export function sampleToken(
  logits: ArrayLike<number>,
  before: readonly number[],
  { temperature, topK, topP, repetitionPenalty }: SampleFacts,
  u: number,
): number {
  const scores = Array.from(logits);
  for (const token of new Set(before)) {
    const score = scores[token]!;
    scores[token] = score > 0
      ? score / repetitionPenalty
      : score * repetitionPenalty;
  }
  const order = scores.map((_, token) => token)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  if (temperature === 0) return order[0]!;
  const top = scores[order[0]!]!;
  const kept = order.slice(0, topK);
  const weights = kept.map((token) =>
    Math.exp((scores[token]! - top) / temperature)
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let [count, mass] = [0, 0];
  while (count < kept.length && (count === 0 || mass < topP * total)) {
    mass += weights[count++]!;
  }
  let rest = u * mass;
  for (let i = 0; i < count; i++) {
    rest -= weights[i]!;
    if (rest < 0) return kept[i]!;
  }
  return kept[count - 1]!;
}

/**
 * Generates tokens after a prompt, each sampled from the logits of a model.
 * Nothing is recorded for backward; call `eval()` of the model before.
 *
 * @param model Gives logits `[1, T, V]` for int32 tokens `[1, T]`. With a cache
 * it is called with only the tokens that the cache has not seen, which follow
 * `cache.length` others.
 * @param prompt The tokens to begin with, at least one, as a tokenizer gives them.
 * @param options `maxNewTokens`, `temperature`, `topK`, `topP`,
 * `repetitionPenalty`, `seed`, `contextLength`, `stopToken`, `cache` and
 * `onToken`.
 * @returns The new tokens.
 * @throws {RangeError} If the prompt is empty.
 * @example Counting on
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, type Tensor } from "@tenfold/tenfold";
 *
 * // The likeliest token is the one that follows.
 * const model = (tokens: Tensor) => tokens.add(1).oneHot(10);
 * const options = { maxNewTokens: 4, temperature: 0 };
 * const tokens = await nn.generate(model, [3], options);
 * assertEquals(tokens, [4, 5, 6, 7]);
 * ```
 */
export async function generate(
  model: (tokens: Tensor, cache: KVCache | null) => Tensor,
  prompt: ArrayLike<number>,
  options: GenerateOptions = {},
): Promise<number[]> {
  checkCount("generate", arguments.length, 3);
  const facts = parseArguments(
    schema,
    { model, prompt },
    options,
    arguments,
    "generate",
  );
  if (typeof prompt !== "object" || !(prompt?.length > 0)) {
    throw new RangeError(
      `Cannot generate as the prompt must be an array of at least one token: got ${
        showValue(prompt)
      }`,
    );
  }
  const { contextLength = Infinity, seed } = facts;
  const cache = facts.cache ? new KVCache() : null;
  const all = Array.from(prompt);
  try {
    for (let step = 0; step < facts.maxNewTokens; step++) {
      let seen = cache?.length ?? 0;
      let fresh = all.slice(seen > 0 ? -1 : -contextLength);
      if (cache && seen + fresh.length > contextLength) {
        // Begins again with the later half of what it has seen.
        cache.reset();
        seen = 0;
        fresh = all.slice(-Math.max(1, Math.floor(contextLength / 2)));
      }
      const last = noGrad(() =>
        tidy(() => {
          const tokens = tensor([fresh], { dtype: "int32" });
          return model(tokens, cache).select(0, 0).select(0, -1);
        })
      );
      const logits = await last.data();
      last.dispose();
      const bits = threefry(seed, 0, step, 0);
      const token = sampleToken(logits, all, facts, (bits >>> 8) / 2 ** 24);
      all.push(token);
      facts.onToken?.(token);
      if (token === facts.stopToken) break;
    }
  } finally {
    cache?.reset();
  }
  return all.slice(prompt.length);
}
