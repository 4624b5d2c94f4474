#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: a value that is quantized to steps of 0.01 and then to steps of 0.03 is a
# multiple of 0.03. Seen: with the default level of optimization the second,
# coarser pair of QuantizeLinear and DequantizeLinear is left out, and the results
# are those of the first: -1, 0.02 and 0.04 for -0.99, 0.03 and 0.03.
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
const TYPES = { float32: 1, int64: 7, int32: 6, int8: 3 };
/** An attribute: whole numbers, lists of them, text, a list of texts, { f }. */
function attribute(name, v) {
  if (Array.isArray(v)) return typeof v[0] === "string" ? { name, type: 8, strings: v.map((s) => Buffer.from(s)) } : { name, type: 7, ints: v };
  if (typeof v === "string") return { name, type: 3, s: Buffer.from(v) };
  return typeof v === "object" ? { name, type: 1, f: v.f } : { name, type: 2, i: v };
}
/** Runs a chain of operators, [type, inputs, outputs, attributes], and gives the results named y, y1, ... */
async function run(nodes, inputs, outputs = { y: "float32" }, level = "all", version = 17) {
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version }],
    graph: {
      name: "g",
      node: nodes.map(([opType, input, output, attributes = {}]) => ({
        opType,
        input,
        output,
        attribute: Object.entries(attributes).map(([name, v]) => attribute(name, v)),
      })),
      initializer: Object.entries(inputs).filter(([name]) => name !== "x").map(([name, x]) => ({
        name,
        dims: x.dims,
        dataType: TYPES[x.type],
        ...x.type === "float32" ? { floatData: [...x.data] } : { int32Data: [...x.data] },
      })),
      input: [{
        name: "x",
        type: { tensorType: { elemType: TYPES[inputs.x.type], shape: { dim: inputs.x.dims.map((dimValue) => ({ dimValue })) } } },
      }],
      output: Object.entries(outputs).map(([name, type]) => ({ name, type: { tensorType: { elemType: TYPES[type] } } })),
    },
  });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish(), { graphOptimizationLevel: level, logSeverityLevel: 4 });
  const result = await session.run({ x: inputs.x }, { logSeverityLevel: 4 });
  return Object.keys(outputs).map((name) => result[name]);
}
const floats = (data, dims = [data.length]) => new ort.Tensor("float32", Float32Array.from(data), dims);

const zero = new ort.Tensor("int8", Int8Array.of(0), []);
const chain = [
  ["QuantizeLinear", ["x", "fine", "zero"], ["a"]],
  ["DequantizeLinear", ["a", "fine", "zero"], ["b"]],
  ["QuantizeLinear", ["b", "coarse", "zero"], ["c"]],
  ["DequantizeLinear", ["c", "coarse", "zero"], ["y"]],
];
for (const level of ["disabled", "basic", "all"]) {
  const inputs = { x: floats([-1, 0.017, 0.04]), fine: floats([0.01], []), coarse: floats([0.03], []), zero };
  const [y] = await run(chain, inputs, { y: "float32" }, level);
  console.log(level, [...y.data].map((v) => v.toFixed(2)).join(" "));
}
EOF
cat > expected.txt << 'EOF'
disabled -0.99 0.03 0.03
basic -1.00 0.02 0.04
all -1.00 0.02 0.04
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-requantization-dropped"
