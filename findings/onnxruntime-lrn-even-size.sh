#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: LRN takes an even number of channels too: the text of ONNX sums from
# c - floor((size - 1) / 2) to c + ceil((size - 1) / 2). Seen: a model with an
# even size is not even loaded.
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

const image = floats([1, 2, 3, 4, 5], [1, 5, 1, 1]);
for (const size of [3, 4]) {
  try {
    const [y] = await run("LRN", [image], { size });
    console.log(size, y.length);
  } catch (error) {
    console.log(size, /size_ % 2 == 1/.test(String(error)) ? "refused" : error);
  }
}
EOF
cat > expected.txt << 'EOF'
3 5
4 refused
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-lrn-even-size"
