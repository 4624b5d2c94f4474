/** Results for tests. */
import type { Result, ResultsFile } from "./schema.ts";
import { summarize } from "./stats.ts";

/** A result with some fields of its own. */
export function resultWith(fields: Partial<Result>): Result {
  return {
    suite: "matmul",
    case: "square 64",
    series: "square",
    backend: "cpu-typedarray",
    unit: "ns",
    median: 100,
    p25: 98,
    p75: 103,
    min: 97,
    rounds: [99, 100, 101],
    samples: [97, 98, 100, 103, 105],
    count: 5,
    callsPerSample: 1,
    ...fields,
  };
}

/** A result of some rounds of samples. */
export function resultOf(
  rounds: readonly (readonly number[])[],
  fields: Partial<Result> = {},
): Result {
  const samples = rounds.flat();
  return resultWith({
    ...summarize(samples),
    rounds: rounds.map((round) => summarize(round).median),
    samples,
    count: samples.length,
    ...fields,
  });
}

/** A file with these results. */
export function fileOf(results: Result[]): ResultsFile {
  return {
    format: "tenfold-bench",
    version: 1,
    date: "2026-01-02T03:04:05.678Z",
    quick: true,
    machine: {
      system: "linux 6",
      architecture: "x64",
      processor: "A <processor>",
      cores: 2,
      memoryBytes: 2 ** 34,
    },
    runtime: { name: "Deno", version: "2.9.6" },
    versions: { tenfold: "0.1.0" },
    backends: [{ name: "cpu-typedarray", available: true }],
    results,
    failures: [],
  };
}
