#!/usr/bin/env bash
# numjs 0.16.1, Node 20.
# Guess: tanh is 1 for large arguments, softmax of equal scores shares whatever
# they are, and the deviation does not depend on an offset of 1e8. Seen: tanh(1000)
# and softmax of scores of 1000 are NaN, infinity by infinity; the deviation is
# 1.414 instead of 1.118, a difference of two means of squares.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts numjs@0.16.1 > /dev/null
# numjs loads sharp, which reads pictures; here nothing has to.
rm -rf node_modules/sharp
mkdir node_modules/sharp
echo "module.exports = {};" > node_modules/sharp/index.js
cat > seen.mjs << 'EOF'
import nj from "numjs";
console.log("tanh", nj.tanh(nj.array([100, 1000, -1000])).tolist().join());
for (const score of [100, 1000]) console.log("softmax", score, nj.softmax(nj.array([score, score])).tolist().join());
console.log("sigmoid", nj.sigmoid(nj.array([-1000, 1000])).tolist().join());
for (const offset of [0, 1e8]) console.log("std", offset, nj.std(nj.array([1, 2, 3, 4].map((x) => x + offset))).toFixed(3));
EOF
cat > expected.txt << 'EOF'
tanh 1,NaN,-1
softmax 100 0.5,0.5
softmax 1000 NaN,NaN
sigmoid 0,1
std 0 1.118
std 100000000 1.414
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: numjs-large-arguments"
