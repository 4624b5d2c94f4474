#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: Resize in the mode tf_crop_and_resize with scales cuts the region out: of
# 8 elements, the first half, scale 1, are 4, as the text of ONNX has the extent
# as floor(8 x (0.5 - 0) x 1). Seen: the region does not count in the extent, so
# that the crop is as large as the whole; and where all scales are 1 nothing is
# cut at all, with sizes it is.
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

const x = floats([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 8]);
const roi = floats([0, 0, 0, 0, 1, 1, 1, 0.5]);
const at = { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize" };
const show = (name, y) => console.log(name, [...y.data].map((v) => v.toFixed(1)).join(" "));
for (const scale of [1, 2]) {
  const [y] = await run([["Resize", ["x", "roi", "scales"], ["y"], at]], { x, roi, scales: floats([1, 1, 1, scale]) });
  show(`scale ${scale}, ${y.dims[3]} elements:`, y);
}
show("sizes:", (await run([["Resize", ["x", "roi", "", "sizes"], ["y"], at]], { x, roi, sizes: ints([1, 1, 1, 4]) }))[0]);
EOF
cat > expected.txt << 'EOF'
scale 1, 8 elements: 1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0
scale 2, 16 elements: 1.0 1.2 1.5 1.7 1.9 2.2 2.4 2.6 2.9 3.1 3.3 3.6 3.8 4.0 4.3 4.5
sizes: 1.0 2.2 3.3 4.5
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-resize-crop"
