/**
 * Compares two runs:
 *
 *     deno task bench:compare BEFORE.json AFTER.json [--all]
 *
 * Ends with 1 where something became slower or fails.
 *
 * @module
 */
import { parse } from "./harness/arguments.ts";
import { compareRuns, comparisonText } from "./harness/compare.ts";
import { readResults } from "./harness/results_file.ts";
import { runCommand, UsageError } from "./harness/usage.ts";

await runCommand(async (args) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: { all: { type: "boolean", default: false } },
  });
  const [before, after, ...others] = positionals;
  if (!before || !after || others.length > 0) {
    throw new UsageError(
      `Cannot compare: give two files, BEFORE.json and AFTER.json, got ${positionals.length}`,
    );
  }
  const [a, b] = [await readResults(before), await readResults(after)];
  if (a.machine.processor !== b.machine.processor) {
    console.log(
      `These are two machines: ${a.machine.processor} and ${b.machine.processor}`,
    );
  }
  if (a.runtime.name !== b.runtime.name) {
    console.log(
      `These are two runtimes: ${a.runtime.name} and ${b.runtime.name}`,
    );
  }
  const comparison = compareRuns(a, b);
  if (comparison.changes.length === 0) {
    throw new UsageError(
      `Cannot compare ${before} with ${after}: they have no case in common`,
    );
  }
  console.log(comparisonText(comparison, values.all));
  const worse = comparison.changes.some(({ verdict }) => verdict === "slower");
  return worse || comparison.broken.length > 0 ? 1 : 0;
});
