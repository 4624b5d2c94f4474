#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: -1 in an array of indices is the last element, as in NumPy and JAX. Seen:
# take, takeAlongAxis and indexing by an array give the first element for every
# negative index, and for one beyond the end; slice(-1), with a plain number,
# gives the last.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @jax-js/jax@0.1.25 > /dev/null
cat > seen.mjs << 'EOF'
import * as jax from "@jax-js/jax";
await jax.init("wasm");
jax.defaultDevice("wasm");
const { numpy: np, nn, grad } = jax;

const x = () => np.array([10, 20, 30]);
const at = (...i) => np.array(i, { dtype: np.int32 });
console.log("take", np.take(x(), at(-1, -2, 1, 5)).js().join());
console.log("takeAlongAxis", np.takeAlongAxis(x(), at(-1), 0).js().join());
console.log("array of indices", x().slice(at(-1, 2)).js().join());
console.log("number", x().slice(-1).js());
EOF
cat > expected.txt << 'EOF'
take 10,10,20,10
takeAlongAxis 10
array of indices 10,30
number 30
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-negative-indices"
