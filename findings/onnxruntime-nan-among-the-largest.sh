#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: one rule for NaN in operators that look for the largest. Seen: of the row
# 1, NaN, 3, 2 ReduceMax gives 3 (NaN left out), ArgMax the place of the NaN, and
# TopK of two the values 1 and NaN: the largest number, 3, is not among them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1 > /dev/null
cat > seen.mjs << 'EOF'
import ort from "onnxruntime-node";
import proto from "onnx-proto";
const { onnx } = proto;
const TYPES = { float32: 1, int64: 7, bool: 9, float64: 11 };
/** Runs one operator; attributes are whole numbers, lists of them, or { f }. */
async function run(opType, inputs, attributes = {}, outputs = ["float32"]) {
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "g",
      node: [{
        opType,
        input: inputs.map((_, i) => `x${i}`),
        output: outputs.map((_, i) => `y${i}`),
        attribute: Object.entries(attributes).map(([name, v]) =>
          Array.isArray(v) ? { name, type: 7, ints: v } : typeof v === "object" ? { name, type: 1, f: v.f } : { name, type: 2, i: v }
        ),
      }],
      input: inputs.map((x, i) => ({
        name: `x${i}`,
        type: { tensorType: { elemType: TYPES[x.type], shape: { dim: x.dims.map((dimValue) => ({ dimValue })) } } },
      })),
      output: outputs.map((type, i) => ({ name: `y${i}`, type: { tensorType: { elemType: TYPES[type] } } })),
    },
  });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish());
  const result = await session.run(Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])));
  return outputs.map((_, i) => [...result[`y${i}`].data].map(Number));
}
const floats = (data, dims = [data.length]) => new ort.Tensor("float32", Float32Array.from(data), dims);
const ints = (data, dims = [data.length]) => new ort.Tensor("int64", BigInt64Array.from(data.map(BigInt)), dims);

const row = floats([1, NaN, 3, 2]);
console.log("ReduceMax", String(await run("ReduceMax", [row], { keepdims: 0 })));
console.log("ArgMax", String(await run("ArgMax", [row], { axis: 0, keepdims: 0 }, ["int64"])));
console.log("TopK", JSON.stringify((await run("TopK", [row, ints([2])], {}, ["float32", "int64"])).map(String)));
EOF
cat > expected.txt << 'EOF'
ReduceMax 3
ArgMax 1
TopK ["1,NaN","0,1"]
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-nan-among-the-largest"
