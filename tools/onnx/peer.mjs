/**
 * Runs models in onnxruntime: `peer.mjs node|web PLAN`. Copied into a folder
 * where the packages are installed. Prints a line of JSON for each model: where
 * its outputs were written, or the milliseconds of its runs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const [which, plan] = process.argv.slice(2);
const ort = await import(
  which === "web" ? "onnxruntime-web" : "onnxruntime-node"
);
if (which === "web") ort.env.wasm.numThreads = 1;
if (which === "web") ort.env.wasm.proxy = false;

/** The arrays of other types than float32. */
const ARRAYS = {
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
};

function tensorOf({ type, dims, data }) {
  const values = type === "int64" ? data.map(BigInt) : data.map(Number);
  return new ort.Tensor(
    type,
    (ARRAYS[type] ?? Float32Array).from(values),
    dims,
  );
}

async function outputsOf(session, name, feeds) {
  const result = await session.run(feeds);
  return session.outputNames.map((output, i) => {
    const path = `${plan}.${name}.${i}.f32`;
    writeFileSync(path, Float32Array.from(result[output].data, Number));
    return { output, dims: result[output].dims, path };
  });
}

async function timesOf(session, feeds) {
  const times = [];
  await session.run(feeds);
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
  }
  return times;
}

const { models, runs } = JSON.parse(readFileSync(plan, "utf8"));
for (const { name, file, inputs } of models) {
  try {
    const session = await ort.InferenceSession.create(
      which === "web" ? new Uint8Array(readFileSync(file)) : file,
      which === "web"
        ? { executionProviders: ["wasm"] }
        : { logSeverityLevel: 4 },
    );
    const feeds = Object.fromEntries(
      inputs.map((input) => [input.name, tensorOf(input)]),
    );
    console.log(JSON.stringify(
      which === "node"
        ? { name, outputs: await outputsOf(session, name, feeds) }
        : { name, times: await timesOf(session, feeds) },
    ));
    await session.release();
  } catch (error) {
    console.log(JSON.stringify({ name, error: String(error) }));
  }
}
