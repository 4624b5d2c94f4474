/**
 * Figures of the operator cases in `tests/onnx`, from onnxruntime-node.
 *
 * `deno run -A tools/onnx/operator_figures.ts --folder DIR`
 *
 * DIR holds the packages, as `real_models.ts --folder DIR` installs them.
 *
 * @module
 */
import { CASES } from "../../tests/onnx/operator_cases.ts";
import { modelOf } from "../../tests/onnx/operator_model.ts";

const folder = Deno.args[Deno.args.indexOf("--folder") + 1]!;
await Deno.copyFile(
  new URL("./peer.mjs", import.meta.url),
  `${folder}/peer.mjs`,
);
const models = await Promise.all(CASES.map(async (one, i) => {
  const file = `${folder}/case_${i}.onnx`;
  await Deno.writeFile(file, modelOf(one));
  return {
    name: String(i),
    file,
    inputs: one.inputs.flatMap((input, at) =>
      input === null || input.constant ? [] : [{ name: `x${at}`, ...input }]
    ),
  };
}));
const plan = `${folder}/cases.json`;
// Infinity and NaN are no JSON.
const special = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
await Deno.writeTextFile(plan, JSON.stringify({ models }, special));
const { stdout, stderr, success } = await new Deno.Command("node", {
  cwd: folder,
  args: ["peer.mjs", "node", plan],
}).output();
if (!success) {
  console.error(new TextDecoder().decode(stderr));
  Deno.exit(1);
}
const figures: Record<string, unknown> = {};
for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
  if (!line.startsWith("{")) continue;
  const { name, outputs, error } = JSON.parse(line);
  const one = CASES[Number(name)]!;
  if (error) {
    console.log(`${one.name} (${one.op}): ${error}`);
    continue;
  }
  figures[one.name] = await Promise.all(
    outputs.map(async ({ dims, path }: { dims: number[]; path: string }) => {
      const bytes = await Deno.readFile(path);
      await Deno.remove(path);
      return { dims, values: Array.from(new Float32Array(bytes.buffer)) };
    }),
  );
}
for (const { file } of models) await Deno.remove(file);
await Deno.writeTextFile(
  new URL("../../tests/onnx/figures/operators.json", import.meta.url),
  JSON.stringify(figures, special).replace(/("[^"]+ \d+":)/g, "\n$1") + "\n",
);
console.log(`${Object.keys(figures).length} of ${CASES.length} cases`);
