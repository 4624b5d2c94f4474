#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: a weighted loss whose weights are all 0 (a batch that is padding
# throughout) is 0, as in TensorFlow, where the quotient by the number of weights
# that are not 0 is 0 if there are none. Seen: NaN, and a gradient of NaN for
# every prediction. Reduction SUM gives 0.
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
const [labels, weights] = [tf.tensor1d([1, 2]), tf.tensor1d([0, 0])];
const loss = (p, reduction) => tf.losses.meanSquaredError(labels, p, weights, reduction);
const p = tf.tensor1d([3, 4]);
console.log("mean", loss(p).dataSync()[0], "gradient", tf.grad((p) => loss(p))(p).dataSync().join());
console.log("sum", loss(p, tf.Reduction.SUM).dataSync()[0], "gradient", tf.grad((p) => loss(p, tf.Reduction.SUM))(p).dataSync().join());
EOF
cat > expected.txt << 'EOF'
mean NaN gradient NaN,NaN
sum 0 gradient 0,0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-loss-without-weights"
