#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0, backend cpu, Node 20.
# Guess: tf.train.adadelta is the method of Zeiler (2012), whose first steps are
# small (0.0014 for a gradient of 2 and epsilon 1e-7) and do not depend on the
# scale of the gradient. Seen: it is plain gradient descent, to the last digit, on
# any function: a step divides by what the accumulator of gradients was before it,
# and both accumulators then grow by the same amount.
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
const run = (make) => {
  const v = tf.variable(tf.tensor1d([1, -2, 0.5]));
  const optimizer = make();
  const way = [];
  for (let i = 0; i < 20; i++) {
    optimizer.minimize(() => tf.sum(v.mul([1, 3, -1]).square().add(v.sin()).add(v.pow(4).mul(0.01))));
    way.push(...v.dataSync());
  }
  return way;
};
const adadelta = run(() => tf.train.adadelta(0.05));
const sgd = run(() => tf.train.sgd(0.05));
console.log("largest difference in 20 steps below 1e-6:", Math.max(...adadelta.map((v, i) => Math.abs(v - sgd[i]))) < 1e-6);
const v = tf.variable(tf.scalar(0));
tf.train.adadelta(1).minimize(() => v.mul(2));
console.log("first step of a gradient of 2:", v.dataSync()[0], "by the paper", -(2 * Math.sqrt(1e-7 / (0.05 * 4 + 1e-7))).toFixed(4));
EOF
cat > expected.txt << 'EOF'
largest difference in 20 steps below 1e-6: true
first step of a gradient of 2: -2 by the paper -0.0014
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-adadelta-is-sgd"
