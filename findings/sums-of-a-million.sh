#!/usr/bin/env bash
# @tensorflow/tfjs-core 4.22.0 (wasm and cpu), @jax-js/jax 0.1.25 (wasm),
# onnxruntime-node 1.30.0, Node 20.
# Guess: the float32 sum of a million times 0.1 is right to 1e-4, as sums are
# made in blocks or in float64. Seen: jax-js, tfjs on wasm and onnxruntime's mean
# over a leading axis have one running float32 sum and are 0.96 percent off;
# onnxruntime's sum of all 0.09 percent; tfjs on cpu (float64) is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 @jax-js/jax@0.1.25 onnxruntime-node@1.30.0 onnx-proto@8.0.1 > /dev/null
cat > seen.mjs << 'EOF'
import * as jax from "@jax-js/jax";
await jax.init("wasm");
jax.defaultDevice("wasm");
const { numpy: np, nn, grad } = jax;

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import ort from "onnxruntime-node";
import proto from "onnx-proto";
const percent = (sum) => (100 * Math.abs(sum / 1e5 - 1)).toFixed(2) + " %";
console.log("jax-js", percent(np.sum(np.full([1000000], 0.1)).js()));
setWasmPaths(process.cwd() + "/node_modules/@tensorflow/tfjs-backend-wasm/dist/");
for (const name of ["wasm", "cpu"]) {
  await tf.setBackend(name);
  console.log("tfjs", name, percent((await tf.sum(tf.fill([1000000], 0.1)).data())[0]));
}
const { onnx } = proto;
async function mean(dims, axis) {
  const shape = { dim: dims.map((dimValue) => ({ dimValue })) };
  const value = (name) => ({ name, type: { tensorType: { elemType: 1, shape } } });
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      name: "g",
      node: [{
        opType: "ReduceMean", input: ["x"], output: ["y"],
        attribute: [{ name: "keepdims", type: 2, i: 0 }, ...axis === null ? [] : [{ name: "axes", type: 7, ints: [axis] }]],
      }],
      input: [value("x")],
      output: [{ name: "y", type: { tensorType: { elemType: 1 } } }],
    },
  });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish());
  const size = dims.reduce((a, b) => a * b);
  const x = new ort.Tensor("float32", new Float32Array(size).fill(0.1), dims);
  return (await session.run({ x })).y.data[0] * 1e6;
}
console.log("onnxruntime, leading axis", percent(await mean([1000000, 2], 0)));
console.log("onnxruntime, all", percent(await mean([1000000], null)));
EOF
cat > expected.txt << 'EOF'
jax-js 0.96 %
tfjs wasm 0.96 %
tfjs cpu 0.00 %
onnxruntime, leading axis 0.96 %
onnxruntime, all 0.09 %
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: sums-of-a-million"
