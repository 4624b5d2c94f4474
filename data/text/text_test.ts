import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory } from "@tenfold/core";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { DataFormatError, DataLoader } from "../mod.ts";
import { CharTokenizer, loadTokenizer, TokenDataset } from "./mod.ts";

const bytes = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value));

const added = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** Small ones of each kind, as the Python library writes them. */
const BPE = {
  version: "1.0",
  added_tokens: [added(8, "<end>")],
  normalizer: null,
  pre_tokenizer: {
    type: "ByteLevel",
    add_prefix_space: false,
    use_regex: true,
  },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: {
    type: "BPE",
    vocab: { l: 0, o: 1, w: 2, e: 3, r: 4, lo: 5, low: 6, "Ġ": 7 },
    merges: ["l o", "lo w"],
  },
};

const WORD_PIECE = {
  version: "1.0",
  added_tokens: [added(0, "[UNK]"), added(1, "[CLS]"), added(2, "[SEP]")],
  normalizer: { type: "BertNormalizer", lowercase: true, clean_text: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [1], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [2], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: { "[UNK]": 0, "[CLS]": 1, "[SEP]": 2, play: 3, "##ing": 4, we: 5 },
  },
};

const UNIGRAM = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: {
    type: "Metaspace",
    replacement: "▁",
    prepend_scheme: "always",
  },
  post_processor: null,
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [
      ["<unk>", 0],
      ["▁", -3],
      ["a", -2],
      ["b", -2],
      ["▁a", -2.5],
      ["ab", -1],
    ],
  },
};

describe("loadTokenizer", () => {
  it("merges pairs", async () => {
    const tokenizer = await loadTokenizer(bytes(BPE));
    assertEquals(tokenizer.size, 9);
    const tokens = tokenizer.encode("lower low<end>");
    assertEquals([...tokens], [6, 3, 4, 7, 6, 8]);
    assertEquals(tokenizer.decode(tokens), "lower low");
  });

  it("finds pieces of words, and marks the ends where asked", async () => {
    const tokenizer = await loadTokenizer(bytes(WORD_PIECE));
    assertEquals([...tokenizer.encode("We playing")], [1, 5, 3, 4, 2]);
    assertEquals(
      [...tokenizer.encode("We played", { special: false })],
      [5, 0],
    );
    assertEquals(
      tokenizer.decode(tokenizer.encode("we playing")),
      "we playing",
    );
  });

  it("finds the most likely pieces", async () => {
    const tokenizer = await loadTokenizer(bytes(UNIGRAM), {
      config: bytes({}),
    });
    assertEquals([tokenizer.size, ...tokenizer.encode("ab a")], [6, 1, 5, 4]);
    assertEquals(tokenizer.decode([1, 5, 4]), "ab a");
  });

  it("splits and joins as tokenizers 0.23.2 of Python does", async () => {
    const words = (vocab: string[], pre_tokenizer: object) =>
      bytes({
        ...BPE,
        added_tokens: [],
        decoder: null,
        pre_tokenizer,
        model: {
          type: "WordLevel",
          vocab: Object.fromEntries(vocab.map((word, i) => [word, i])),
          unk_token: "[UNK]",
        },
      });
    const scripts = ["don", "Straße", "naïve", "[UNK]", "'", "t", "...", "да"];
    const digits = ["[UNK]", "a", "1", "2", "½", "12", "½1"];
    const single = { type: "Digits", individual_digits: true };
    const pretokenizers = [{ type: "WhitespaceSplit" }, single];
    const cases: [Uint8Array<ArrayBuffer>, string, number[], string][] = [
      [
        words(scripts, { type: "Whitespace" }),
        "Straße naïve don't... да",
        [1, 2, 0, 4, 5, 6, 7],
        "Straße naïve don ' t ... да",
      ],
      [
        words(digits, { type: "Sequence", pretokenizers }),
        "a12 ½1a",
        [1, 2, 3, 4, 2, 1],
        "a 1 2 ½ 1 a",
      ],
      [words(digits, { type: "Digits" }), "a½1a12", [1, 6, 1, 5], "a ½1 a 12"],
    ];
    for (const [file, text, tokens, back] of cases) {
      const tokenizer = await loadTokenizer(file);
      assertEquals([...tokenizer.encode(text)], tokens);
      assertEquals(tokenizer.decode(tokens), back);
      assertEquals(tokenizer.decode(tokenizer.encode("")), "");
    }
    const [file, text, tokens] = cases[0]!;
    const known = await loadTokenizer(file);
    assertEquals([...known.encode("Straße mit")], [1, 3]);
    const none = await loadTokenizer(words(["a"], { type: "Whitespace" }));
    assertThrows(
      () => none.encode("a b"),
      RangeError,
      'no token for what it does not know: got "b"',
    );
    const config = bytes({ clean_up_tokenization_spaces: true });
    const tidy = await loadTokenizer(file, { config });
    assertEquals(tidy.decode(tokens), text);
  });

  it("refuses what is no tokenizer", async () => {
    for (const source of [bytes([]), bytes({}), bytes(3), new Uint8Array(9)]) {
      await assertRejects(
        () => loadTokenizer(source),
        DataFormatError,
        "Cannot load the tokenizer as ",
      );
    }
    await assertRejects(
      () => loadTokenizer(bytes({ model: { type: "No", vocab: {} } })),
      DataFormatError,
      "Cannot load the tokenizer",
    );
  });
});

describe("CharTokenizer", () => {
  it("has each character once, by code points", () => {
    const tokenizer = CharTokenizer.of("naïve 🙂n");
    assertEquals(tokenizer.characters, " aenvï🙂");
    assertEquals(tokenizer.size, 7);
    const tokens = tokenizer.encode("🙂 nai".replace("i", "ï"));
    assertEquals([...tokens], [6, 0, 3, 1, 5]);
    assertEquals(tokenizer.decode(tokens), "🙂 naï");
    assertEquals(new CharTokenizer(tokenizer.characters).size, 7);
  });

  it("names what it does not know", () => {
    const tokenizer = CharTokenizer.of("ab");
    assertThrows(() => tokenizer.encode("abc"), RangeError, 'got "c" at 2');
    assertThrows(
      () => tokenizer.decode([2]),
      RangeError,
      "got 2, expected 0 to 1",
    );
    assertThrows(() => new CharTokenizer("aa"), RangeError, "each once");
    assertThrows(() => CharTokenizer.of(""), RangeError, "each once");
  });
});

describe("TokenDataset", () => {
  it("has all pieces, each with what comes next", async () => {
    const dataset = new TokenDataset([0, 1, 2, 3, 4, 5, 6], {
      context: 3,
      stride: 3,
    });
    assertEquals(dataset.length, 2);
    const before = memory();
    const seen = [];
    for await (const [x, y] of new DataLoader(dataset, { batchSize: 2 })) {
      seen.push(await x.toArray(), await y.toArray(), x.dtype);
    }
    assertEquals(seen, [
      [[0, 1, 2], [3, 4, 5]],
      [[1, 2, 3], [4, 5, 6]],
      "int32",
    ]);
    assertEquals(memory().bytes, before.bytes);
  });

  it("refuses texts that are too short", () => {
    assertThrows(
      () => new TokenDataset([1, 2, 3], { context: 3 }),
      RangeError,
      "got 3 for context 3",
    );
    assertEquals(new TokenDataset([1, 2, 3, 4], { context: 3 }).length, 1);
    assertThrows(
      () => new TokenDataset([1, 2], { context: 0 }),
      RangeError,
      "must be a positive integer",
    );
  });
});
