#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: Range gives start + i delta, as the text of ONNX has it. Seen: it adds
# delta to the number before, in float32: errors grow, and the last of Range(0,
# 20000, 0.1) is off by hundreds of steps.
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

const scalar = (value) => floats([value], []);
const [ten] = await run("Range", [scalar(0), scalar(1), scalar(0.1)]);
const delta = Math.fround(0.1);
console.log(ten.length, ten[9] - Math.fround(9 * delta) > 5e-8 ? "too large" : "right");
const [long] = await run("Range", [scalar(0), scalar(20000), scalar(0.1)]);
const last = long.length - 1;
console.log(long.length, ((long[last] - last * delta) / delta).toFixed(0), "steps off");
EOF
cat > expected.txt << 'EOF'
10 too large
200000 -405 steps off
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-range-drifts"
