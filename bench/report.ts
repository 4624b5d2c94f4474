/**
 * Draws a run as a page:
 *
 *     deno task bench:report RESULTS.json [--html FILE]
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { parse } from "./harness/arguments.ts";
import { reportPage } from "./harness/report.ts";
import {
  checkWritable,
  readResults,
  writeWhole,
} from "./harness/results_file.ts";
import { runCommand, UsageError } from "./harness/usage.ts";

const DEFAULT = "out/bench.html";

await runCommand(async (args) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: { html: { type: "string" } },
  });
  const [path, ...others] = positionals;
  if (!path || others.length > 0) {
    throw new UsageError(
      `Cannot report on ${positionals.length} files: give one that bench --json wrote`,
    );
  }
  const html = values.html ?? DEFAULT;
  const file = await readResults(path);
  if (values.html === undefined) {
    await mkdir(dirname(DEFAULT), { recursive: true });
  }
  await checkWritable(html);
  await writeWhole(html, reportPage(file));
  console.log(`Written to ${html}`);
  return 0;
});
