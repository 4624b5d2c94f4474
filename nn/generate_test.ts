import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  arange,
  manualSeed,
  type Tensor,
  tensor,
  unscoped,
} from "@tenfold/core";
import {
  decode,
  readFigures,
  type TensorFigure,
} from "../tests/goldens/read.ts";
import { clean } from "./_testing.ts";
import { type SampleOptions, sampleToken } from "./generate.ts";
import {
  Embedding,
  generate,
  type KVCache,
  Linear,
  Module,
  SinusoidalPositions,
  TransformerEncoder,
  TransformerEncoderLayer,
} from "./mod.ts";

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

  it(
    "takes tokens as a tokenizer gives them, and no text",
    clean(async () => {
      const next = (tokens: Tensor) => tokens.add(1).oneHot(10);
      const options = { maxNewTokens: 3, temperature: 0 };
      const prompt = Int32Array.of(1, 2);
      assertEquals(await generate(next, prompt, options), [3, 4, 5]);
      assertEquals([...prompt], [1, 2]);
      for (const wrong of [new Int32Array(0), [], "text", null, undefined]) {
        await assertRejects(
          () => generate(next, wrong as number[]),
          RangeError,
          "Cannot generate as the prompt must be an array of at least one token",
        );
      }
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

/** What PyTorch makes of a prompt, and formulas of logits. */
type Figures = {
  readonly sizes: readonly [kinds: number, width: number, context: number];
  readonly state: Readonly<Record<string, TensorFigure>>;
  readonly prompt: readonly number[];
  readonly greedy: readonly {
    readonly repetitionPenalty: number;
    readonly tokens: readonly number[];
    readonly logits: TensorFigure;
  }[];
} | {
  readonly logits: TensorFigure;
  readonly before: readonly number[];
  readonly options: SampleOptions;
  readonly chances: TensorFigure;
};

const figures = (await readFigures<Figures>("generation")).cases;

/** The model of the figures. */
class Golden extends Module<[Tensor, KVCache | null], Tensor> {
  token: Embedding;
  position: Embedding;
  blocks: TransformerEncoder;
  head: Linear;
  constructor([kinds, width, context]: readonly [number, number, number]) {
    super();
    this.token = new Embedding(kinds, width);
    this.position = new Embedding(context, width);
    const layer = new TransformerEncoderLayer(width, 2, {
      dimFeedforward: 32,
      dropout: 0,
      activation: "gelu",
      batchFirst: true,
      normFirst: true,
    });
    this.blocks = new TransformerEncoder(layer, 2);
    this.head = new Linear(width, kinds);
    layer.dispose();
  }
  forward(tokens: Tensor, cache: KVCache | null): Tensor {
    const seen = cache?.length ?? 0;
    const places = arange(seen, seen + tokens.shape[1]!);
    const x = this.token.forward(tokens).add(this.position.forward(places));
    const masks = { isCausal: true, ...cache ? { cache } : {} };
    return this.head.forward(this.blocks.forward(x, masks));
  }
}

describe("generate beside PyTorch", () => {
  for (const one of figures) {
    if ("state" in one) {
      it(
        "goes on with its tokens, with the cache and without",
        clean(async () => {
          using model = new Golden(one.sizes).eval();
          const state = Object.entries(one.state).map(([name, figure]) => {
            const { data, shape } = decode(figure);
            return [name, tensor(data, { shape: [...shape] })] as const;
          });
          model.loadStateDict(Object.fromEntries(state));
          for (const [, t] of state) t.dispose();
          for (const { logits, repetitionPenalty, tokens } of one.greedy) {
            for (const cache of [true, false]) {
              let last: Tensor | undefined;
              const found = await generate(
                (x, kept) => {
                  last?.dispose();
                  const y = model.forward(x, kept);
                  const at = y.select(1, -1);
                  last = unscoped(() => at.clone());
                  return y;
                },
                one.prompt,
                {
                  maxNewTokens: tokens.length,
                  temperature: 0,
                  repetitionPenalty,
                  cache,
                },
              );
              assertEquals(found, tokens);
              const expected = decode(logits).data;
              for (const [i, x] of (await last!.data()).entries()) {
                assertAlmostEquals(x, expected[i]!, 1e-4);
              }
              last!.dispose();
            }
          }
        }),
      );
    } else {
      it(`draws by the formula with ${JSON.stringify(one.options)}`, () => {
        const facts = { temperature: 1, topP: 1, repetitionPenalty: 1 };
        const logits = decode(one.logits).data;
        const count = 4000;
        const drawn = new Array<number>(logits.length).fill(0);
        for (let i = 0; i < count; i++) {
          const options = { ...facts, ...one.options };
          drawn[sampleToken(logits, one.before, options, (i + 0.5) / count)]!++;
        }
        for (const [i, chance] of decode(one.chances).data.entries()) {
          assertAlmostEquals(drawn[i]! / count, chance, 1 / count);
        }
      });
    }
  }
});
