#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: the fusion into LayerNormalization looks whether the differences are
# squared. Seen: it takes any exponent: a graph that divides by the root of the
# mean cube (of 1, 2, 3, 9) is run as one of squares with the default level of
# optimization, and its results are 1.7 times too large.
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

const scalar = (v) => floats([v], []);
const chain = [
  ["ReduceMean", ["x"], ["mean"], { axes: [-1] }],
  ["Sub", ["x", "mean"], ["d"]],
  ["Pow", ["d", "exponent"], ["power"]],
  ["ReduceMean", ["power"], ["v"], { axes: [-1] }],
  ["Add", ["v", "epsilon"], ["w"]],
  ["Sqrt", ["w"], ["root"]],
  ["Div", ["d", "root"], ["n"]],
  ["Mul", ["n", "scale"], ["o"]],
  ["Add", ["o", "bias"], ["y"]],
];
for (const exponent of [2, 3]) {
  for (const level of ["disabled", "all"]) {
    const inputs = { x: floats([1, 2, 3, 9], [1, 4]), exponent: scalar(exponent), epsilon: scalar(0.5), scale: floats([1, 1, 1, 1]), bias: floats([0, 0, 0, 0]) };
    const [y] = await run(chain, inputs, { y: "float32" }, level);
    console.log("exponent", exponent, level, [...y.data].map((v) => v.toFixed(3)).join(" "));
  }
}
EOF
cat > expected.txt << 'EOF'
exponent 2 disabled -0.862 -0.548 -0.235 1.645
exponent 2 all -0.862 -0.548 -0.235 1.645
exponent 3 disabled -0.502 -0.319 -0.137 0.958
exponent 3 all -0.862 -0.548 -0.235 1.645
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-layer-norm-of-cubes"
