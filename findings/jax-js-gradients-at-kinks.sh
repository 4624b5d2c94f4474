#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: as in JAX and PyTorch, the gradient of relu and abs at 0 is 0, and that
# of maximum(x, 1) at 1 is one half. Seen: all of them are 1. The gradient of
# max over several equal elements is shared, as in JAX.
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

const at = (f, x) => grad((t) => f(t).sum())(np.array(x)).js().join();
console.log("relu", at((x) => nn.relu(x), [0]));
console.log("abs", at((x) => np.abs(x), [0]));
console.log("maximum", at((x) => np.maximum(x, 1), [1]));
console.log("max", grad((x) => np.max(x))(np.array([2, 2])).js().join());
EOF
cat > expected.txt << 'EOF'
relu 1
abs 1
maximum 1
max 0.5,0.5
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-gradients-at-kinks"
