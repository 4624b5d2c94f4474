#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 (npm), Node 20.
# Guess: a tokenizer.json splits texts as the library in Rust does that trained
# it (tokenizers 0.23.2 of Python gives the tokens 1, 2 and then 1, 2, 1, decodes
# the third to "a , b", and gives 0 for the word it does not know). Seen: the
# splitter Whitespace knows words of ASCII alone, so that "Straße" is three pieces;
# Digits takes ½ for no digit; decode removes spaces before punctuation where no
# file asks for it; the unknown token of a model of words is not found: undefined.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/tokenizers@0.2.0 > /dev/null
cat > seen.mjs << 'EOF'
import { Tokenizer } from "@huggingface/tokenizers";
const of = (words, pre_tokenizer) =>
  new Tokenizer({
    version: "1.0", truncation: null, padding: null, added_tokens: [],
    normalizer: null, post_processor: null, decoder: null, pre_tokenizer,
    model: { type: "WordLevel", unk_token: "[UNK]",
      vocab: Object.fromEntries(["[UNK]", ...words].map((word, i) => [word, i])) },
  }, {});
console.log(...of(["Straße", "mit"], { type: "Whitespace" }).encode("Straße mit").ids);
console.log(...of(["a", "½"], { type: "Digits", individual_digits: true }).encode("a½a").ids);
console.log(of(["a", ",", "b"], { type: "Whitespace" }).decode([1, 2, 3]));
console.log(...of(["a"], { type: "Whitespace" }).encode("word").ids);
EOF
cat > expected.txt << 'EOF'
undefined undefined undefined 2
undefined
a, b
undefined
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tokenizers-js-words"
