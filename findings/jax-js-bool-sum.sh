#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: the sum of bools is how many are true, as in NumPy and JAX. Seen: it is a
# bool, true, so that the number of right answers in a batch is 1; along an axis
# likewise. mean, cumsum and countNonzero do count.
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

const right = () => np.equal(np.array([1, 2, 3], { dtype: np.int32 }), np.array([1, 2, 0], { dtype: np.int32 }));
for (const name of ["sum", "cumsum", "countNonzero"]) {
  const y = np[name](right());
  console.log(name, String(y.dtype), String(y.js()));
}
console.log("mean", np.mean(right()).js().toFixed(3));
EOF
cat > expected.txt << 'EOF'
sum bool true
cumsum uint32 1,2,2
countNonzero int32 2
mean 0.667
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-bool-sum"
