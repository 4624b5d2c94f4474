#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: randomGamma(shape, alpha, beta) has the mean alpha / beta, as its
# documentation calls beta the inverse scale. Seen: beta is the scale: the mean of
# alpha 2 and beta 4 is 8 and not 0.5.
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
for (const beta of [1, 4, 0.25]) {
  const mean = tf.mean(tf.randomGamma([50000], 2, beta, "float32", 1)).dataSync()[0];
  console.log("alpha 2 beta", beta, "mean / (alpha beta)", (mean / (2 * beta)).toFixed(1));
}
EOF
cat > expected.txt << 'EOF'
alpha 2 beta 1 mean / (alpha beta) 1.0
alpha 2 beta 4 mean / (alpha beta) 1.0
alpha 2 beta 0.25 mean / (alpha beta) 1.0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-random-gamma-rate"
