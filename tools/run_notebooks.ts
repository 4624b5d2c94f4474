/**
 * Runs notebooks by Deno's kernel, cell by cell, and fails where a cell throws.
 * `--write` puts the outputs into the files; without it, the kinds of outputs
 * must be those that stand there.
 *
 * `deno task notebooks [--write] [file…]`, without files those of `examples/`
 *
 * @module
 */
import { Kernel, type Output } from "./notebook/kernel.ts";

interface Cell {
  /** Which the format asks for from 4.5 on. */
  id?: string;
  cell_type: string;
  source: string | string[];
  outputs?: Output[];
  execution_count?: number | null;
}

const write = Deno.args.includes("--write");
const chosen = Deno.args.filter((arg) => !arg.startsWith("-"));
const files = chosen.length > 0 ? chosen : [...Deno.readDirSync("examples")]
  .map(({ name }) => `examples/${name}`)
  .filter((name) => name.endsWith(".ipynb")).sort();

let [passed, failed] = [0, 0];
for (const file of files) {
  const notebook = JSON.parse(await Deno.readTextFile(file));
  const all = notebook.cells as Cell[];
  const ids = new Set(all.map(({ id }) => id));
  if (ids.has(undefined) || ids.size < all.length) {
    failed++;
    console.error(`${file}: each cell needs an id of its own`);
  }
  const cells = all.filter(({ cell_type }) => cell_type === "code");
  await using kernel = await Kernel.start(".");
  for (const [i, cell] of cells.entries()) {
    const code = [cell.source].flat().join("");
    const outputs = await kernel.run(code);
    const error = outputs.find(({ output_type }) => output_type === "error");
    const kinds = outputs.map(kindOf).join(", ");
    const before = (cell.outputs ?? []).map(kindOf).join(", ");
    const other = !write && kinds !== before;
    if (error || other) {
      failed++;
      console.error(
        `${file}, cell ${i + 1}: ${
          error
            ? `${error.ename}: ${error.evalue}\n${
              (error.traceback as string[] | undefined)?.join("\n")
            }`
            : `shows ${kinds || "nothing"}, the file has ${before || "nothing"}`
        }`,
      );
      if (error) break;
    } else {
      passed++;
    }
    cell.outputs = outputs.map(asStored);
    cell.execution_count = i + 1;
  }
  if (write && failed === 0) {
    await Deno.writeTextFile(file, JSON.stringify(notebook, null, 1) + "\n");
  }
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);

/** The type of an output, and of what it shows. */
function kindOf({ output_type, data }: Output): string {
  const types = Object.keys((data ?? {}) as object).sort();
  return [output_type, ...types].join(" ");
}

/** Text as lists of lines, as notebooks hold it. */
function asStored(output: Output): Output {
  const lines = (text: unknown) =>
    typeof text === "string" ? text.split(/(?<=\n)/) : text;
  const data = output.data as Record<string, unknown> | undefined;
  return {
    ...output,
    ..."text" in output && { text: lines(output.text) },
    ...data && {
      data: Object.fromEntries(
        Object.entries(data).map(([type, value]) => [
          type,
          type === "image/png" ? value : lines(value),
        ]),
      ),
    },
  };
}
