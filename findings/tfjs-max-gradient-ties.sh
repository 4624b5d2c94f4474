#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: the gradient of max over several equal elements adds up to 1, shared
# (TensorFlow, PyTorch) or given to the first. Seen: each of the equal ones gets
# all of it, so that it grows with their number; of abs at 0 it is -1, not 0.
# maxPool gives it to the first, relu at 0 gives 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null
cat > seen.mjs << 'EOF'
import tf from "@tensorflow/tfjs";
tf.env().set("IS_TEST", true); // no greeting
await tf.setBackend("cpu");
const at = (f, x) => Array.from(tf.grad((t) => tf.sum(f(t)))(x).dataSync()).join();
console.log("max", at((x) => x.max(), tf.tensor1d([2, 2, 2, 1])));
console.log("min", at((x) => x.min(), tf.tensor1d([2, 2, 2, 3])));
console.log("abs", at((x) => x.abs(), tf.tensor1d([0])));
console.log("relu", at((x) => x.relu(), tf.tensor1d([0])));
console.log("maxPool", at((x) => tf.maxPool(x, 2, 2, "valid"), tf.ones([1, 2, 2, 1])));
EOF
cat > expected.txt << 'EOF'
max 1,1,1,0
min 1,1,1,0
abs -1
relu 0
maxPool 1,0,0,0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-max-gradient-ties"
