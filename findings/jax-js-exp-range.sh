#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: exp overflows where float32 does, above 88.72, is a subnormal number down
# to -103, and does not depend on the size of the array. Seen: in an array of two
# it is Infinity at 88.6 and 0 at -88, one factor of two too early at both ends,
# and log(1e-39) is -Infinity; an array of one element is computed by another way
# and gets all three right. 0 to the power 0 is NaN in the array of two.
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

const one = (f, x) => f(np.array([x])).js()[0];
const two = (f, x) => f(np.array([x, 1])).js()[0];
console.log("exp(88.6)", one(np.exp, 88.6) < Infinity, two(np.exp, 88.6));
console.log("exp(-88)", one(np.exp, -88) > 0, two(np.exp, -88));
console.log("log(1e-39)", one(np.log, 1e-39).toFixed(1), two(np.log, 1e-39));
console.log("0 ** 0", np.power(np.array([0, 1]), np.array([0, 2])).js()[0]);
EOF
cat > expected.txt << 'EOF'
exp(88.6) true Infinity
exp(-88) true 0
log(1e-39) -89.8 -Infinity
0 ** 0 NaN
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-exp-range"
