#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: argmax of a row with a NaN is the NaN's place (NumPy, JAX) or that of
# the largest number. Seen: it is the length of the row, a place that the row
# does not have, which a later look-up then takes for an index.
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

const row = (...x) => np.array(x);
console.log(np.argmax(row(5, NaN, 3)).js(), np.argmin(row(5, NaN, 3)).js());
console.log(np.argmax(np.array([[1, 2], [NaN, 0]]), 1).js().join());
EOF
cat > expected.txt << 'EOF'
3 3
1,2
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-argmax-nan"
