#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: arange(0, 1, 0.25) is 0, 0.25, 0.5, 0.75 as in NumPy. Seen: int32 zeros,
# four of them: the dtype is int32 although the step is a fraction. A fractional
# end alone does not matter; one that is given to linspace works.
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

const steps = np.arange(0, 1, 0.25);
console.log(String(steps.dtype), steps.js().join());
console.log(np.linspace(0, 1, 3).js().join());
EOF
cat > expected.txt << 'EOF'
int32 0,0,0,0
0,0.5,1
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-arange-fraction"
