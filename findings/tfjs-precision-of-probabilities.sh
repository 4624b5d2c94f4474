#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: tf.metrics.precision and recall take probabilities with a threshold of
# 0.5, as binaryAccuracy does, or refuse them. Seen: only a prediction of exactly
# 1 counts as positive: of probabilities both are 0, however good a model is.
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
const labels = tf.tensor2d([[1], [1], [0]]);
const show = (name, y) => console.log(name, Array.from(y.dataSync()).map((v) => +v.toFixed(2)).join(" "));
for (const predictions of [[[0.9], [0.8], [0.2]], [[1], [1], [0]]]) {
  const p = tf.tensor2d(predictions);
  console.log("predictions", predictions.join(" "));
  for (const name of ["precision", "recall", "binaryAccuracy"]) show(name, tf.metrics[name](labels, p));
}
EOF
cat > expected.txt << 'EOF'
predictions 0.9 0.8 0.2
precision 0
recall 0
binaryAccuracy 1 1 1
predictions 1 1 0
precision 1
recall 1
binaryAccuracy 1 1 1
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-precision-of-probabilities"
