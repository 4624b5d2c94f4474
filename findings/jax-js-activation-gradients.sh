#!/usr/bin/env bash
# @jax-js/jax 0.1.25, wasm device, Node 20.
# Guess: activations and their gradients are finite at 100 and -100, as in JAX.
# Seen: where an exponential of float32 overflows, beyond 88, the gradients of
# sigmoid and silu (on the left), elu, selu, celu and mish (on the right) are NaN,
# infinity times 0, and one such unit makes every parameter NaN; softplus(100) is
# Infinity. An array of one element is computed by another way and is right.
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

for (const name of ["sigmoid", "silu", "elu", "selu", "celu", "mish", "softplus", "gelu"]) {
  const slope = grad((x) => np.sum(nn[name](x)))(np.array([-100, 100])).js();
  console.log(name, slope.map((v) => Number.isFinite(v) ? "finite" : v).join(" "));
}
console.log("softplus(100)", nn.softplus(np.array([100, 0])).js()[0], "alone", nn.softplus(np.array([100])).js()[0]);
EOF
cat > expected.txt << 'EOF'
sigmoid NaN finite
silu NaN finite
elu finite NaN
selu finite NaN
celu finite NaN
mish finite NaN
softplus finite NaN
gelu finite finite
softplus(100) Infinity alone 100
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jax-js-activation-gradients"
