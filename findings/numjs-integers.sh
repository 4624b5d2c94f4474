#!/usr/bin/env bash
# numjs 0.16.1, Node 20.
# Guess: what NumPy makes float is float: exp of integers, integers plus one half,
# integers plus an array of floats; and two kinds of integers become the wider
# one. Seen: the result has the dtype of the left side, without a word: exp(1) is
# 2, 1 + 0.5 is 1, and 1 + 1000 is 233 where the left side is uint8. The mean of
# integers has its fraction.
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
const ints = nj.array([1, 2], "int32");
const bytes = nj.array([1, 2], "uint8");
const halves = nj.array([0.5, 0.5]);
console.log("exp", nj.exp(ints).tolist().join());
console.log("plus a number", ints.add(0.5).tolist().join());
console.log("plus floats", ints.add(halves).tolist().join(), "floats plus it", halves.add(ints).tolist().join());
console.log("uint8 plus int32", bytes.add(nj.array([1000, -5], "int32")).tolist().join());
console.log("mean", nj.mean(ints));
EOF
cat > expected.txt << 'EOF'
exp 2,7
plus a number 1,2
plus floats 1,2 floats plus it 1.5,2.5
uint8 plus int32 233,253
mean 1.5
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: numjs-integers"
