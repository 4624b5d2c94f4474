#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (CPU), Node 20.
# Guess: with auto_pad SAME_UPPER the output has ceil(input / stride) elements,
# that of ConvTranspose input x stride, as the text of ONNX says. Seen: pooling
# leaves dilations out of its padding and gives 5 for 7; it refuses a kernel of 1
# with a stride of 3, which Conv takes; Conv refuses dilations; ConvTranspose with
# a kernel below its stride gives 3 for 4.
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

const at = (more) => ({ auto_pad: "SAME_UPPER", ...more });
for (const op of ["MaxPool", "AveragePool", "LpPool"]) {
  for (const dilation of [1, 2]) {
    const [y] = await run([[op, ["x"], ["y"], at({ kernel_shape: [3], dilations: [dilation] })]], { x: floats([1, 2, 3, 4, 5, 6, 7], [1, 1, 7]) }, { y: "float32" }, "all", 22);
    console.log(op, "dilation", dilation, "of 7:", y.dims[2]);
  }
}
for (const op of ["Conv", "AveragePool"]) {
  const x = floats([1, 2, 3, 4, 5], [1, 1, 5]);
  const more = at({ kernel_shape: [1], strides: [3] });
  try {
    const inputs = op === "Conv" ? { x, w: floats([1], [1, 1, 1]) } : { x };
    console.log(op, "kernel 1, stride 3, of 5:", (await run([[op, Object.keys(inputs), ["y"], more]], inputs))[0].data.join(" "));
  } catch (error) {
    console.log(op, "kernel 1, stride 3, of 5:", /must be non-negative/.test(String(error)) ? "refused" : error);
  }
}
const w = floats([1, 1, 1], [1, 1, 3]);
try {
  await run([["Conv", ["x", "w"], ["y"], at({ dilations: [2] })]], { x: floats([1, 2, 3], [1, 1, 3]), w });
} catch (error) {
  console.log("Conv", /Dilation not supported/.test(String(error)) ? "refused" : error);
}
for (const kernel of [1, 2, 3]) {
  const [y] = await run([["ConvTranspose", ["x", "w"], ["y"], at({ strides: [2] })]], { x: floats([1, 2], [1, 1, 2]), w: floats(Array(kernel).fill(1), [1, 1, kernel]) });
  console.log("ConvTranspose kernel", kernel, "of 2 x 2:", y.dims[2]);
}
EOF
cat > expected.txt << 'EOF'
MaxPool dilation 1 of 7: 7
MaxPool dilation 2 of 7: 5
AveragePool dilation 1 of 7: 7
AveragePool dilation 2 of 7: 5
LpPool dilation 1 of 7: 7
LpPool dilation 2 of 7: 5
Conv kernel 1, stride 3, of 5: 1 4
AveragePool kernel 1, stride 3, of 5: refused
Conv refused
ConvTranspose kernel 1 of 2 x 2: 3
ConvTranspose kernel 2 of 2 x 2: 4
ConvTranspose kernel 3 of 2 x 2: 4
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: onnxruntime-same-padding"
