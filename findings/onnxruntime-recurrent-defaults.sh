#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: activations of RNN, GRU and LSTM without activation_alpha and
# activation_beta are those of the ONNX operators of their names, as the text
# says: ThresholdedRelu begins at 1, Affine is x itself, ScaledTanh no constant.
# Seen: the threshold is 0, and Affine and ScaledTanh multiply by 0: a net with
# them is 0 throughout, without a word. LeakyRelu, Elu and HardSigmoid have their
# defaults.
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

const one = floats([1], [1, 1, 1]);
for (const activation of ["ThresholdedRelu", "Affine", "ScaledTanh", "LeakyRelu", "Elu", "HardSigmoid"]) {
  const [y] = await run([["RNN", ["x", "w", "r"], ["y"], { hidden_size: 1, activations: [activation] }]], { x: floats([0.5, -1], [1, 2, 1]), w: one, r: one });
  console.log(activation, [...y.data].map((v) => v.toFixed(3)).join(" "));
}
const [y] = await run([["ThresholdedRelu", ["x"], ["y"]]], { x: floats([0.5, 1.5]) });
console.log("the operator ThresholdedRelu of 0.5 and 1.5:", y.data.join(" "));
EOF
cat > expected.txt << 'EOF'
ThresholdedRelu 0.500 0.000
Affine 0.000 0.000
ScaledTanh 0.000 0.000
LeakyRelu 0.500 -0.010
Elu 0.500 -0.632
HardSigmoid 0.600 0.300
the operator ThresholdedRelu of 0.5 and 1.5: 0 1.5
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-recurrent-defaults"
