#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: epsilon of a centered RMSProp is added to the variance of the gradients
# and keeps the root away from 0. Seen: it is taken off: gradients below about
# 1e-3 (whose variance is below epsilon, 1e-7) give NaN at the first step. Without
# centered, and for larger gradients, all is well.
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
for (const gradient of [1, 1e-2, 1e-4]) {
  const steps = [false, true].map((centered) => {
    const v = tf.variable(tf.scalar(0));
    tf.train.rmsprop(0.1, 0.9, 0, 1e-7, centered).minimize(() => v.mul(gradient));
    return v.dataSync()[0].toFixed(4);
  });
  console.log(gradient, "plain", steps[0], "centered", steps[1]);
}
EOF
cat > expected.txt << 'EOF'
1 plain -0.3162 centered -0.3333
0.01 plain -0.3147 centered -0.3352
0.0001 plain -0.0315 centered NaN
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-rmsprop-centered-small-gradients"
