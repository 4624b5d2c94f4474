#!/usr/bin/env bash
# @huggingface/transformers 4.3.2, Node 20.
# Guess: to(type) converts as in PyTorch: float16 rounds, bool asks whether x is
# 0, integers are cut towards 0. Seen, on Node 20, which has no Float16Array:
# float16 holds the numbers cut to integers where the bits of halves belong, so
# that 0.5 and 1.5 go into a model as 0 and 6e-8; bool cuts as well, 0.5 is false
# and 2 stays 2; -1.7 becomes -1 in int32 and -2 in int64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/transformers@4.3.2 > /dev/null
cat > seen.mjs << 'EOF'
import { Tensor } from "@huggingface/transformers";
const tensor = (x, dims = [x.length]) => new Tensor("float32", Float32Array.from(x), dims);
const x = tensor([-1.7, 0.5, 1.5, 2]);
for (const type of ["float16", "bool", "int32", "int64"]) {
  const { data } = x.to(type);
  console.log(type, data.constructor.name, [...data].join(" "));
}
EOF
cat > expected.txt << 'EOF'
float16 Uint16Array 65535 0 1 2
bool Uint8Array 255 0 1 2
int32 Int32Array -1 0 1 2
int64 BigInt64Array -2 0 1 2
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: transformers-js-casts"
