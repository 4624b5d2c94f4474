#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: heNormal, glorotNormal and leCunNormal have the variance of their papers
# (2 / fan in, 2 / (fan in + fan out), 1 / fan in), as in Keras, which divides the
# deviation by 0.8796 to make up for the numbers cut off at two deviations. Seen:
# tfjs cuts and does not make up for it: 0.77 of the variance, so that ten layers
# of relu pass on a fourteenth of it. The uniform ones are right.
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
const [rows, columns] = [1000, 500];
const due = { heNormal: 2 / rows, glorotNormal: 2 / (rows + columns), leCunNormal: 1 / rows, heUniform: 2 / rows, glorotUniform: 2 / (rows + columns) };
for (const [name, variance] of Object.entries(due)) {
  const x = tf.initializers[name]({ seed: 1 }).apply([rows, columns]);
  console.log(name, (tf.moments(x).variance.dataSync()[0] / variance).toFixed(2));
}
EOF
cat > expected.txt << 'EOF'
heNormal 0.77
glorotNormal 0.77
leCunNormal 0.77
heUniform 1.00
glorotUniform 1.00
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-initializers-variance"
