#!/usr/bin/env bash
# @tensorflow/tfjs-core 4.22.0, backends cpu and wasm, Node 20.
# Guess: log1p and erf keep their digits near 0 on both. Seen: each backend loses
# one of them: log1p(1e-10) is 0 on wasm (the logarithm of a rounded 1), and
# erf(1e-8) is 8.9 percent too large on cpu (a polynomial made for larger ones).
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

await both("log1p(1e-10) > 0", () => tf.greater(tf.log1p(tf.tensor1d([1e-10])), 0));
await both("erf(1e-8), in 1e-10", () => tf.round(tf.mul(tf.erf(tf.tensor1d([1e-8])), 1e10)));
EOF
cat > expected.txt << 'EOF'
log1p(1e-10) > 0 cpu 1 | wasm 0
erf(1e-8), in 1e-10 cpu 123 | wasm 113
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-small-arguments"
