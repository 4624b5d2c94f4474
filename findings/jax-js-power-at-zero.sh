#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: the gradient of x to the power 2 is 2 x, at 0 too, and that of a product
# with one factor 0 is the product of the others, as in JAX. Seen: both are NaN at
# 0, so that a penalty of squares written as a power makes NaN of every bias that
# begins at 0. square(x) and x times x are right.
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

const at = (f, x) => grad((t) => np.sum(f(t)))(np.array(x)).js().join();
console.log("power 2", at((x) => np.power(x, 2), [0, 2]));
console.log("power 3", at((x) => np.power(x, 3), [0, 2]));
console.log("square", at((x) => np.square(x), [0, 2]));
console.log("prod", at((x) => np.prod(x), [0, 2, 3]));
EOF
cat > expected.txt << 'EOF'
power 2 NaN,4
power 3 NaN,12
square 0,4
prod NaN,0,0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-power-at-zero"
