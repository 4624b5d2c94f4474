#!/usr/bin/env bash
# @tensorflow/tfjs-core 4.22.0, backends cpu and wasm, Node 20.
# Guess: NaN passes through maximum and clipByValue alike on all backends. Seen:
# on wasm maximum gives its second operand where one is NaN, so the result
# depends on the order, and clipByValue turns NaN into the lower bound. On both,
# max over an axis finds the NaN while argMax and maxPool leave it out.
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

const row = (...x) => tf.tensor1d(x);
await both("maximum", () => tf.maximum(row(1, NaN), row(NaN, 1)));
await both("clip", () => tf.clipByValue(row(NaN, 5), 0, 1));
await both("max", () => tf.max(row(1, NaN, 3)));
await both("argMax", () => tf.argMax(row(1, NaN, 3)));
await both("maxPool", () => tf.maxPool(tf.tensor4d([1, NaN, 3, 4], [1, 2, 2, 1]), 2, 1, "valid"));
EOF
cat > expected.txt << 'EOF'
maximum cpu NaN,NaN | wasm 1,NaN
clip cpu NaN,1 | wasm 0,1
max cpu NaN | wasm NaN
argMax cpu 2 | wasm 2
maxPool cpu 4 | wasm 4
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-nan-by-backend"
