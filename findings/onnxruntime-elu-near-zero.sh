#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: Elu, Celu and Selu of small negative numbers are as exact as the rest
# (with alpha 1, Elu is x (1 + x / 2 ...)). Seen: they subtract 1 from an
# exponential in float32: Elu(-1e-5) is off by 1.4e-3 of itself, Elu(-1e-8) is 0.
# Tanh, Sinh and Erf keep their digits there.
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

for (const op of ["Elu", "Celu", "Selu", "Tanh", "Sinh", "Erf"]) {
  const x = [-1e-4, -1e-5, -1e-8];
  const [y] = await run(op, [floats(x)]);
  const slope = { Selu: 1.6732632423543772 * 1.0507009873554805, Erf: 2 / Math.sqrt(Math.PI) }[op] ?? 1;
  console.log(op, y.map((y, i) => Math.abs(y / (slope * x[i]) - 1) < 1e-4 ? "right" : (y / (slope * x[i])).toFixed(3)).join(" "));
}
EOF
cat > expected.txt << 'EOF'
Elu 1.000 1.001 0.000
Celu 1.000 1.001 0.000
Selu 1.000 1.001 0.000
Tanh right right right
Sinh right right right
Erf right right right
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-elu-near-zero"
