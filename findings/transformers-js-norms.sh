#!/usr/bin/env bash
# @huggingface/transformers 4.3.2, Node 20.
# Guess: norm(p) is a norm, sums of |x|^p, and normalize of a row of zeros is
# zeros, as in PyTorch, whose names these are. Seen: signs are kept: norm(1) of 3
# and -4 is -1, norm(3) NaN, norm(Infinity) 1; normalize(1) turns the row round;
# and a row of zeros becomes NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/transformers@4.3.2 > /dev/null
cat > seen.mjs << 'EOF'
import { Tensor } from "@huggingface/transformers";
const tensor = (x, dims = [x.length]) => new Tensor("float32", Float32Array.from(x), dims);
for (const p of [2, 1, 3, Infinity]) console.log("norm", p, tensor([3, -4]).norm(p).data[0]);
console.log("normalize 1", [...tensor([3, -4], [1, 2]).normalize(1, 1).data].join(" "));
console.log("normalize 2 of zeros", [...tensor([0, 0], [1, 2]).normalize(2, 1).data].join(" "));
EOF
cat > expected.txt << 'EOF'
norm 2 5
norm 1 -1
norm 3 NaN
norm Infinity 1
normalize 1 -3 4
normalize 2 of zeros NaN NaN
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: transformers-js-norms"
