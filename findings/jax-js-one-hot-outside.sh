#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: classes outside of the range give a row of zeros, as in JAX. Seen: so it
# is above the range, but -1 (a usual mark for "no label") gives a row of ones,
# and the sum of such a loss counts every class.
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

const labels = np.array([2, -1, 3], { dtype: np.int32 });
console.log(JSON.stringify(nn.oneHot(labels, 3).js()));
EOF
cat > expected.txt << 'EOF'
[[0,0,1],[1,1,1],[0,0,0]]
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-one-hot-outside"
