#!/usr/bin/env bash
# @tensorflow/tfjs-core 4.22.0, backends cpu and wasm, Node 20.
# Guess: a float becomes true where it is not 0. Seen: on wasm it is cut to an
# integer first: 0.5 becomes false there and true on cpu, so that a mask of
# probabilities turns empty, and 2 stays 2 in a tensor of bools.
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

await both("cast", () => tf.cast(tf.tensor1d([0.5, 0, 2]), "bool"));
await both("any", () => tf.any(tf.cast(tf.tensor1d([0.5]), "bool")));
EOF
cat > expected.txt << 'EOF'
cast cpu 1,0,1 | wasm 0,0,2
any cpu 1 | wasm 0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: tfjs-wasm-cast-bool"
