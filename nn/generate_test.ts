import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  manualSeed,
  noGrad,
  randn,
  scope,
  type Tensor,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import { sampleToken } from "./generate.ts";
import {
  Embedding,
  generate,
  KVCache,
  Linear,
  Module,
  RMSNorm,
  RotaryEmbedding,
  SinusoidalPositions,
  TransformerEncoder,
  TransformerEncoderLayer,
} from "./mod.ts";

const far = (a: Tensor, b: Tensor) => a.sub(b).abs().max().itemSync();

/** A small model of tokens. */
class Tokens extends Module<[Tensor, KVCache | null], Tensor> {
  table = new Embedding(7, 8);
  positions = new SinusoidalPositions(8);
  encoder: TransformerEncoder;
  head = new Linear(8, 7);
  constructor() {
    super();
    const layer = new TransformerEncoderLayer(8, 2, {
      dimFeedforward: 16,
      batchFirst: true,
      normFirst: true,
    });
    this.encoder = new TransformerEncoder(layer, 2);
    layer.dispose();
  }
  forward(tokens: Tensor, cache: KVCache | null): Tensor {
    const offset = cache?.length ?? 0;
    const x = this.positions.forward(this.table.forward(tokens), { offset });
    const masks = { isCausal: true, ...cache ? { cache } : {} };
    return this.head.forward(this.encoder.forward(x, masks));
  }
}

describe("KVCache", () => {
  it(
    "gives what all tokens at once give, in pieces of any size",
    clean(() => {
      manualSeed(1);
      using _ = scope();
      using cache = new KVCache();
      using layer = new TransformerEncoderLayer(8, 2, { batchFirst: true });
      layer.eval();
      const x = randn([2, 90, 8]);
      noGrad(() => {
        const whole = layer.forward(x, { isCausal: true });
        let start = 0;
        for (const length of [3, 1, 70, 1, 15]) {
          const part = layer.forward(x.narrow(1, start, length), {
            isCausal: true,
            cache,
          });
          assert(far(part, whole.narrow(1, start, length)) < 1e-5);
          start += length;
        }
      });
      assertEquals(cache.length, 90);
      assertThrows(
        () => layer.forward(x, { cache }),
        TypeError,
        "use noGrad(() => ...)",
      );
    }),
  );
});

describe("generate", () => {
  it(
    "draws the same tokens with and without a cache",
    clean(async () => {
      manualSeed(2);
      using model = new Tokens().eval();
      const run = (cache: boolean, seed: number) =>
        generate((x, c) => model.forward(x, c), [1, 2], {
          maxNewTokens: 30,
          seed,
          cache,
          topK: 5,
          repetitionPenalty: 1.1,
        });
      const tokens = await run(true, 3);
      assertEquals(tokens.length, 30);
      assertEquals(tokens, await run(false, 3));
      assert(tokens.join() !== (await run(true, 4)).join());
      const short = await generate((x, c) => model.forward(x, c), [1], {
        maxNewTokens: 20,
        contextLength: 6,
      });
      assertEquals(short.length, 20);
    }),
  );

  it("keeps to the likeliest tokens", () => {
    const logits = [0, 3, 2, -1];
    const facts = { temperature: 1, topP: 1, repetitionPenalty: 1 };
    const draw = (more: object, u: number, before: number[] = []) =>
      sampleToken(logits, before, { ...facts, ...more }, u);
    assertEquals(draw({ temperature: 0 }, 0.99), 1);
    assertEquals(draw({ topK: 1 }, 0.99), 1);
    assertEquals(draw({ topK: 2 }, 0.99), 2);
    assertEquals(draw({ topP: 0.5 }, 0.99), 1);
    assertEquals(draw({}, 0.999), 3);
    assertEquals(draw({ temperature: 0, repetitionPenalty: 2 }, 0, [1]), 2);
    // Shares of 1,000 draws are the probabilities.
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) counts[draw({}, (i + 0.5) / 1000)]!++;
    const sum = logits.reduce((sum, x) => sum + Math.exp(x), 0);
    for (const [i, x] of logits.entries()) {
      assert(Math.abs(counts[i]! / 1000 - Math.exp(x) / sum) < 2e-3);
    }
  });
});

describe("positions and RMSNorm", () => {
  it(
    "have gradients that differences agree with",
    clean(async () => {
      using _ = scope();
      const dtype = "float64";
      const x = randn([2, 3, 4], { dtype, requiresGrad: true });
      using norm = new RMSNorm(4, { dtype });
      const rotary = new RotaryEmbedding(4);
      await gradcheck((x) => norm.forward(x!), [x]);
      await gradcheck((x) => rotary.forward(x!, { offset: 2 }), [x]);
    }),
  );

  it(
    "of queries and keys act by their distance alone",
    clean(() => {
      using _ = scope();
      const rotary = new RotaryEmbedding(6);
      const [q, k] = [randn([1, 6]), randn([1, 6])];
      const score = (a: number, b: number) =>
        rotary.forward(q, { offset: a }).mul(rotary.forward(k, { offset: b }))
          .sum();
      assert(far(score(3, 1), score(12, 10)) < 1e-5);
      assert(far(score(3, 1), score(12, 9)) > 1e-4);
    }),
  );
});
