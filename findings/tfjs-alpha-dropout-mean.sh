#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: alphaDropout leaves mean 0 and variance 1 as they are (Klambauer and
# others, 2017): dropped elements become -1.758, then all are moved and scaled.
# Seen: they become +1.758, so that the mean of a standard normal input is 0.91
# after it with rate 0.3; the variance is 1.
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
const x = tf.randomNormal([1000, 200], 0, 1, "float32", 1);
for (const rate of [0.1, 0.3]) {
  const y = tf.layers.alphaDropout({ rate }).apply(x, { training: true });
  const { mean, variance } = tf.moments(y);
  console.log("rate", rate, "mean", mean.dataSync()[0].toFixed(1), "variance", variance.dataSync()[0].toFixed(1));
}
EOF
cat > expected.txt << 'EOF'
rate 0.1 mean 0.3 variance 1.0
rate 0.3 mean 0.9 variance 1.0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-alpha-dropout-mean"
