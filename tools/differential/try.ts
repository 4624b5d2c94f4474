/**
 * Runs programs that are not committed, on one backend, and within transforms:
 *
 *     /usr/bin/python3 tools/differential/generate.py --seed 5 --out /tmp/five
 *     deno run -A tools/differential/try.ts wasm-simd /tmp/five
 *
 * @module
 */
import { currentBackend, setBackend } from "@tenfold/tenfold";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import {
  type ProgramCase,
  runProgram,
  showProgram,
} from "../../tests/goldens/program.ts";
import type { FigureFile } from "../../tests/goldens/read.ts";
import { transformProblems } from "../../tests/transforms/program_transforms.ts";

const GROUPS = [
  "tensor",
  "nn",
  "special",
  "tiny",
  "inplace",
  "functions",
  "linalg",
];
/** What changes tensors in place, or overflows, has no place in transforms. */
const IN_PLACE = ["inplace", "special", "tiny", "nn"];
const TOGETHER = 50;

const [backend, folder, ...wanted] = process.argv.slice(2);
if (backend === undefined || folder === undefined) {
  console.error("Cannot run programs: give a backend and a folder");
  process.exit(2);
}
await setBackend(backend);
let differences = 0;
for (const group of wanted.length > 0 ? wanted : GROUPS) {
  const path = join(folder, `programs_${group}.json`);
  const text = await readFile(path, "utf8");
  const { cases } = JSON.parse(text) as FigureFile<ProgramCase>;
  for (let start = 0; start < cases.length; start += TOGETHER) {
    const some = cases.slice(start, start + TOGETHER);
    await Promise.all(
      some.map((program, i) => tell(program, start + i, group)),
    );
  }
  console.log(`${group} on ${backend}: ${cases.length} programs`);
}
console.log(`${differences} programs differ`);
process.exit(differences > 0 ? 1 : 0);

async function tell(
  program: ProgramCase,
  number: number,
  name: string,
): Promise<void> {
  const found = await runProgram(program).catch((error) => [`${error}`]);
  if (currentBackend().readSync && !IN_PLACE.includes(name)) {
    found.push(...transformProblems(program));
  }
  if (found.length === 0) return;
  differences++;
  console.log(`program ${number}: ${showProgram(program)}`);
  for (const problem of found) console.log(`  ${problem}`);
}
