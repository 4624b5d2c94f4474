/**
 * The backend test suite of the ONNX project, as far as it lies in a folder.
 *
 * `deno run -A tools/onnx/suite.ts FOLDER [--backend NAME] [--match REGEXP]`
 *
 * FOLDER holds folders of cases at any depth (`NAME/model.onnx` with
 * `NAME/test_data_set_0/input_0.pb`), such as `onnx/backend/test/data` of its
 * repository, or what Debian's package `libonnx-testdata` installs.
 *
 * @module
 */
import { memory, noGrad, setBackend, type Tensor, tidy } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { webgpu } from "@tenfold/backends/webgpu";
import { importOnnx, OnnxOperatorError } from "@tenfold/onnx";
import { parseArgs } from "node:util";
import { readModel, readTensor } from "../../onnx/_proto/read.ts";
import { type Constant, constantOf } from "../../onnx/_tensor_data.ts";
import { heldBy, inputOf } from "../../onnx/_testing.ts";

const OPEN = {
  "wasm-simd": () => wasmSimd(),
  "cpu-typedarray": () => cpuTypedArray(),
  webgpu: () => webgpu(),
};

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "wasm-simd" },
    match: { type: "string", default: "" },
  },
});
const backend = await OPEN[values.backend as keyof typeof OPEN]();
await setBackend(backend);
const wanted = new RegExp(values.match);
const tally = { passed: 0, refused: 0, failed: 0 };
for (const folder of cases(positionals[0]!)) {
  const name = folder.split("/").at(-1)!;
  if (!wanted.test(name)) continue;
  let told: string;
  try {
    await check(folder);
    tally.passed++;
    continue;
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof OnnxOperatorError) {
      tally.refused++;
      told = "refused";
    } else {
      tally.failed++;
      told = "FAILED ";
    }
    console.log(
      `${told} ${name}: ${message.replaceAll("\n", " ").slice(0, 300)}`,
    );
  }
}
console.log(tally);
Deno.exit(tally.failed > 0 ? 1 : 0);

/** The folders that hold a model and data for it. */
function cases(root: string): string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    const entries = [...Deno.readDirSync(folder)];
    if (
      entries.some(({ name }) => name === "model.onnx") &&
      entries.some(({ name }) => name === "test_data_set_0")
    ) found.push(folder);
    else {
      for (const { name, isDirectory } of entries) {
        if (isDirectory) visit(`${folder}/${name}`);
      }
    }
  };
  visit(root);
  return found.sort();
}

function read(folder: string, kind: "input" | "output", length: number) {
  return Array.from({ length }, (_, i): Constant | null => {
    const file = `${folder}/test_data_set_0/${kind}_${i}.pb`;
    const bytes = Deno.readFileSync(file);
    return bytes.length === 0 ? null : constantOf(readTensor(bytes));
  });
}

async function check(folder: string): Promise<void> {
  const before = memory();
  const bytes = Deno.readFileSync(`${folder}/model.onnx`);
  const net = await importOnnx<Tensor | Tensor[]>(bytes);
  const graph = readModel(bytes).graph!;
  const inputs = read(folder, "input", net.inputs.length);
  const outputs = read(folder, "output", graph.output.length);
  await tidy(async () => {
    using _ = noGrad();
    const result = net.forward(
      ...inputs.map((input) =>
        input === null ? null as never : inputOf(input, backend)
      ),
    );
    const results = Array.isArray(result) ? result : [result];
    if (results.length !== outputs.length) {
      throw new Error(`${results.length} outputs, not ${outputs.length}`);
    }
    for (const [i, output] of outputs.entries()) {
      const { shape } = output!;
      const numbers = heldBy(backend, output!.numbers);
      if (results[i]!.shape.join() !== shape.join()) {
        throw new Error(
          `output ${i} is [${results[i]!.shape}], not [${shape}]`,
        );
      }
      const values = await results[i]!.data();
      for (let j = 0; j < numbers.length; j++) {
        const [got, due] = [values[j]!, numbers[j]!];
        // The suite's own tolerance.
        const near = Object.is(got, due) || got === due ||
          Math.abs(got - due) <= 1e-7 + 1e-3 * Math.abs(due);
        if (!near) throw new Error(`output ${i}[${j}] is ${got}, not ${due}`);
      }
    }
  });
  net.dispose();
  if (memory().bytes !== before.bytes) throw new Error("it left memory behind");
}
