#!/usr/bin/env bash
# @tensorflow/tfjs-core 4.22.0, backends cpu and wasm, Node 20.
# Guess: logSumExp of a row that is all -Infinity (every class masked) is
# -Infinity, as in PyTorch and SciPy. Seen: NaN, as the largest is subtracted;
# logSoftmax of a row with one finite element is right.
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
async function both(label, f) {
  const seen = [];
  for (const name of ["cpu", "wasm"]) {
    await tf.setBackend(name);
    seen.push(`${name} ${(await f().data()).join()}`);
  }
  console.log(label, seen.join(" | "));
}

await both("logSumExp", () => tf.logSumExp(tf.tensor1d([-Infinity, -Infinity])));
await both("logSoftmax", () => tf.logSoftmax(tf.tensor1d([-Infinity, 0])));
EOF
cat > expected.txt << 'EOF'
logSumExp cpu NaN | wasm NaN
logSoftmax cpu -Infinity,0 | wasm -Infinity,0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-logsumexp-empty-rows"
