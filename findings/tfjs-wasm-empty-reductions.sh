#!/usr/bin/env bash
# @tensorflow/tfjs-core 4.22.0, backends cpu and wasm, Node 20.
# Guess: the sum over an axis without elements is 0. Seen: on wasm it is whatever
# the memory held before, here the 7 of a tensor that was disposed of; mean and
# max likewise. On cpu sum and mean are 0, max is NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 > /dev/null
cat > seen.mjs << 'EOF'
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
setWasmPaths(process.cwd() + "/node_modules/@tensorflow/tfjs-backend-wasm/dist/");
for (const name of ["cpu", "wasm"]) {
  await tf.setBackend(name);
  for (const op of ["sum", "mean", "max"]) {
    const nothing = tf.tensor2d([], [64, 0]);
    const before = tf.add(tf.fill([64], 3), tf.fill([64], 4));
    await before.data();
    before.dispose();
    console.log(name, op, (await tf[op](nothing, 1).data())[40]);
  }
}
EOF
cat > expected.txt << 'EOF'
cpu sum 0
cpu mean 0
cpu max NaN
wasm sum 7
wasm mean 7
wasm max 7
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-wasm-empty-reductions"
