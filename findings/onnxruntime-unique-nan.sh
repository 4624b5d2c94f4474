#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: Unique lists each NaN, or one for all, beside the numbers. Seen: a NaN is
# counted with a number beside it (2, NaN, 1 has the values 1 and 2, and two of
# the 2), and where it comes first the numbers are counted with it: of NaN, 1, 2,
# 5 all that is left is a NaN, four times.
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
const TYPES = { float32: 1, int64: 7, int32: 6 };
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
        ...x.type === "float32" ? { floatData: [...x.data] } : { int64Data: [...x.data].map(Number) },
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
const ints = (data, dims = [data.length]) => new ort.Tensor("int64", BigInt64Array.from(data.map(BigInt)), dims);

for (const row of [[2, NaN, 1], [NaN, 1, 2, 5]]) {
  const outputs = { y: "float32", first: "int64", inverse: "int64", counts: "int64" };
  const [values, , , counts] = await run([["Unique", ["x"], Object.keys(outputs)]], { x: floats(row) }, outputs);
  console.log(row.join(), "values", values.data.join(), "counts", counts.data.join());
}
EOF
cat > expected.txt << 'EOF'
2,NaN,1 values 1,2 counts 1,2
NaN,1,2,5 values NaN counts 4
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-unique-nan"
